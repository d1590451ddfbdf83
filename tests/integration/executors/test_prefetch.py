"""Jobs are prepared in processes of their own, and none is lost when one of these dies."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

import pytest

from sdistmaker_recipe.executors import open_prefetching, run_jobs
from sdistmaker_recipe.executors.prefetch import PrefetchingExecutor
from tests.support import executor_work as work

pytestmark = pytest.mark.usefixtures("threads_end")


class TestProcesses:
    def open(self, prepare: Callable) -> Callable[[int], Executor]:
        return partial(open_prefetching, prefetch=prepare, prefetchers=2)

    def test_prepare_and_work_elsewhere(self):
        found = dict(run_jobs(work.double, [1, 2, 3, 4, 5], self.open(work.double), 2))
        assert found == {job: 4 * job for job in range(1, 6)}

    def test_that_die_working_lose_only_the_job_that_killed_them(self):
        jobs = [1, 13, 2, 3, 4]
        found = dict(run_jobs(work.die_at_13, jobs, self.open(work.same), 2))
        assert found == {1: 2, 13: None, 2: 4, 3: 6, 4: 8}

    def test_that_die_preparing_lose_nothing(self):
        found = dict(run_jobs(work.double, [1, 13, 2, 3, 4], self.open(work.die_at_13), 2))
        assert found == {1: 4, 2: 8, 3: 12, 4: 16, 13: 26}, "13 is prepared by nobody"

    def test_end_when_the_work_is_broken_off(self, tmp_path):
        opened: list[PrefetchingExecutor] = []

        def open_executor(workers: int) -> Executor:
            opened.append(open_prefetching(workers, prefetch=work.same, prefetchers=2))
            return opened[0]

        jobs = [(str(tmp_path), number) for number in range(1, 50)]
        results = run_jobs(work.note_and_fail_at_0, jobs, open_executor, 1)
        next(results)
        processes = [each for pool in opened[0].pools for each in dict(pool._processes).values()]
        assert len(processes) == 3
        results.close()
        assert {each.exitcode for each in processes} == {-signal.SIGKILL}, (
            "nobody waits for what is under way"
        )
        assert len(list(tmp_path.iterdir())) < 10
