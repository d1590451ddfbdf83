"""Jobs on a cluster: each gets one result, whichever workers come, go, refuse or die."""

from __future__ import annotations

import pickle
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from sdistmaker_recipe.errors import ClusterError, StoreError
from sdistmaker_recipe.executors import run_jobs
from sdistmaker_recipe.executors.dask import assignment, roster
from sdistmaker_recipe.executors.dask import executor as executor_module
from sdistmaker_recipe.executors.dask.assignment import BUNDLE_BYTES, Assignment, Task, Worker, in_bundles
from sdistmaker_recipe.executors.dask.executor import ClusterExecutor
from sdistmaker_recipe.executors.dask.messages import Answer, Answers, Greeting, Lost, seal, unseal
from sdistmaker_recipe.executors.remote_work import UnfitWorkerError
from tests.support.dask_cluster import wait_for

pytestmark = pytest.mark.usefixtures("threads_end")

KILLER = 13
SIZES = (1, 1, 1, 1, 2 * BUNDLE_BYTES, 1, 1)
DROPPED = Lost("the connection broke", is_worker_gone=False, is_dropped=True)
DOUBTFUL = "The index does not answer."


@dataclass(frozen=True)
class Work:
    """Doubles numbers; the fake cluster does it itself."""

    secret: str = ""

    def label(self, job: int) -> str:
        return f"number {job}"

    def kind(self, job: int) -> str:
        return "odd" if job % 2 else "even"

    def pack(self, job: int, workers: int) -> int:
        return job

    def unpack(self, result: Any, worker: str) -> Any:
        if isinstance(result, UnfitWorkerError):
            raise result
        return result

    def doubt(self, result: Any) -> str:
        return result if result == DOUBTFUL else ""

    def lost(self, job: int, reason: str) -> str:
        return reason


