"""A pool of processes on this machine."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker, util
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.executors.private_process import hide_process

_WORK_MODULE = "sdistmaker_recipe.stages.build"
"""Imported by each process before its first job."""

_NEW_OBJECTS_PER_SEARCH = 20_000
"""How many objects a process makes before Python searches for garbage. Usual are 700, which takes longer."""

_LONGEST_FOLDER = 107 - len("/pymp-12345678/listener-12345678")
"""In bytes. The path of a socket may have 107 on Linux: see unix(7)."""

_SAFE_PATH = "PYTHONSAFEPATH"

_prestarted: list[Executor] = []
"""The pool that waits for a single job; at most one."""


class _Process(ForkServerProcess):
    """A process that does not import the main program, of which it needs nothing."""

    def start(self) -> None:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            super().start()
        finally:
            sys.modules["__main__"] = main


class _Context(ForkServerContext):
    Process = _Process


def keep_sockets_in(folder: Path) -> None:
    """See ``executors.keep_sockets_in``: multiprocessing makes a folder ``pymp-RANDOM`` in this one."""
    if folder_of_sockets() is None and _is_short(folder):
        _make_folder_of_sockets(folder)
        # multiprocessing removes its own folder at the exit, with priority -100.
        util.Finalize(None, _remove_if_empty, [str(folder)], exitpriority=-101)


def folder_of_sockets() -> Path | None:
    """See ``executors.folder_of_sockets``."""
    # multiprocessing has no other way to ask without making one.
    config: dict[str, str | None] = getattr(multiprocessing.current_process(), "_config", {})
    folder = config.get("tempdir")
    return Path(folder).parent if folder else None


def _is_short(folder: Path) -> bool:
    """Whether the paths of sockets in a folder are not too long."""
    return len(os.fsencode(folder)) <= _LONGEST_FOLDER


def _make_folder_of_sockets(parent: Path) -> None:
    former, tempfile.tempdir = tempfile.tempdir, str(parent)
    try:
        util.get_temp_dir()
    finally:
        tempfile.tempdir = former


def prestart(jobs: int, initialize: Callable[[], None]) -> None:
    """Start the processes for this number of jobs, or the server that forks them, and do not wait for it.

    A single job gets a fork of this process, which has imported most modules already.
    """
    # Builds without a sandbox could read a password in the memory of this process, and of its forks.
    hide_process()
    while _prestarted:
        # It is of a run that broke off before it used the pool.
        _prestarted.pop().shutdown(wait=False)
    if jobs == 1 and _may_fork():
        # If the fork fails, the job gets a clean process.
        with suppress(OSError, BrokenExecutor):
            _prestarted.append(_open_fork(initialize))
    elif _has_forkserver():
        _context()
        _start_forkserver()


def open_pool(workers: int) -> Executor:
    """The prestarted pool for a single worker, else a pool of clean processes.

    Clean processes inherit neither threads nor open files of this one. Raises ``ToolchainError`` if this
    machine gives no semaphores: on Linux they are files in /dev/shm, see sem_overview(7).
    """
    if workers == 1 and _prestarted:
        return _prestarted.pop()
    if _has_forkserver():
        _start_forkserver()
        context: multiprocessing.context.BaseContext = _context()
    else:
        context = multiprocessing.get_context("spawn")
    try:
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_initialize_process)
    except OSError as error:
        hint = "On Linux, /dev/shm must be a tmpfs that this account can write to."
        raise ToolchainError(
            f"No process can be started that builds: {error.strerror or error}.", hint
        ) from error


def _remove_if_empty(folder: str) -> None:
    with suppress(OSError):
        Path(folder).rmdir()


def _open_fork(initialize: Callable[[], None]) -> Executor:
    """A pool with one process, which is a fork of this one; raises ``OSError`` if it cannot be made."""
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=_initialize_fork, initargs=(initialize,))
    # A pool starts its process with the first job.
    pool.submit(int)
    return pool


def _has_forkserver() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()


def _context() -> ForkServerContext:
    context = _Context()
    context.set_forkserver_preload([_WORK_MODULE])
    return context


def _start_forkserver() -> None:
    """Start the process that forks all others, unless it runs.

    Interrupts are blocked meanwhile: one that reaches a Python at its start ends it with a long traceback.
    """
    if folder_of_sockets() is None and not _is_short(Path(tempfile.gettempdir())):
        # Of a worker of a cluster nobody said where its sockets belong, and TMPDIR may be long.
        _make_folder_of_sockets(Path("/tmp"))
    with _modules_of_the_current_folder_hidden():
        # The resource tracker starts separately, for its start unblocks interrupts.
        resource_tracker.ensure_running()
        former_mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former_mask)


@contextmanager
def _modules_of_the_current_folder_hidden() -> Iterator[None]:
    """Let Pythons that are started in the context import nothing from the current folder (Python 3.11)."""
    former = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if former is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = former


def _may_fork() -> bool:
    """Whether a fork of this process is safe: with threads, locks could stay locked in it for ever."""
    return sys.platform == "linux" and threading.active_count() == 1


def _initialize_fork(initialize: Callable[[], None]) -> None:
    # The handlers of a door are not for its fork.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    _initialize_process()
    initialize()
    importlib.import_module(_WORK_MODULE)


def _initialize_process() -> None:
    """Set the handling of interrupts, hide the memory, and end with the main process.

    What was imported so far is never searched for garbage. An interrupt is for the main process, which ends
    this one.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS_PER_SEARCH)
    hide_process()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: BaseProcess) -> None:
    """Exit when the main process has ended, in whatever way."""
    parent.join()
    os._exit(1)
