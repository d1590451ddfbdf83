"""A time limit that can be paused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """A point in time, ``seconds`` from now and later by the length of all pauses."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """The seconds until the deadline, at least 0.001."""
        return max(self._end - time.monotonic(), 0.001)

    @property
    def has_passed(self) -> bool:
        """Whether time is up."""
        return time.monotonic() >= self._end

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count the time in the context."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - begun
