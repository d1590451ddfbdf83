"""An index of one repository, as the command makes it, that a test can copy and then harm."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from tests.support.commands import Commands
from tests.support.history import History


@dataclass(frozen=True)
class KeptIndex:
    """The folder ``index`` beside which the commands run; ``more`` are options of each run."""

    commands: Commands
    history: History
    more: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return self.commands.folder / "index"

    @property
    def state(self) -> Path:
        return self.commands.folder / "index-state"

    @property
    def catalog(self) -> Path:
        return self.state / "catalog.sqlite3"

    @property
    def aside(self) -> Path:
        return self.state / "aside"

    @property
    def options(self) -> tuple[str, ...]:
        return ("--repository", self.history.url, "--destination", "index", *self.more)

    def run(self, *more: str) -> dict:
        return self.commands.report(*self.options, *more)

    def times(self) -> dict[str, int]:
        """When each file was written last."""
        return {str(path): path.stat().st_mtime_ns for path in self.folder.rglob("*") if path.is_file()}

    def query(self, statement: str) -> None:
        """Change the catalog behind the commands' back."""
        with closing(sqlite3.connect(self.catalog)) as connection, connection:
            connection.execute(statement)

    def flip(self, path: str) -> bytes:
        """Change a byte of a file in place; what is in it then."""
        content = bytearray((self.folder / path).read_bytes())
        content[len(content) // 2] ^= 1
        with (self.folder / path).open("r+b") as file:
            file.write(content)
        return bytes(content)

    def part(self, path: str) -> None:
        """Make a file of its own of what is one of several names."""
        content = (self.folder / path).read_bytes()
        (self.folder / path).unlink()
        (self.folder / path).write_bytes(content)

    def copied_to(self, commands: Commands) -> KeptIndex:
        """A copy with its repository; names of one file stay names of one file."""
        shutil.rmtree(commands.folder)
        subprocess.run(["cp", "-a", self.commands.folder, commands.folder], check=True)
        history = copy(self.history)
        history.folder = commands.folder.with_name("repository")
        history.url = history.folder.as_uri()
        shutil.copytree(self.history.folder, history.folder)
        return KeptIndex(commands, history, self.more)
