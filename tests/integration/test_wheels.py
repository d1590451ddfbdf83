"""Wheels in the life of an index: published with their tags or for all releases, lost, damaged, gone."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from tests.support.commands import Commands, program
from tests.support.history import History, tree
from tests.support.kept_index import KeptIndex
from tests.support.old_index import add_archive, add_wheel

pytestmark = pytest.mark.usefixtures("forked_commands")

WHEELS, NO_WHEELS = ("--wheels", "pure"), ("--wheels", "none")
PLAIN = "plain/plain-1.0.tar.gz"
WHEEL = "plain/plain-1.0-py3-none-any.whl"
BROKEN = """\
import sys
from setuptools import setup
if "bdist_wheel" in sys.argv:
    raise RuntimeError("no wheel today")
setup(name="broken", version="1.0", py_modules=["broken"])
"""
COMPILED = """\
from setuptools import Extension, setup
setup(name="compiled", version="1.0", ext_modules=[Extension("compiled", ["compiled.c"])])
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, commands_of_module: Commands) -> KeptIndex:
    """An index that is not made yet: one wheel of it will fail, and one project has a compiled part."""
    index = KeptIndex(commands_of_module, History(tmp_path_factory.mktemp("history") / "repository"))
    index.history.release("plain", "1.0", requires=["stranger"])
    index.history.release("plain", "1.1")
    index.history.release("Acme.Ledger", "1.0")
    index.history.add_tag("broken", "1.0", {"setup.py": BROKEN, "broken.py": ""})
    index.history.add_tag("compiled", "1.0", {"setup.py": COMPILED, "compiled.c": "int x;\n"})
    return index


@pytest.fixture(scope="module")
def first(repository: KeptIndex) -> dict:
    """The report of the run that made it."""
    return repository.run(*WHEELS)


@pytest.fixture(scope="module")
def original(repository: KeptIndex, first: dict) -> KeptIndex:
    """The index with its wheels."""
    return repository


@pytest.fixture
def index(original: KeptIndex, commands: Commands) -> KeptIndex:
    """A copy of it for a test to change."""
    return original.copied_to(commands)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, original: KeptIndex) -> KeptIndex:
    """The same index as it is without wheels."""
    environment = original.commands.environment
    folder = tmp_path_factory.mktemp("bare") / "work"
    folder.mkdir()
    made = KeptIndex(Commands(folder, environment), original.history)
    made.run(*NO_WHEELS)
    return made


@pytest.fixture
def without(bare: KeptIndex, commands: Commands) -> KeptIndex:
    """A copy of that one."""
    return bare.copied_to(commands)


def wheels(index: KeptIndex) -> dict[str, bytes]:
    return {path: content for path, content in tree(index.folder).items() if path.endswith(".whl")}


def sdists(index: KeptIndex) -> dict[str, tuple[bytes, int]]:
    """The archives with their content and their modification times."""
    times = index.times()
    return {
        path: (content, times[str(index.folder / path)])
        for path, content in tree(index.folder).items()
        if path.endswith(".tar.gz")
    }


def listed(index: KeptIndex, project: str = "plain") -> dict[str, dict]:
    page = json.loads((index.folder / project / "index.json").read_text("utf-8"))
    return {file["filename"]: file for file in page["files"]}


