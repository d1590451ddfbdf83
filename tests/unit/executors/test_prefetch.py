"""Jobs are prepared ahead of the work, not too many of them, and none is lost whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from threading import Event, Lock, get_ident

import pytest

from sdistmaker_recipe.executors import prefetch, run_jobs
from sdistmaker_recipe.executors.prefetch import PrefetchingExecutor
from tests.support import executor_work as work

pytestmark = pytest.mark.usefixtures("threads_end")

JOBS = list(range(30))


class Counter:
    """How many of something there are, and were at most."""

    def __init__(self) -> None:
        self.now, self.most, self.lock = 0, 0, Lock()

    def add(self, number: int) -> None:
        with self.lock:
            self.now += number
            self.most = max(self.most, self.now)


class Broken(Executor):
    """An executor that takes no job."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or BrokenExecutor("it is")

    def submit(self, function, /, *arguments, **keywords) -> Future:
        raise self.error


class Forgetful(Executor):
    """Breaks as it is given a job and forgets that: concurrent.futures can before Python 3.12."""

    _broken = False

    def __init__(self) -> None:
        self.forgotten: list[Future] = []

    def submit(self, function, /, *arguments, **keywords) -> Future:
        self._broken = True
        self.forgotten.append(Future())
        return self.forgotten[-1]


CANNOT = [BrokenExecutor("it is"), RuntimeError("no new jobs"), OSError("no new process")]


def threads(number: int) -> list[Executor]:
    return [ThreadPoolExecutor(1) for _ in range(number)]


def run(
    prepare: Callable,
    work: Callable = lambda job: ("done", job),
    *,
    jobs: Sequence[int] = JOBS,
    prefetchers: Sequence[Executor] = (),
    pool: Executor | None = None,
    most: int = 6,
) -> dict:
    executor = PrefetchingExecutor(
        pool or ThreadPoolExecutor(2), prefetchers or threads(3), prepare, max_prefetched=most
    )
    return dict(run_jobs(work, jobs, lambda _width: executor, 2))


def test_each_job_is_prepared_then_done():
    assert run(lambda job: f"prepared {job}") == {job: ("done", f"prepared {job}") for job in JOBS}


def test_prefetchers_prepare_at_the_same_time_while_others_work():
    waiting, all_there = Counter(), Event()

    def prepare(job: int) -> int:
        waiting.add(1)
        if waiting.now >= 3:
            all_there.set()
        assert all_there.wait(20)
        return job

    assert len(run(prepare)) == len(JOBS)


def test_no_more_than_so_many_are_prepared_and_not_done():
    under_way = Counter()

    def prepare(job: int) -> int:
        under_way.add(1)
        return job

    def slow(job: int) -> int:
        Event().wait(0.005)
        under_way.add(-1)
        return job

    run(prepare, slow, most=6)
    assert 3 <= under_way.most <= 6


def test_what_cannot_be_prepared_is_worked_on_as_it_is():
    def prepare(job: int) -> str:
        if job % 3 == 0:
            raise ValueError
        return f"prepared {job}"

    found = run(prepare)
    assert found == {job: ("done", job if job % 3 == 0 else f"prepared {job}") for job in JOBS}


def test_the_error_of_the_work_is_raised():
    def fail(job: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(lambda job: job, fail)


@pytest.mark.parametrize("able", [0, 1, 2])
def test_what_a_prefetcher_gives_up_another_prepares_or_none(able):
    lock, asked = Lock(), []

    def prepare(job: int) -> str | None:
        with lock:
            if get_ident() not in asked:
                asked.append(get_ident())
            return f"prepared {job}" if get_ident() in asked[:able] else None

    found = run(prepare, prefetchers=threads(4))
    prepared = [job for job in JOBS if found[job] == ("done", f"prepared {job}")]
    assert prepared == (JOBS if able else [])
    assert able or found == {job: ("done", job) for job in JOBS}


@pytest.mark.parametrize("error", CANNOT)
def test_a_prefetcher_that_breaks_is_done_without(error):
    found = run(lambda job: f"prepared {job}", prefetchers=[Broken(error), *threads(1)])
    assert sorted(found) == JOBS
    assert [job for job in JOBS if found[job] == ("done", job)] == [0]


@pytest.mark.parametrize("others", [0, 1])
def test_a_prefetcher_that_forgets_its_job_is_done_without(monkeypatch, others):
    monkeypatch.setattr(prefetch, "BROKEN_CHECK_SECONDS", 0.01)
    found = run(lambda job: f"prepared {job}", prefetchers=[Forgetful(), *threads(others)])
    assert sorted(found) == JOBS
    assert found[0] == ("done", 0)


def test_a_job_that_was_remembered_late_is_done_once(monkeypatch):
    monkeypatch.setattr(prefetch, "BROKEN_CHECK_SECONDS", 0.01)
    prefetcher, done = Forgetful(), Event()
    executor = PrefetchingExecutor(ThreadPoolExecutor(1), [prefetcher], lambda job: job, max_prefetched=3)
    first = executor.submit(lambda job: done.wait(20) and job, 1)
    assert not wait([first], 0.1).done
    prefetcher.forgotten[0].set_exception(BrokenExecutor("it is"))
    done.set()
    assert first.result(20) == 1
    assert executor.submit(work.double, 2).result(20) == 4
    executor.shutdown()


@pytest.mark.parametrize("error", CANNOT)
def test_a_pool_that_breaks_breaks_all_without_preparing_more(error):
    prepared = []
    executor = PrefetchingExecutor(
        Broken(error), threads(1), lambda job: prepared.append(job) or job, max_prefetched=3
    )
    futures = [executor.submit(work.double, job) for job in JOBS]
    assert all(isinstance(each.exception(timeout=20), BrokenExecutor) for each in futures)
    executor.shutdown(cancel_futures=True)
    assert len(prepared) <= 3
