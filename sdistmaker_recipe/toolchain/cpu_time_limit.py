"""Give up what takes too long in this process: a text can be written to keep its parser busy for hours."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class CpuTimeExceededError(BaseException):
    """The time is up; no ``Exception``, so that code which handles all of those lets it pass."""


@contextmanager
def cpu_time_limit(seconds: float) -> Iterator[None]:
    """Raise ``CpuTimeExceededError`` in the context once it has used so many seconds of CPU time.

    Only the main thread can be interrupted; in another there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGVTALRM, _give_up)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        # Whether or not the time was up just now: it was said once, and is not said again.
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise CpuTimeExceededError
