"""Run a program that is not trusted: own process group, clean environment, time limit, output to a file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.toolchain.sandbox import NO_SANDBOX, Sandbox
from sdistmaker_recipe.toolchain.untrusted_files import open_regular_file

_LOG_LIMIT = 256 * 1024


class FinishedProcess(NamedTuple):
    """How a program ended; ``status`` is None where it was ended for taking too long."""

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
) -> FinishedProcess:
    """Run command in cwd for at most timeout seconds; all it prints goes to the file log.

    ``readable`` are folders and files that it needs, and that a sandbox would not show it otherwise.
    At the end the whole process group is ended, whatever the command started and left behind.
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
            status: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            _end_group(process)
    return FinishedProcess(status, read_log(log))


def read_log(path: Path) -> str:
    """The text of a log file, of a long one the beginning and the end."""
    with open_regular_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= _LOG_LIMIT:
            return file.read().decode("utf-8", "replace")
        beginning = file.read(_LOG_LIMIT // 2)
        file.seek(size - _LOG_LIMIT // 2)
        end = file.read(_LOG_LIMIT // 2)
    left_out = f"\n... {size - _LOG_LIMIT} bytes left out ...\n"
    return beginning.decode("utf-8", "replace") + left_out + end.decode("utf-8", "replace")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