class TestWithTheirTags:
    def test_are_published_beside_what_they_are_made_from(self, index: KeptIndex, first: dict) -> None:
        assert first["exit_status"] == 0
        assert sorted(wheels(index)) == [
            "acme-ledger/acme_ledger-1.0-py3-none-any.whl",
            WHEEL,
            "plain/plain-1.1-py3-none-any.whl",
        ]
        assert {each["filename"]: len(each["wheels"]) for each in first["published"]} == {
            "acme_ledger-1.0.tar.gz": 1,
            "broken-1.0.tar.gz": 0,
            "compiled-1.0.tar.gz": 0,
            "plain-1.0.tar.gz": 1,
            "plain-1.1.tar.gz": 1,
        }
        sdist, wheel = (listed(index)[path.partition("/")[2]] for path in (PLAIN, WHEEL))
        assert wheel["upload-time"] == sdist["upload-time"]
        metadata = (index.folder / f"{WHEEL}.metadata").read_bytes()
        assert wheel["core-metadata"]["sha256"] == hashlib.sha256(metadata).hexdigest()
        with zipfile.ZipFile(index.folder / WHEEL) as archive:
            assert archive.read("plain-1.0.dist-info/METADATA") == metadata
        assert not list(index.folder.glob("[Aa]cme.[Ll]edger/*.whl"))
        assert not (index.folder / ".incoming").exists()
        assert "stranger" in (index.folder / "plain/about-1.0.html").read_text("utf-8") or (
            "Requires-Dist: stranger" in metadata.decode()
        )

    def test_that_fail_are_reported_once_and_stay_on_the_page_of_failures(
        self, index: KeptIndex, first: dict
    ) -> None:
        (failed,) = [each for each in first["wheels_missing"] if each["failed"]]
        assert (failed["project"], failed["sdist"]) == ("broken", "broken-1.0.tar.gz")
        log = Path(failed["log"])
        assert "no wheel today" in log.read_text("utf-8")
        assert log.stat().st_mode & 0o077 == 0
        again = index.run(*WHEELS)
        assert (again["wheels_missing"], again["exit_status"]) == ([], 0)
        for flags in ((), ("--full-scan",), ("--wheels-for-all",)):
            done = index.commands.sdists_from_tags(*index.options, *WHEELS, "--quiet", *flags)
            assert (done.status, done.stdout) == (0, "")
        page = (index.folder / "failed.html").read_text("utf-8")
        assert "Releases without a wheel" in page
        assert failed["reason"][:20] in page
        done = index.commands.sdists_from_tags(*index.options, *WHEELS, "--explain", "broken 1.0")
        assert "    no wheel: " in done.stdout

    def test_with_compiled_parts_are_dropped_and_said_to_who_asks(
        self, index: KeptIndex, first: dict
    ) -> None:
        (dropped,) = [each for each in first["wheels_missing"] if not each["failed"]]
        assert (dropped["project"], dropped["log"]) == ("compiled", "")
        assert "compiled" not in (index.folder / "failed.html").read_text("utf-8")

    def test_stay_when_the_option_says_none(self, index: KeptIndex) -> None:
        before = tree(index.folder)
        report = index.run(*NO_WHEELS, "--full-scan")
        assert (report["published"], report["wheels_added"]) == ([], [])
        assert tree(index.folder) == before

    def test_go_with_the_release(self, index: KeptIndex) -> None:
        index.history.delete("plain/tags/1.0")
        removed = index.run(*WHEELS, "--deleted-tags", "remove")["removed"]
        assert [each["filename"] for each in removed] == ["plain-1.0.tar.gz"]
        assert not [path for path in tree(index.folder) if "plain-1.0" in path]

    def test_are_yanked_with_the_release(self, index: KeptIndex) -> None:
        index.run(*WHEELS, "--yank", "plain==1.0 bad")
        files = listed(index)
        assert {name: file.get("yanked") for name, file in files.items()} == {
            "plain-1.0.tar.gz": "bad",
            "plain-1.0-py3-none-any.whl": "bad",
            "plain-1.1.tar.gz": None,
            "plain-1.1-py3-none-any.whl": None,
        }


