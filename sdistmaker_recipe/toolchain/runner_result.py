"""Read the JSON file that ``hook_runner`` or ``setup_py_runner`` wrote, and say why a runner failed.

The code of a tag may have written the file too, so its content is checked.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.isolation.untrusted_files import open_regular_file
from sdistmaker_recipe.toolchain.wheels.wheel_failures import NoWheelError

COMPILED_PARTS = "CompiledPartsError"
"""The error in a result of a runner that was to build a wheel, and found something to compile."""

_MAX_BYTES = 8 << 20
# Texts of the C library, which setuptools repeats, for what the machine lacked at the time.
_TEMPORARY_ERRORS = re.compile(
    "No space left on device|Disk quota exceeded|Cannot allocate memory|Resource temporarily unavailable"
    "|Too many open files in system|Input/output error"
)
# The kernel ends builds first if memory runs out.
_WANT_OF_ROOM = re.compile(rf"{_TEMPORARY_ERRORS.pattern}|ended by signal {signal.SIGKILL:d}\b")
_CRASH_SIGNALS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGFPE)


def successful_result(
    file: Path, status: int | None, log: str, seconds: float, *, required_key: str = ""
) -> dict[str, Any]:
    """The object in the result file of a runner that succeeded.

    ``status`` is the exit status (negative for a signal, None if the runner took longer than ``seconds``),
    ``log`` everything that was printed, and ``required_key`` a key that the result must have. Raises
    ``NoWheelError`` if the runner found something to compile, and ``BuildError``.
    """
    if status is None:
        text = f"The build took longer than {seconds:g} seconds. Allow more time with the option timeout."
        raise BuildError(text, log)
    result = read_result(file)
    if result.get("error") == COMPILED_PARTS:
        raise NoWheelError("It has parts that are compiled for one platform.", log)
    if status or "error" in result or (required_key and required_key not in result):
        raise BuildError(
            failure_reason(result, status, log), log, is_permanent=is_permanent_failure(result, status)
        )
    return result


def read_result(file: Path) -> dict[str, Any]:
    """The object in the result file; empty if the file is missing, malformed, or larger than 8 MiB."""
    try:
        with open_regular_file(file) as content:
            # A larger one could take many times its size in memory.
            if os.fstat(content.fileno()).st_size > _MAX_BYTES:
                return {}
            result = json.load(content)
    except (OSError, ValueError, RecursionError):
        return {}
    return result if isinstance(result, dict) else {}


def files_read(result: Mapping[str, Any]) -> frozenset[str]:
    """The files of the tag that the build read, by the runner's result."""
    paths = result.get("read", [])
    return (
        frozenset(path for path in paths if isinstance(path, str)) if isinstance(paths, list) else frozenset()
    )


def is_permanent_failure(result: Mapping[str, Any], status: int) -> bool:
    """Whether a runner that failed would fail again; false if the machine lacked something at the time.

    A runner that left no result crashed, or called exit, or the machine had no memory or disk for it.
    """
    if "error" not in result:
        return status > 1 or -status in _CRASH_SIGNALS
    return not _TEMPORARY_ERRORS.search(str(result.get("message", "")))


def lacked_room(error: BuildError) -> bool:
    """Whether a runner may have failed because the disk or the memory was full at the time."""
    return _WANT_OF_ROOM.search(f"{error.reason}\n{error.log}") is not None


def failure_reason(result: Mapping[str, Any], status: int, log: str = "") -> str:
    """Why a runner failed, in one sentence: the error it wrote down, what it printed, or how it ended."""
    if error := result.get("error"):
        message = " ".join(str(result.get("message", "")).split())
        # A setup.py that gives up prints the reason, and then exits with a number.
        if error == "SystemExit" and message.isdecimal() and (last_line := _last_line(log)):
            return f"The build gave up: {last_line}"
        return f"{error}: {message}" if message else f"The build ended with {error}."
    if status < 0:
        return f"The build was ended by signal {-status}."
    return f"The build ended with exit status {status} and no result."


def _last_line(log: str) -> str:
    """The last line that is not blank. Runners print no traceback of a SystemExit after it."""
    return next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "")