@dataclass
class FakeCluster:
    """Workers that answer when ``step`` is called, or at once; ``behave`` says how.

    It returns an answer, or None for a worker that dies.
    """

    behave: Callable[[str, int], Answer | Lost | None]
    present: dict[str, int]
    differences: Mapping[str, str] = field(default_factory=dict)
    greetings: Mapping[str, Greeting] = field(default_factory=dict)
    address: str = "tcp://scheduler:1"
    poll_seconds: float = 0.01
    worker_wait: float = 0.05
    error: ClusterError | None = None
    started: list[tuple[str, int]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    bundles: list[list[int]] = field(default_factory=list)
    most_begun: int | None = None
    most_running: Counter[str] = field(default_factory=Counter)
    running: Counter[str] = field(default_factory=Counter)
    ended: dict[str, str] = field(default_factory=dict)
    cancelled: int = 0
    woken: int = 0
    kept: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    is_held: threading.Event | None = None
    delay: float = 0.0

    def workers(self) -> Mapping[str, int]:
        if self.error:
            raise self.error
        return dict(self.present)

    def difference(self, address: str) -> str:
        return self.differences.get(address, "")

    def greet(self, address: str, work: bytes) -> Greeting:
        assert isinstance(unseal(work), Work)
        return self.greetings.get(address, Greeting(f"site of {address}", "host"))

    def start(
        self,
        address: str,
        site: str,
        key: str,
        jobs: Sequence[bytes],
        done: Callable[[Answers], None],
    ) -> Any:
        assert site == f"site of {address}"
        self.keys.append(key)
        self.bundles.append([pickle.loads(job) for job in jobs])
        self.running[address] += len(jobs)
        self.most_running[address] = max(self.most_running[address], self.running[address])
        answers: list[Answer] | Lost = []
        for number in self.bundles[-1][: self.most_begun]:
            self.started.append((address, number))
            answer = self.behave(address, number)
            if answer is None:
                self.present.pop(address, None)
                return [address, number, None]
            if isinstance(answer, Lost):
                answers = answer
                break
            answers.append(answer)
            if answer.kind in ("unfit", "unknown", "ended"):
                break
        attempt = [address, answers]

        def finish() -> None:
            if self.is_held:
                self.is_held.wait(5)
            self.running[address] -= len(jobs)
            done(answers)

        threading.Timer(self.delay, finish).start()
        return attempt

    def cancel(self, attempts: Sequence[Any]) -> None:
        self.cancelled += len(attempts)

    def keep(self, addresses: Sequence[str]) -> None:
        self.kept.update(addresses)

    def was_stopped(self, address: str) -> bool:
        return address in self.stopped

    def wake(self) -> None:
        self.woken += 1

    def close(self, sites: Mapping[str, str]) -> None:
        self.ended = dict(sites)
        deadline = time.monotonic() + 5
        while any(isinstance(each, threading.Timer) for each in threading.enumerate()):
            assert time.monotonic() < deadline
            time.sleep(0.001)


def double(_address: str, number: int) -> Answer:
    return Answer("done", 2 * number, 0.5)


def run(cluster: FakeCluster, jobs: Sequence[int]) -> dict[int, Any]:
    return dict(run_jobs(Work(), jobs, lambda _: ClusterExecutor(cluster), 1))


def two() -> dict[str, int]:
    return {"a": 1, "b": 1}


class TestJobs:
    def test_get_their_results_from_all_workers(self):
        cluster = FakeCluster(double, {"a": 1, "b": 2}, delay=0.002)
        assert run(cluster, range(40)) == {number: 2 * number for number in range(40)}
        assert {address for address, _ in cluster.started} == {"a", "b"}
        assert cluster.ended == {"a": "site of a", "b": "site of b"}

    def test_are_under_way_for_each_thread_twice_at_most(self):
        cluster = FakeCluster(double, {"a": 1, "b": 3}, delay=0.002, is_held=threading.Event())
        normal_start = cluster.start

        def start(*arguments):
            attempt = normal_start(*arguments)
            # An answer that comes early would make room before all of them are under way.
            if sum(cluster.running.values()) == 8:
                cluster.is_held.set()
            return attempt

        cluster.start = start
        run(cluster, range(60))
        assert dict(cluster.most_running) == {"a": 2, "b": 6}

    def test_have_names_without_anything_but_their_label(self):
        cluster = FakeCluster(double, two())
        run(cluster, range(4))
        assert len(set(cluster.keys)) == 4
        assert all(key.startswith("number ") for key in cluster.keys)

    def test_have_names_of_ascii_alone(self, monkeypatch):
        monkeypatch.setattr(Work, "label", lambda _work, _job: "g\xfcnther \udcff")
        cluster = FakeCluster(double, two())
        assert run(cluster, [1]) == {1: 2}
        assert cluster.keys[0].startswith("g\\xfcnther \\udcff-")

    def test_that_wait_for_an_old_one_are_not_too_many(self, monkeypatch):
        monkeypatch.setattr(assignment, "MOST_AHEAD", 10)
        held = threading.Event()
        cluster = FakeCluster(double, {"a": 1, "b": 1})
        normal_start = cluster.start

        def start(address, site, key, jobs, done):
            cluster.is_held = held if pickle.loads(jobs[0]) == 0 else None
            return normal_start(address, site, key, jobs, done)

        cluster.start = start
        executor = ClusterExecutor(cluster)
        futures = [executor.submit(Work(), number) for number in range(50)]
        deadline = time.monotonic() + 5
        while sum(future.done() for future in futures) < 9 and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.05)
        assert len(cluster.started) == 10
        held.set()
        assert [future.result(5) for future in futures] == [2 * number for number in range(50)]
        executor.shutdown()

    def test_raise_here_what_they_raised_there(self):
        cluster = FakeCluster(lambda _, number: Answer("raised", StoreError("full")), two())
        with pytest.raises(StoreError, match="full"):
            run(cluster, [1])

    def test_that_are_cancelled_are_not_begun(self):
        cluster = FakeCluster(double, {})
        cluster.worker_wait = 60
        executor = ClusterExecutor(cluster)
        future: Future = executor.submit(Work(), 1)
        assert future.cancel()
        cluster.present["a"] = 1
        assert executor.submit(Work(), 2).result(5) == 4
        executor.shutdown()
        assert cluster.started == [("a", 2)]

    def test_that_end_their_process_cost_no_worker(self):
        cluster = FakeCluster(lambda a, n: Answer("died") if n == KILLER else double(a, n), two())
        assert run(cluster, [1, KILLER]) == {1: 2, KILLER: "The build ended the process that ran it."}
        assert set(cluster.present) == {"a", "b"}


def quickly(_address: str, number: int) -> Answer:
    return Answer("done", 2 * number, 0.001)


