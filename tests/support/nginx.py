"""A real nginx for tests: Debian's, with a configuration, port and folder of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.support.httpd import SERVER_USER, WebServer
from tests.support.process import LOOPBACK
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


class Nginx(WebServer):
    """A running nginx; a context manager that stops it by its own process id.

    folder: an existing folder for configuration, logs and pid file, made passable for the server's user.
    config: what its one server block says besides its address, or a callable that makes it from the port.
    http: what stands before that block.

    Started by root, nginx answers as www-data, so what is served must be readable to everybody, as on
    a real server.
    """

    def __init__(self, folder: Path, config: str | Callable[[int], str], http: str = "") -> None:
        need("nginx", "/etc/nginx/mime.types")
        self.http = http
        super().__init__(folder, config, "nginx.conf", "nginx.pid")

    def text(self, port: int) -> str:
        return BASE.format(
            user=f"user {SERVER_USER};" if os.geteuid() == 0 else "",
            folder=self.folder,
            loopback=LOOPBACK,
            port=port,
            http=self.http,
            config=self.config(port),
        )

    def command(self) -> list[str]:
        # Where to log before the configuration is read, too.
        return [find("nginx") or "nginx", "-c", str(self.config_file), "-e", str(self.error_log)]
