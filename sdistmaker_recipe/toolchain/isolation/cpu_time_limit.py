"""Interrupt code of this process that computes for too long, such as a parser on a malicious file."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class CpuTimeExceededError(BaseException):
    """The CPU time is used up. It is no ``Exception``, so handlers of all exceptions do not catch it."""


@contextmanager
def cpu_time_limit(seconds: float) -> Iterator[None]:
    """Raise ``CpuTimeExceededError`` in the context once it used so many seconds of CPU time.

    Waiting does not count. Python can only interrupt the main thread, so other threads have no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former_handler = signal.signal(signal.SIGVTALRM, _raise_error)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        # Also if the time was up just now: the error is raised once only.
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former_handler)


def _raise_error(_number: int, _frame: FrameType | None) -> None:
    raise CpuTimeExceededError
