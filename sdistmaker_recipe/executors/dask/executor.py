"""An executor whose jobs run on the workers of a cluster."""

from __future__ import annotations

import pickle
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from uuid import uuid4

from sdistmaker_recipe.errors import ClusterError
from sdistmaker_recipe.executors import ENDED_PROCESS
from sdistmaker_recipe.executors.dask.assignment import Assignment, Doubtful, Task, Worker, in_bundles
from sdistmaker_recipe.executors.dask.messages import Answer, Answers, Greeting, Lost, seal
from sdistmaker_recipe.executors.dask.roster import Attempt, Cluster, Roster, listed
from sdistmaker_recipe.executors.remote_work import UnfitWorkerError
from sdistmaker_recipe.model import WorkerUse

_FAILED = "could not build what another worker built then, for instance: "
_MOST_DROPS = 3
"""So many times a job is given to a worker again because the connection to the scheduler broke."""
_MOST_STOPS = 3
"""So many stopped workers a job may have had before it is suspected to be the reason."""
_KEEP_SECONDS = 40.0
"""So often workers are told that the run goes on: see ``site._IDLE_SECONDS``."""


@dataclass(eq=False, slots=True)
class _Use:
    """What a worker did, as it is counted."""

    host: str = ""
    jobs: int = 0
    seconds: float = 0.0
    notes: dict[str, None] = field(default_factory=dict)


