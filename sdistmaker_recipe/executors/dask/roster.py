"""The workers of a cluster, from the moment when they appear to that when they can build or are refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from threading import Semaphore, Thread
from typing import Protocol

from sdistmaker_recipe.errors import ClusterError
from sdistmaker_recipe.executors.dask.messages import Answers, Greeting, Sealed

_MOST_GREETED = 16
"""So many workers are made ready at the same time."""
_ANSWER_SECONDS = 60.0
"""So long, after the time that a run waits for workers, the first of them may take to be ready."""
_GREETER_END_SECONDS = 0.2
"""A greeting that takes longer at the end of a run belongs to a worker that does not answer."""


class Attempt(Protocol):
    """Jobs that a worker has."""


class Cluster(Protocol):
    """What the executor needs of a cluster; see ``cluster.DaskCluster``. All raise ``ClusterError``."""

    address: str
    poll_seconds: float
    worker_wait: float

    def workers(self) -> Mapping[str, int]:
        """The threads of each worker, by address."""

    def difference(self, address: str) -> str:
        """What makes a worker unable to exchange jobs with this program, as a clause; "" for nothing."""

    def greet(self, address: str, work: Sealed) -> Greeting:
        """Make a worker ready for this sealed work."""

    def start(
        self,
        address: str,
        site: str,
        key: str,
        jobs: Sequence[bytes],
        done: Callable[[Answers], None],
    ) -> Attempt:
        """Give pickled jobs to a worker; ``done`` is called with the answers, in any thread."""

    def cancel(self, attempts: Sequence[Attempt]) -> None:
        """Forget attempts whose answers nobody wants."""

    def keep(self, addresses: Sequence[str]) -> None:
        """Tell these workers that the run goes on, and do not wait for them."""

    def was_stopped(self, address: str) -> bool:
        """Whether a worker that is gone ended in order, as when it is stopped or given back."""

    def wake(self) -> None:
        """Tell a cluster without workers that there is something to do."""

    def close(self, sites: Mapping[str, str]) -> None:
        """Cancel what runs, end these sites (by the addresses of their workers), and close the connection."""


class Roster:
    """Who is there, and who of them can build.

    Threads greet workers. What they find out is put into ``put`` as a call, for the thread of the executor,
    which makes all decisions. ``greeted`` and ``note`` are the executor's own.
    """

    def __init__(
        self,
        cluster: Cluster,
        put: Callable[[Callable[[], None]], None],
        greeted: Callable[[str, int, Greeting], None],
        note: Callable[[str, str], None],
    ) -> None:
        self.sent_work = Sealed()
        self.refused: dict[str, str] = {}
        self._cluster, self._put, self._tell_greeted, self._note = cluster, put, greeted, note
        self._greeting: set[str] = set()
        self._differences: dict[str, str] = {}
        self._unanswered: dict[str, str] = {}
        self._has_begun = self._is_awake = False
        self._workers_seen = self._ready_seen = time.monotonic()
        self._threads: list[Thread] = []
        self._limit = Semaphore(_MOST_GREETED)

    @property
    def is_greeting(self) -> bool:
        """Whether there are workers of which it is not known yet if they can build.

        Those that gave no answer do not count, though they are asked again: they may never give one.
        """
        return not self._greeting <= self._unanswered.keys()

    def look(self, ready: Collection[str]) -> list[str]:
        """Greet workers that are new; the addresses of those that were ready and are gone.

        Raises ``ClusterError`` if there has been no worker for long.
        """
        found = self._cluster.workers()
        for reasons in (self.refused, self._unanswered):
            for address in reasons.keys() - found.keys():
                del reasons[address]
        known = {*ready, *self.refused, *self._greeting}
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for address in found:
            if address not in known:
                if address in self._unanswered:
                    # One that is gone meanwhile was stopped in the middle of its greeting.
                    self._note(address, self._unanswered[address])
                self._greeting.add(address)
                thread = Thread(target=self._greet, args=(address, found[address]), daemon=True)
                self._threads.append(thread)
                thread.start()
        if found:
            self._workers_seen, self._is_awake = time.monotonic(), False
        elif not self._is_awake:
            self._is_awake = True
            self._cluster.wake()
        elif time.monotonic() > self._workers_seen + self._cluster.worker_wait:
            raise ClusterError(
                f"The Dask cluster at {self._cluster.address} has had no worker for "
                f"{self._cluster.worker_wait:g} seconds.",
                "What was built by then is published, and the next run goes on. Start workers, such as: "
                f"dask worker {self._cluster.address}",
            )
        return [address for address in ready if address not in found]

    def may_start(self, ready: Collection[str]) -> bool:
        """Whether to give jobs to workers: from the moment when all that were there at first are greeted.

        Raises ``ClusterError`` if one of those could not understand jobs, or if no worker can do any.
        """
        patience = self._cluster.worker_wait + _ANSWER_SECONDS
        if self._unanswered and not ready and time.monotonic() > self._ready_seen + patience:
            raise ClusterError(
                f"No worker of the Dask cluster at {self._cluster.address} is ready: "
                f"{listed(self._unanswered | self.refused)}",
                "Look at the logs of the workers.",
            )
        if self.is_greeting or not (ready or self.refused):
            return self._has_begun
        if not self._has_begun and self._differences:
            raise ClusterError(
                "Workers of the Dask cluster differ from this program, so nothing was built: "
                f"{listed(self._differences)}.",
                "Install the same versions on this machine and on all workers, and restart the workers.",
            )
        if ready:
            self._ready_seen = time.monotonic()
        elif not self._has_begun or time.monotonic() > self._ready_seen + self._cluster.worker_wait:
            raise ClusterError(
                f"No worker of the Dask cluster at {self._cluster.address} can build: "
                f"{listed(self._unanswered | self.refused)}"
            )
        self._has_begun = True
        return True

    def close(self) -> None:
        """Wait a moment for the threads."""
        for thread in self._threads:
            thread.join(_GREETER_END_SECONDS)

    def _greet(self, address: str, threads: int) -> None:
        """In a thread of its own: make a worker ready."""
        try:
            with self._limit:
                event = self._greeting_of(address, threads)
        except Exception as error:
            # It may only be busy. As long as the scheduler names it, it is asked again.
            event = partial(self._gave_no_answer, address, f"{type(error).__name__}: {error}".rstrip(": "))
        self._put(event)
        self._put(partial(self._greeting.discard, address))

    def _greeting_of(self, address: str, threads: int) -> Callable[[], None]:
        if difference := self._cluster.difference(address):
            return partial(self._differs, address, difference)
        greeting = self._cluster.greet(address, self.sent_work)
        return partial(self._greeted, address, threads, greeting)

    def _greeted(self, address: str, threads: int, greeting: Greeting) -> None:
        self._unanswered.pop(address, None)
        if greeting.problem:
            hint = f" {greeting.hint}" if greeting.hint else ""
            self._refuse(address, f"{greeting.problem}.{hint}")
        if greeting.warning:
            self._note(address, greeting.warning)
        self._tell_greeted(address, threads, greeting)

    def _gave_no_answer(self, address: str, error: str) -> None:
        self._unanswered[address] = f"no answer to a greeting ({error})."

    def _differs(self, address: str, difference: str) -> None:
        self._unanswered.pop(address, None)
        self._differences[address] = difference
        self._refuse(address, f"{difference}.")

    def _refuse(self, address: str, problem: str) -> None:
        self.refused[address] = problem
        self._note(address, problem)


def listed(reasons: Mapping[str, str]) -> str:
    """Workers with their reasons; those with the same one together."""
    by_reason: dict[str, list[str]] = {}
    for address, reason in sorted(reasons.items()):
        by_reason.setdefault(reason, []).append(address)
    return "; ".join(f"{', '.join(addresses)}: {reason}" for reason, addresses in by_reason.items())
