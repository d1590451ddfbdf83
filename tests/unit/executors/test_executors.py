"""Where jobs run: every job gets its result, also when a worker process dies."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor

import pytest

from sdistmaker_recipe import executors
from sdistmaker_recipe.errors import RepositoryError, ToolchainError
from sdistmaker_recipe.executors import local, open_local, run_jobs
from tests.support import executor_work as work


class Recorder:
    """Opens pools of threads, and remembers how many workers each was to have."""

    def __init__(self) -> None:
        self.widths: list[int] = []

    def __call__(self, workers: int) -> Executor:
        self.widths.append(workers)
        return ThreadPoolExecutor(workers)


class Breaks(Executor):
    """An executor that does the first jobs and then is broken, from the hand-in on."""

    def __init__(self, good: int) -> None:
        self.good = good

    def submit(self, function, /, *arguments, **keywords) -> Future:
        if not self.good:
            raise BrokenExecutor
        self.good -= 1
        future: Future = Future()
        future.set_result(function(*arguments, **keywords))
        return future


class TestRunJobs:
    def test_gives_each_job_with_its_result(self):
        jobs = list(range(20))
        assert dict(run_jobs(work.double, jobs, Recorder(), 4)) == {job: 2 * job for job in jobs}

    def test_gives_equal_jobs_each_their_result(self):
        assert list(run_jobs(work.double, [3, 3, 3], Recorder(), 2)) == [(3, 6)] * 3

    def test_takes_jobs_that_cannot_be_hashed(self):
        assert list(run_jobs(sum, [[1, 2]], Recorder(), 2)) == [([1, 2], 3)]

    def test_does_nothing_without_jobs(self):
        assert list(run_jobs(work.double, [], open_local, 2)) == []

    @pytest.mark.parametrize(("jobs", "workers", "width"), [(5, 2, 2), (2, 8, 2), (1, 1, 1)])
    def test_opens_no_more_workers_than_allowed_or_needed(self, jobs, workers, width):
        recorder = Recorder()
        list(run_jobs(work.double, range(jobs), recorder, workers))
        assert recorder.widths == [width]

    def test_does_something_else_once_when_all_jobs_are_handed_in(self):
        executor, left = Breaks(2), []
        list(run_jobs(work.double, [1, 2], lambda _workers: executor, 1, lambda: left.append(executor.good)))
        assert left == [0]

    def test_does_something_else_only_once_where_an_executor_breaks(self):
        done: list[None] = []
        list(run_jobs(work.double, [1], lambda _workers: Breaks(0), 1, lambda: done.append(None)))
        assert done == [None]

    def test_gives_results_as_they_come(self):
        results = run_jobs(work.double, [1, 2], Recorder(), 1)
        assert next(results) in {(1, 2), (2, 4)}
        assert len(list(results)) == 1

    def test_raises_what_work_raises(self):
        with pytest.raises(RepositoryError, match="no answer"):
            list(run_jobs(work.fail_at_13, [1, 13, 2], Recorder(), 1))

    def test_does_not_begin_the_jobs_that_wait_once_work_has_raised(self, tmp_path):
        jobs = [(str(tmp_path), number) for number in range(50)]
        with pytest.raises(RepositoryError):
            list(run_jobs(work.note_and_fail_at_0, jobs, Recorder(), 1))
        assert len(list(tmp_path.iterdir())) < 5

    def test_ends_its_workers_when_nobody_asks_for_more(self, tmp_path):
        jobs = [(str(tmp_path), number) for number in range(1, 50)]
        results = run_jobs(work.note_and_fail_at_0, jobs, Recorder(), 1)
        next(results)
        results.close()
        assert len(list(tmp_path.iterdir())) < 5

    def test_goes_on_where_an_executor_breaks_while_jobs_are_handed_in(self):
        opened: list[int] = []

        def open_executor(workers: int) -> Executor:
            opened.append(workers)
            return Breaks(2) if len(opened) == 1 else ThreadPoolExecutor(workers)

        found = dict(run_jobs(work.double, [1, 2, 3, 4], open_executor, 2))
        assert found == {1: 2, 2: 4, 3: 6, 4: 8}

    def test_gives_no_result_for_jobs_that_no_executor_survives(self):
        assert dict(run_jobs(work.double, [1, 2], lambda workers: Breaks(0), 2)) == {1: None, 2: None}

    def test_does_not_wait_for_jobs_that_a_broken_executor_forgot(self, monkeypatch):
        class Forgets(Executor):
            _broken = False

            def submit(self, function, /, *arguments, **keywords) -> Future:
                self._broken = True
                return Future()

        monkeypatch.setattr(executors, "BROKEN_CHECK_SECONDS", 0.01)
        opened = iter([Forgets(), ThreadPoolExecutor(1)])
        assert dict(run_jobs(work.double, [1, 2], lambda _workers: next(opened), 2)) == {1: 2, 2: 4}


def test_a_machine_without_semaphores_is_told_what_they_need(monkeypatch):
    def refuse(*_arguments, **_keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(local, "ProcessPoolExecutor", refuse)
    with pytest.raises(ToolchainError, match=r"can be started that builds: Permission denied") as caught:
        open_local(2)
    assert "/dev/shm" in caught.value.hint
