"""A pool of processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing.process import BaseProcess


def open_pool(jobs: int) -> Executor:
    """A pool of that many processes, each started clean: neither threads nor open files are inherited."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(["sdistmaker_recipe.stages.build"])
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_settle)


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