class TestBundles:
    def test_have_more_jobs_the_quicker_these_are(self):
        cluster = FakeCluster(quickly, two(), delay=0.001)
        assert run(cluster, range(300)) == {number: 2 * number for number in range(300)}
        sizes = [len(bundle) for bundle in cluster.bundles]
        assert sizes[:2] == [1, 1]
        assert 4 < max(sizes) <= 8
        assert sum(sizes) == 300
        assert sizes[-1] == 1, "near the end each worker gets less, so that all end at one time"
        assert any(key.startswith("number ") and " more-" in key for key in cluster.keys)

    def test_have_one_job_that_takes_long(self):
        cluster = FakeCluster(double, two(), delay=0.001)
        run(cluster, range(40))
        assert {len(bundle) for bundle in cluster.bundles} == {1}

    def test_that_are_not_done_to_the_end_leave_the_rest_to_others(self):
        cluster = FakeCluster(quickly, two(), delay=0.001, most_begun=3)
        assert run(cluster, range(100)) == {number: 2 * number for number in range(100)}
        assert max(len(bundle) for bundle in cluster.bundles) > 3
        assert len(cluster.started) == 100, "none is done twice"

    def test_that_a_worker_had_when_it_was_lost_blame_one_job_alone(self):
        killers: list[int] = []

        def behave(address: str, number: int) -> Answer | None:
            if not killers and len(cluster.bundles[-1]) > 2:
                killers.append(number)
            return None if number in killers else quickly(address, number)

        cluster = FakeCluster(behave, dict.fromkeys("abc", 1), delay=0.001)
        found = run(cluster, range(300))
        assert "were lost while they built this tag" in found.pop(killers[0])
        assert found == {number: 2 * number for number in range(300) if number not in killers}

    @pytest.mark.parametrize("loss", [Answer("unknown"), Lost("killed")])
    def test_of_a_worker_that_restarts_are_done_again(self, loss):
        losses = [loss]

        def behave(address: str, number: int) -> Answer | Lost:
            return losses.pop() if number == 150 and losses else quickly(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        assert run(cluster, range(300)) == {number: 2 * number for number in range(300)}
        assert not losses

    def test_with_jobs_that_the_worker_cannot_do_cost_no_other_job(self):
        def behave(address: str, number: int) -> Answer:
            if address == "a" and number % 2 and number > 100:
                return Answer("unfit", UnfitWorkerError("no Python 2.7"))
            return quickly(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        executor = ClusterExecutor(cluster)
        found = dict(run_jobs(Work(), range(300), lambda _: executor, 1))
        assert found == {number: 2 * number for number in range(300)}
        assert {use.address for use in executor.uses() if use.notes} == {"a"}

    def test_whose_answers_arrive_while_others_are_taken_in_are_not_forgotten(self):
        executor = ClusterExecutor(FakeCluster(quickly, {}))
        executor.shutdown()
        executor._answered("number 1", [Answer("died")])
        executor._take_answers()
        executor._events.get_nowait()()
        assert executor._answers == [("number 1", [Answer("died")])]

    def test_hold_few_bytes(self):
        tasks = [(Task(each, each, "kind", Future()), bytes(size)) for each, size in enumerate(SIZES)]
        bundles = [[task.number for task, _ in bundle] for bundle in in_bundles(tasks, 3)]
        assert bundles == [[0, 1, 2], [3], [4], [5, 6]]
        assert list(in_bundles([], 3)) == []


class TestJobsThatTheClusterForgets:
    def test_are_done_again_and_no_worker_is_blamed(self):
        answers = iter([DROPPED, DROPPED])
        cluster = FakeCluster(lambda a, n: next(answers, None) or double(a, n), two())
        executor = ClusterExecutor(cluster)
        assert dict(run_jobs(Work(), [1, 2, 3], lambda _: executor, 1)) == {1: 2, 2: 4, 3: 6}
        assert len(cluster.started) == 5
        assert [use.notes for use in executor.uses()] == [(), ()]

    def test_again_and_again_fail_alone(self):
        cluster = FakeCluster(lambda a, n: DROPPED if n == KILLER else double(a, n), two())
        found: list[tuple[int, int]] = []
        with pytest.raises(ClusterError, match="did not return number 13, though it was asked 4 times"):
            found.extend(run_jobs(Work(), [1, KILLER, 2], lambda _: ClusterExecutor(cluster), 1))
        assert dict(found) == {1: 2, 2: 4}


class TestDoubtfulResults:
    def test_are_replaced_by_those_of_other_workers(self):
        cluster = FakeCluster(
            lambda a, n: Answer("done", DOUBTFUL) if a == "a" else double(a, n), two(), delay=0.001
        )
        executor = ClusterExecutor(cluster)
        found = dict(run_jobs(Work(), range(20), lambda _: executor, 1))
        assert found == {number: 2 * number for number in range(20)}
        (able, unable) = executor.uses()
        assert (able.address, able.jobs, able.notes) == ("b", 20, ())
        text = f"could not build what another worker built then, for instance: {DOUBTFUL}"
        assert (unable.address, unable.jobs, unable.notes) == ("a", 0, (text,))

    def test_are_results_where_two_workers_agree(self):
        cluster = FakeCluster(lambda a, n: Answer("done", DOUBTFUL), dict.fromkeys("abc", 1))
        executor = ClusterExecutor(cluster)
        assert dict(run_jobs(Work(), [1], lambda _: executor, 1)) == {1: DOUBTFUL}
        assert len({address for address, _ in cluster.started}) == len(cluster.started) == 2
        assert [use.notes for use in executor.uses()] == [(), (), ()]

    def test_are_results_where_there_is_one_worker(self):
        cluster = FakeCluster(lambda a, n: Answer("done", DOUBTFUL), {"a": 2})
        assert run(cluster, [1, 2]) == {1: DOUBTFUL, 2: DOUBTFUL}
        assert len(cluster.started) == 2

    def test_are_results_where_no_other_worker_can_do_the_job(self):
        def behave(address: str, number: int) -> Answer:
            if address == "a":
                return Answer("done", DOUBTFUL)
            return Answer("unfit", UnfitWorkerError("no Python 2.7"))

        cluster = FakeCluster(behave, two())
        assert run(cluster, [1, 2, 3]) == dict.fromkeys([1, 2, 3], DOUBTFUL)

    def test_are_those_of_jobs_that_ended_their_processes(self):
        def behave(address: str, number: int) -> Answer:
            return Answer("died") if address == "a" else double(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        assert run(cluster, range(8)) == {number: 2 * number for number in range(8)}


class TestLostWorkers:
    def test_lose_no_job(self):
        lost: list[int] = []

        def behave(address: str, number: int) -> Answer | None:
            if number == 3 and not lost:
                return lost.append(number)
            return double(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        assert run(cluster, range(20)) == {number: 2 * number for number in range(20)}
        assert len(cluster.present) == 1

    def test_are_two_for_a_job_that_kills_them_and_no_other_job_is_blamed(self):
        def behave(address: str, number: int) -> Answer | None:
            return None if number == KILLER else double(address, number)

        cluster = FakeCluster(behave, dict.fromkeys("abc", 1), delay=0.001)
        found = run(cluster, range(30))
        text = found.pop(KILLER)
        assert found == {number: 2 * number for number in range(30) if number != KILLER}
        assert len(cluster.present) == 1
        first, second = sorted({"a", "b", "c"} - set(cluster.present))
        assert text in {
            f"The workers {one} and {two} were lost while they built this tag. The next run tries again."
            for one, two in ((first, second), (second, first))
        }

    @pytest.mark.parametrize("answer", [Answer("unknown"), Lost("killed")])
    def test_that_restarted_at_the_same_address_are_greeted_again(self, answer):
        answers = iter([answer])
        cluster = FakeCluster(lambda a, n: next(answers, None) or double(a, n), {"a": 1})
        assert run(cluster, [1, 2, 3]) == {1: 2, 2: 4, 3: 6}

    def test_are_not_those_that_ended_their_site_because_they_were_idle(self):
        ended: set[str] = set()

        def behave(address: str, number: int) -> Answer:
            if address not in ended:
                ended.add(address)
                return Answer("ended")
            return double(address, number)

        cluster = FakeCluster(behave, dict.fromkeys("abc", 1))
        executor = ClusterExecutor(cluster)
        found = dict(run_jobs(Work(), range(9), lambda _: executor, 1))
        assert found == {number: 2 * number for number in range(9)}
        assert [use.notes for use in executor.uses()] == [(), (), ()]

    def test_that_had_nothing_to_do_are_not_worth_a_note(self):
        cluster = FakeCluster(double, two())
        executor = ClusterExecutor(cluster)
        assert executor.submit(Work(), 1).result(5) == 2
        cluster.present.pop("b")
        time.sleep(2 * cluster.poll_seconds)
        assert executor.submit(Work(), 2).result(5) == 4
        assert list(executor._assignment.workers) == ["a"]
        assert [use.notes for use in executor.uses()] == [(), ()]
        executor.shutdown()

    def test_are_not_those_that_were_stopped(self):
        left = 3

        def behave(address: str, number: int) -> Answer | None:
            nonlocal left
            if number != KILLER or not left:
                return double(address, number)
            left -= 1
            return None

        cluster = FakeCluster(behave, dict.fromkeys("abcd", 1), stopped=set("abcd"), delay=0.001)
        executor = ClusterExecutor(cluster)
        found = dict(run_jobs(Work(), range(30), lambda _: executor, 1))
        assert found == {number: 2 * number for number in range(30)}
        assert len(cluster.present) == 1
        assert sorted(note for use in executor.uses() for note in use.notes) == ["was stopped."] * 3

    def test_that_were_stopped_are_no_connections_that_broke(self):
        answers = iter([Lost("stopped"), Lost("stopped"), Lost("stopped"), DROPPED])
        cluster = FakeCluster(lambda a, n: next(answers, None) or double(a, n), {"a": 1}, stopped={"a"})
        assert run(cluster, [1]) == {1: 2}

    @pytest.mark.parametrize("answer", [Answer("unknown"), Lost("killed")])
    def test_are_those_of_a_job_that_stops_each_worker(self, answer):
        cluster = FakeCluster(lambda a, n: answer if n == KILLER else double(a, n), two(), stopped=set("ab"))
        found = run(cluster, range(20))
        assert "were lost while they built this tag" in found.pop(KILLER)
        assert found == {number: 2 * number for number in range(20) if number != KILLER}
        assert sum(number == KILLER for _, number in cluster.started) == 5

    def test_that_are_all_gone_end_the_run_after_a_while(self):
        cluster = FakeCluster(lambda _a, _n: None, {"a": 1})
        with pytest.raises(ClusterError, match=r"tcp://scheduler:1 has had no worker for 0.05 seconds"):
            run(cluster, [1, 2])
        assert cluster.woken == 1

    def test_may_come_back_in_time(self):
        lost: list[int] = []
        cluster = FakeCluster(double, {})
        cluster.worker_wait = 60
        cluster.wake = lambda: cluster.present.update(a=1) or lost.append(1)
        assert run(cluster, [1, 2]) == {1: 2, 2: 4}
        assert lost == [1]


def test_workers_are_told_that_the_run_goes_on(monkeypatch):
    monkeypatch.setattr(executor_module, "_KEEP_SECONDS", 0.02)
    cluster = FakeCluster(double, two(), delay=0.03)
    run(cluster, range(8))
    assert cluster.kept == {"a", "b"}


class TestAnswersThatComeWhileTheSchedulerIsAsked:
    """``look`` is told of workers while an answer arrives: ``then`` is what the scheduler says."""

    def result(self, then: Callable[[], Mapping[str, int]]) -> tuple[int, int]:
        cluster = FakeCluster(double, {"a": 1})
        begun: list[Callable[[Answers], None]] = []
        cluster.start = lambda _address, _site, _key, _jobs, done: begun.append(done)

        def workers() -> Mapping[str, int]:
            if not begun:
                return {"a": 1}
            begun[0]([Answer("done", 2, 0.1)])
            return then()

        cluster.workers = workers
        executor = ClusterExecutor(cluster)
        try:
            return executor.submit(Work(), 1).result(5), len(begun)
        finally:
            executor.shutdown()

    def test_count_though_the_worker_is_gone(self):
        assert self.result(dict) == (2, 1)

    def test_count_though_the_scheduler_is_gone(self):
        def fail() -> Mapping[str, int]:
            raise ClusterError("gone")

        assert self.result(fail) == (2, 1)


def test_the_end_counts_also_if_it_comes_while_the_scheduler_is_asked():
    cluster = FakeCluster(double, {"a": 1})
    begun: list[Callable[[Answers], None]] = []
    cluster.start = lambda _address, _site, _key, _jobs, done: begun.append(done)
    executor = ClusterExecutor(cluster)

    def workers() -> Mapping[str, int]:
        if begun:
            begun[0]([Answer("done", 2, 0.1)])
            executor._events.put(executor._end)
        return {"a": 1}

    cluster.workers = workers
    assert executor.submit(Work(), 1).result(5) == 2
    executor._thread.join(5)
    assert not executor._thread.is_alive()
    executor.shutdown()


class TestUnfitWorkers:
    def test_leave_their_jobs_to_others(self):
        def behave(address: str, number: int) -> Answer:
            if address == "a":
                return Answer("unfit", UnfitWorkerError("no such host", "Look at its DNS."))
            return double(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        executor = ClusterExecutor(cluster)
        found = dict(run_jobs(Work(), range(20), lambda _: executor, 1))
        assert found == {number: 2 * number for number in range(20)}
        assert Counter(address for address, _ in cluster.started)["a"] <= 4
        notes = {use.address: (use.jobs, use.notes) for use in executor.uses()}
        assert notes == {"b": (20, ()), "a": (0, ("no such host. Look at its DNS.",))}

    def test_do_the_jobs_that_they_can_do(self):
        def behave(address: str, number: int) -> Answer:
            if (address == "a") == bool(number % 2):
                return Answer("unfit", UnfitWorkerError("no Python 2.7"))
            return double(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        assert run(cluster, range(20)) == {number: 2 * number for number in range(20)}

    def test_that_are_all_there_are_fail_these_jobs_after_the_others(self):
        def behave(address: str, number: int) -> Answer:
            if number % 2:
                return Answer("unfit", UnfitWorkerError("no Python 2.7", "Install it."))
            return double(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        found: list[tuple[int, int]] = []
        with pytest.raises(ClusterError) as caught:
            found.extend(run_jobs(Work(), range(20), lambda _: ClusterExecutor(cluster), 1))
        assert dict(found) == {number: 2 * number for number in range(0, 20, 2)}
        assert "can build number" in caught.value.message
        assert caught.value.message.endswith("a, b: no Python 2.7. Install it.")

    def test_are_named_for_jobs_that_they_never_had(self):
        def behave(address: str, number: int) -> Answer:
            unfit = Answer("unfit", UnfitWorkerError("no Python 2.7"))
            return unfit if address == "a" else double(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        executor = ClusterExecutor(cluster)
        assert executor.submit(Work(), 1).result(5) == 2
        cluster.present.pop("b")
        time.sleep(2 * cluster.poll_seconds)
        future = executor.submit(Work(), 3)
        with pytest.raises(ClusterError, match=r"can build number 3: a: no Python 2\.7\."):
            future.result(5)
        executor.shutdown()

    def test_are_those_whose_results_arrive_damaged(self):
        def behave(address: str, number: int) -> Answer:
            damaged = UnfitWorkerError("an archive arrived with other content than its hash says")
            return Answer("done", damaged) if address == "a" else double(address, number)

        cluster = FakeCluster(behave, two(), delay=0.001)
        assert run(cluster, range(8)) == {number: 2 * number for number in range(8)}

    def test_may_have_something_to_warn_of(self):
        cluster = FakeCluster(double, {"a": 1})
        cluster.greetings = {"a": Greeting("site of a", "host", warning="There is no sandbox.")}
        executor = ClusterExecutor(cluster)
        assert dict(run_jobs(Work(), [1, 2], lambda _: executor, 1)) == {1: 2, 2: 4}
        assert [use.notes for use in executor.uses()] == [("There is no sandbox.",)]

    def test_may_refuse_from_the_beginning(self):
        greetings = {"a": Greeting("", "host", "bubblewrap is not installed", "Install it.")}
        cluster = FakeCluster(double, two(), greetings=greetings)
        executor = ClusterExecutor(cluster)
        assert dict(run_jobs(Work(), [1, 2], lambda _: executor, 1)) == {1: 2, 2: 4}
        assert {address for address, _ in cluster.started} == {"b"}
        assert ("bubblewrap is not installed. Install it.",) in [use.notes for use in executor.uses()]

    def test_that_are_all_there_are_end_the_run(self):
        greetings = {
            name: Greeting("", "host", "bubblewrap is not installed", "Install it.") for name in "ab"
        }
        cluster = FakeCluster(double, two(), greetings=greetings)
        with pytest.raises(ClusterError, match=r"can build: a, b: bubblewrap is not installed. Install it."):
            run(cluster, [1, 2])


class TestWorkersThatDoNotAnswer:
    def test_are_asked_again(self):
        asked: list[str] = []

        def greet(address: str, work: bytes) -> Greeting:
            asked.append(address)
            if len(asked) == 1:
                raise TimeoutError
            return Greeting(f"site of {address}")

        cluster = FakeCluster(double, {"a": 1})
        cluster.greet = greet
        assert run(cluster, [1, 2]) == {1: 2, 2: 4}
        assert asked == ["a", "a"]

    def test_are_named_only_if_they_are_asked_again(self):
        def greet(address: str, _work: bytes) -> Greeting:
            if address == "a":
                return Greeting("site of a")
            if address == "gone":
                cluster.present.pop("gone")
            raise TimeoutError

        cluster = FakeCluster(double, dict.fromkeys(("a", "gone", "silent"), 1))
        cluster.greet, cluster.is_held = greet, threading.Event()
        executor = ClusterExecutor(cluster)
        future = executor.submit(Work(), 1)
        wait_for(lambda: any(use.notes for use in executor.uses()), lambda: str(executor.uses()))
        cluster.is_held.set()
        assert future.result(5) == 2
        executor.shutdown()
        notes = {use.address: use.notes for use in executor.uses()}
        assert notes == {"a": (), "silent": ("no answer to a greeting (TimeoutError).",)}

    def some_that_never_answer(self, *others: str) -> FakeCluster:
        """A cluster in which at any moment one of some workers is asked, and does not answer."""

        def greet(address: str, _work: bytes) -> Greeting:
            if address in others:
                return Greeting(f"site of {address}")
            time.sleep(0.02 * int(address))
            raise TimeoutError

        cluster = FakeCluster(double, dict.fromkeys((*others, *"23456789"), 1))
        cluster.greet = greet
        return cluster

    def test_do_not_keep_others_from_their_jobs(self):
        cluster = self.some_that_never_answer("a")
        executor = ClusterExecutor(cluster)
        futures = [executor.submit(Work(), number) for number in range(4)]
        assert [future.result(10) for future in futures] == [0, 2, 4, 6]
        executor.shutdown()

    def test_do_not_keep_jobs_waiting_that_no_other_worker_can_do(self):
        cluster = self.some_that_never_answer("a")
        cluster.behave = lambda a, n: (
            Answer("unfit", UnfitWorkerError("no Python 2.7")) if n else double(a, n)
        )
        others = cluster.present
        cluster.present = {"a": 1}
        executor = ClusterExecutor(cluster)
        assert executor.submit(Work(), 0).result(10) == 0
        cluster.present = others
        # Until all of them are asked, and none of them at the same time as the others.
        time.sleep(0.5)
        future = executor.submit(Work(), 1)
        with pytest.raises(ClusterError, match=r"a: no Python 2\.7"):
            future.result(10)
        executor.shutdown()

    def test_end_the_run_after_a_while(self, monkeypatch):
        def greet(_address, _work):
            raise TypeError("cannot be unpickled")

        monkeypatch.setattr(roster, "_ANSWER_SECONDS", 0.05)
        cluster = FakeCluster(double, two())
        cluster.greet = greet
        with pytest.raises(
            ClusterError, match=r"is ready: a, b: no answer to a greeting \(TypeError: cannot"
        ):
            run(cluster, [1, 2])


class TestOtherVersions:
    def test_end_the_run_before_anything_is_built(self):
        cluster = FakeCluster(double, two(), differences={"b": "runs Python 3.9, and this machine 3.12"})
        with pytest.raises(
            ClusterError, match=r"nothing was built: b: runs Python 3.9, and this machine 3.12"
        ):
            run(cluster, [1, 2])
        assert cluster.started == []

    def test_on_workers_that_come_later_are_only_left_out(self):
        cluster = FakeCluster(double, {"a": 1}, differences={"b": "runs Python 3.9"}, delay=0.02)
        executor = ClusterExecutor(cluster)
        results = run_jobs(Work(), range(8), lambda _: executor, 1)
        next(results)
        cluster.is_held = threading.Event()
        cluster.present["b"] = 1
        wait_for(lambda: any(use.address == "b" for use in executor.uses()), lambda: str(executor.uses()))
        cluster.is_held.set()
        assert len(list(results)) == 7
        assert {address for address, _ in cluster.started} == {"a"}
        assert [use.notes for use in executor.uses()] == [(), ("runs Python 3.9.",)]


class TestSchedulerThatGoes:
    def test_ends_the_run_after_all_results_that_are_there(self):
        cluster = FakeCluster(double, two())
        executor = ClusterExecutor(cluster)
        results = run_jobs(Work(), range(40), lambda _: executor, 1)
        found = [next(results)]
        cluster.delay = 60
        cluster.error = ClusterError("gone")

        def close(_sites: Mapping[str, str]) -> None:
            for each in threading.enumerate():
                if isinstance(each, threading.Timer):
                    each.cancel()
                    each.join()

        cluster.close = close
        with pytest.raises(ClusterError, match="gone"):
            found.extend(results)
        assert all(result == 2 * job for job, result in found)

    def test_is_found_where_a_job_is_given_to_a_worker(self):
        def start(*_arguments):
            raise ClusterError("gone")

        cluster = FakeCluster(double, two())
        cluster.start = start
        with pytest.raises(ClusterError, match="gone"):
            run(cluster, [1, 2, 3])

    def test_and_an_error_of_our_own_do_not_let_a_run_wait_for_ever(self):
        def start(*_arguments):
            raise KeyError("oops")

        cluster = FakeCluster(double, two())
        cluster.start = start
        with pytest.raises(KeyError):
            run(cluster, [1, 2, 3])


MISHAPS = (
    None,
    Answer("unknown"),
    Answer("ended"),
    Answer("died"),
    Answer("unfit", UnfitWorkerError("no Python 2.7")),
    Answer("done", UnfitWorkerError("it arrived damaged")),
    Answer("done", DOUBTFUL),
    Lost("killed"),
    Lost("cannot be read", is_worker_gone=False),
    DROPPED,
)


@pytest.mark.parametrize("seed", range(25))
def test_each_job_gets_one_result_whatever_happens_to_it_elsewhere(seed):
    random = Random(seed)
    number, left = random.randint(1, 100), random.randint(1, 20)

    def behave(address: str, job: int) -> Answer | Lost | None:
        nonlocal left
        if address == "able" or not left or random.random() > 0.3:
            return Answer("done", 2 * job, random.choice([0.001, 0.5]))
        left -= 1
        # Some are lost, and others come.
        cluster.present = {**cluster.present, f"new {left}": random.randint(1, 3)}
        return random.choice(MISHAPS)

    cluster = FakeCluster(behave, dict.fromkeys(("able", "a", "b"), 2), delay=0.001)
    found = list(run_jobs(Work(), range(number), lambda _: ClusterExecutor(cluster), 1))
    assert sorted(job for job, _ in found) == list(range(number))
    others = [result for job, result in found if result != 2 * job]
    assert all("lost" in result or "ended the process" in result or result == DOUBTFUL for result in others)


class TestAssignment:
    def tasks(self, number: int) -> list[Task]:
        return [Task(each, each, "kind", Future()) for each in range(number)]

    def test_gives_each_worker_what_it_can_begin_where_few_are_left(self):
        plan = Assignment()
        for name in "ab":
            plan.add_worker(Worker(name, name, 1))
        for task in self.tasks(3):
            plan.add(task)
        assert [(task.number, worker.address) for task, worker in plan.assign()] == [(0, "a"), (1, "b")]

    def test_gives_a_withheld_task_to_nobody_who_is_unfit_for_its_kind(self):
        plan = Assignment()
        for name in "ab":
            plan.add_worker(Worker(name, name, 1))
        plan.workers["b"].unfit_for.add("kind")
        (task,) = self.tasks(1)
        plan.add(task)
        assert [worker.address for _, worker in plan.assign()] == ["a"]
        plan.withhold(task, plan.workers["a"])
        plan.add(task)
        assert list(plan.assign()) == []
        assert plan.stuck_tasks() == [task]

    def test_has_a_suspect_alone_on_its_worker(self):
        plan = Assignment()
        for name in "ab":
            plan.add_worker(Worker(name, name, 4))
        for task in self.tasks(40):
            plan.add(task)
        list(plan.assign())
        suspects, culprits = plan.remove_worker("a")
        assert (len(suspects), culprits) == (8, [])
        for task in suspects:
            plan.add(task)
        done = next(iter(plan.workers["b"].tasks))
        plan.release(done, plan.workers["b"])
        plan.finish(done)
        assert list(plan.assign()) == [], "b gets nothing new until it has no job"
        for task in list(plan.workers["b"].tasks):
            plan.release(task, plan.workers["b"])
            plan.finish(task)
        assert len(list(plan.assign())) == 1
        assert plan.workers["b"].is_alone
        _, culprits = plan.remove_worker("b")
        assert [task.lost_on for task in culprits] == [["a", "b"]]


def test_what_is_sealed_is_not_to_be_read_at_a_glance():
    sealed = seal(Work("hunter2-of-the-repository"))
    assert b"hunter2" not in sealed
    # A worker logs the arguments of a call that fails.
    assert str([sealed]) == f"[Sealed({len(sealed)} bytes)]"
    assert unseal(sealed) == Work("hunter2-of-the-repository")
