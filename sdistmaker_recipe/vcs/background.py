"""Ask several servers at a time: the threads of ``vcs.BeginsEarly``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

_THREADS = 8

Answer = TypeVar("Answer")


def ask_in_background(ask: Callable[[], Answer]) -> Future[Answer]:
    """Begin to ask; the future waits for the answer, or raises the error."""
    return _threads().submit(ask)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="ask-server")
