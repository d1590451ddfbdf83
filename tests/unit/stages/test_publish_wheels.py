"""Publishing wheels: which one stands beside an sdist, what stays and goes with it, and why there is none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.atomic_files import sha256_of
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import (
    Built,
    BuiltWheel,
    MissingWheel,
    NoWheel,
    ProjectDetails,
    Published,
    Release,
    Site,
    WheelOutcome,
    WheelResult,
)
from sdistmaker_recipe.stages import withdraw
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.publish import Index, publish, publish_wheel
from tests.support.history import tree
from tests.support.old_index import add_archive
from tests.unit.values import TIME, a_release, a_tag

NAME, FOLDER, SDIST = "acme.ledger", "acme-ledger", "acme_ledger-1.0.tar.gz"
WHEEL = "acme_ledger-1.0-py3-none-any.whl"
LATER = TIME + timedelta(days=7)
FAILED = NoWheel("setup.py bdist_wheel failed.", "Traceback", is_failure=True)
NOT_PURE = NoWheel("It has compiled parts.")
REPLACE = Configuration(moved_tags="replace-unpublished")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with open_catalog(None) as catalog:
        yield Index(IndexStore(tmp_path / "index", tmp_path / "aside"), catalog, tmp_path / "state")


def a_wheel(content: bytes = b"a wheel", filename: str = WHEEL) -> BuiltWheel:
    metadata = b"Metadata-Version: 2.1\nName: acme.ledger\nVersion: 1.0\nRequires-Dist: stranger\n"
    return BuiltWheel(filename, content, hashlib.sha256(content).hexdigest(), len(content), metadata, ">=3.8")


def built(tmp_path: Path, wheel: BuiltWheel | NoWheel | None, *, author: str = "A", **tag: object) -> Built:
    """What a tag gives, by this author, with its wheel."""
    path = tmp_path / "built.tar.gz"
    path.unlink(missing_ok=True)
    content = bytearray(add_archive(path, NAME, "1.0", more=f"Author: {author}\n"))
    # The time of the writing, in the header of gzip: the same author gives the same archive.
    content[4:8] = bytes(4)
    path.write_bytes(content)
    return Built(
        tag=a_tag("1.0", **tag),
        name=NAME,
        version="1.0",
        archive=path,
        sha256=sha256_of(path),
        size=path.stat().st_size,
        metadata=f"Name: {NAME}\nVersion: 1.0\nSummary: by {author}\n".encode(),
        requires_python=">=3.8",
        toolchain="setuptools",
        details=ProjectDetails(),
        wheel=wheel,
    )


def published(index: Index, build: Built, configuration: Configuration = REPLACE) -> Published:
    """Publish a build, as a run does."""
    result = publish(build, index, TIME, configuration)
    assert isinstance(result, Published)
    show(index)
    return result


def later(index: Index, wheel: BuiltWheel | NoWheel) -> WheelResult:
    """Publish the wheel of the published release, as a later run does."""
    result = publish_wheel(WheelOutcome(FOLDER, SDIST, wheel), index, LATER)
    assert result is not None
    show(index)
    return result


def show(index: Index) -> None:
    PageWriter(index.store, index.catalog, Site()).write_all()
    withdraw.remove_files(index.catalog, index.store)


def the_release(index: Index) -> Release:
    (release,) = index.catalog.releases.all()
    return release


def wheels(index: Index) -> dict[str, bytes]:
    """The wheels in the index with their metadata files, by name."""
    files = tree(index.store.folder)
    return {path.rpartition("/")[2]: content for path, content in files.items() if ".whl" in path}


def listed(index: Index) -> list[str]:
    page = json.loads((index.store.folder / FOLDER / "index.json").read_text("utf-8"))
    return [file["filename"] for file in page["files"]]


def to_try(index: Index, *, retry_failed: bool = False, version: str = __version__) -> int:
    return len(index.catalog.wheels.releases_without(version, retry_failed=retry_failed))


class TestBesideItsSdist:
    def test_is_published_with_its_metadata_and_the_time_of_the_sdist(self, index, tmp_path):
        result = published(index, built(tmp_path, a_wheel()))
        sdist, wheel = the_release(index).files
        assert (wheel.filename, wheel.kind, wheel.size) == (WHEEL, "wheel", 7)
        assert (wheel.sha256, wheel.upload_time) == (a_wheel().sha256, sdist.upload_time)
        assert wheels(index) == {WHEEL: b"a wheel", f"{WHEEL}.metadata": a_wheel().metadata}
        assert wheel.metadata_sha256 == hashlib.sha256(a_wheel().metadata).hexdigest()
        assert listed(index) == [SDIST, WHEEL]
        assert result.wheel == WheelResult(the_release(index), WHEEL)
        assert (result.warnings, to_try(index)) == ((), 0)

    def test_stays_when_the_tag_builds_again(self, index, tmp_path):
        published(index, built(tmp_path, a_wheel()))
        (index.store.folder / FOLDER / SDIST).unlink()
        result = published(index, built(tmp_path, a_wheel(b"another")))
        assert wheels(index)[WHEEL] == b"a wheel"
        assert (result.warnings, result.wheel) == ((), WheelResult(the_release(index)))

    @pytest.mark.parametrize(
        "wheel", [None, FAILED, NOT_PURE, a_wheel(filename="acme_ledger-1.0-py38-none-any.whl")]
    )
    def test_stays_whatever_is_built_now(self, index, tmp_path, wheel):
        published(index, built(tmp_path, a_wheel()))
        (index.store.folder / FOLDER / SDIST).unlink()
        published(index, built(tmp_path, wheel))
        assert listed(index) == [SDIST, WHEEL]
        assert index.catalog.wheels.failed() == []
        assert index.catalog.releases.metadata(a_wheel().sha256) == a_wheel().metadata

    def test_is_not_published_beside_an_sdist_of_other_content(self, index, tmp_path):
        add_archive(index.store.folder / FOLDER / SDIST, NAME, "1.0", more="Author: other\n")
        published(index, built(tmp_path, a_wheel()))
        assert (listed(index), wheels(index)) == ([SDIST], {})
        assert to_try(index) == 1

    def test_replaces_the_wheel_of_the_sdist_that_is_replaced(self, index, tmp_path):
        published(index, built(tmp_path, a_wheel()))
        index.catalog.withdrawals.record([the_release(index)._replace(tag_deleted_in="4")])
        published(index, built(tmp_path, a_wheel(b"of the new"), author="B", revision="18"))
        assert wheels(index)[WHEEL] == b"of the new"
        assert the_release(index).wheels[0].sha256 == a_wheel(b"of the new").sha256
        assert index.catalog.releases.metadata(a_wheel(b"of the new").sha256)

    @pytest.mark.parametrize("wheel", [None, FAILED])
    def test_goes_with_the_sdist_that_is_replaced(self, index, tmp_path, wheel):
        published(index, built(tmp_path, a_wheel()))
        index.catalog.withdrawals.record([the_release(index)._replace(tag_deleted_in="4")])
        published(index, built(tmp_path, wheel, author="B", revision="18"))
        assert (wheels(index), listed(index)) == ({}, [SDIST])

    def test_goes_when_the_release_is_removed(self, index, tmp_path):
        published(index, built(tmp_path, a_wheel()))
        index.catalog.withdrawals.unpublish([the_release(index)])
        show(index)
        assert tree(index.store.folder / FOLDER) == {}

    def test_is_not_overwritten_by_a_file_that_nobody_knows(self, index, tmp_path):
        """Somebody put it there: it moves away, and the wheel that was built takes its place."""
        folder = index.store.folder / FOLDER
        folder.mkdir(parents=True)
        (folder / WHEEL).write_bytes(b"a stranger's")
        published(index, built(tmp_path, a_wheel()))
        assert wheels(index)[WHEEL] == b"a wheel"
        assert tree(index.store.quarantine_folder) == {f"{FOLDER}/{WHEEL}": b"a stranger's"}

    def test_stays_where_a_killed_run_left_it(self, index, tmp_path):
        folder = index.store.folder / FOLDER
        folder.mkdir(parents=True)
        (folder / WHEEL).write_bytes(b"a wheel")
        published(index, built(tmp_path, a_wheel()))
        assert (wheels(index)[WHEEL], tree(index.store.quarantine_folder)) == (b"a wheel", {})

    def test_of_a_name_that_another_release_has_is_left_out(self, index, tmp_path):
        other = a_release("0.9", sha256="cd" * 32)
        taken = other.sdist._replace(filename=WHEEL, kind="wheel", sha256="ef" * 32)
        index.catalog.releases.publish(other._replace(files=(other.sdist, taken)))
        publish(built(tmp_path, a_wheel()), index, TIME, Configuration())
        assert index.catalog.releases.get(FOLDER, SDIST).wheels == ()
        result = later(index, a_wheel())
        assert (result.filename, result.missing.reason) == (
            "",
            "acme_ledger-0.9.tar.gz has a wheel of this name.",
        )

    def test_keeps_its_metadata_if_the_sdist_gets_another_name(self, index, tmp_path):
        build = built(tmp_path, None)
        before = a_release(filename="acme-ledger-1.0.tar.gz", sha256=build.sha256)
        wheel = before.sdist._replace(filename=WHEEL, kind="wheel", sha256=a_wheel().sha256)
        files = (before.sdist, wheel._replace(metadata_sha256="ef" * 32))
        index.catalog.releases.publish(before._replace(files=files), {wheel.sha256: a_wheel().metadata})
        index.store.add_archive(FOLDER, WHEEL, b"a wheel")
        published(index, build)
        assert wheels(index) == {WHEEL: b"a wheel", f"{WHEEL}.metadata": a_wheel().metadata}


class TestLost:
    """The file of a published wheel is gone."""

    def test_is_made_again_beside_an_sdist_that_is_made_again(self, index, tmp_path):
        published(index, built(tmp_path, None))
        later(index, a_wheel())
        for name in (SDIST, WHEEL):
            (index.store.folder / FOLDER / name).unlink()
        result = published(index, built(tmp_path, a_wheel()))
        assert (wheels(index)[WHEEL], result.wheel) == (b"a wheel", WheelResult(the_release(index), WHEEL))
        assert [file.upload_time for file in the_release(index).files] == [TIME, LATER]

    @pytest.mark.parametrize("is_same", [True, False])
    def test_is_made_again_with_its_time_and_a_warning_of_other_bytes(self, index, tmp_path, is_same):
        published(index, built(tmp_path, a_wheel()))
        (index.store.folder / FOLDER / WHEEL).unlink()
        content = b"a wheel" if is_same else b"other bytes"
        result = later(index, a_wheel(content))
        (wheel,) = the_release(index).wheels
        assert (wheels(index)[WHEEL], wheel.upload_time) == (content, TIME)
        assert wheel.sha256 == hashlib.sha256(content).hexdigest()
        assert result.warning == (
            ""
            if is_same
            else f"{WHEEL} was lost and is made again with other content: pinned hashes refuse it"
        )

    def test_is_not_listed_any_more_if_it_cannot_be_made_again(self, index, tmp_path):
        published(index, built(tmp_path, a_wheel()))
        (index.store.folder / FOLDER / WHEEL).unlink()
        result = later(index, FAILED)
        assert listed(index) == [SDIST]
        assert result.warning.startswith(f"{WHEEL} was lost and cannot be built again: the index lists")
        assert result.missing is not None
        assert index.catalog.releases.metadata(a_wheel().sha256) == b""


class TestOfAPublishedRelease:
    def test_is_added_and_the_sdist_stays_as_it_is(self, index, tmp_path):
        published(index, built(tmp_path, None))
        before = the_release(index)
        assert to_try(index) == 1
        result = later(index, a_wheel())
        after = the_release(index)
        assert after == before._replace(files=after.files)
        assert after.sdist == before.sdist
        assert after.wheels[0].upload_time == LATER
        assert (listed(index), to_try(index)) == ([SDIST, WHEEL], 0)
        assert result == WheelResult(after, WHEEL)

    def test_says_on_no_page_for_people_that_the_project_changed(self, index, tmp_path):
        published(index, built(tmp_path, None))
        later(index, a_wheel())
        pages = tree(index.store.folder)
        assert "2012-03-11" not in pages["about.html"].decode()
        assert pages["acme-ledger/about-1.0.html"].decode().count("2012-03-11") == 1
        footer = pages["acme-ledger/about.html"].decode().partition("<footer")[2]
        assert ("2012-03-04" in footer, "2012-03-11" in footer) == (True, False)

    def test_names_requirements_that_the_metadata_of_the_sdist_lacks(self, index, tmp_path):
        published(index, built(tmp_path, None))
        page = index.store.folder / FOLDER / "about.html"
        assert "stranger" not in page.read_text("utf-8")
        later(index, a_wheel())
        assert "<li>stranger</li>" in page.read_text("utf-8")

    def test_of_a_release_that_is_gone_is_nothing(self, index):
        assert publish_wheel(WheelOutcome(FOLDER, SDIST, a_wheel()), index, LATER) is None


class TestMissing:
    @pytest.mark.parametrize("is_later", [False, True])
    def test_is_recorded_with_a_log_if_it_failed(self, index, tmp_path, is_later):
        result = published(index, built(tmp_path, None if is_later else FAILED)).wheel
        if is_later:
            result = later(index, FAILED)
        assert result is not None
        missing = MissingWheel(
            FOLDER,
            SDIST,
            the_release(index).sha256,
            __version__,
            FAILED.reason,
            True,
            True,
            result.missing.log_file,
        )
        assert (result.missing, result.filename, result.is_repeated) == (missing, "", False)
        assert index.catalog.wheels.failed() == [missing]
        log = missing.log_file
        assert log.parent == index.state / "logs"
        assert log.stat().st_mode & 0o077 == 0
        assert log.read_text("utf-8").endswith(f"{FAILED.reason}\n\nTraceback")
        assert to_try(index) == 0
        assert to_try(index, retry_failed=True) == 1

    def test_is_named_on_the_page_of_failures_until_it_is_there(self, index, tmp_path):
        published(index, built(tmp_path, None))
        page = index.store.folder / "failed.html"
        assert "Releases without a wheel" not in page.read_text("utf-8")
        later(index, FAILED)
        assert "Releases without a wheel" in page.read_text("utf-8")
        assert f"<dt>1.0</dt><dd>{FAILED.reason}</dd>" in page.read_text("utf-8")
        later(index, a_wheel())
        assert "Releases without a wheel" not in page.read_text("utf-8")

    def test_without_failure_is_recorded_and_on_no_page(self, index, tmp_path):
        result = published(index, built(tmp_path, NOT_PURE)).wheel
        assert result is not None
        assert (result.missing.reason, result.missing.log_file) == (NOT_PURE.reason, None)
        assert "wheel" not in (index.store.folder / "failed.html").read_text("utf-8")
        assert not (index.state / "logs").exists()
        assert to_try(index, retry_failed=True) == 0

    def test_is_tried_again_by_another_version_of_the_program_and_reported_once(self, index, tmp_path):
        published(index, built(tmp_path, FAILED))
        assert to_try(index, version="99") == 1
        assert later(index, FAILED).is_repeated
        assert not later(index, FAILED._replace(reason="another")).is_repeated

    def test_is_tried_again_in_each_run_if_it_may_pass(self, index, tmp_path):
        published(index, built(tmp_path, FAILED._replace(is_permanent=False)))
        assert index.catalog.wheels.releases_to_retry() == [the_release(index)]
        assert to_try(index) == 1
        later(index, a_wheel())
        assert index.catalog.wheels.releases_to_retry() == []

    def test_is_forgotten_with_its_sdist(self, index, tmp_path):
        published(index, built(tmp_path, FAILED))
        index.catalog.withdrawals.record([the_release(index)._replace(tag_deleted_in="4")])
        published(index, built(tmp_path, None, author="B", revision="18"))
        assert (index.catalog.wheels.failed(), to_try(index)) == ([], 1)

    def test_of_another_sdist_counts_for_nothing(self, index, tmp_path):
        published(index, built(tmp_path, None))
        index.catalog.wheels.record_missing(MissingWheel(FOLDER, SDIST, "cd" * 32, __version__, "why", True))
        assert (index.catalog.wheels.failed(), to_try(index)) == ([], 1)
        assert index.catalog.wheels.missing(the_release(index)) is None

    def test_is_kept_when_another_tag_takes_the_release_over(self, index, tmp_path):
        published(index, built(tmp_path, FAILED))
        index.catalog.withdrawals.record([the_release(index)._replace(tag_deleted_in="4")])
        other = built(tmp_path, None)
        moved = other.tag._replace(origin=other.tag.origin.replace("acme.ledger", "moved"))
        published(index, other._replace(tag=moved), Configuration(other_names=()))
        assert len(index.catalog.wheels.failed()) == 1
