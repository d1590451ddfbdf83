"""Two tags give one version: which of them gets it, from run to run."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from tests.support import public_index
from tests.support.commands import Commands
from tests.support.history import History, setuptools_project

pytestmark = pytest.mark.usefixtures("forked_commands")


@pytest.fixture
def run(commands: Commands, history: History):
    def report(*options: str) -> dict:
        return commands.report("--repository", history.url, "--destination", "index", *options)

    return report


@pytest.fixture
def index(commands: Commands) -> Path:
    return commands.folder / "index" / "ledger"


def tag(history: History, name: str, version: str, text: str, **files: str) -> None:
    """Commit a tag whose setup.py has another version, perhaps; ``text`` is in its only module."""
    project = setuptools_project("ledger", version)
    history.add_tag(
        "ledger", name, {**project, "ledger.py": f"version = {version!r}\ntext = {text!r}\n", **files}
    )


def listed(index: Path) -> dict[str, str]:
    """The files of the project's page and their SHA-256, which are those of the files on disk."""
    files = json.loads((index / "index.json").read_text("utf-8"))["files"]
    found = {file["filename"]: file["hashes"]["sha256"] for file in files}
    assert found == {name: hashlib.sha256((index / name).read_bytes()).hexdigest() for name in found}
    return found


def module_text(index: Path, filename: str) -> str:
    with tarfile.open(index / filename) as archive:
        return archive.extractfile(f"{filename.removesuffix('.tar.gz')}/ledger.py").read().decode()


def only(report: dict, key: str) -> dict[str, dict]:
    """The entries of this kind by their tags."""
    assert report["errors"] == []
    return {entry["tag"]: entry for entry in report[key]}


class TestAFinalVersionFromAPreReleaseTag:
    """An index has 2.0, built from the tag 2.0b1 as it was possible before; now the tag 2.0 is made."""

    @pytest.fixture(autouse=True)
    def old_index(self, run, history: History) -> None:
        tag(history, "2.0b1", "2.0", "beta")
        assert "2.0b1" in only(run("--version-mismatch", "publish-final"), "published")
        tag(history, "2.0", "2.0", "final")

    def test_keeps_its_file_and_the_message_names_the_way_out(self, run, index: Path) -> None:
        before = listed(index)
        report = run()
        assert only(report, "published") == {}
        reason = only(report, "failed")["2.0"]["reason"]
        assert reason.startswith("ledger-2.0.tar.gz was published from file:")
        assert "/ledger/tags/2.0b1; the first stays. " in reason
        assert "set hand-over = ledger==2.0: the file changes, so pinned hashes will refuse it." in reason
        assert listed(index) == before
        assert "text = 'beta'" in module_text(index, "ledger-2.0.tar.gz")

    def test_is_handed_over_by_the_option_with_a_build_of_the_new_tag(
        self, run, index: Path, commands: Commands
    ) -> None:
        run()
        before = listed(index)
        published = only(run("--hand-over", "ledger==2.0"), "published")["2.0"]
        assert published["version"] == "2.0"
        (warning,) = published["warnings"]
        assert "The option hand-over gives it to this tag, and it is another file now" in warning
        assert listed(index).keys() == before.keys()
        assert listed(index) != before
        assert "text = 'final'" in module_text(index, "ledger-2.0.tar.gz")
        assert "2.0b1" not in (index / "index.html").read_text("utf-8")

    @pytest.mark.parametrize("options", [(), ("--hand-over", "ledger==2.0"), ("--full-scan",)])
    def test_stays_with_its_new_tag_in_later_runs(self, run, index: Path, options: tuple[str, ...]) -> None:
        run("--hand-over", "ledger==2.0")
        after = listed(index)
        for _ in range(2):
            report = run(*options)
            assert only(report, "published") == {}
            assert set(only(report, "failed")) <= {"2.0b1"}
        assert listed(index) == after
        assert "text = 'final'" in module_text(index, "ledger-2.0.tar.gz")


def test_a_tag_waits_for_the_tag_of_its_version_that_failed_only_for_the_moment(
    run, history: History, index: Path, public_folder: Path
) -> None:
    public_index.add_sdist(public_folder, "late", "1.0", setuptools_project("late", "1.0"))
    public_index.write_pages(public_folder)
    tag(history, "1.0", "1.0", "first")
    run()
    needs_late = (
        "[build-system]\nrequires = ['setuptools', 'late']\nbuild-backend = 'setuptools.build_meta'\n"
    )
    tag(history, "2.0", "2.0", "rightful", **{"pyproject.toml": needs_late})
    tag(history, "2.0-fix", "2.0", "other")
    # The environment of the other tag is there since the first run, so its build asks no index.
    failed = only(run("--build-index", "http://127.0.0.1:1/simple/"), "failed")
    assert failed["2.0"]["reason"].startswith("The build requirements cannot be installed: ")
    assert failed["2.0-fix"]["reason"] == (
        "the tag says version 2.0-fix, its metadata 2.0, and the tag 2.0 has that version, and may build in "
        "the next run."
    )
    assert listed(index).keys() == {"ledger-1.0.tar.gz"}
    report = run()
    assert "2.0" in only(report, "published")
    reason = only(report, "failed")["2.0-fix"]["reason"]
    assert reason.endswith("(the tag says version 2.0-fix, its metadata 2.0); the first stays.")
    assert "text = 'rightful'" in module_text(index, "ledger-2.0.tar.gz")
    assert only(run(), "published") == {}


def test_a_tag_does_not_wait_for_one_that_never_builds(run, history: History, index: Path) -> None:
    tag(history, "2.0", "2.0", "rightful", **{"setup.py": "raise RuntimeError('broken')\n"})
    tag(history, "2.0-fix", "2.0", "other")
    report = run()
    assert set(only(report, "failed")) == {"2.0"}
    assert set(only(report, "published")) == {"2.0-fix"}
    assert "text = 'other'" in module_text(index, "ledger-2.0.tar.gz")
