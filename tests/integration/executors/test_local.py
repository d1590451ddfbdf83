"""Worker processes of this machine: what they inherit, how they end, and what a job loses with one."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.executors import local, open_local, prestart, run_jobs
from tests.support import executor_work as work

ROOT = Path(__file__).parents[3]


PROGRAM = """\
print("imported", __name__, flush=True)
if __name__ == "__main__":
    from sdistmaker_recipe.executors import open_local
    from tests.support.executor_work import double
    with open_local(2) as pool:
        print(list(pool.map(double, [3, 4])))
"""


def test_a_pool_does_not_import_the_program_that_started_it(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "imported __main__\n[6, 8]\n"


def test_a_pool_starts_also_where_the_temporary_folder_has_a_long_path(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.stdout == "imported __main__\n[6, 8]\n", done.stderr


LATE = """\
import sys, tempfile, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from sdistmaker_recipe.executors import open_local, run_jobs
from tests.support.executor_work import die_first

class Late(ProcessPoolExecutor):
    \"\"\"Starts its second process while it ends all others, for the first has died.\"\"\"

    def _spawn_process(self):
        if not self._processes:
            super()._spawn_process()
            (first,) = self._processes.values()
            first.terminate = lambda: time.sleep(0.5)
            return
        until(lambda: self._broken)
        known, self._processes = self._processes, {}
        super()._spawn_process()
        until(lambda: self._call_queue._reader.closed)
        known.update(self._processes)
        self._processes = known

def until(condition):
    end = time.monotonic() + 1
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)

opened = []

def open_pool(workers):
    opened.append(Late(workers, mp_context=get_context("forkserver")) if not opened else open_local(workers))
    return opened[-1]

with tempfile.TemporaryDirectory() as folder:
    jobs = [(folder + "/died", number) for number in range(2)]
    print([result for _, result in run_jobs(die_first, jobs, open_pool, 2)])
"""


INTERRUPTS = """\
from multiprocessing import forkserver
from signal import SIGINT, SIG_BLOCK, getsignal, pthread_sigmask
from sdistmaker_recipe.executors import prestart, open_local, run_jobs
from tests.support.executor_work import handling_of_interrupts

if READY:
    prestart(2)
else:
    open_local(2).shutdown()
from pathlib import Path
status = Path(f"/proc/{forkserver._forkserver._forkserver_pid}/status").read_text()
mask = dict(line.split(":", 1) for line in status.splitlines())["SigBlk"]
print(bool(int(mask, 16) & 1 << SIGINT - 1), SIGINT in pthread_sigmask(SIG_BLOCK, []))
print([found for _, found in run_jobs(handling_of_interrupts, [1], open_local, 1)])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("ready", [True, False])
def test_an_interrupt_meets_no_process_that_is_only_starting(ready):
    command = [sys.executable, "-c", INTERRUPTS.replace("READY", str(ready))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    # Blocked there, in this process no longer, and ignored by those that work.
    assert done.stdout == "True False\n[(True, False)]\n", done.stderr


class TestLocalProcesses:
    def test_do_the_work_elsewhere_with_no_thread_or_open_file_of_ours(self, tmp_path):
        ours = tmp_path / "ours"
        with ours.open("w"):
            found = [result for _, result in run_jobs(work.surroundings, [1, 2, 3], open_local, 2)]
        assert os.getpid() not in {process for process, _, _ in found}
        # Beside the one that works there is only the one that watches over the parent.
        assert {threads for _, threads, _ in found} == {2}
        assert not any(str(ours) in opened for _, _, opened in found)

    def test_raise_here_what_work_raised_there_whole(self):
        with pytest.raises(RepositoryError) as caught:
            list(run_jobs(work.fail_at_13, [13], open_local, 1))
        error = caught.value
        assert (error.url, error.reason, error.hint) == ("https://svn.example.com", "no answer", "Is it up?")

    def test_that_die_lose_only_the_job_that_killed_them(self):
        jobs = [1, 13, 2, 3, 4]
        assert dict(run_jobs(work.die_at_13, jobs, open_local, 2)) == {1: 2, 13: None, 2: 4, 3: 6, 4: 8}

    def test_that_die_once_lose_nothing(self, tmp_path):
        jobs = [(str(tmp_path / "died"), number) for number in range(4)]
        assert dict(run_jobs(work.die_first, jobs, open_local, 2)) == {job: 2 * job[1] for job in jobs}

    def test_that_start_while_another_dies_are_not_waited_for(self):
        command = [sys.executable, "-c", LATE]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
        assert (done.stdout, done.returncode) == ("[0, 2]\n", 0), done.stderr

    def test_each_give_one_result_for_each_job(self):
        found = list(run_jobs(work.die_at_13, [13, 13, 1], open_local, 2))
        assert sorted(found, key=str) == [(1, 2), (13, None), (13, None)]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
class TestSingleJob:
    @pytest.fixture(autouse=True)
    def without_threads(self, monkeypatch):
        monkeypatch.setattr(local, "_may_fork", lambda: True)

    def test_is_done_by_a_copy_of_this_process_that_has_no_thread_of_ours(self):
        prestart(1)
        (copy,) = local._prestarted
        ((_, (process, threads, _)),) = run_jobs(work.surroundings, [1], open_local, 1)
        assert (process != os.getpid(), threads) == (True, 2)
        with pytest.raises(RuntimeError, match="shutdown"):
            copy.submit(int)

    def test_begins_with_what_prepares_it(self):
        os.environ.pop("PREPARED", None)
        prestart(1, partial(os.putenv, "PREPARED", "yes"))
        ((_, said),) = run_jobs(subprocess.getoutput, ["echo $PREPARED"], open_local, 1)
        assert said == "yes"
        assert "PREPARED" not in os.environ

    def test_has_another_process_after_one_that_died(self, tmp_path):
        prestart(1)
        job = (str(tmp_path / "died"), 4)
        assert dict(run_jobs(work.die_first, [job], open_local, 1)) == {job: 8}

    def test_raises_here_what_work_raised_there(self):
        prestart(1)
        with pytest.raises(RepositoryError):
            list(run_jobs(work.fail_at_13, [13], open_local, 1))

    def test_has_a_clean_process_where_there_can_be_no_copy(self, monkeypatch):
        def fork():
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

        with monkeypatch.context() as context:
            context.setattr(os, "fork", fork)
            prestart(1)
        assert dict(run_jobs(work.double, [2], open_local, 1)) == {2: 4}

    def test_gets_no_copy_that_an_earlier_run_had_no_use_for(self):
        prestart(1)
        (copy,) = local._prestarted
        prestart(2)
        assert local._prestarted == []
        with pytest.raises(RuntimeError, match="shutdown"):
            copy.submit(int)

    def test_is_one_that_has_no_others_beside_it(self):
        prestart(2)
        assert local._prestarted == []


def test_a_process_with_threads_is_not_copied():
    done = Event()
    thread = Thread(target=done.wait)
    thread.start()
    try:
        prestart(1)
        assert local._prestarted == []
    finally:
        done.set()
        thread.join()


ORIGINAL = """\
import os, signal, sys, time
from pathlib import Path
from sdistmaker_recipe.executors import prestart, open_local
prestart(1)
pool = open_local(1)
Path(sys.argv[1]).write_text(str(pool.submit(os.getpid).result()))
pool.submit(time.sleep, 60)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_copy_ends_with_its_original(tmp_path):
    subprocess.run([sys.executable, "-c", ORIGINAL, str(tmp_path / "process")], cwd=ROOT)
    process = Path("/proc", (tmp_path / "process").read_text())
    end = time.monotonic() + 10
    while process.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not process.exists()
