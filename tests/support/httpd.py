"""Real web servers for tests, and Debian's apache2 with a configuration, port and folder of its own."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tests.support.process import LOOPBACK, Server, ServerDiedError, free_port, tail
from tests.support.requirements import find, need

MODULES = Path("/usr/lib/apache2/modules")
BASE_MODULES = ("mpm_event", "authn_core", "authz_core", "authz_host", "dir", "mime")
SERVER_USER = "www-data"

BASE = """\
ServerRoot "{folder}"
ServerName 127.0.0.1:{port}
Listen 127.0.0.1:{port}
PidFile "{folder}/httpd.pid"
ErrorLog "{folder}/error.log"
LogLevel warn
LogFormat "%h %u %>s \\"%r\\"" short
CustomLog "{folder}/access.log" short
DefaultRuntimeDir "{folder}"
Mutex "file:{folder}" default
{modules}
TypesConfig "{types}"
{user}
StartServers 1
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
DocumentRoot "{folder}/empty"
{config}
"""


S = TypeVar("S", bound="WebServer")


class WebServer(ABC):
    """A web server in the foreground; a context manager that stops it by its own process id.

    folder: an existing folder for configuration, logs and pid file, made passable for the server's user.
    """

    foreground: tuple[str, ...] = ()
    """Options with which the program stays in the foreground."""

    server: Server

    def __init__(
        self, folder: Path, config: str | Callable[[int], str], config_file: str, pid_file: str
    ) -> None:
        self.folder = folder.resolve()
        self.config = config if callable(config) else lambda _port: config
        self.config_file = self.folder / config_file
        self.pid_file = self.folder / pid_file
        self.prepare()

    @abstractmethod
    def text(self, port: int) -> str:
        """The whole configuration, for this port."""

    @abstractmethod
    def command(self) -> list[str]:
        """The program, with what makes it read that configuration."""

    def prepare(self) -> None:
        """Choose a port, write the configuration for it, and set ``server``."""
        port = free_port()
        self.pid_file.unlink(missing_ok=True)
        (self.folder / "empty").mkdir(exist_ok=True)
        self.config_file.write_text(self.text(port), encoding="utf-8")
        command = [*self.command(), *self.foreground]
        self.server = Server(command, port, self.folder / "output.log", ready=self.pid_file.exists)

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def url(self) -> str:
        """Where it answers, without a final slash."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def error_log(self) -> Path:
        return self.folder / "error.log"

    @property
    def access_log(self) -> Path:
        return self.folder / "access.log"

    def configtest(self) -> str:
        """What the server says of the configuration, given ``-t``."""
        done = subprocess.run([*self.command(), "-t"], capture_output=True, text=True, timeout=30)
        return (done.stdout + done.stderr).strip()

    def __enter__(self: S) -> S:
        make_passable(self.folder)
        self._start(attempts=3)
        return self

    def __exit__(self, *_raised: object) -> None:
        self.server.stop()

    def _start(self, attempts: int) -> None:
        """Start; another process may have taken the free port meanwhile, so try another then."""
        try:
            self.server.start()
        except ServerDiedError as error:
            if attempts == 1 or "Address already in use" not in str(error):
                raise ServerDiedError(f"{error}\n{tail(self.error_log)}") from None
            self.prepare()
            self._start(attempts - 1)


class Httpd(WebServer):
    """A running apache2; a context manager that stops it by its own process id.

    folder: an existing folder for configuration, logs and pid file, made passable for the server's user.
    config: what follows the basic settings, or a callable that makes it from the port.
    modules: names to load besides BASE_MODULES, for instance "rewrite", "headers", "ssl", "dav_svn".

    Started by root, Apache answers as www-data, so what is served must be readable to everybody, as on
    a real server. Debian's media types, encodings and languages come with
    ``Include /etc/apache2/mods-available/mime.conf`` in config.
    """

    foreground = ("-DFOREGROUND",)

    def __init__(self, folder: Path, config: str | Callable[[int], str], modules: Sequence[str] = ()) -> None:
        self.modules = tuple(dict.fromkeys((*BASE_MODULES, *modules)))
        need("apache2", *(str(_module_file(name)) for name in self.modules))
        super().__init__(folder, config, "httpd.conf", "httpd.pid")

    def text(self, port: int) -> str:
        types = Path("/etc/mime.types")
        return BASE.format(
            folder=self.folder,
            port=port,
            modules="\n".join(f"LoadModule {name}_module {_module_file(name)}" for name in self.modules),
            types=types if types.exists() else os.devnull,
            user=_user_settings(),
            config=self.config(port),
        )

    def command(self) -> list[str]:
        return [find("apache2") or "apache2", "-f", str(self.config_file)]


def make_passable(folder: Path) -> None:
    """Let everybody enter folder and its parents, and list folder; what is inside stays as it is.

    pytest makes its temporary folders for their owner alone.
    """
    _add_mode(folder, stat.S_IROTH | stat.S_IXOTH)
    for parent in folder.resolve().parents:
        _add_mode(parent, stat.S_IXOTH)


def _add_mode(folder: Path, wanted: int) -> None:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & wanted != wanted:
        folder.chmod(mode | wanted)


def _module_file(name: str) -> Path:
    return MODULES / f"mod_{name}.so"


def _user_settings() -> str:
    """Whom Apache answers as: it refuses to be root, and nobody but root may choose."""
    if os.geteuid() != 0:
        return ""
    group = pwd.getpwnam(SERVER_USER).pw_gid
    return f"User {SERVER_USER}\nGroup #{group}"
