"""A time limit that stands still while something is done that does not count."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """So many ``seconds`` from now on."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """How long there is still; never quite 0."""
        return max(self._end - time.monotonic(), 0.001)

    @property
    def has_passed(self) -> bool:
        """Whether time is up."""
        return time.monotonic() >= self._end

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is done inside does not count."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - begun
