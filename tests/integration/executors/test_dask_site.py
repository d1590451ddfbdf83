"""What a worker keeps for a run: its processes do the jobs, and nothing of it is left behind."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import IO

import cloudpickle
import dask.config
import distributed
import pytest

from sdistmaker_recipe import __version__
from sdistmaker_recipe.errors import ClusterError, ToolchainError
from sdistmaker_recipe.executors.dask import site
from sdistmaker_recipe.executors.dask.cluster import DaskCluster, _ended_in_order, _versions_function
from sdistmaker_recipe.executors.dask.messages import Answer, seal
from sdistmaker_recipe.executors.dask.site import Site
from tests.support.dask_cluster import wait_for
from tests.support.process import LOOPBACK
from tests.support.remote_work import Sums

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Site]:
    made = Site("one", Sums(), tmp_path, 2)
    yield made
    if not made._is_closed:
        made.close()


def outcome(answer: Answer) -> tuple[str, object]:
    return answer.kind, answer.value


def dask_worker(folder: Path, threads: int) -> SimpleNamespace:
    """A worker as Dask gives it to a function that it calls."""
    return SimpleNamespace(
        local_directory=str(folder / "worker-1"),
        state=SimpleNamespace(nthreads=threads),
        status=SimpleNamespace(name="running"),
    )


def perform(name: str, *jobs: object) -> list[tuple[str, object]]:
    """What a site answers to a bundle."""
    answers = site.perform(name, pickle.dumps([pickle.dumps(job) for job in jobs]))
    return [outcome(pickle.loads(answer)) for answer in pickle.loads(answers)]


def test_does_jobs_in_processes_that_it_keeps(opened: Site) -> None:
    opened.prepare()
    assert outcome(opened.perform(21)) == ("done", 42)
    processes = {opened.perform("process").value for _ in range(3)}
    assert len(processes) == 1
    assert processes != {str(os.getpid())}
    assert (opened.folder / "prepared").exists()
    assert opened.folder.stat().st_mode & 0o777 == 0o700


def test_says_how_long_a_job_took(opened: Site) -> None:
    assert 0 < opened.perform(1).seconds < 60


def test_gives_a_job_up_that_ends_two_processes(opened: Site) -> None:
    assert outcome(opened.perform("die")) == ("died", None)
    assert outcome(opened.perform("die once")) == ("done", "lives")
    assert outcome(opened.perform(1)) == ("done", 2)


def test_tells_what_others_may_do_from_what_ends_the_run(opened: Site) -> None:
    unfit = opened.perform("unfit")
    assert (unfit.kind, unfit.value.reason, unfit.value.hint) == ("unfit", "no Python 2.7", "Install it.")
    raised = pickle.loads(pickle.dumps(opened.perform("raise")))
    assert (raised.kind, raised.value.message) == ("raised", "https://svn.example.com: no answer")


def test_leaves_what_this_machine_has_no_room_for_to_others(opened: Site) -> None:
    full = opened.perform("full")
    assert (full.kind, full.value.reason) == ("unfit", "/var/tmp/dask: No space left on device")


def test_leaves_jobs_to_others_where_it_can_start_no_process(
    opened: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_pool(_workers: int) -> Executor:
        raise ToolchainError(
            "No process can be started that builds: No space left on device.", "See /dev/shm."
        )

    monkeypatch.setattr(site, "open_pool", open_pool)
    answer = opened.perform(1)
    assert (answer.kind, answer.value.hint) == ("unfit", "See /dev/shm.")
    assert answer.value.reason.startswith("No process can be started")


def test_ends_what_runs_when_it_is_closed(opened: Site, tmp_path: Path) -> None:
    found: list[Answer] = []
    thread = Thread(target=lambda: found.append(opened.perform("long")))
    thread.start()
    wait_for(lambda: any(pool._processes for pool in opened._used), lambda: "no process")
    begin = time.monotonic()
    opened.close()
    thread.join()
    assert time.monotonic() - begin < 20
    assert outcome(found[0]) == ("unknown", None)
    assert list(tmp_path.iterdir()) == []


def test_removes_the_folders_of_workers_that_were_killed_and_of_no_other(
    opened: Site, tmp_path: Path
) -> None:
    dead = tmp_path / "sdistmaker-run-dead"
    dead.mkdir()
    # Of a worker that was killed when it had removed its folder.
    (tmp_path / "sdistmaker-run-gone.lock").touch()
    (tmp_path / "sdistmaker-environments").mkdir()
    before = {"sdistmaker-environments", opened.folder.name, f"{opened.folder.name}.lock"}
    other = Site("two", Sums(), tmp_path, 1)
    other.close()
    assert {path.name for path in tmp_path.iterdir()} == before


def test_keeps_the_lock_that_another_worker_took_for_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, locked = fcntl.flock, []

    def remove_first(file: IO[bytes], operation: int) -> None:
        if not locked:
            Path(file.name).unlink()
        locked.append(file)
        lock(file, operation)

    monkeypatch.setattr(site.fcntl, "flock", remove_first)
    mine = Site("one", Sums(), tmp_path, 1)
    monkeypatch.undo()
    Site("two", Sums(), tmp_path, 1).close()
    assert mine.folder.exists()
    mine.close()
    assert list(tmp_path.iterdir()) == []


def test_can_be_closed_twice(opened: Site) -> None:
    opened.close()
    opened.close()


def test_is_locked_before_another_worker_can_see_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, was_there = site._lock, []

    def look(folder: Path, operation: int) -> IO[bytes]:
        was_there.append(folder.exists())
        return lock(folder, operation)

    monkeypatch.setattr(site, "_lock", look)
    Site("one", Sums(), tmp_path, 1).close()
    assert was_there == [False]


def test_does_not_mind_leftovers_that_another_worker_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "sdistmaker-run-gone"
    monkeypatch.setattr(Path, "glob", lambda _folder, _pattern: [gone])
    Site("one", Sums(), tmp_path, 1).close()


def test_ends_by_itself_when_nobody_has_a_job_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "_IDLE_SECONDS", 0.2)
    idle = Site("idle", Sums(), tmp_path, 1)
    wait_for(lambda: list(tmp_path.iterdir()) == [], lambda: str(list(tmp_path.iterdir())))
    assert outcome(idle.perform(1)) == ("unknown", None)


def test_says_that_it_ended_because_it_was_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "_IDLE_SECONDS", 0.5)
    worker = dask_worker(tmp_path, threads=1)
    greeting = asyncio.run(site.greet(seal(Sums()), dask_worker=worker))
    wait_for(lambda: list(tmp_path.iterdir()) == [], lambda: str(list(tmp_path.iterdir())))
    assert perform(greeting.site, 4, 5) == [("ended", None)]


def test_ends_what_runs_of_a_run_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "_IDLE_SECONDS", 2.0)
    greeting = asyncio.run(site.greet(seal(Sums()), dask_worker=dask_worker(tmp_path, threads=1)))
    assert perform(greeting.site, "long") == [("ended", None)]
    wait_for(lambda: list(tmp_path.iterdir()) == [], lambda: str(list(tmp_path.iterdir())))


def test_lasts_as_long_as_the_run_says_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "_IDLE_SECONDS", 3.0)
    worker = dask_worker(tmp_path, threads=1)
    ended, kept = (
        asyncio.run(site.greet(seal(Sums()), run, dask_worker=worker)).site for run in ("killed", "kept")
    )

    def keep_one() -> bool:
        asyncio.run(site.keep("kept"))
        return site._sites[ended] is None

    wait_for(keep_one, lambda: str(site._sites))
    end = time.monotonic() + 4
    wait_for(lambda: keep_one() and time.monotonic() > end, lambda: str(site._sites))
    assert perform(kept, 4) == [("done", 8)]
    assert perform(ended, 4) == [("ended", None)]
    asyncio.run(site.leave([kept]))


def test_ends_with_its_worker_and_does_not_wait_for_builds(tmp_path: Path) -> None:
    worker = dask_worker(tmp_path, threads=1)
    greeting = asyncio.run(site.greet(seal(Sums()), dask_worker=worker))
    found: list[tuple[str, object]] = []
    thread = Thread(target=lambda: found.extend(perform(greeting.site, "long")))
    thread.start()
    opened = site._sites[greeting.site]
    wait_for(lambda: any(pool._processes for pool in opened._used), lambda: "no process")
    worker.status.name = "closing"
    thread.join(20)
    assert found == [("unknown", None)]
    wait_for(lambda: list(tmp_path.iterdir()) == [], lambda: str(list(tmp_path.iterdir())))


def test_a_scheduler_that_accepts_a_connection_and_says_nothing_ends_a_run() -> None:
    with socket.create_server((LOOPBACK, 0)) as silent:
        address = f"tcp://{LOOPBACK}:{silent.getsockname()[1]}"
        code = (
            "import sys; from sdistmaker_recipe.executors.dask import cluster\n"
            "cluster._CONNECT_SECONDS = cluster._RECONNECT_SECONDS = 1.0; cluster.DaskCluster(sys.argv[1])"
        )
        command = [sys.executable, "-c", code, address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    text = (
        f"ClusterError: The Dask scheduler at {address} does not answer: it accepted the connection, and said"
    )
    assert text in done.stderr


def test_has_no_job_for_a_pool_that_was_closed_just_then(
    opened: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.close()
    closed = ThreadPoolExecutor()
    closed.shutdown()
    monkeypatch.setattr(opened, "_take", lambda: closed)
    assert outcome(opened.perform(1)) == ("unknown", None)


def test_greets_performs_and_leaves(tmp_path: Path) -> None:
    worker = dask_worker(tmp_path, threads=2)
    greeting = asyncio.run(site.greet(seal(Sums()), dask_worker=worker))
    assert greeting.problem == ""
    assert perform(greeting.site, 4) == [("done", 8)]
    asyncio.run(site.leave(["another", greeting.site]))
    assert perform(greeting.site, 4, 5) == [("unknown", None)]
    assert list(tmp_path.iterdir()) == []
    refused = asyncio.run(site.greet(seal(Sums("bubblewrap is not installed")), dask_worker=worker))
    assert (refused.site, refused.problem) == ("", "bubblewrap is not installed")
    assert refused.hint == "Install it."
    assert list(tmp_path.iterdir()) == []


def test_does_a_bundle_and_leaves_what_others_can_do_earlier(
    opened: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(site._sites, "one", opened)
    monkeypatch.setattr(site, "_LONG_SECONDS", 60.0)
    assert perform("one", 1, "die", 3) == [("done", 2), ("died", None), ("done", 6)]
    assert [kind for kind, _ in perform("one", 1, "raise", 3)] == ["done", "raised", "done"]
    assert [kind for kind, _ in perform("one", 1, "unfit", 3)] == ["done", "unfit"]
    monkeypatch.setattr(site, "_MANY_BYTES", 10)
    assert perform("one", 1, 2) == [("done", 2)]
    monkeypatch.undo()
    monkeypatch.setitem(site._sites, "one", opened)
    monkeypatch.setattr(site, "_LONG_SECONDS", 0.0)
    assert perform("one", 1, 2) == [("done", 2)]


@pytest.mark.parametrize(
    ("package", "python", "text"),
    [
        (__version__, OWN, ""),
        ("1.9", OWN, f"has sdistmaker_recipe 1.9, and this machine has {__version__}"),
        ("", OWN, f"does not have sdistmaker_recipe, and this machine has {__version__}"),
        (__version__, "3.9", f"runs Python 3.9, and this machine runs Python {OWN}"),
    ],
)
def test_differences_name_both_versions(package: str, python: str, text: str) -> None:
    cluster = DaskCluster.__new__(DaskCluster)
    cluster._versions = lambda: (package, python)
    cluster._ask = lambda _address, function: function()  # type: ignore[method-assign]
    assert cluster.difference("tcp://a:1") == text


@pytest.mark.parametrize("value", ["ten minutes", "", "10 parsecs", [1]])
def test_a_setting_that_is_no_time_is_an_error_that_names_it(value: object) -> None:
    with (
        dask.config.set({"sdistmaker.worker-wait": value}),
        pytest.raises(ClusterError, match=r"for sdistmaker\.worker-wait, which is no time"),
    ):
        DaskCluster("tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("packages", "text"),
    [
        ({"python": "3.9.1.final.0"}, f"runs Dask {distributed.__version__} on Python 3.9, and"),
        ({"distributed": "2020.1.0"}, f"runs Dask 2020.1.0 on Python {OWN}, and"),
    ],
)
def test_a_scheduler_with_other_versions_is_an_error_that_names_both(
    packages: dict[str, str], text: str
) -> None:
    own = distributed.versions.get_versions()["packages"]
    cluster = DaskCluster.__new__(DaskCluster)
    cluster.address = "tcp://a:1"
    cluster._client = SimpleNamespace(
        run_on_scheduler=lambda _function, **_options: {"packages": {**own, **packages}},
        status="running",
        run=lambda *_arguments, **_options: None,
        close=lambda **_options: None,
    )
    with pytest.raises(ClusterError) as caught:
        cluster._check_scheduler()
    ours = f"this machine Dask {distributed.__version__} on Python {OWN}"
    assert f"{text} {ours}, so nothing was built" in caught.value.message


def test_another_version_of_dask_is_a_difference() -> None:
    own = distributed.versions.get_versions()["packages"]
    answers = iter([(__version__, OWN), {"packages": {**own, "distributed": "2020.1.0"}}])
    cluster = DaskCluster.__new__(DaskCluster)
    cluster._versions = lambda: (__version__, OWN)
    cluster._ask = lambda *_arguments: next(answers)  # type: ignore[method-assign]
    ours = f"Dask {distributed.__version__} on Python {OWN}"
    assert cluster.difference("tcp://a:1") == f"runs Dask 2020.1.0 on Python {OWN}, and this machine {ours}"


ADDED, REMOVED = {"action": "add-worker"}, {"action": "remove-worker", "expected": False}
CLOSING = {"action": "closing-worker", "reason": "signal-15"}


@pytest.mark.parametrize(
    ("events", "is_in_order"),
    [
        ([ADDED, CLOSING, REMOVED], True),
        ([ADDED, REMOVED], False),
        # A worker that was silent for too long is removed first.
        ([ADDED, REMOVED, CLOSING], False),
        ([ADDED, {**REMOVED, "expected": True}, CLOSING], True),
        # Others had the address before and afterwards.
        ([ADDED, CLOSING, REMOVED, ADDED], True),
        ([ADDED, CLOSING, REMOVED, ADDED, REMOVED], False),
        ([ADDED], False),
        ([], False),
    ],
)
def test_the_end_of_a_worker_was_in_order_if_the_scheduler_knew_of_it(
    events: list[dict[str, object]], *, is_in_order: bool
) -> None:
    assert _ended_in_order(events) == is_in_order


def test_a_worker_without_the_package_can_say_so() -> None:
    code = cloudpickle.dumps(_versions_function())
    ask = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read())())"
    hidden = f"import sys; sys.modules['sdistmaker_recipe'] = None; {ask}"
    done = subprocess.run([sys.executable, "-c", hidden], input=code, capture_output=True, check=True)
    assert done.stdout.decode().strip() == str(("", OWN))
