"""Work for worker processes, which import it by its name."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.connection_limit import ConnectionLimit


def double(number: int) -> int:
    """Twice the number."""
    return 2 * number


def same(job: object) -> object:
    """The job as it is."""
    return job


def nothing(number: int) -> None:
    """No result, of a job that ended well."""


def handling_of_interrupts(_job: object) -> tuple[bool, bool]:
    """Whether this process ignores interrupts, and whether it holds them back."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN, signal.SIGINT in blocked


def die_at_13(number: int) -> int:
    """Twice the number; 13 takes its process down."""
    if number == 13:
        os._exit(9)
    return 2 * number


def die_first(job: tuple[str, int]) -> int:
    """Twice the number; who comes first to the file takes its process down."""
    marker, number = job
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return 2 * number
    os._exit(9)


def fail_at_13(number: int) -> int:
    """Twice the number; 13 raises after a moment."""
    if number == 13:
        raise RepositoryError("https://svn.example.com", "no answer", "Is it up?")
    return 2 * number


def note_and_fail_at_0(job: tuple[str, int]) -> int:
    """Leave a file for each job that was begun; job 0 raises."""
    folder, number = job
    Path(folder, str(number)).touch()
    if number == 0:
        raise RepositoryError("https://svn.example.com", "no answer")
    time.sleep(0.05)
    return number


def surroundings(_: int) -> tuple[int, int, set[str]]:
    """The process that works, how many threads it has, and what files it has open."""
    folder = Path("/proc/self/fd")
    opened = {str(path.readlink()) for path in folder.iterdir() if path.is_symlink()}
    return os.getpid(), threading.active_count(), opened


def hold_and_die(limit: ConnectionLimit) -> None:
    """Take a connection along."""
    with limit.acquire():
        os._exit(9)
