"""What is sent to workers, what they do with it, and what comes back."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import (
    ClusterError,
    ConfigurationError,
    RepositoryError,
    StoreError,
    ToolchainError,
)
from sdistmaker_recipe.executors.remote_work import Machine, UnfitWorkerError
from sdistmaker_recipe.flow import remote_builds
from sdistmaker_recipe.flow.cluster_builds import ClusterBuilds, check_cluster
from sdistmaker_recipe.flow.publishing_order import in_order_of_jobs
from sdistmaker_recipe.flow.remote_builds import BuildOnWorkers, InstalledOnWorkers, compression_digest
from sdistmaker_recipe.model import (
    BuildJob,
    BuildSettings,
    Built,
    BuiltWheel,
    Failed,
    NoWheel,
    ProjectDetails,
    WheelJob,
    WheelOutcome,
)
from sdistmaker_recipe.stages import build
from sdistmaker_recipe.toolchain import interpreters
from sdistmaker_recipe.vcs import Credentials
from tests.unit.values import a_tag

SECRET, INDEX_SECRET = "hunter2", "token-of-the-index"


def settings(folder: Path) -> BuildSettings:
    environment = (("UV_DEFAULT_INDEX", f"https://user:{INDEX_SECRET}@pypi.example.com/"), ("PATH", "/ours"))
    return BuildSettings(folder, folder, folder, 300, helper_environment=environment, verbose=True)


@pytest.fixture
def work(tmp_path: Path) -> BuildOnWorkers:
    return BuildOnWorkers(
        settings=settings(tmp_path),
        credentials=Credentials("builder", SECRET),
        output=tmp_path,
        sandbox="none",
        connections=8,
        compressed=compression_digest(),
        seen=InstalledOnWorkers(),
    )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "worker" / "run"
    folder.mkdir(parents=True)
    return Machine(folder, {"PATH": "/theirs", "UV_INDEX": "https://other.example.com", "TMPDIR": "/tmp"})


def a_job(folder: Path, source: str = "https://svn.example.com/svn") -> BuildJob:
    return BuildJob(a_tag(), source, "auto", "17", settings(folder), exported=folder / "there")


def a_build(content: bytes | Path = b"archive", **changes) -> Built:
    data = content if isinstance(content, bytes) else content.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    built = Built(
        a_tag(), "acme.ledger", "1.0", content, digest, len(data), b"", "", "declared", ProjectDetails()
    )
    return built._replace(**changes)


def a_wheel(content: bytes | Path = b"wheel") -> BuiltWheel:
    data = content if isinstance(content, bytes) else content.read_bytes()
    return BuiltWheel("a-1.0-py3-none-any.whl", content, hashlib.sha256(data).hexdigest(), len(data), b"")


class TestJobs:
    def test_carry_no_secret_and_no_settings(self, work, tmp_path):
        job = a_job(tmp_path)
        packed = work.pack(job, 2)
        sent = pickle.dumps(packed)
        assert SECRET.encode() not in sent
        assert INDEX_SECRET.encode() not in sent
        assert b"/ours" not in sent
        assert packed.exported is None
        assert packed.tag == job.tag

    def test_have_names_without_a_url(self, work, tmp_path):
        assert work.label(a_job(tmp_path)) == "acme.ledger 1.0"
        wheel = WheelJob("acme-ledger", "acme_ledger-1.0.tar.gz", tmp_path, settings(tmp_path))
        assert work.label(wheel) == "wheel acme_ledger-1.0.tar.gz"

    @pytest.mark.parametrize(("workers", "share"), [(1, 8), (3, 2), (100, 1)])
    def test_have_their_share_of_the_connections(self, work, tmp_path, workers, share):
        assert work.pack(a_job(tmp_path), workers).connections == share
        assert replace(work, connections=0).pack(a_job(tmp_path), workers).connections == 0

    def test_are_of_one_kind_where_repository_and_toolchain_are_the_same(self, work, tmp_path):
        job = a_job(tmp_path)
        assert work.kind(job) == work.kind(job._replace(tag=a_tag("2.0")))
        assert work.kind(job) != work.kind(job._replace(pin=("2.7",)))
        assert work.kind(job) != work.kind(job._replace(source="https://svn.example.com/other"))

    def test_bring_the_sdist_of_a_wheel_along(self, work, machine, tmp_path, monkeypatch):
        sdist = tmp_path / "acme_ledger-1.0.tar.gz"
        sdist.write_bytes(b"content")
        seen = []

        def build_published(job: WheelJob) -> WheelOutcome:
            seen.append((job.sdist.name, job.sdist.read_bytes(), job.settings.scratch))
            return WheelOutcome(job.project, job.filename, NoWheel("it has compiled parts"))

        monkeypatch.setattr(build, "build_published", build_published)
        job = WheelJob("acme-ledger", sdist.name, sdist, settings(tmp_path))
        outcome = work.run(pickle.loads(pickle.dumps(work.pack(job, 1))), machine)
        assert outcome.wheel == NoWheel("it has compiled parts")
        assert seen == [(sdist.name, b"content", machine.folder)]
        assert list(machine.folder.iterdir()) == []


def test_the_work_shows_no_secret_and_a_machine_no_environment(work, machine):
    assert SECRET not in repr(work)
    assert INDEX_SECRET not in repr(work)
    assert "theirs" not in repr(machine)


def test_the_work_that_is_sent_holds_no_environment_of_this_machine(tmp_path, monkeypatch):
    sent = []

    class Opened:
        def submit(self, work, _job) -> None:
            sent.append(dict(work.settings.helper_environment))
            raise ClusterError("enough")

        def shutdown(self, **_options) -> None:
            pass

    monkeypatch.setattr("sdistmaker_recipe.executors.open_dask", lambda _address: Opened())
    builds = ClusterBuilds("tcp://dask.example.com:8786", "none")
    ours = settings(tmp_path)
    ours = replace(ours, helper_environment=(*ours.helper_environment, ("CLOUD_SECRET_KEY", SECRET)))
    with pytest.raises(ClusterError, match="enough"):
        list(builds.build_tags([a_job(tmp_path)], ours, Credentials(), lambda: None))
    assert [list(environment) for environment in sent] == [["UV_DEFAULT_INDEX"]]


class TestOnAWorker:
    def run(self, work, machine, tmp_path, monkeypatch, outcome=None) -> BuildJob:
        seen: list[BuildJob] = []

        def build_one(job: BuildJob, credentials: Credentials) -> Failed:
            seen.append(job)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome or Failed(job.tag, "no")

        monkeypatch.setattr(build, "build", build_one)
        work.run(work.pack(a_job(tmp_path), 1), machine)
        return seen[0]

    def test_builds_have_its_own_folders_and_environment_and_our_index(
        self, work, machine, tmp_path, monkeypatch
    ):
        job = self.run(work, machine, tmp_path, monkeypatch)
        assert job.settings.scratch == machine.folder
        assert job.settings.output == machine.folder / "output"
        assert job.settings.environments == machine.folder.parent / "sdistmaker-environments"
        assert job.repository_settings.cache == machine.folder / "vcs"
        assert dict(job.settings.helper_environment) == {
            "PATH": "/theirs",
            "TMPDIR": "/tmp",
            "UV_DEFAULT_INDEX": f"https://user:{INDEX_SECRET}@pypi.example.com/",
        }
        assert not job.settings.verbose

    @pytest.mark.parametrize(
        "error", [RepositoryError("u", "no answer"), StoreError("disk full"), ToolchainError("no 2.7.")]
    )
    def test_errors_of_the_machine_leave_the_job_to_others(self, work, machine, tmp_path, monkeypatch, error):
        with pytest.raises(UnfitWorkerError) as caught:
            self.run(work, machine, tmp_path, monkeypatch, error)
        assert caught.value.reason == error.message.rstrip(".")

    def test_another_repository_at_the_same_path_is_not_read(self, work, machine, tmp_path, monkeypatch):
        monkeypatch.setattr(remote_builds, "_identity", lambda *_arguments: "another UUID")
        job = a_job(tmp_path, "file:///srv/svn")
        with pytest.raises(UnfitWorkerError, match="file:///srv/svn: is another repository there") as caught:
            work.run(work.pack(job, 1), machine)
        assert "The disk must be shared" in caught.value.hint

    @pytest.mark.parametrize(
        ("variables", "plenty", "has_memory"),
        [({}, True, True), ({}, False, False), ({"TMPDIR": "/x"}, True, False)],
    )
    def test_small_tags_are_built_in_its_memory_if_there_is_plenty(
        self, work, machine, tmp_path, monkeypatch, variables, plenty, has_memory
    ):
        asked = []
        monkeypatch.setattr(remote_builds, "SHARED_MEMORY", tmp_path / "shm")
        monkeypatch.setattr(remote_builds, "has_plenty", lambda threads: asked.append(threads) or plenty)
        (tmp_path / "shm").mkdir()
        there = machine._replace(environment=variables, threads=3)
        work.prepare(there)
        assert asked in ([], [3])
        expected = tmp_path / "shm" / machine.folder.name if has_memory else None
        assert self.run(work, there, tmp_path, monkeypatch).settings.memory == expected
        work.clean_up(there.folder)
        assert not there.folder.exists()
        assert list((tmp_path / "shm").iterdir()) == []

    def test_another_zlib_is_refused(self, work, machine, monkeypatch):
        work.prepare(machine)
        with pytest.raises(UnfitWorkerError, match="its zlib compresses to other bytes"):
            replace(work, compressed="another").prepare(machine)

    def test_environments_of_another_account_are_refused(self, work, machine, monkeypatch):
        monkeypatch.setattr("os.getuid", lambda: 4711)
        with pytest.raises(UnfitWorkerError, match="sdistmaker-environments belongs to another account"):
            work.prepare(machine)

    def test_a_missing_interpreter_is_refused(self, work, machine, monkeypatch):
        def find_interpreter(python: str, environment) -> None:
            raise ToolchainError(f"{python}: no such Python, or it does not run.", dict(environment)["PATH"])

        monkeypatch.setattr(interpreters, "find_interpreter", find_interpreter)
        other = replace(work, settings=replace(work.settings, pythons=("2.7",)))
        with pytest.raises(UnfitWorkerError) as caught:
            other.prepare(machine)
        assert (caught.value.reason, caught.value.hint) == (
            "2.7: no such Python, or it does not run",
            "/theirs",
        )

    def test_archives_come_back_as_bytes(self, work, machine, tmp_path, monkeypatch):
        sdist, wheel = tmp_path / "sdist", tmp_path / "wheel"
        sdist.write_bytes(b"archive")
        wheel.write_bytes(b"wheel")
        outcome = a_build(sdist, wheel=a_wheel(wheel))
        monkeypatch.setattr(build, "build", lambda _job, _credentials: outcome)
        found = work.run(work.pack(a_job(tmp_path), 1), machine)
        assert (found.archive, found.wheel.archive) == (b"archive", b"wheel")
        assert not sdist.exists()
        assert not wheel.exists()


class TestResults:
    def test_become_files_again(self, work, tmp_path):
        found = work.unpack(a_build(wheel=a_wheel()), "a")
        assert (found.archive.read_bytes(), found.wheel.archive.read_bytes()) == (b"archive", b"wheel")
        assert found.archive.parent == found.wheel.archive.parent == tmp_path

    def test_of_a_wheel_alone_too(self, work):
        found = work.unpack(WheelOutcome("a", "a-1.0.tar.gz", a_wheel()), "a")
        assert found.wheel.archive.read_bytes() == b"wheel"

    @pytest.mark.parametrize(
        "result",
        [
            a_build()._replace(archive=b"archivf"),
            a_build(wheel=a_wheel()._replace(archive=b"")),
            WheelOutcome("a", "a-1.0.tar.gz", a_wheel()._replace(archive=b"other")),
        ],
    )
    def test_that_arrive_damaged_are_not_taken(self, work, tmp_path, result):
        with pytest.raises(UnfitWorkerError, match="other content than its hash says"):
            work.unpack(result, "a")
        assert list(tmp_path.iterdir()) == []

    def test_without_an_archive_are_as_they_are(self, work):
        failed = Failed(a_tag(), "no")
        assert work.unpack(failed, "a") is failed

    def test_of_jobs_that_kill_are_failures_that_the_next_run_tries_again(self, work, tmp_path):
        assert work.lost(a_job(tmp_path), "died") == Failed(a_tag(), "died", is_permanent=False)
        job = WheelJob("a", "a-1.0.tar.gz", tmp_path, settings(tmp_path))
        assert work.lost(job, "died").wheel.reason == "died"

    def test_are_doubtful_if_they_are_failures(self, work):
        assert work.doubt(Failed(a_tag(), "no network", is_permanent=False)) == "no network"
        assert work.doubt(Failed(a_tag(), "no Python 2")) == "no Python 2"
        assert work.doubt(a_build()) == ""
        reasons = (NoWheel("no module", is_failure=True), NoWheel("it has compiled parts"), a_wheel())
        found = [work.doubt(WheelOutcome("a", "a-1.0.tar.gz", reason)) for reason in reasons]
        assert found == ["no module", "", ""]

    def test_of_two_workers_with_other_versions_are_a_fault_to_report(self, work):
        work.unpack(a_build(installed=("setuptools==80.0", "wheel==0.48")), "tcp://a:1")
        work.unpack(a_build(installed=("setuptools==80.0", "wheel==0.48")), "tcp://b:1")
        assert list(work.seen.faults) == []
        work.unpack(a_build(installed=("setuptools==82.0", "wheel==0.48")), "tcp://b:1")
        (fault,) = work.seen.faults
        assert fault.startswith(
            "the workers tcp://a:1 and tcp://b:1 build with different versions "
            "(setuptools==80.0 and setuptools==82.0)"
        )

    def test_of_other_requirements_are_none(self, work):
        work.unpack(a_build(installed=("setuptools==80.0",)), "tcp://a:1")
        work.unpack(a_build(installed=("flit_core==3.0",)), "tcp://b:1")
        assert list(work.seen.faults) == []


def test_the_digest_is_of_what_this_machine_compresses(monkeypatch):
    assert compression_digest() == compression_digest()
    before = compression_digest()
    monkeypatch.setattr("zlib.compressobj", _Stored)
    assert compression_digest() != before


class _Stored:
    def __init__(self, *_arguments) -> None:
        self.data = b""

    def compress(self, data) -> bytes:
        return bytes(data)

    def flush(self, *_arguments) -> bytes:
        return b""


class TestWithoutItsCluster:
    def outcomes(self, *done: str):
        for name in done:
            project, _, version = name.partition(" ")
            yield Failed(a_tag(version, project=project), "no")
        raise ClusterError("gone")

    def test_a_run_publishes_what_waited_only_for_other_projects(self, tmp_path):
        names = ("a 1", "b 1", "b 2", "c 1")
        jobs = [
            a_job(tmp_path)._replace(tag=a_tag(version, project=project))
            for project, version in (name.split() for name in names)
        ]
        found: list[Failed] = []
        with pytest.raises(ClusterError, match="gone"):
            found.extend(in_order_of_jobs(jobs, self.outcomes("b 2", "c 1")))
        assert [outcome.tag.project for outcome in found] == ["c"]


class TestOptions:
    def test_need_a_scheduler_for_dask(self):
        with pytest.raises(ConfigurationError, match="options: scheduler: is empty"):
            check_cluster(Configuration(executor="dask"))

    def test_need_dask_for_dask(self, monkeypatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
        with pytest.raises(ClusterError) as caught:
            check_cluster(Configuration(executor="dask", scheduler="tcp://dask.example.com:8786"))
        assert caught.value.hint.endswith('pip install "sdistmaker_recipe[dask]"')
