"""End the processes that a program leaves behind, whatever process group or session they are in."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sdistmaker_recipe.toolchain.hook_runner import PR_SET_CHILD_SUBREAPER, child_processes


@contextmanager
def ending_orphans() -> Iterator[None]:
    """Make this process the subreaper (prctl(2)) during the context, and end its new children afterwards.

    Nothing else in this process may start processes in the meantime. Only Linux has subreapers; elsewhere
    this does nothing.
    """
    if sys.platform != "linux":
        yield
        return
    prctl = ctypes.CDLL(None).prctl
    known = set(child_processes())
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        # The children of an ended process become children of this one, so look again until there are none.
        while orphans := set(child_processes()) - known:
            for process in orphans:
                # A process that became another account's cannot be ended, and is not tried again.
                known.add(process)
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, 0)
                    known.discard(process)
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
