"""Where jobs run: ``concurrent.futures.Executor`` is the interface, opened by name, imported late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from concurrent.futures import TimeoutError as TimeUpError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

Job = TypeVar("Job")
Result = TypeVar("Result")

OpenExecutor = Callable[[int], Executor]

BROKEN_CHECK_SECONDS = 10.0
"""Seconds after which an executor with work under way is asked whether it is broken."""


def do_nothing() -> None:
    """What is done meanwhile where there is nothing to do."""


def open_local(jobs: int) -> Executor:
    """A pool of that many processes on this machine."""
    from sdistmaker_recipe.executors.local import open_pool

    return open_pool(jobs)


def prestart(jobs: int, prepare: Callable[[], None] = do_nothing) -> None:
    """Begin what ``open_local`` waits for where there are that many jobs, if that takes a moment.

    A single job's process begins with ``prepare``, which must raise nothing.
    """
    from sdistmaker_recipe.executors import local

    local.prestart(jobs, prepare)


def open_prefetching(jobs: int, *, prepare: Callable[[Any], Any], lanes: int) -> Executor:
    """Such a pool, whose jobs so many further processes prepare: see ``PrefetchingExecutor``."""
    from sdistmaker_recipe.executors.prefetch import PrefetchingExecutor

    most = lanes + 2 * jobs
    return PrefetchingExecutor(open_local(jobs), [open_local(1) for _ in range(lanes)], prepare, most)


def run_jobs(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    open_executor: OpenExecutor,
    workers: int,
    meanwhile: Callable[[], None] = do_nothing,
) -> Iterator[tuple[Job, Result | None]]:
    """Each job with its result, as they come; None where the job took its worker process down each time.

    ``meanwhile`` is called once, when all jobs are handed in and there is nothing to do here but wait.

    An exception that work raises ends the run of all jobs and is raised here. Where a worker dies, jobs
    that were under way are run again, in the end each on its own, so that the culprit is known.
    """
    left = dict(enumerate(jobs))
    if not left:
        return
    for width in (workers, 1):
        for number, result in _run(work, left, open_executor, width, meanwhile):
            yield left.pop(number), result
        if not left:
            return
        meanwhile = do_nothing
    for number, job in left.items():
        results = [result for _, result in _run(work, {number: job}, open_executor, 1, do_nothing)]
        yield job, results[0] if results else None


def _run(
    work: Callable[[Job], Result],
    jobs: dict[int, Job],
    open_executor: OpenExecutor,
    workers: int,
    meanwhile: Callable[[], None],
) -> Iterator[tuple[int, Result]]:
    """Results by number until all are there or the executor broke."""
    executor = open_executor(min(workers, len(jobs)))
    futures: dict[Future[Result], int] = {}
    try:
        # A pool that breaks while jobs are handed in says so in one way or another.
        with suppress(BrokenExecutor, OSError):
            for number, job in jobs.items():
                futures[executor.submit(work, job)] = number
        meanwhile()
        for future in _ended(futures, executor):
            try:
                result = future.result()
            except BrokenExecutor:
                continue
            yield futures[future], result
        if is_broken(executor):
            # A process that started just then waits for work, and the executor for its end.
            kill_workers(executor)
    except BaseException:
        # Whoever interrupts does not wait for what is under way.
        kill_workers(executor)
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _ended(futures: Iterable[Future[Result]], executor: Executor) -> Iterator[Future[Result]]:
    """Futures as they are done; not those that are forgotten, as where they came when the executor broke.

    Before Python 3.12 concurrent.futures lets that happen.
    """
    left = set(futures)
    while left:
        try:
            for future in as_completed(left, timeout=BROKEN_CHECK_SECONDS):
                left.discard(future)
                yield future
        except TimeUpError:
            if is_broken(executor):
                yield from [future for future in left if future.done()]
                return


def is_broken(executor: Executor) -> bool:
    """Whether an executor takes no more jobs because a process of it died; of several, that which works."""
    return bool(getattr(_pools(executor)[0], "_broken", False))


def _pools(executor: Executor) -> tuple[Executor, ...]:
    return getattr(executor, "pools", (executor,))


def kill_workers(executor: Executor) -> None:
    """End the processes of an executor at once, where it has any here."""
    # concurrent.futures offers kill_workers from Python 3.14 on.
    for pool in _pools(executor):
        processes: dict[int, BaseProcess] = getattr(pool, "_processes", None) or {}
        for process in list(processes.values()):
            process.kill()
