"""An executor that prepares jobs ahead: while some are worked on, others wait for what they need."""

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

_CANNOT_TAKE_IT = (BrokenExecutor, RuntimeError, OSError)
"""What ``submit`` raises where an executor is broken or shut down, or no process can be started."""


@dataclass(slots=True)
class _Task:
    """A job with what is to be done, and the future of that."""

    work: Callable[..., Any]
    job: Any
    future: Future[Any]


class PrefetchingExecutor(Executor):
    """Hands each job to ``pool`` once one of ``lanes`` has prepared it; each of these does one at a time.

    ``prepare`` gives the job anew, or None where its lane can do no more: the job goes to another one then,
    and where none is left to the pool as it is. So does a job of which the preparation fails. Not more than
    ``most`` jobs are prepared, or being so, and not done. ``shutdown`` waits for nothing that is not done.

    All is decided in one thread, for a future may call back from any.
    """

    def __init__(
        self,
        pool: Executor,
        lanes: Sequence[Executor],
        prepare: Callable[[Any], Any],
        most: int,
    ) -> None:
        self.pools = (pool, *lanes)
        self._pool, self._prepare, self._most = pool, prepare, most
        self._idle = deque(lanes)
        self._preparing: dict[Executor, _Task] = {}
        self._lanes = len(lanes)
        self._waiting: deque[_Task] = deque()
        self._under_way = 0
        self._broken = ""
        self._events: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._decide, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[..., Any], job: Any, /) -> Future[Any]:  # type: ignore[override]  # noqa: ANN401
        """The future of what work makes of the job once it is prepared."""
        future: Future[Any] = Future()
        self._events.put(partial(self._take, _Task(work, job, future)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """End all pools."""
        self._events.put(None)
        self._thread.join()
        for pool in self.pools:
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def _decide(self) -> None:
        while (event := self._next_event()) is not None:
            event()
            self._go_on()

    def _next_event(self) -> Callable[[], None] | None:
        try:
            return self._events.get(timeout=BROKEN_CHECK_SECONDS)
        except Empty:
            return self._look_after_lanes

    def _look_after_lanes(self) -> None:
        """Go on without those that broke just when they were given a job: it may be forgotten there.

        Before Python 3.12 concurrent.futures lets that happen.
        """
        for lane in [lane for lane in self._preparing if is_broken(lane)]:
            task = self._preparing.pop(lane)
            self._close(lane)
            self._work(task, task.job)

    def _take(self, task: _Task) -> None:
        self._waiting.append(task)

    def _go_on(self) -> None:
        while self._broken and self._waiting:
            self._waiting.popleft().future.set_exception(BrokenExecutor(self._broken))
        while self._waiting and self._under_way < self._most and (self._idle or not self._lanes):
            task = self._waiting.popleft()
            if task.future.running() or task.future.set_running_or_notify_cancel():
                self._under_way += 1
                self._begin(task)

    def _begin(self, task: _Task) -> None:
        if not self._lanes:
            return self._work(task, task.job)
        lane = self._idle.popleft()
        try:
            prepared = lane.submit(self._prepare, task.job)
        except _CANNOT_TAKE_IT:
            self._close(lane)
            return self._work(task, task.job)
        self._preparing[lane] = task
        return prepared.add_done_callback(
            lambda future: self._events.put(partial(self._prepared, lane, task, future))
        )

    def _prepared(self, lane: Executor, task: _Task, prepared: Future[Any]) -> None:
        if self._preparing.pop(lane, None) is None:
            # It was not forgotten after all; by now it is being done without.
            return
        error = prepared.exception()
        job = task.job if error else prepared.result()
        gives_up = job is None
        if gives_up or isinstance(error, BrokenExecutor):
            self._close(lane)
        else:
            # First of all, so that not more of them start to work than are needed.
            self._idle.appendleft(lane)
        if gives_up:
            self._under_way -= 1
            self._waiting.appendleft(task)
        else:
            self._work(task, job)

    def _close(self, lane: Executor) -> None:
        self._lanes -= 1
        lane.shutdown(wait=False)

    def _work(self, task: _Task, job: Any) -> None:  # noqa: ANN401
        try:
            working = self._pool.submit(task.work, job)
        except _CANNOT_TAKE_IT as error:
            self._under_way -= 1
            self._broken = str(error) or "the pool is broken"
            task.future.set_exception(BrokenExecutor(self._broken))
        else:
            working.add_done_callback(lambda future: self._events.put(partial(self._done, task, future)))

    def _done(self, task: _Task, working: Future[Any]) -> None:
        self._under_way -= 1
        if error := working.exception():
            if isinstance(error, BrokenExecutor):
                self._broken = str(error)
            task.future.set_exception(error)
        else:
            task.future.set_result(working.result())
