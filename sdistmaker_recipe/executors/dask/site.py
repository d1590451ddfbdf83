"""On a worker: what it keeps for a run. ``greet`` makes it, ``perform`` does a job, ``leave`` ends it.

A run calls ``keep`` while it lives, for a site may know its password.

Jobs run in processes of our own. Builds change the state of their process (signals, limits, the current
folder), and a worker may have several threads, which would share it.
"""

from __future__ import annotations

import asyncio
import fcntl
import math
import multiprocessing
import os
import pickle
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import IO, Any, Literal
from uuid import uuid4

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.executors import kill_workers
from sdistmaker_recipe.executors.dask.messages import Answer, Greeting, Sealed, unseal
from sdistmaker_recipe.executors.local import open_pool
from sdistmaker_recipe.executors.private_process import hide_process
from sdistmaker_recipe.executors.remote_work import Machine, RemoteWork, UnfitWorkerError

_PREFIX = "sdistmaker-run-"
_ATTEMPTS = 2
"""So many processes a job may end, one after the other, before it is given up."""
_LONG_SECONDS = 1.0
_MANY_BYTES = 4 << 20
"""Answers go back without those of the jobs that are left, if they took so long or have so many bytes."""
_WATCH_SECONDS = 1.0
_IDLE_SECONDS = 120.0
"""After this time without a word of the run it is taken to be gone, as if its machine had lost its power."""

_starting = threading.Lock()
"""A process that starts another one changes its own state for a moment, which all of its threads share."""
_sites: dict[str, Site | None] = {}
"""The sites of this process by their names, None for those that it ended; a restarted worker has none."""


async def greet(work: Sealed, run: str = "", dask_worker: Any = None) -> Greeting:  # noqa: ANN401
    """Make this worker ready for the sealed work of the run of this name; Dask gives ``dask_worker``."""
    # The checks start programs, and meanwhile the worker must answer its scheduler.
    return await asyncio.to_thread(_open_site, work, run, dask_worker)


async def keep(run: str) -> None:
    """Let the sites of a run know that it goes on."""
    for found in list(_sites.values()):
        if found and found.run == run:
            found.keep()


async def leave(sites: list[str]) -> None:
    """End those of the sites that are of this worker, and all that runs in them."""
    for name in sites:
        if found := _sites.pop(name, None):
            await asyncio.to_thread(found.close)


def perform(site: str, jobs: bytes) -> bytes:
    """Do jobs one after another; the ``Answer`` of each that was begun.

    Both are pickled lists of what was pickled, so that one can be read without the others. What is left
    after a job that takes long, or that cannot be done here, is for whoever is free.
    """
    end = time.monotonic() + _LONG_SECONDS
    answers: list[bytes] = []
    for job in pickle.loads(jobs):
        found = _sites.get(site)
        answer = found.perform(pickle.loads(job)) if found else Answer(_why_there_is_none(site))
        if found and found.is_abandoned and answer.kind == "unknown":
            answer = Answer("ended")
        answers.append(pickle.dumps(answer))
        is_last = answer.kind in ("unfit", "unknown", "ended") or time.monotonic() > end
        if is_last or sum(map(len, answers)) > _MANY_BYTES:
            break
    return pickle.dumps(answers)


def _why_there_is_none(site: str) -> Literal["ended", "unknown"]:
    return "ended" if site in _sites else "unknown"


def _open_site(work: Sealed, run: str, worker: Any) -> Greeting:  # noqa: ANN401
    name, host, parent = uuid4().hex, socket.gethostname(), Path(worker.local_directory).parent
    try:
        site = Site(name, unseal(work), parent, worker.state.nthreads, partial(_is_ending, worker), run)
    except OSError as error:
        problem = f"{error.filename or parent}: {error.strerror or error}"
        return Greeting("", host, problem, "Start it with another --local-directory.")
    _sites[name] = site
    try:
        return Greeting(name, host, warning=site.prepare())
    except UnfitWorkerError as error:
        refusal = Greeting("", host, error.reason, error.hint)
    except Exception as error:
        refusal = Greeting("", host, f"{type(error).__name__}: {error}")
    _sites.pop(name)
    site.close()
    return refusal


def _is_ending(worker: Any) -> bool:  # noqa: ANN401
    """Whether a worker is about to end: it waits for its jobs first."""
    return worker.status.name in ("closing", "closed", "failed")


