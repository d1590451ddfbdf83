"""Keep secrets of this process from other processes of the same account, such as builds without a sandbox."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_PR_SET_DUMPABLE = 4
_FIRST_FIELD = 3
"""The number of the field of /proc/PID/stat that follows the name of the program."""
_ENV_START, _ENV_END = 50, 51


def erase_initial_value(name: str) -> None:
    """Overwrite an environment variable where Linux shows the environment that this process was started with.

    That is /proc/PID/environ, which all processes of the account can read, and removing the variable from
    ``os.environ`` does not change it. See env_start in proc(5).
    """
    if sys.platform != "linux":
        return
    status = Path("/proc/self/stat").read_bytes()
    fields = status[status.rindex(b")") + 2 :].split()
    start, end = int(fields[_ENV_START - _FIRST_FIELD]), int(fields[_ENV_END - _FIRST_FIELD])
    prefix, offset = os.fsencode(f"{name}="), 0
    for entry in ctypes.string_at(start, end - start).split(b"\0"):
        if entry.startswith(prefix):
            ctypes.memset(start + offset + len(prefix), 0, len(entry) - len(prefix))
        offset += len(entry) + 1


def hide_process() -> None:
    """Forbid other processes of the account, except those of root, to read the memory of this process.

    A process that this one forks is hidden too, a program that it starts is not. See PR_SET_DUMPABLE in
    prctl(2); only Linux has it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
