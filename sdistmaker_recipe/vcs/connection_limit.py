"""How many connections all processes of a run may have at one time, counted by locks on files."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

_PAUSE = 0.02
"""Seconds between two attempts to get a connection."""


class HeldConnection(NamedTuple):
    """The right to one connection, which no other process has meanwhile."""

    limit: ConnectionLimit
    file: BinaryIO

    def retire(self) -> bool:
        """Lower the limit by one, because the server accepts fewer; false if this is the last connection."""
        with self.limit.open_and_lock("all"):
            if self.limit.remaining() < 2:
                return False
            self.file.write(b"retired")
            self.file.flush()
            return True


class ConnectionLimit(NamedTuple):
    """At most ``most`` connections, any number if it is 0.

    Each has a file in ``folder``, which is locked while the connection is in use.
    """

    folder: Path
    most: int

    @contextmanager
    def acquire(self) -> Iterator[HeldConnection | None]:
        """Wait until a connection is free, and hold it; None if there is no limit.

        If the process dies, the connection is free again.
        """
        if not self.most:
            yield None
            return
        self.folder.mkdir(exist_ok=True)
        while (file := self._lock_free_one()) is None:
            time.sleep(_PAUSE)
        with file:
            yield HeldConnection(self, file)

    def remaining(self) -> int:
        """How many connections there may still be, after those that were retired."""
        return self.most - sum(1 for path in self.folder.iterdir() if path.stat().st_size)

    def open_and_lock(self, name: str, operation: int = fcntl.LOCK_EX) -> BinaryIO:
        """Open a file of the folder, and lock it until it is closed; ``operation`` is that of flock."""
        file = (self.folder / name).open("ab")
        try:
            fcntl.flock(file, operation)
        except BaseException:
            file.close()
            raise
        return file

    def _lock_free_one(self) -> BinaryIO | None:
        for number in range(self.most):
            with suppress(BlockingIOError):
                file = self.open_and_lock(str(number), fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not (self.folder / str(number)).stat().st_size:
                    return file
                file.close()
        return None
