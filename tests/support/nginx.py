"""A real nginx for tests: Debian's, with a configuration, port and folder of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tests.support import process
from tests.support.httpd import SERVER_USER, make_passable
from tests.support.process import LOOPBACK, Server, ServerDiedError, tail
from tests.support.requirements import find, need

BASE = """\
{user}
daemon off;
worker_processes 1;
pid "{folder}/nginx.pid";
error_log "{folder}/error.log" warn;
events {{
    worker_connections 64;
}}
http {{
    access_log "{folder}/access.log";
    client_body_temp_path "{folder}/body";
    proxy_temp_path "{folder}/proxy";
    fastcgi_temp_path "{folder}/fastcgi";
    uwsgi_temp_path "{folder}/uwsgi";
    scgi_temp_path "{folder}/scgi";
    include /etc/nginx/mime.types;
    {http}
    server {{
        listen {loopback}:{port};
        server_name packages.example.com;
        root "{folder}/empty";
        {config}
    }}
}}
"""


class Nginx:
    """A running nginx; a context manager that stops it by its own process id.

    folder: an existing folder for configuration, logs and pid file, made passable for the server's user.
    config: what its one server block says besides its address, or a callable that makes it from the port.
    http: what stands before that block.

    Started by root, nginx answers as www-data, so what is served must be readable to everybody, as on
    a real server.
    """

    def __init__(self, folder: Path, config: str | Callable[[int], str], http: str = "") -> None:
        need("nginx", "/etc/nginx/mime.types")
        self.folder = folder.resolve()
        self.config = config if callable(config) else lambda _port: config
        self.http = http
        self.error_log = self.folder / "error.log"
        self.access_log = self.folder / "access.log"
        self.config_file = self.folder / "nginx.conf"
        self.server: Server
        self._prepare()

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def url(self) -> str:
        """Where it answers, without a final slash."""
        return f"http://{LOOPBACK}:{self.port}"

    def configtest(self) -> str:
        """What ``nginx -t`` says of the configuration: two lines when all is well."""
        done = subprocess.run([*self._command(), "-t"], capture_output=True, text=True, timeout=30)
        return (done.stdout + done.stderr).strip()

    def __enter__(self) -> Nginx:
        make_passable(self.folder)
        self._start(attempts=3)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.server.stop()

    def _start(self, attempts: int) -> None:
        """Start; another process may have taken the free port meanwhile, so try another then."""
        try:
            self.server.start()
        except ServerDiedError as error:
            if attempts == 1 or "Address already in use" not in str(error):
                raise ServerDiedError(f"{error}\n{tail(self.error_log)}") from None
            self._prepare()
            self._start(attempts - 1)

    def _prepare(self) -> None:
        """Choose a port, and write the configuration for it."""
        port = process.free_port()
        pid_file = self.folder / "nginx.pid"
        pid_file.unlink(missing_ok=True)
        (self.folder / "empty").mkdir(exist_ok=True)
        text = BASE.format(
            user=f"user {SERVER_USER};" if os.geteuid() == 0 else "",
            folder=self.folder,
            loopback=LOOPBACK,
            port=port,
            http=self.http,
            config=self.config(port),
        )
        self.config_file.write_text(text, encoding="utf-8")
        self.server = Server(self._command(), port, self.folder / "output.log", ready=pid_file.exists)

    def _command(self) -> list[str]:
        """The program, told where to log before it has read its configuration."""
        return [find("nginx") or "nginx", "-c", str(self.config_file), "-e", str(self.error_log)]