class Site:
    """The folder of a run on a worker, and as many processes as the worker has threads.

    The folder is beside the worker's own one. It is removed at the end; another worker removes that of a
    worker that was killed. ``is_ending`` says whether the worker is about to end. ``run`` is the name of the
    run. ``is_abandoned`` is true if it was closed because nothing was heard of that.
    """

    def __init__(
        self,
        name: str,
        work: RemoteWork,
        parent: Path,
        threads: int,
        is_ending: Callable[[], bool] = lambda: False,
        run: str = "",
    ) -> None:
        self.run = run
        self._work, self._is_ending = work, is_ending
        if parent.is_relative_to("/dev"):
            # The sandbox has a /dev of its own.
            parent = Path(gettempdir())
        self._remove_leftovers(parent)
        self.folder = parent / f"{_PREFIX}{name}"
        parent.mkdir(parents=True, exist_ok=True)
        # First: another worker of this machine takes a folder without a lock for one that was left behind.
        # One that takes the file for left behind as well has it for a moment only.
        self._lock = _lock(self.folder, fcntl.LOCK_EX)
        self.folder.mkdir(mode=0o700)
        self._machine = Machine(self.folder, dict(os.environ), threads)
        self._free: list[Executor] = []
        self._used: set[Executor] = set()
        self._mutex = threading.Lock()
        self._is_closed = self.is_abandoned = False
        self._heard = time.monotonic()
        # The nanny of a worker makes it a process that may not start any other.
        multiprocessing.current_process().daemon = False
        # Builds without a sandbox could read a password in its memory.
        hide_process()
        threading.Thread(target=self._close_when_over, daemon=True).start()

    def prepare(self) -> str:
        """The work's warning about this machine, from a process that does the first jobs afterwards."""
        # The run says nothing more before it has the answer.
        self._heard = math.inf
        try:
            return self._call(self._work.prepare, self._machine) or ""
        finally:
            self._heard = time.monotonic()

    def keep(self) -> None:
        """Note that the run goes on."""
        self._heard = time.monotonic()

    def perform(self, job: Any) -> Answer:  # noqa: ANN401
        """Do a job in one of the processes."""
        begin = self._heard = time.monotonic()
        kind, value = self._attempt(job)
        return Answer(kind, value, time.monotonic() - begin)  # type: ignore[arg-type]

    def close(self) -> None:
        """End all processes, and remove the folder."""
        with self._mutex:
            if self._is_closed:
                return
            self._is_closed = True
            pools = [*self._free, *self._used]
            self._free.clear()
        for pool in pools:
            kill_workers(pool)
            pool.shutdown(wait=False)
        # What cannot be removed now, the next site on this machine removes.
        with self._lock, suppress(OSError):
            self._work.clean_up(self.folder)
            Path(self._lock.name).unlink()

    def _attempt(self, job: Any) -> tuple[str, Any]:  # noqa: ANN401
        for _ in range(_ATTEMPTS):
            try:
                return "done", self._call(self._work.run, job, self._machine)
            except BrokenExecutor:
                if self._is_closed:
                    return "unknown", None
            except UnfitWorkerError as error:
                return "unfit", error
            except OSError as error:
                text = f"{error.filename or self.folder}: {error.strerror or error}"
                return "unfit", UnfitWorkerError(text)
            except Exception as error:
                # A pool that is closed just then takes no job.
                return ("unknown", None) if self._is_closed else ("raised", error)
        return "died", None

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        """Call a function in a process that has nothing else to do; raises ``BrokenExecutor`` if it died."""
        pool = self._take()
        try:
            with _starting:
                future = pool.submit(function, *arguments)
            result = future.result()
        except BrokenExecutor:
            pool.shutdown(wait=False)
            self._give_back(pool, is_broken=True)
            raise
        except BaseException:
            self._give_back(pool)
            raise
        self._give_back(pool)
        return result

    def _take(self) -> Executor:
        with self._mutex:
            if self._is_closed:
                raise BrokenExecutor
            # The process that worked last has warm caches.
            pool = self._free.pop() if self._free else _open_pool()
            self._used.add(pool)
            return pool

    def _give_back(self, pool: Executor, *, is_broken: bool = False) -> None:
        with self._mutex:
            self._used.discard(pool)
            if not (is_broken or self._is_closed):
                self._free.append(pool)

    def _close_when_over(self) -> None:
        while not self._is_closed:
            time.sleep(min(_IDLE_SECONDS, _WATCH_SECONDS))
            is_abandoned = time.monotonic() > self._heard + _IDLE_SECONDS
            if (is_abandoned or self._is_ending()) and not self._is_closed:
                self.is_abandoned = is_abandoned
                for name in [name for name, site in list(_sites.items()) if site is self]:
                    _sites[name] = None
                self.close()

    def _remove_leftovers(self, parent: Path) -> None:
        """Remove the folders and files of workers that were killed. Only a living one has a lock."""
        for path in parent.glob(f"{_PREFIX}*"):
            # Other workers of this machine may remove it at the same time.
            with suppress(OSError):
                if path.lstat().st_uid == os.getuid():
                    folder = path.with_suffix("")
                    with _lock(folder) as lock:
                        self._work.clean_up(folder)
                        Path(lock.name).unlink()


def _open_pool() -> Executor:
    """A pool with one process; raises ``UnfitWorkerError`` if this machine gives none."""
    try:
        with _starting:
            return open_pool(1)
    except ToolchainError as error:
        raise UnfitWorkerError(error.message.rstrip("."), error.hint) from error


def _lock(folder: Path, operation: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> IO[bytes]:
    """Lock the file beside a folder until it is closed; ``operation`` is that of flock.

    Raises ``OSError`` if another process has it and the operation does not wait.
    """
    path = folder.with_name(f"{folder.name}.lock")
    while True:
        file = path.open("ab")
        try:
            fcntl.flock(file, operation)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass
        except OSError:
            file.close()
            raise
        # Whoever had it removed it just then.
        file.close()
