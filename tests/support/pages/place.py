"""Where a page of docs is followed, and what stands there for the names in pages."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.support.commands import Commands
from tests.support.history import History

ROOT = Path(__file__).parents[3]


@dataclass
class Place:
    """Where a page is followed: ``root`` holds everything, ``commands`` run in the folder of its reader.

    ``public`` is the URL of the public index. What was started ends with ``stack``.
    """

    root: Path
    commands: Commands
    public: str
    stack: ExitStack
    names: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    history: History = field(init=False)

    def stands_for(self, name: str, path: Path) -> Path:
        """Let a path stand for the one in pages."""
        self.names[name] = str(path)
        return path

    def set_variable(self, **variables: str) -> None:
        """Set variables of the environment."""
        environment = {**self.commands.environment, **variables}
        self.commands = replace(self.commands, environment=environment)

    def add_program(self, name: str, script: str) -> Path:
        """Put a program before all others of its name."""
        folder = self.root / "programs"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(script, "utf-8")
        path.chmod(0o755)
        if not self.commands.environment["PATH"].startswith(f"{folder}:"):
            self.set_variable(PATH=f"{folder}:{self.commands.environment['PATH']}")
        return path


SetUp = Callable[[Place], None]
"""Changes a place, and tells by ``names`` what stands there for the names in pages."""


def machine(place: Place) -> None:
    """A machine of one's own: its folders, and rights of root."""
    place.stands_for("/srv", place.root / "srv").mkdir()
    place.stands_for("/var/backups", place.root / "backups").mkdir()
    place.stands_for("/etc/apache2", place.root / "etc/apache2")
    place.stands_for("/etc/nginx", place.root / "etc/nginx")
    place.add_program("sudo", '#!/bin/sh\nexec "$@"\n')
    place.set_variable(USER=getpass.getuser())
