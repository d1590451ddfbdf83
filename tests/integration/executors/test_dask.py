"""Builds on a Dask cluster: the same bytes as here, and nothing lost, double or half whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import distributed
import pytest

import sdistmaker_recipe
from benchmarks.projects import releases
from benchmarks.repository import make_repository
from sdistmaker_recipe.executors.dask import cluster as cluster_module
from sdistmaker_recipe.executors.dask.messages import seal
from tests.support.commands import Commands, index_files, program
from tests.support.dask_cluster import DaskCluster, dask_cluster, used, wait_for
from tests.support.history import History, setuptools_project
from tests.support.long_form import IS_LONG
from tests.support.process import LOOPBACK, Server
from tests.support.proxy import Proxy
from tests.support.remote_work import Sums
from tests.support.requirements import need
from tests.support.subversion import make_certificate, svnserve

PROJECTS, TAGS = (40, 5) if IS_LONG else (10, 3)
STOPPED_SECONDS = 20 if IS_LONG else 3
LONGEST = 120


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of the benchmark's repository."""
    return make_repository(tmp_path_factory.mktemp("many") / "repository", releases(PROJECTS, TAGS))


@pytest.fixture(scope="module")
def expected(repository: str, commands_of_module: Commands) -> dict[str, str]:
    """The sha256 of each file, built on this machine."""
    report = commands_of_module.report("--repository", repository, "--destination", "local")
    assert len(report["published"]) == PROJECTS * TAGS
    return {each["filename"]: each["sha256"] for each in report["published"]}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the workers."""
    return tmp_path_factory.mktemp("local")


@pytest.fixture(scope="module")
def scheduler(
    commands_of_module: Commands, local: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DaskCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with dask_cluster(folder, local, commands_of_module.environment) as started:
        yield started


@pytest.fixture
def cluster(scheduler: DaskCluster) -> Iterator[DaskCluster]:
    """A cluster without workers."""
    with scheduler.only_meanwhile():
        yield scheduler


def start(commands: Commands, cluster: DaskCluster, url: str, *options: str) -> subprocess.Popen[str]:
    """Start a run on the cluster."""
    command = [program("sdists_from_tags"), "--json", "--repository", url, "--destination", "index"]
    return subprocess.Popen(
        [*command, "--executor", "dask", "--scheduler", cluster.address, *options],
        cwd=commands.folder,
        env={**commands.environment, "DASK_SDISTMAKER__WORKER_WAIT": "3s"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        stdout, stderr = run.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        run.kill()
        raise
    return run.returncode, stdout, stderr


def report_of(run: subprocess.Popen[str]) -> dict:
    _, stdout, stderr = finish(run)
    assert stdout, stderr
    return json.loads(stdout)


def digests(report: dict) -> dict[str, str]:
    return {each["filename"]: each["sha256"] for each in report["published"]}


def whole_archives(commands: Commands) -> dict[str, str]:
    """The sha256 of the archives in the index."""
    files = [commands.folder / "index" / name for name in index_files(commands.folder / "index")]
    done = (
        subprocess.run(["sha256sum", *files], capture_output=True, text=True, check=True) if files else None
    )
    lines = done.stdout.splitlines() if done else []
    return {Path(line.split()[1]).name: line.split()[0] for line in lines}


def published(commands: Commands) -> int:
    folder = commands.folder / "index"
    return len(index_files(folder)) if folder.exists() else 0


def test_workers_and_the_scheduler_go_and_nothing_is_lost_or_double_or_half(
    commands: Commands, tmp_path: Path, local: Path, repository: str, expected: dict[str, str]
) -> None:
    with dask_cluster(tmp_path / "cluster", local, commands.environment) as cluster:
        killed, stopped, _ = cluster.add_workers(3)
        cluster.wait(3)
        begin = time.monotonic()
        run = start(commands, cluster, repository)
        wait_for(lambda: published(commands) > 2, lambda: str(run.poll()))
        killed.send(signal.SIGKILL)
        stopped.send(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)
        stopped.send(signal.SIGCONT)
        report = report_of(run)
        assert digests(report) == whole_archives(commands) == expected
        assert report["failed"] == []
        counts = used(report)
        assert (len(counts), sum(counts.values())) == (3, len(expected))
        assert [use["notes"] for use in report["workers"] if use["notes"]] == [["was lost."]]
        assert time.monotonic() - begin < STOPPED_SECONDS + LONGEST / 2
        for name in ("index", "index-state"):
            shutil.rmtree(commands.folder / name)
        run = start(commands, cluster, repository)
        wait_for(lambda: published(commands) > 2, lambda: str(run.poll()))
        begin = time.monotonic()
        cluster.scheduler.stop()
        status, _, stderr = finish(run)
    assert time.monotonic() - begin < LONGEST / 4
    assert status == 3
    message = f"error: The Dask scheduler at {cluster.address} is gone, or no longer answers.\nWhat was built"
    assert stderr.startswith(message)
    done = whole_archives(commands)
    assert done.items() <= expected.items()
    assert 0 < len(done) < len(expected)
    rest = commands.report("--repository", repository, "--destination", "index")
    assert {**done, **digests(rest)} == whole_archives(commands) == expected
    assert len(done) + len(rest["published"]) == len(expected)


def _prefixes(dask_scheduler: distributed.Scheduler) -> list[str]:
    return [name for name in dask_scheduler.task_prefixes if name != "int"]


def test_a_connection_that_breaks_for_a_moment_costs_nothing(
    cluster: DaskCluster, commands: Commands, repository: str, expected: dict[str, str]
) -> None:
    cluster.add_workers(2)
    cluster.wait(2)
    with Proxy(cluster.scheduler.port) as proxy:
        run = start(commands, cluster, repository, "--scheduler", f"tcp://{LOOPBACK}:{proxy.port}")
        wait_for(lambda: published(commands) > 2, lambda: str(run.poll()))
        # All connections of the run.
        proxy.drop, proxy.drops = 1, len(proxy.connections)
        wait_for(lambda: proxy.drops < 2 or run.poll() is not None, lambda: str(proxy.drops))
        proxy.drop = 0
        report = report_of(run)
    assert digests(report) == whole_archives(commands) == expected
    assert report["failed"] == []


def test_a_worker_of_a_nanny_builds_and_leaves_only_build_environments(
    cluster: DaskCluster, commands: Commands, history: History, local: Path
) -> None:
    history.release("ledger", "1.0")
    code = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
    history.add_tag("killer", "1.0", {"setup.py": code})
    cluster.add_workers(1, threads=2, options=(), environment={"DASK_LOGGING__DISTRIBUTED": "debug"})
    cluster.wait(1)
    secret = "hunter2-of-the-repository"
    run = start(
        Commands(commands.folder, {**commands.environment, "SVN_SECRET": secret}),
        cluster,
        history.url,
        *("--username", "builder", "--password-variable", "SVN_SECRET"),
    )
    _, stdout, stderr = finish(run)
    report = json.loads(stdout)
    assert [each["filename"] for each in report["published"]] == ["ledger-1.0.tar.gz"]
    # A tag that ends the process of its build costs no worker.
    assert [each["project"] for each in report["failed"]] == ["killer"]
    assert [use["notes"] for use in report["workers"]] == [[]]
    with distributed.Client(cluster.address, set_as_default=False) as client:
        # The scheduler keeps figures for each of them for ever.
        assert client.run_on_scheduler(_prefixes) == ["sdistmaker_recipe"]
    texts = [stdout, stderr, *(path.read_text() for path in cluster.folder.glob("*.log"))]
    assert not [text for text in texts if secret in text]
    wait_for(
        lambda: {path.name for path in local.rglob("sdistmaker-*")} == {"sdistmaker-environments"},
        lambda: str(list(local.rglob("sdistmaker-*"))),
    )


ELSEWHERE = "127.0.0.9"

FINDS_THE_WORKER = """\
import os, signal
worker, process = 0, os.getpid()
while process > 1:
    with open("/proc/%s/stat" % process) as file:
        parent = int(file.read().rpartition(") ")[2].split()[1])
    with open("/proc/%s/cmdline" % process) as file:
        if "dask\\0worker" in file.read():
            worker = process
    process = parent
