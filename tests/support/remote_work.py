"""Work for the site of a worker, which its processes import by its name."""

from __future__ import annotations

import errno
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.executors.remote_work import Machine, UnfitWorkerError


@dataclass(frozen=True)
class Sums:
    """Doubles numbers; some jobs are words that say what shall happen."""

    problem: str = ""

    def prepare(self, machine: Machine) -> None:
        (machine.folder / "prepared").touch()
        if self.problem:
            raise UnfitWorkerError(self.problem, "Install it.")

    def clean_up(self, folder: Path) -> None:
        if folder.is_dir():
            shutil.rmtree(folder)

    def run(self, packed: int | str, machine: Machine) -> int | str:
        if packed == "die":
            os._exit(9)
        if packed == "die once":
            (machine.folder / "died").touch(exist_ok=True)
            if (machine.folder / "died").stat().st_size:
                return "lives"
            (machine.folder / "died").write_text("x")
            os._exit(9)
        if packed == "unfit":
            raise UnfitWorkerError("no Python 2.7", "Install it.")
        if packed == "full":
            raise OSError(errno.ENOSPC, "No space left on device", "/var/tmp/dask")
        if packed == "raise":
            raise RepositoryError("https://svn.example.com", "no answer")
        if packed == "process":
            return str(os.getpid())
        if packed == "long":
            time.sleep(60)
        assert isinstance(packed, int)
        return 2 * packed
