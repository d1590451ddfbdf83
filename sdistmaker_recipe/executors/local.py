"""A pool of processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from types import ModuleType


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


def get_ready() -> None:
    """Start what pools start their processes from; it imports what they need while others do other things."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        _context()
        forkserver.ensure_running()


def open_pool(jobs: int) -> Executor:
    """A pool of that many processes, each started clean: neither threads nor open files are inherited."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        return ProcessPoolExecutor(jobs, mp_context=_context(), initializer=_settle)
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_settle)


def _context() -> ForkServerContext:
    context = _Context()
    context.set_forkserver_preload(["sdistmaker_recipe.stages.build"])
    return context


def _settle() -> None:
    """One time zone everywhere, for libsvn writes local times where a file has the keyword Date.

    An interrupt is for the process that wants the work, which ends this one.
    """
    os.environ["TZ"] = "UTC"
    time.tzset()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """End this process when the one that wants its work has ended, however that came about."""
    parent.join()
    os._exit(1)
