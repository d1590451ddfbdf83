"""An executor that prepares jobs in advance: further processes fetch what a job needs while others work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from sdistmaker_recipe.executors import BROKEN_CHECK_SECONDS, is_broken

_SUBMIT_ERRORS = (BrokenExecutor, RuntimeError, OSError)
"""What ``submit`` raises if an executor is broken or shut down, or no process can be started."""


@dataclass(slots=True)
class _Task:
    """A job, the function to call with it, and the future of the result."""

    work: Callable[..., Any]
    job: Any
    future: Future[Any]


class PrefetchingExecutor(Executor):
    """Submits each job to ``pool`` after one of ``prefetchers`` has prepared it.

    Each prefetcher is an executor that prepares one job at a time. ``prefetch`` returns the prepared job, or
    None if its prefetcher can prepare no more: then another one prepares the job. A job whose preparation
    fails, or for which no prefetcher is left, goes to the pool unprepared.

    At most ``max_prefetched`` jobs are in preparation, ready or running. ``shutdown`` does not wait for
    unfinished jobs. One thread makes all decisions, for futures call back from any thread.
    """

    def __init__(
        self,
        pool: Executor,
        prefetchers: Sequence[Executor],
        prefetch: Callable[[Any], Any],
        max_prefetched: int,
    ) -> None:
        self.pools = (pool, *prefetchers)
        self._pool, self._prefetch, self._max_prefetched = pool, prefetch, max_prefetched
        self._idle = deque(prefetchers)
        self._preparing: dict[Executor, _Task] = {}
        self._prefetchers_left = len(prefetchers)
        self._waiting: deque[_Task] = deque()
        self._unfinished = 0
        self._error = ""
        self._events: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._handle_events, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[..., Any], job: Any, /) -> Future[Any]:  # type: ignore[override]  # noqa: ANN401
        """The future of the result of ``work`` for the prepared job."""
        future: Future[Any] = Future()
        self._events.put(partial(self._waiting.append, _Task(work, job, future)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """Shut down all pools."""
        self._events.put(None)
        self._thread.join()
        for pool in self.pools:
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def _handle_events(self) -> None:
        while (event := self._next_event()) is not None:
            event()
            self._start_tasks()

    def _next_event(self) -> Callable[[], None] | None:
        try:
            return self._events.get(timeout=BROKEN_CHECK_SECONDS)
        except Empty:
            return self._close_broken_prefetchers

    def _close_broken_prefetchers(self) -> None:
        """Go on without prefetchers that broke at the moment when they got a job.

        Before Python 3.12 concurrent.futures forgets that job.
        """
        for prefetcher in [prefetcher for prefetcher in self._preparing if is_broken(prefetcher)]:
            task = self._preparing.pop(prefetcher)
            self._close(prefetcher)
            self._submit_work(task, task.job)

    def _start_tasks(self) -> None:
        while self._error and self._waiting:
            self._waiting.popleft().future.set_exception(BrokenExecutor(self._error))
        while (
            self._waiting
            and self._unfinished < self._max_prefetched
            and (self._idle or not self._prefetchers_left)
        ):
            task = self._waiting.popleft()
            if task.future.running() or task.future.set_running_or_notify_cancel():
                self._unfinished += 1
                self._start(task)

    def _start(self, task: _Task) -> None:
        if not self._prefetchers_left:
            return self._submit_work(task, task.job)
        prefetcher = self._idle.popleft()
        try:
            prepared = prefetcher.submit(self._prefetch, task.job)
        except _SUBMIT_ERRORS:
            self._close(prefetcher)
            return self._submit_work(task, task.job)
        self._preparing[prefetcher] = task
        return prepared.add_done_callback(
            lambda future: self._events.put(partial(self._prepared, prefetcher, task, future))
        )

    def _prepared(self, prefetcher: Executor, task: _Task, prepared: Future[Any]) -> None:
        if self._preparing.pop(prefetcher, None) is None:
            # The job was taken for forgotten, and is worked on unprepared by now.
            return
        error = prepared.exception()
        job = task.job if error else prepared.result()
        gives_up = job is None
        if gives_up or isinstance(error, BrokenExecutor):
            self._close(prefetcher)
        else:
            # In front, so that no more prefetchers are used than are needed.
            self._idle.appendleft(prefetcher)
        if gives_up:
            self._unfinished -= 1
            self._waiting.appendleft(task)
        else:
            self._submit_work(task, job)

    def _close(self, prefetcher: Executor) -> None:
        self._prefetchers_left -= 1
        prefetcher.shutdown(wait=False)

    def _submit_work(self, task: _Task, job: Any) -> None:  # noqa: ANN401
        try:
            result = self._pool.submit(task.work, job)
        except _SUBMIT_ERRORS as error:
            self._unfinished -= 1
            self._error = str(error) or "the pool is broken"
            task.future.set_exception(BrokenExecutor(self._error))
        else:
            result.add_done_callback(lambda future: self._events.put(partial(self._done, task, future)))

    def _done(self, task: _Task, result: Future[Any]) -> None:
        self._unfinished -= 1
        if error := result.exception():
            if isinstance(error, BrokenExecutor):
                self._error = str(error)
            task.future.set_exception(error)
        else:
            task.future.set_result(result.result())
