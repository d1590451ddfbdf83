"""A pool of processes on this machine."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from types import ModuleType

_WORK = "sdistmaker_recipe.stages.build"
_prestarted: list[Executor] = []


class _Process(ForkServerProcess):
    """A process that does not import the program which starts it: it needs nothing of that."""

    def start(self) -> None:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            super().start()
        finally:
            sys.modules["__main__"] = main


class _Context(ForkServerContext):
    Process = _Process


def prestart(jobs: int, prepare: Callable[[], None]) -> None:
    """Start what that many jobs need; it imports what is needed there while others do other things.

    A single job gets a copy of this process, which has most of it imported already: a hook waits less.
    """
    while _prestarted:
        # Of a run that broke off before it had any use for it.
        _prestarted.pop().shutdown(wait=False)
    if jobs == 1 and _may_fork():
        # Without one the job gets a process that starts clean.
        with suppress(OSError, BrokenExecutor):
            _prestarted.append(_copy(prepare))
    elif "forkserver" in multiprocessing.get_all_start_methods():
        _context()
        _start_server()


def open_pool(jobs: int) -> Executor:
    """A pool of that many processes: the one that is ready for a single job, else each started clean.

    Those inherit neither threads nor open files; the other one leaves alone what files it has of us.
    """
    if jobs == 1 and _prestarted:
        return _prestarted.pop()
    if "forkserver" in multiprocessing.get_all_start_methods():
        _start_server()
        return ProcessPoolExecutor(jobs, mp_context=_context(), initializer=_settle)
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_settle)


def _copy(prepare: Callable[[], None]) -> Executor:
    """A pool of one process that is a copy of this one; raises ``OSError`` where there can be none."""
    fork = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(1, mp_context=fork, initializer=_settle_copy, initargs=(prepare,))
    # It is the first job that starts the process.
    pool.submit(int)
    return pool


def _context() -> ForkServerContext:
    context = _Context()
    context.set_forkserver_preload([_WORK])
    return context


def _start_server() -> None:
    """Start the process that starts all others, unless it runs.

    An interrupt is for those that are there by then: one that is only starting would end with a long message.
    """
    # By itself it lets interrupts in again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _may_fork() -> bool:
    """Whether a copy of this process can be relied on: one with threads may hold their locks for good."""
    return sys.platform == "linux" and threading.active_count() == 1


def _settle_copy(prepare: Callable[[], None]) -> None:
    # What a door does with these signals is not for its copy.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _settle()
    prepare()
    importlib.import_module(_WORK)


def _settle() -> None:
    """One time zone everywhere, for libsvn writes local times where a file has the keyword Date.

    An interrupt is for the process that wants the work, which ends this one.
    """
    os.environ["TZ"] = "UTC"
    time.tzset()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """End this process when the one that wants its work has ended, however that came about."""
    parent.join()
    os._exit(1)
