"""Processes that a program started and left behind, in whatever group or session."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sdistmaker_recipe.toolchain.hook_runner import PR_SET_CHILD_SUBREAPER, children


@contextmanager
def ending_orphans() -> Iterator[None]:
    """In the context what loses its parent becomes this process's child; at the end it is ended.

    For a time when nothing else here starts processes.
    """
    if sys.platform != "linux":
        yield
        return
    prctl = ctypes.CDLL(None).prctl
    before = set(children())
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        # What these leave behind comes next.
        while left := set(children()) - before:
            for process in left:
                # One that became another user's is left alone.
                before.add(process)
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, 0)
                    before.discard(process)
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