class TestLost:
    def test_are_built_again_by_any_run(self, index: KeptIndex) -> None:
        before = tree(index.folder)
        (index.folder / WHEEL).unlink()
        for wheels_option in (WHEELS, NO_WHEELS):
            (index.folder / WHEEL).unlink(missing_ok=True)
            report = index.run(*wheels_option)
            assert [each["filename"] for each in report["wheels_added"]] == [WHEEL.partition("/")[2]]
            assert tree(index.folder) == before
            assert index.run(*wheels_option)["wheels_added"] == []

    def test_with_their_sdists_are_built_again(self, index: KeptIndex) -> None:
        before = tree(index.folder)
        for path in (PLAIN, WHEEL):
            (index.folder / path).unlink()
        index.run(*NO_WHEELS)
        assert tree(index.folder) == before
        for path in (PLAIN, WHEEL):
            (index.folder / path).unlink()
        index.run(*WHEELS)
        assert tree(index.folder) == before

    def test_are_found_by_a_dry_run(self, index: KeptIndex) -> None:
        (index.folder / WHEEL).unlink()
        before = tree(index.folder)
        report = index.run(*WHEELS, "--dry-run")
        assert [each["sdist"] for each in report["wheels_to_build"]] == [PLAIN.partition("/")[2]]
        assert tree(index.folder) == before

    @pytest.mark.parametrize("harm", ["flip", "unlink", "folder"])
    def test_or_damaged_are_made_good_by_verify(self, index: KeptIndex, harm: str) -> None:
        before = tree(index.folder)
        if harm == "flip":
            index.flip(WHEEL)
        else:
            (index.folder / WHEEL).unlink()
        if harm == "folder":
            (index.folder / WHEEL).mkdir()
        dry = index.run(*WHEELS, "--verify", "--dry-run")
        (found,) = dry["verified"]["findings"]
        assert (found["file"], found["outcome"]) == (WHEEL, "repairable")
        assert [each["sdist"] for each in dry["wheels_to_build"]] == [PLAIN.partition("/")[2]]
        report = index.run(*WHEELS, "--verify")
        (found,) = report["verified"]["findings"]
        assert (found["file"], found["outcome"], report["exit_status"]) == (WHEEL, "repaired", 0)
        assert found["problem"].endswith("; it was built again with the same bytes")
        assert tree(index.folder) == before
        assert list(tree(index.aside)) == ([WHEEL] if harm == "flip" else [])
        assert index.run(*WHEELS, "--verify")["verified"]["findings"] == []

    def test_and_not_to_be_built_again_are_no_longer_listed(self, index: KeptIndex) -> None:
        """As when a machine has no Python any more that builds it. Here the sdist cannot be read."""
        (index.folder / WHEEL).unlink()
        index.query("UPDATE release SET toolchain = 'files only' WHERE filename = 'plain-1.0.tar.gz'")
        report = index.run(*WHEELS)
        (warning,) = report["warnings"]
        assert warning.startswith("plain-1.0-py3-none-any.whl was lost and cannot be built again")
        assert list(listed(index)) == ["plain-1.0.tar.gz", "plain-1.1.tar.gz", "plain-1.1-py3-none-any.whl"]
        assert not (index.folder / f"{WHEEL}.metadata").exists()


class TestTakenOver:
    """A wheel of another tool, in a folder that is spelled otherwise: no toolchain makes it again."""

    NAME = "my_pkg-0.1-cp27-none-win32.whl"

    @pytest.fixture
    def old(self, history: History, commands: Commands) -> KeptIndex:
        index = KeptIndex(commands, history)
        index.history.release("plain", "1.0")
        add_archive(index.folder / "My_Pkg/My_Pkg-0.1.tar.gz", "My_Pkg", "0.1")
        add_wheel(index.folder / "My_Pkg" / self.NAME, "My_Pkg", "0.1")
        return index

    def test_is_copied_back_from_its_other_name(self, old: KeptIndex) -> None:
        dry = old.run(*WHEELS, "--dry-run")
        assert (len(dry["adopted"]), dry["wheels_to_build"]) == (2, [])
        assert len(old.run(*WHEELS)["adopted"]) == 2
        before, path = tree(old.folder), old.folder / "my-pkg" / self.NAME
        path.unlink()
        assert old.run(*WHEELS, "--dry-run")["wheels_to_build"] == []
        assert not path.exists()
        assert old.run(*WHEELS)["warnings"] == []
        assert tree(old.folder) == before
        path.unlink()
        (found,) = old.run(*WHEELS, "--verify")["verified"]["findings"]
        assert (found["outcome"], found["problem"]) == (
            "repaired",
            f"is missing; My_Pkg/{self.NAME} still holds it",
        )
        assert tree(old.folder) == before

    def test_is_kept_when_wheels_are_built_for_all(self, old: KeptIndex) -> None:
        old.run(*NO_WHEELS)
        before = (old.folder / "my-pkg" / self.NAME).read_bytes()
        added = old.run(*WHEELS, "--wheels-for-all")["wheels_added"]
        assert [each["project"] for each in added] == ["plain"]
        assert (old.folder / "my-pkg" / self.NAME).read_bytes() == before


