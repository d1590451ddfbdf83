"""Where jobs run: executors with the interface of ``concurrent.futures``, imported only when opened.

* ``run_jobs`` is here: it hands jobs to an executor, and runs them again if a process died.
* ``local``: a pool of processes on this machine.
* ``private_process``: keep secrets of a process from others of the same account.
* ``prefetch``: an executor whose jobs are prepared by further processes while others are working.
* ``dask``: an executor whose jobs run on the workers of a Dask cluster.
* ``remote_work``: what an executor of several machines needs to know of its work.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from concurrent.futures import TimeoutError as TimeUpError
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sdistmaker_recipe.errors import ClusterError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from sdistmaker_recipe.executors.dask.executor import ClusterExecutor
    from sdistmaker_recipe.executors.remote_work import RemoteWork

Job = TypeVar("Job")
Result = TypeVar("Result")

OpenExecutor = Callable[[int], Executor]
"""Opens an executor with this number of workers."""

ENDED_PROCESS = "The build ended the process that ran it."
"""Why a job has no result."""

BROKEN_CHECK_SECONDS = 10.0
"""The time without a result after which an executor is checked for being broken."""

_PREFETCHED_PER_WORKER = 2


def do_nothing() -> None:
    """Do nothing: the default of callbacks."""


def open_local(workers: int) -> Executor:
    """Open a pool of processes on this machine."""
    from sdistmaker_recipe.executors.local import open_pool

    return open_pool(workers)


def keep_sockets_in(folder: Path) -> None:
    """Put the sockets of the processes into a folder, unless they are in one already."""
    from sdistmaker_recipe.executors import local

    local.keep_sockets_in(folder)


def folder_of_sockets() -> Path | None:
    """The folder that holds the sockets of this process's pools; None if there are none."""
    from sdistmaker_recipe.executors import local

    return local.folder_of_sockets()


def prestart(jobs: int, initialize: Callable[[], None] = do_nothing) -> None:
    """Start what ``open_local`` needs for this number of jobs, and do not wait for it.

    The process of a single job begins with ``initialize``, which must not raise anything.
    """
    from sdistmaker_recipe.executors import local

    local.prestart(jobs, initialize)


def open_prefetching(workers: int, *, prefetch: Callable[[Any], Any], prefetchers: int) -> Executor:
    """Open a pool whose jobs are prepared by further processes; see ``PrefetchingExecutor``.

    At most two jobs for each worker are ready and wait.
    """
    from sdistmaker_recipe.executors.prefetch import PrefetchingExecutor

    max_prefetched = prefetchers + _PREFETCHED_PER_WORKER * workers
    pools = [open_local(1) for _ in range(prefetchers)]
    return PrefetchingExecutor(open_local(workers), pools, prefetch, max_prefetched)


def check_dask() -> None:
    """Raise ``ClusterError`` unless Dask is installed, without importing it."""
    if not importlib.util.find_spec("distributed"):
        raise ClusterError(
            "executor = dask is set, but Dask is not installed here.",
            'Install it for the Python that runs this command: pip install "sdistmaker_recipe[dask]"',
        )


def open_dask(address: str) -> ClusterExecutor:
    """Connect to the Dask cluster of the scheduler at this address; see ``ClusterExecutor``.

    Raises ``ClusterError``.
    """
    from sdistmaker_recipe.executors.dask.cluster import DaskCluster
    from sdistmaker_recipe.executors.dask.executor import ClusterExecutor

    return ClusterExecutor(DaskCluster(address))


def run_jobs(
    work: Callable[[Job], Result] | RemoteWork,
    jobs: Sequence[Job],
    open_executor: OpenExecutor,
    workers: int,
    while_waiting: Callable[[], None] = do_nothing,
) -> Iterator[tuple[Job, Result | None]]:
    """Each job with its result, in the order in which they are ready; ``RemoteWork`` is for ``open_dask``.

    The result is None if the job ended its worker process each time. ``while_waiting`` is called once, when
    all jobs are submitted. An exception that ``work`` raises ends the run and is raised here. Exception:
    ``ClusterError`` is raised after the results of all other jobs. If a worker dies, the jobs that were
    running are run again, in the end each alone, so that the culprit is known.
    """
    pending = dict(enumerate(jobs))
    if not pending:
        return
    for width in (workers, 1):
        for number, result in _run(work, pending, open_executor, width, while_waiting):
            yield pending.pop(number), result
        if not pending:
            return
        while_waiting = do_nothing
    for number, job in pending.items():
        results = [result for _, result in _run(work, {number: job}, open_executor, 1, do_nothing)]
        yield job, results[0] if results else None


def _run(
    work: Callable[[Job], Result] | RemoteWork,
    jobs: dict[int, Job],
    open_executor: OpenExecutor,
    workers: int,
    while_waiting: Callable[[], None],
) -> Iterator[tuple[int, Result]]:
    """The results by the numbers of their jobs, until all are there or the executor broke."""
    executor = open_executor(min(workers, len(jobs)))
    futures: dict[Future[Result], int] = {}
    cluster_error: ClusterError | None = None
    try:
        # A pool that breaks during this raises one of several errors.
        with suppress(BrokenExecutor, OSError):
            for number, job in jobs.items():
                futures[executor.submit(work, job)] = number  # type: ignore[arg-type]
        while_waiting()
        for future in _completed(futures, executor):
            try:
                result = future.result()
            except BrokenExecutor:
                continue
            except ClusterError as error:
                cluster_error = error
                continue
            # A future keeps its result, and there can be many.
            yield futures.pop(future), result
        if cluster_error:
            raise cluster_error
        if is_broken(executor):
            # A process that started just then waits for work, and shutdown would wait for its end.
            kill_workers(executor)
    except BaseException:
        # An interrupted run does not wait for the jobs that are running.
        kill_workers(executor)
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _completed(futures: Iterable[Future[Result]], executor: Executor) -> Iterator[Future[Result]]:
    """The futures as they are done, without those that the executor forgot.

    Before Python 3.12 concurrent.futures forgets a future that is submitted at the moment when the pool
    breaks.
    """
    pending = set(futures)
    while pending:
        try:
            for future in as_completed(pending, timeout=BROKEN_CHECK_SECONDS):
                pending.discard(future)
                yield future
        except TimeUpError:
            if is_broken(executor):
                yield from [future for future in pending if future.done()]
                return


def is_broken(executor: Executor) -> bool:
    """Whether an executor accepts no more jobs because a process of it died.

    Of a ``PrefetchingExecutor`` the pool that works counts.
    """
    return bool(getattr(_pools(executor)[0], "_broken", False))


def kill_workers(executor: Executor) -> None:
    """Kill the processes of an executor, if it has any."""
    # concurrent.futures has kill_workers from Python 3.14 on.
    for pool in _pools(executor):
        processes: dict[int, BaseProcess] = getattr(pool, "_processes", None) or {}
        for process in list(processes.values()):
            process.kill()


def _pools(executor: Executor) -> tuple[Executor, ...]:
    return getattr(executor, "pools", (executor,))
