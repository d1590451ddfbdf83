"""The index that a run makes of a repository, and real web servers that show it by the run's own files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.commands import Commands
from tests.support.history import History
from tests.support.httpd import Httpd, WebServer, make_passable
from tests.support.nginx import Nginx


@dataclass(frozen=True)
class PrivateIndex:
    """A repository and the index of it, with what web servers include beside it.

    ``public`` is the URL of the public index behind it; ``options`` are further ones of the command.
    """

    history: History
    commands: Commands
    public: str
    options: tuple[str, ...] = ()

    @classmethod
    def below(cls, folder: Path, cache: Path, public: str, *options: str) -> PrivateIndex:
        """One of an empty repository, not made yet; ``cache`` is the user's cache folder."""
        commands = Commands.below(folder, cache, {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": public})
        return cls(History(folder / "repository"), commands, public, options)

    @property
    def folder(self) -> Path:
        """What is served."""
        return self.commands.folder / "index"

    def update(self, *, status: int = 0) -> None:
        """Run the command, which ends with this exit status."""
        options = ("--destination", self.folder, "--nginx-config", self._nginx_config)
        done = self.commands.sdists_from_tags(
            "--repository", self.history.url, "--public-index", self.public, *options, *self.options
        )
        assert done.status == status, done.output
        make_passable(self.folder)

    def apache(self, folder: Path) -> WebServer:
        """An Apache, not started yet, whose own files are in folder."""
        snippet = self.folder.with_name("index-apache.conf")
        (modules,) = re.findall("a2enmod (.*)", snippet.read_text("utf-8"))
        return Httpd(folder, f'<VirtualHost *>\nInclude "{snippet}"\n</VirtualHost>\n', modules.split())

    def nginx(self, folder: Path) -> WebServer:
        """An nginx, not started yet, whose own files are in folder."""
        return Nginx(folder, f'include "{self._nginx_config}";')

    @property
    def _nginx_config(self) -> Path:
        return self.folder.with_name("nginx.conf")


SERVERS: Mapping[str, Callable[[PrivateIndex, Path], WebServer]] = {
    "apache": PrivateIndex.apache,
    "nginx": PrivateIndex.nginx,
}