class ClusterExecutor(Executor):
    """Gives jobs to the workers of a cluster, a few at a time.

    ``submit`` takes a ``RemoteWork``, the same one for all jobs. One thread makes all decisions; others only
    greet workers. An error of the cluster becomes the result of all jobs that are not done by then.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._run = uuid4().hex[:8]
        self._work: Any = None
        self._assignment = Assignment()
        self._attempts: dict[str, tuple[Sequence[Task], Worker, Attempt]] = {}
        self._answers: list[tuple[str, Answers]] = []
        self._submitted = self._started = 0
        self._next_poll = 0.0
        self._next_keep = time.monotonic() + _KEEP_SECONDS
        self._uses: dict[str, _Use] = {}
        self._refusals: defaultdict[Hashable, dict[str, str]] = defaultdict(dict)
        self._error: BaseException | None = None
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._is_over = False
        self._roster = Roster(cluster, self._events.put, self._greeted, self._note)
        self._thread = Thread(target=self._handle_events, daemon=True)
        self._thread.start()

    def uses(self) -> tuple[WorkerUse, ...]:
        """What each worker did so far, those that did most first."""
        found = [
            WorkerUse(address, use.host, use.jobs, use.seconds, tuple(use.notes))
            for address, use in list(self._uses.items())
        ]
        return tuple(sorted(found, key=lambda use: (-use.jobs, use.address)))

    def submit(self, work: Any, job: Any, /) -> Future[Any]:  # type: ignore[override]  # noqa: ANN401
        """The future of the result of this ``RemoteWork`` for the job."""
        future: Future[Any] = Future()
        if self._work is None:
            self._work, self._roster.sent_work = work, seal(work)
        task = Task(self._submitted, job, work.kind(job), future)
        self._submitted += 1
        self._events.put(partial(self._assignment.add, task))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """End the run on all workers; does not wait for jobs that run."""
        self._events.put(self._end)
        self._thread.join()
        self._cluster.close({worker.address: worker.site for worker in self._assignment.workers.values()})
        self._roster.close()

    def _handle_events(self) -> None:
        while not self._is_over:
            # Without a job there is nothing to look for.
            poll = max(self._next_poll - time.monotonic(), 0.0) if self._assignment.is_busy else None
            self._take_events(poll)
            try:
                if not self._is_over:
                    self._step()
            except Exception as error:
                # Otherwise the run would wait for ever.
                self._fail(error)

    def _take_events(self, seconds: float | None) -> None:
        """Take in all that happened; wait for the first event so long at most, None is for ever."""
        with suppress(Empty):
            event = self._events.get(timeout=seconds)
            while True:
                event()
                event = self._events.get_nowait()

    def _end(self) -> None:
        self._is_over = True

    def _step(self) -> None:
        if self._error:
            return self._fail(self._error)
        if not self._assignment.is_busy:
            return None
        if time.monotonic() >= self._next_poll:
            gone = self._roster.look(self._assignment.workers)
            # Answers may have come meanwhile, of workers that are gone now.
            self._take_events(0)
            self._take_answers()
            for address in self._assignment.workers.keys() & set(gone):
                self._lose(address)
            self._next_poll = time.monotonic() + self._cluster.poll_seconds
        if time.monotonic() >= self._next_keep:
            self._cluster.keep(list(self._assignment.workers))
            self._next_keep = time.monotonic() + _KEEP_SECONDS
        may_start = self._roster.may_start(self._assignment.workers)
        self._take_answers()
        if may_start:
            self._start_tasks()
        return self._give_up_impossible_tasks()

    def _greeted(self, address: str, threads: int, greeting: Greeting) -> None:
        self._uses.setdefault(address, _Use()).host = greeting.host
        if not greeting.problem:
            self._assignment.add_worker(Worker(address, greeting.site, threads))

    def _answered(self, key: str, answers: Answers) -> None:
        """In any thread: pass on answers."""
        self._events.put(partial(self._take_in, key, answers))

    def _take_in(self, key: str, answers: Answers) -> None:
        self._answers.append((key, answers))

    def _note(self, address: str, text: str) -> None:
        self._uses.setdefault(address, _Use()).notes[text] = None

    def _start_tasks(self) -> None:
        assigned: defaultdict[Worker, list[Task]] = defaultdict(list)
        for task, worker in self._assignment.assign():
            if task.future.running() or task.future.set_running_or_notify_cancel():
                assigned[worker].append(task)
            else:
                self._finish(task, worker)
        for worker, tasks in assigned.items():
            for bundle in in_bundles(self._packed(tasks, worker), worker.jobs_per_bundle):
                self._start(bundle, worker)

    def _packed(self, tasks: Iterable[Task], worker: Worker) -> Iterator[tuple[Task, bytes]]:
        for task in tasks:
            try:
                yield task, pickle.dumps(self._work.pack(task.job, len(self._assignment.workers)))
            except Exception as error:
                self._finish(task, worker)
                task.future.set_exception(error)

    def _start(self, bundle: Sequence[tuple[Task, bytes]], worker: Worker) -> None:
        tasks, jobs = zip(*bundle, strict=True)
        self._started += 1
        others = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""
        # A name in a repository may hold what cannot be sent as text.
        label = self._work.label(tasks[0].job).encode("ascii", "backslashreplace").decode()
        key = f"{label}{others}-{self._run}-{self._started}"
        attempt = self._cluster.start(worker.address, worker.site, key, jobs, partial(self._answered, key))
        self._attempts[key] = (tasks, worker, attempt)

    def _take_answers(self) -> None:
        answers, self._answers = self._answers, []
        found: list[tuple[Task, Worker, Answer | Lost]] = []
        for key, given in answers:
            if key in self._attempts:
                tasks, worker, _ = self._attempts.pop(key)
                each: Sequence[Answer | Lost] = [given] * len(tasks) if isinstance(given, Lost) else given
                found += [(task, worker, answer) for task, answer in zip(tasks, each, strict=False)]
                # The worker has not begun them.
                for task in tasks[len(each) :]:
                    self._assignment.release(task, worker)
                    self._assignment.add(task)
        # First the results: whose result is there is no suspect in the loss of a worker.
        for task, worker, answer in sorted(found, key=lambda each: _is_loss(each[2])):
            # An answer before this one can have taken the task from the worker.
            if task in worker.tasks:
                self._take_answer(task, worker, answer)

    def _take_answer(self, task: Task, worker: Worker, answer: Answer | Lost) -> None:
        if isinstance(answer, Lost):
            if answer.is_worker_gone:
                self._lose(worker.address)
            elif answer.is_dropped:
                self._repeat(task, worker)
            else:
                self._try_elsewhere(task, worker, UnfitWorkerError(answer.reason))
        elif answer.kind == "unknown":
            self._lose(worker.address)
        elif answer.kind == "ended":
            self._have_greeted_again(worker)
        elif answer.kind == "unfit":
            self._try_elsewhere(task, worker, answer.value)
        elif answer.kind == "raised":
            self._finish(task, worker)
            task.future.set_exception(answer.value)
        else:
            self._take_result(task, worker, answer)

    def _take_result(self, task: Task, worker: Worker, answer: Answer) -> None:
        if answer.kind == "died":
            result, doubt = self._work.lost(task.job, ENDED_PROCESS), ENDED_PROCESS
        else:
            try:
                result = self._work.unpack(answer.value, worker.address)
            except UnfitWorkerError as error:
                return self._try_elsewhere(task, worker, error)
            except Exception as error:
                self._finish(task, worker)
                return task.future.set_exception(error)
            doubt = self._work.doubt(result)
        if doubt and not task.doubtful:
            task.doubtful = Doubtful(result, worker.address, doubt)
            self._assignment.withhold(task, worker)
            return self._assignment.add(task)
        if task.doubtful and not doubt:
            self._note_failure(task.doubtful)
        worker.took(answer.seconds)
        use = self._uses.setdefault(worker.address, _Use())
        use.jobs, use.seconds = use.jobs + 1, use.seconds + answer.seconds
        self._finish(task, worker)
        return task.future.set_result(result)

    def _note_failure(self, failure: Doubtful) -> None:
        """Note once that another worker did what this one could not: there can be many reasons."""
        if not any(note.startswith(_FAILED) for note in self._uses[failure.address].notes):
            self._note(failure.address, f"{_FAILED}{failure.reason}")

    def _repeat(self, task: Task, worker: Worker) -> None:
        """Do a job again that the cluster forgot, unless that happens again and again."""
        task.drops += 1
        self._assignment.release(task, worker)
        if task.drops <= _MOST_DROPS:
            return self._assignment.add(task)
        self._assignment.finish(task)
        text = f"The Dask cluster at {self._cluster.address} did not return {self._work.label(task.job)}, "
        return task.future.set_exception(
            ClusterError(
                f"{text}though it was asked {task.drops} times: the connection to the scheduler broke.",
                "Look at the log of the scheduler.",
            )
        )

    def _have_greeted_again(self, worker: Worker) -> None:
        """Do the jobs of a worker again that ended its site because it had nothing to do."""
        self._abandon(worker, worker.tasks)
        for task in self._assignment.dismiss(worker.address):
            self._assignment.add(task)

    def _try_elsewhere(self, task: Task, worker: Worker, error: UnfitWorkerError) -> None:
        self._assignment.release(task, worker)
        worker.unfit_for.add(task.kind)
        hint = f" {error.hint}" if error.hint else ""
        reason = f"{error.reason}.{hint}"
        self._refusals[task.kind][worker.address] = reason
        self._note(worker.address, reason)
        self._assignment.add(task)
        # Those of the same kind that wait there would only lose time.
        for other in self._abandon(worker, [each for each in worker.tasks if each.kind == task.kind]):
            self._assignment.release(other, worker)
            self._assignment.add(other)

    def _finish(self, task: Task, worker: Worker) -> None:
        self._assignment.release(task, worker)
        self._assignment.finish(task)

    def _abandon(self, worker: Worker, tasks: Collection[Task]) -> list[Task]:
        """Forget the attempts of a worker at these tasks; all tasks of these attempts."""
        keys = [
            key
            for key, (of_attempt, of, _) in self._attempts.items()
            if of is worker and not set(tasks).isdisjoint(of_attempt)
        ]
        abandoned = [self._attempts.pop(key) for key in keys]
        self._cluster.cancel([attempt for _, _, attempt in abandoned])
        return [task for of_attempt, _, _ in abandoned for task in of_attempt]

    def _lose(self, address: str) -> None:
        """Have what a lost worker had done elsewhere; a job that was alone on two of them is given up."""
        worker = self._assignment.workers[address]
        self._abandon(worker, worker.tasks)
        # One that had nothing to do may be given back by a cluster that shrinks.
        if worker.tasks:
            is_stopped = self._cluster.was_stopped(address)
            self._note(address, "was stopped." if is_stopped else "was lost.")
            if is_stopped:
                # Its jobs did not end it. Exception: those that stop each worker.
                self._spare(worker)
        suspects, culprits = self._assignment.remove_worker(address)
        for task in suspects:
            self._assignment.add(task)
        for task in culprits:
            self._assignment.finish(task)
            lost = " and ".join(task.lost_on)
            text = f"The workers {lost} were lost while they built this tag. The next run tries again."
            task.future.set_result(self._work.lost(task.job, text))

    def _spare(self, worker: Worker) -> None:
        """Take the jobs from a worker that are not to blame for its end, to do them elsewhere."""
        for task in [task for task in worker.tasks if task.stops < _MOST_STOPS]:
            task.stops += 1
            self._assignment.release(task, worker)
            self._assignment.add(task)

    def _give_up_impossible_tasks(self) -> None:
        """Fail the jobs that every worker refused, or take the doubtful result that there is."""
        if self._roster.is_greeting or not self._assignment.workers:
            return
        if all(worker.unfit_for for worker in self._assignment.workers.values()):
            stuck = self._assignment.stuck_tasks()
            self._assignment.drop(stuck)
            for task in stuck:
                if task.doubtful:
                    task.future.set_result(task.doubtful.result)
                    continue
                label = self._work.label(task.job)
                who = listed(self._refusals[task.kind] | self._roster.refused)
                text = f"No worker of the Dask cluster can build {label}: {who}"
                task.future.set_exception(ClusterError(text))

    def _fail(self, error: BaseException) -> None:
        if not self._error:
            self._error = error
            # Results that are there count.
            with suppress(Exception):
                self._take_events(0)
                self._take_answers()
        tasks = self._assignment.unfinished_tasks()
        self._assignment.drop(tasks)
        for worker in self._assignment.workers.values():
            worker.tasks.clear()
        for task in tasks:
            if task.future.running() or task.future.set_running_or_notify_cancel():
                task.future.set_exception(error)


def _is_loss(answer: Answer | Lost) -> bool:
    """Whether an answer says that a worker was lost or restarted, or ended its site."""
    return answer.is_worker_gone if isinstance(answer, Lost) else answer.kind in ("unknown", "ended")
