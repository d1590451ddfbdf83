"""An index that tests fill from a history, to see whose a name is."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

from tests.support.commands import Commands, index_files
from tests.support.history import History


class Index:
    """An index of a history, and of other repositories if there are any."""

    def __init__(self, history: History, commands: Commands, *others: str) -> None:
        self.history, self.commands = history, commands
        self.folder = commands.folder / "index"
        repositories = [part for url in (history.url, *others) for part in ("--repository", url)]
        self.arguments = [*repositories, "--destination", "index"]

    def run(self, *options: str) -> dict[str, Any]:
        report: dict[str, Any] = self.commands.report(*self.arguments, *options)
        return report

    def failures(self, *options: str) -> dict[str, str]:
        """The reasons of the tags that newly fail, by project and tag."""
        return {f"{each['project']} {each['tag']}": each["reason"] for each in self.run(*options)["failed"]}

    def lose_catalog(self) -> None:
        shutil.rmtree(self.commands.folder / "index-state")

    @property
    def files(self) -> list[str]:
        return list(index_files(self.folder))

    def move(self, source: str, target: str) -> None:
        self._commit("move", source, target)

    def copy(self, source: str, target: str) -> None:
        self._commit("copy", source, target)

    def _commit(self, command: str, source: str, target: str) -> None:
        places = [f"{self.history.url}/{path}" for path in (source, target)]
        subprocess.run(["svn", command, "-q", "-m", "", *places], check=True, capture_output=True)
        self.know(source, target)

    def know(self, source: str, target: str) -> None:
        """Let the history know folders that were copied."""
        copied = {path for path in self.history._known if f"{path}/".startswith(f"{source}/")}
        self.history._known |= {target + path.removeprefix(source) for path in copied}