class TestForAll:
    def test_leaves_source_distributions_as_they_are(self, without: KeptIndex, original: KeptIndex) -> None:
        before, pages = sdists(without), listed(without)
        dry = without.run(*WHEELS, "--wheels-for-all", "--dry-run")
        assert len(dry["wheels_to_build"]) == 5
        assert sdists(without) == before
        assert without.run(*WHEELS)["wheels_added"] == []
        report = without.run(*WHEELS, "--wheels-for-all")
        assert (len(report["wheels_added"]), len(report["wheels_missing"])) == (3, 2)
        assert (report["published"], report["exit_status"]) == ([], 0)
        assert sdists(without) == before
        after = listed(without)
        assert {name: after[name] for name in pages} == pages
        again = without.run(*WHEELS, "--wheels-for-all")
        assert (again["wheels_added"], again["wheels_missing"]) == ([], [])
        retried = without.run(*WHEELS, "--wheels-for-all", "--retry-failed")
        assert [each["project"] for each in retried["wheels_missing"]] == ["broken"]

    def test_gives_what_a_run_with_wheels_gives(self, without: KeptIndex, original: KeptIndex) -> None:
        without.run(*WHEELS, "--wheels-for-all")
        assert wheels(without) == wheels(original)

    def test_killed_in_the_middle_loses_nothing(self, without: KeptIndex, original: KeptIndex) -> None:
        before = sdists(without)
        command = [program("sdists_from_tags"), *without.options, *WHEELS, "--jobs", "1", "--wheels-for-all"]
        process = subprocess.Popen(
            [str(each) for each in command],
            cwd=without.commands.folder,
            env=dict(without.commands.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not wheels(without) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert sdists(without) == before
        without.run(*WHEELS, "--wheels-for-all")
        assert sdists(without) == before
        assert wheels(without) == wheels(original)
        assert set(listed(without)) == set(listed(original))
        assert without.run(*WHEELS, "--verify")["verified"]["findings"] == []
        assert tree(without.aside) == {}

    def test_contradicts_an_option(self, without: KeptIndex) -> None:
        done = without.commands.sdists_from_tags(*without.options, *NO_WHEELS, "--wheels-for-all")
        assert done.status == 2
        assert "--wheels-for-all: contradicts wheels = none; set wheels = pure" in done.stderr


class TestLostCatalog:
    @pytest.mark.parametrize("harm", ["catalog", "state"])
    def test_finds_wheels_again(self, index: KeptIndex, harm: str) -> None:
        before, times = tree(index.folder), index.times()
        if harm == "catalog":
            index.catalog.unlink()
        else:
            shutil.rmtree(index.state)
        report = index.run(*WHEELS, "--full-scan")
        assert len(report["adopted"]) == 8
        assert (report["published"], report["left_alone"], report["wheels_added"]) == ([], [], [])
        # Why a wheel is missing is not known any more.
        del before["failed.html"]
        after = tree(index.folder)
        del after["failed.html"]
        assert after == before
        del times[str(index.folder / "failed.html")]
        assert times.items() <= index.times().items()

    def test_of_an_older_version_goes_on(self, without: KeptIndex) -> None:
        without.query("DROP TABLE missing_wheel")
        without.query("PRAGMA user_version = 10")
        without.history.release("plain", "1.2")
        report = without.run(*WHEELS)
        assert [each["wheels"] for each in report["published"]] == [["plain-1.2-py3-none-any.whl"]]
        assert len(without.run(*WHEELS, "--wheels-for-all")["wheels_added"]) == 3


def _read(path: Path) -> bytes:
    return path.read_bytes()


class TestMakeSdist:
    def test_gives_the_wheel_that_a_run_publishes(self, index: KeptIndex) -> None:
        url = f"{index.history.url}/plain/tags/1.0"
        done = index.commands.make_sdist(url, "dist", "--wheel")
        assert done.status == 0, done.output
        folder = index.commands.folder / "dist"
        assert done.stdout == f"{folder / PLAIN}\n{folder / WHEEL}\n"
        assert _read(folder / WHEEL) == _read(index.folder / WHEEL)
        assert index.commands.make_sdist(url, "other").stdout.count("\n") == 1

    def test_says_why_there_is_none(self, index: KeptIndex) -> None:
        done = index.commands.make_sdist(f"{index.history.url}/broken/tags/1.0", "dist", "--wheel")
        assert done.status == 1
        assert "no wheel: " in done.stderr
        log = done.stderr.partition("log: ")[2].splitlines()[0]
        assert "no wheel today" in Path(log).read_text("utf-8")
        assert (index.commands.folder / "dist/broken/broken-1.0.tar.gz").exists()
