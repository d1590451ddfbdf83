"""Run a program that is not trusted: own process group, clean environment, time limit, output into a file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX, Sandbox
from sdistmaker_recipe.toolchain.isolation.untrusted_files import open_regular_file

_MAX_LOG_BYTES = 256 * 1024
CHECK_SECONDS = 0.2
"""So often what runs code of a tag looks whether it may go on."""


class FinishedProcess(NamedTuple):
    """The exit status of a program (None if it was ended for taking too long), and what it printed."""

    status: int | None
    output: str


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    timeout: float,
    log: Path,
    sandbox: Sandbox = NO_SANDBOX,
    readable: Iterable[Path] = (),
    check: Callable[[], None] | None = None,
) -> FinishedProcess:
    """Run command in cwd for at most timeout seconds; everything that it prints is added to the file log.

    ``readable`` are folders and files that it needs and that the sandbox would hide. At the end the whole
    process group is ended, with everything that the command started in it. ``check`` is called five times a
    second, and an error that it raises ends the command.
    """
    with open_regular_file(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
        process = sandbox.start(
            command,
            readable,
            environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            status = _wait(process, timeout, check)
        finally:
            _end_group(process)
    return FinishedProcess(status, read_log(log))


def _wait(process: subprocess.Popen[bytes], timeout: float, check: Callable[[], None] | None) -> int | None:
    """The exit status of a process, None if it takes longer than ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while (left := end - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, CHECK_SECONDS) if check else left)
        if check:
            check()
    return process.poll()


def read_log(path: Path) -> str:
    """The text of a log file; of a file longer than 256 KiB the beginning and the end."""
    with open_regular_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= _MAX_LOG_BYTES:
            return file.read().decode("utf-8", "replace")
        beginning = file.read(_MAX_LOG_BYTES // 2)
        file.seek(size - _MAX_LOG_BYTES // 2)
        end = file.read(_MAX_LOG_BYTES // 2)
    left_out = f"\n... {size - _MAX_LOG_BYTES} bytes left out ...\n"
    return beginning.decode("utf-8", "replace") + left_out + end.decode("utf-8", "replace")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