"""
KILLS_THE_WORKER = (
    f"{FINDS_THE_WORKER}os.kill(worker, signal.SIGKILL)\nraise SystemExit('no worker to kill')\n"
)


def test_a_tag_that_kills_its_workers_fails_alone(
    cluster: DaskCluster, commands: Commands, history: History
) -> None:
    for number in range(6):
        history.release("ledger", f"1.{number}")
    history.add_tag("killer", "1.0", {"setup.py": KILLS_THE_WORKER})
    cluster.add_workers(3)
    cluster.wait(3)
    report = report_of(start(commands, cluster, history.url, "--sandbox", "none"))
    assert [each["version"] for each in report["published"]] == [f"1.{number}" for number in range(6)]
    ((project, reason),) = [(each["project"], each["reason"]) for each in report["failed"]]
    assert project == "killer"
    assert "were lost while they built this tag" in reason
    assert sum(worker.process.poll() is not None for worker in cluster.workers) == 2


STOPS_WORKERS = """\
import time
if os.listdir({folder!r}):
    os.rmdir(os.path.join({folder!r}, os.listdir({folder!r})[0]))
    os.kill(worker, signal.SIGTERM)
    time.sleep(90)
"""


def test_a_tag_whose_workers_are_stopped_one_after_the_other_is_built(
    cluster: DaskCluster, commands: Commands, history: History, tmp_path: Path
) -> None:
    for number in range(2):
        (tmp_path / "stops" / str(number)).mkdir(parents=True)
    files = setuptools_project("ledger", "1.0")
    code = FINDS_THE_WORKER + STOPS_WORKERS.format(folder=str(tmp_path / "stops")) + files["setup.py"]
    history.add_tag("ledger", "1.0", {**files, "setup.py": code})
    # A worker without a nanny does not say that it is stopped.
    cluster.add_workers(3, options=())
    cluster.wait(3)
    report = report_of(start(commands, cluster, history.url, "--sandbox", "none"))
    assert [each["version"] for each in report["published"]] == ["1.0"]
    notes = [use["notes"] for use in report["workers"] if use["notes"]]
    assert len(notes) == 2
    # On a machine that is very busy the nanny may end one of them before it can say so.
    assert ["was stopped."] in notes


def test_workers_are_told_that_a_run_goes_on(cluster: DaskCluster) -> None:
    cluster.add_workers(1, environment={"PYTHONPATH": str(Path(__file__).parents[3])})
    cluster.wait(1)
    client = cluster_module.DaskCluster(cluster.address)
    try:
        (address,) = client.workers()
        sites = {address: client.greet(address, seal(Sums())).site}
        client.keep([address])
        (worker,) = cluster.workers
        wait_for(lambda: "function 'keep'" in worker.log.read_text(), worker.log.read_text)
        assert not client.was_stopped(address)
    finally:
        client.close(sites)


def test_a_worker_that_does_not_reach_the_repository_is_named_and_others_build(
    cluster: DaskCluster, commands: Commands, history: History, tmp_path: Path
) -> None:
    need("bwrap")
    for number in range(4):
        history.release("ledger", f"1.{number}")
    hosts = tmp_path / "hosts"
    hosts.write_text(f"{ELSEWHERE} localhost\n")
    elsewhere = ["bwrap", "--dev-bind", "/", "/", "--bind", hosts, "/etc/hosts"]
    (tmp_path / "svn").mkdir()
    (tmp_path / "empty").mkdir()
    with svnserve(history.folder.parent, tmp_path / "svn") as server:
        # A server without the repository answers at once. A missing one would be asked again and again.
        other = ["svnserve", "--daemon", "--foreground", "--root", str(tmp_path / "empty")]
        other += ["--listen-host", ELSEWHERE, "--listen-port", str(server.port)]
        cluster.stack.enter_context(Server(other, server.port, tmp_path / "other.log"))
        url = f"svn://localhost:{server.port}/{history.folder.name}"
        cluster.add_workers(1)
        cluster.add_workers(1, before=elsewhere)
        cluster.wait(2)
        report = report_of(start(commands, cluster, url, "--sandbox", "none"))
    assert [each["version"] for each in report["published"]] == [f"1.{number}" for number in range(4)]
    assert report["failed"] == []
    able, unable = report["workers"]
    assert (able["jobs"], able["notes"], unable["jobs"]) == (4, [], 0)
    assert url in unable["notes"][0]


def test_a_repository_on_a_disk_that_no_worker_shares_is_an_error_that_names_them(
    cluster: DaskCluster, commands: Commands, history: History
) -> None:
    need("bwrap")
    history.release("ledger", "1.0")
    hidden = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", history.folder]
    cluster.add_workers(1, before=hidden)
    cluster.wait(1)
    status, _, stderr = finish(start(commands, cluster, history.url, "--sandbox", "none"))
    assert status == 3
    assert "No worker of the Dask cluster can build ledger 1.0: tcp://127.0.0.1:" in stderr
    assert stderr.rstrip().endswith("Or give a URL that each of them reaches.")


def test_a_worker_with_another_version_ends_the_run_before_anything_is_built(
    cluster: DaskCluster, commands: Commands, history: History, tmp_path: Path
) -> None:
    history.release("ledger", "1.0")
    old = tmp_path / "old" / "sdistmaker_recipe"
    old.mkdir(parents=True)
    (old / "__init__.py").write_text('__version__ = "1.9"\n')
    cluster.add_workers(1)
    cluster.add_workers(1, environment={"PYTHONPATH": str(old.parent)})
    cluster.wait(2)
    status, _, stderr = finish(start(commands, cluster, history.url))
    assert status == 3
    own = sdistmaker_recipe.__version__
    assert f"has sdistmaker_recipe 1.9, and this machine has {own}" in stderr
    assert published(commands) == 0


def test_a_worker_without_the_sandbox_that_the_options_ask_for_builds_nothing(
    cluster: DaskCluster, commands: Commands, history: History, tmp_path: Path
) -> None:
    history.release("ledger", "1.0")
    broken = tmp_path / "programs" / "bwrap"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho no namespaces here >&2\nexit 1\n")
    broken.chmod(0o755)
    path = {"PATH": f"{broken.parent}:{os.environ['PATH']}"}
    cluster.add_workers(1, environment=path)
    cluster.wait(1)
    status, _, stderr = finish(start(commands, cluster, history.url, "--sandbox", "bubblewrap"))
    assert status == 3
    assert "can build: tcp://127.0.0.1:" in stderr
    assert "bubblewrap does not work here (no namespaces here), and sandbox = bubblewrap is set" in stderr
    report = report_of(start(commands, cluster, history.url, "--sandbox", "auto"))
    ((warning,),) = [use["notes"] for use in report["workers"]]
    assert "does not work here (no namespaces here), so builds run without a sandbox" in warning
    assert len(report["published"]) == 1


def test_a_cluster_with_certificates_lets_in_only_who_has_one(
    commands: Commands, history: History, tmp_path: Path, local: Path
) -> None:
    history.release("ledger", "1.0")
    made = make_certificate(tmp_path)
    environment = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(made.authority)}
    for part in ("SCHEDULER", "WORKER", "CLIENT"):
        environment[f"DASK_DISTRIBUTED__COMM__TLS__{part}__CERT"] = str(made.file)
        environment[f"DASK_DISTRIBUTED__COMM__TLS__{part}__KEY"] = str(made.key)
    closed = Commands(commands.folder, {**commands.environment, **environment})
    with dask_cluster(tmp_path / "cluster", local, closed.environment, scheme="tls") as cluster:
        cluster.add_workers(1)
        cluster.wait(1)
        status, _, stderr = finish(start(commands, cluster, history.url))
        assert (status, "DASK_DISTRIBUTED__COMM__TLS__CA_FILE" in stderr) == (3, True)
        for variable, value, message in (
            ("CA_FILE", f"{tmp_path}/gone.pem", "authority that Dask's configuration names cannot be read: "),
            ("CLIENT__CERT", "", "names no certificate of the client for TLS."),
            ("CLIENT__KEY", f"{tmp_path}/gone.key", "key of the client that Dask's configuration names"),
        ):
            wrong = {**environment, f"DASK_DISTRIBUTED__COMM__TLS__{variable}": value}
            status, _, stderr = finish(
                start(Commands(commands.folder, {**commands.environment, **wrong}), cluster, history.url)
            )
            assert (status, message in stderr) == (3, True), stderr
        without_tls = replace(cluster, address=cluster.address.replace("tls:", "tcp:"))
        status, _, stderr = finish(start(commands, without_tls, history.url))
        assert (status, "If it uses TLS, its address begins with tls://." in stderr) == (3, True)
        report = report_of(start(closed, cluster, history.url))
    assert [each["filename"] for each in report["published"]] == ["ledger-1.0.tar.gz"]
    assert report["executor"] == {"name": "dask", "scheduler": cluster.address}


def test_without_workers_a_run_ends(cluster: DaskCluster, commands: Commands, history: History) -> None:
    history.release("ledger", "1.0")
    status, _, stderr = finish(start(commands, cluster, history.url))
    assert status == 3
    assert "has had no worker for 3 seconds" in stderr


def test_a_dry_run_says_where_it_would_build(commands: Commands, history: History) -> None:
    history.release("ledger", "1.0")
    address = "tcp://dask.example.com:8786"
    options = ("--repository", history.url, "--destination", "index", "--dry-run")
    done = commands.sdists_from_tags(*options, "--executor", "dask", "--scheduler", address)
    assert f"The Dask cluster at {address} would build them.\n" in done.stdout
    assert commands.report(*options)["executor"] == {"name": "local", "scheduler": ""}


def test_wheels_of_published_releases_are_built_there_too(
    cluster: DaskCluster, commands: Commands, history: History
) -> None:
    history.release("ledger", "1.0")
    commands.report("--repository", history.url, "--destination", "index", "--wheels", "none")
    cluster.add_workers(1)
    cluster.wait(1)
    report = report_of(start(commands, cluster, history.url, "--wheels", "pure", "--wheels-for-all"))
    assert [path.name for path in (commands.folder / "index").glob("ledger/*.whl")], report
