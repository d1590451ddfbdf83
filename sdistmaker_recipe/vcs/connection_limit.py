"""So many connections at one time, whichever of a run's processes has them: told by locks on files."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

_PAUSE = 0.02
"""Seconds between two looks whether a connection is free."""


class Held(NamedTuple):
    """A connection that nobody else may have meanwhile."""

    limit: Limit
    file: BinaryIO

    def give_up(self) -> bool:
        """There is one less from now on, for the server lets in fewer; false where it is the last."""
        with self.limit.open_and_lock("all"):
            if self.limit.left() < 2:
                return False
            self.file.write(b"given up")
            self.file.flush()
            return True


class Limit(NamedTuple):
    """``most`` connections, of which the files in ``folder`` tell who has them; any number where it is 0."""

    folder: Path
    most: int

    @contextmanager
    def held(self) -> Iterator[Held | None]:
        """One of them, waited for until it is free; None where there is no limit.

        A process that dies has it no longer.
        """
        if not self.most:
            yield None
            return
        self.folder.mkdir(exist_ok=True)
        while (file := self._take()) is None:
            time.sleep(_PAUSE)
        with file:
            yield Held(self, file)

    def left(self) -> int:
        """How many there are."""
        return self.most - sum(1 for path in self.folder.iterdir() if path.stat().st_size)

    def open_and_lock(self, name: str, how: int = fcntl.LOCK_EX) -> BinaryIO:
        """Open a file and lock it until it is closed."""
        file = (self.folder / name).open("ab")
        try:
            fcntl.flock(file, how)
        except BaseException:
            file.close()
            raise
        return file

    def _take(self) -> BinaryIO | None:
        for number in range(self.most):
            with suppress(BlockingIOError):
                file = self.open_and_lock(str(number), fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not (self.folder / str(number)).stat().st_size:
                    return file
                file.close()
        return None
