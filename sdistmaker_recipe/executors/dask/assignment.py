"""Which worker gets which jobs, and whom a lost worker is blamed on. Pure.

Jobs that take a fraction of a second travel in bundles, because the scheduler takes milliseconds for each
message.

A job that was on a worker when that was lost is a suspect: it runs again, alone on its worker. If that
worker is lost too, the job is the culprit. So a job that kills workers costs two of them, and no other job is
blamed.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, deque
from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

BUNDLES_PER_THREAD = 2
"""So many bundles a worker has for each thread, so that none is idle while the next one is on its way."""
BUNDLE_SECONDS = 0.5
"""A bundle has as many jobs as a worker does in this time; one, if that takes longer."""
JOBS_PER_BUNDLE = 8
"""So many jobs a bundle has at most."""
BUNDLE_BYTES = 1 << 20
"""A bundle of several jobs has at most so many bytes."""
MOST_AHEAD = 1000
"""So many jobs are begun at most beyond the oldest one that is not done: their results wait for it."""


class Doubtful(NamedTuple):
    """A result that may be the fault of the worker at an address, and why, as a sentence."""

    result: Any
    address: str
    reason: str


@dataclass(eq=False, slots=True)
class Task:
    """A job, its number in the order of submission, its kind, and the future of its result.

    ``lost_on`` are the addresses of workers that were lost while they had it. ``stops`` counts the workers
    that were stopped meanwhile, ``drops`` how often the cluster forgot it. ``doubtful`` is a result that
    counts only if no other worker can do the job.
    """

    number: int
    job: Any
    kind: Hashable
    future: Future[Any]
    lost_on: list[str] = field(default_factory=list)
    stops: int = 0
    drops: int = 0
    doubtful: Doubtful | None = None

    def __lt__(self, other: Task) -> bool:
        return self.number < other.number


@dataclass(eq=False, slots=True)
class Worker:
    """A worker that can build: its address, its site for this run, and the tasks that it has.

    ``is_alone`` is true while it has a suspect, and ``unfit_for`` are kinds of jobs that it cannot do.
    ``job_seconds`` is what a job takes there, the last ones more than those before.
    """

    address: str
    site: str
    threads: int
    tasks: set[Task] = field(default_factory=set)
    is_alone: bool = False
    unfit_for: set[Hashable] = field(default_factory=set)
    job_seconds: float = BUNDLE_SECONDS

    @property
    def jobs_per_bundle(self) -> int:
        """How many jobs are sent to it together."""
        fitting = BUNDLE_SECONDS / max(self.job_seconds, BUNDLE_SECONDS / JOBS_PER_BUNDLE)
        return max(int(fitting), 1)

    def took(self, seconds: float) -> None:
        """Learn what another job took there."""
        self.job_seconds = (self.job_seconds + seconds) / 2


class Assignment:
    """The tasks that wait and those that workers have."""

    def __init__(self) -> None:
        self.workers: dict[str, Worker] = {}
        self._waiting: list[Task] = []
        self._suspects: deque[Task] = deque()
        self._kinds: Counter[Hashable] = Counter()
        self._unfinished: set[int] = set()
        self._oldest = 0

    def add(self, task: Task) -> None:
        """Take a new task, or one that has to be done again."""
        self._unfinished.add(task.number)
        self._kinds[task.kind] += 1
        if task.lost_on:
            self._suspects.append(task)
        else:
            heapq.heappush(self._waiting, task)

    def finish(self, task: Task) -> None:
        """Forget a task whose result is there."""
        self._unfinished.discard(task.number)
        while self._unfinished and self._oldest not in self._unfinished:
            self._oldest += 1

    @property
    def is_busy(self) -> bool:
        """Whether there are tasks that are not finished."""
        return bool(self._unfinished)

    def unfinished_tasks(self) -> list[Task]:
        """All tasks that wait or that a worker has."""
        running = [task for worker in self.workers.values() for task in worker.tasks]
        return [*self._waiting, *self._suspects, *running]

    def add_worker(self, worker: Worker) -> None:
        """Take a worker that is ready."""
        self.workers[worker.address] = worker

    def release(self, task: Task, worker: Worker) -> bool:
        """Take a task from the worker that had it; false if it had it no longer."""
        if task not in worker.tasks:
            return False
        worker.tasks.discard(task)
        worker.is_alone = False
        return True

    def withhold(self, task: Task, worker: Worker) -> None:
        """Take a task from the worker that had it, which does not get it again."""
        self.release(task, worker)
        # A kind of its own: the worker may have all others of its kind.
        kind, task.kind = task.kind, (task.kind, task.number)
        for each in self.workers.values():
            if each is worker or kind in each.unfit_for:
                each.unfit_for.add(task.kind)

    def dismiss(self, address: str) -> list[Task]:
        """Remove a worker; the tasks that it had."""
        worker = self.workers.pop(address)
        tasks = sorted(worker.tasks)
        worker.tasks.clear()
        return tasks

    def remove_worker(self, address: str) -> tuple[list[Task], list[Task]]:
        """Remove a worker that is lost: its tasks that are suspects now, and those that are culprits."""
        is_alone = self.workers[address].is_alone
        tasks = self.dismiss(address)
        for task in tasks:
            task.lost_on.append(address)
        return ([], tasks) if is_alone else (tasks, [])

    def stuck_tasks(self) -> list[Task]:
        """The tasks that wait and that none of the workers can do."""
        # This is asked after each answer, and there can be many tasks that wait.
        kinds = {
            kind for kind in self._kinds if all(kind in each.unfit_for for each in self.workers.values())
        }
        return [task for task in (*self._waiting, *self._suspects) if task.kind in kinds] if kinds else []

    def drop(self, tasks: list[Task]) -> None:
        """Forget tasks that wait."""
        gone = {task.number for task in tasks}
        for task in (*self._waiting, *self._suspects):
            if task.number in gone:
                self._count_out(task)
        self._waiting = [task for task in self._waiting if task.number not in gone]
        heapq.heapify(self._waiting)
        self._suspects = deque(task for task in self._suspects if task.number not in gone)
        for task in tasks:
            self.finish(task)

    def assign(self) -> Iterator[tuple[Task, Worker]]:
        """Give waiting tasks to workers that have room for them."""
        yield from self._assign_suspects()
        passed_over: list[Task] = []
        while self._waiting and self._waiting[0].number < self._oldest + MOST_AHEAD:
            open_workers = self._workers_with_room()
            if not open_workers:
                break
            task = heapq.heappop(self._waiting)
            if fit := [worker for worker in open_workers if task.kind not in worker.unfit_for]:
                worker = min(fit, key=lambda worker: len(worker.tasks) / worker.threads)
                self._give(task, worker)
                yield task, worker
            else:
                passed_over.append(task)
        for task in passed_over:
            heapq.heappush(self._waiting, task)

    def _assign_suspects(self) -> Iterator[tuple[Task, Worker]]:
        for worker in self.workers.values():
            if worker.tasks:
                continue
            for task in self._suspects:
                if task.kind not in worker.unfit_for:
                    self._suspects.remove(task)
                    self._give(task, worker)
                    worker.is_alone = True
                    yield task, worker
                    break

    def _give(self, task: Task, worker: Worker) -> None:
        self._count_out(task)
        worker.tasks.add(task)

    def _count_out(self, task: Task) -> None:
        """Note that a task does not wait any more."""
        self._kinds[task.kind] -= 1
        if self._kinds[task.kind] <= 0:
            del self._kinds[task.kind]

    def _workers_with_room(self) -> list[Worker]:
        """The workers that take another task; near the end each has no more than it can begin at once."""
        threads = sum(worker.threads for worker in self.workers.values())
        share = math.ceil(len(self._waiting) / threads) if threads else 0
        drained = self._worker_to_drain()
        return [
            worker
            for worker in self.workers.values()
            if not worker.is_alone
            and worker is not drained
            and len(worker.tasks)
            < worker.threads * max(min(share, BUNDLES_PER_THREAD * worker.jobs_per_bundle), 1)
        ]

    def _worker_to_drain(self) -> Worker | None:
        """The worker that gets nothing new, because the next suspect shall have it alone."""
        if not self._suspects:
            return None
        kind = self._suspects[0].kind
        fit = [each for each in self.workers.values() if not each.is_alone and kind not in each.unfit_for]
        return min(fit, key=lambda worker: len(worker.tasks), default=None)


def in_bundles(jobs: Iterable[tuple[Task, bytes]], most: int) -> Iterator[list[tuple[Task, bytes]]]:
    """Tasks and their pickled jobs that are sent together, at most so many, and in the same order."""
    bundle: list[tuple[Task, bytes]] = []
    size = 0
    for task, job in jobs:
        if bundle and (len(bundle) == most or size + len(job) > BUNDLE_BYTES):
            yield bundle
            bundle, size = [], 0
        bundle.append((task, job))
        size += len(job)
    if bundle:
        yield bundle
