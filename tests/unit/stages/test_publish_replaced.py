"""Publishing a release anew: what its file is called, and what its other names and its metadata become."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.former_names import FormerName
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.atomic_files import sha256_of
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import ADOPTED, Built, ProjectDetails, Published, Release, Site
from sdistmaker_recipe.stages import withdraw
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.publish import Index, publish
from tests.support.history import tree
from tests.support.old_index import add_archive
from tests.unit.values import TIME, a_release, a_tag

NAME = "Acme.Ledger"
OWN, ZIP = "acme-ledger/acme_ledger-1.0.tar.gz", "acme-ledger/acme_ledger-1.0.zip"
SECOND, LOWER = "Acme.Ledger/Acme.Ledger-1.0.tar.gz", "acme.ledger/acme.ledger-1.0.tar.gz"
ELSEWHERE = "downloads/ledger-1.0.tar.gz"
REPLACE = Configuration(moved_tags="replace-unpublished")
ARCHIVES = (".gz", ".zip", ".metadata")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with open_catalog(None) as catalog:
        yield Index(IndexStore(tmp_path / "index", tmp_path / "aside"), catalog, tmp_path / "state")


def show(index: Index) -> None:
    """What a run does at its end."""
    PageWriter(index.store, index.catalog, Site()).write_all()
    withdraw.remove_files(index.catalog, index.store)


def before(index: Index, path: str, **changes: object) -> Release:
    """Publish what is there before, with its pages; its tag was deleted."""
    add_archive(index.store.folder / path, NAME, "1.0", more="Author: before\n")
    project, _, filename = path.partition("/")
    digest = sha256_of(index.store.folder / path)
    given = {"name": NAME, "sha256": digest, "revision": "3", "tag_deleted_in": "4", **changes}
    release = a_release(project=project, filename=filename, **given)
    index.catalog.releases.publish(release, {digest: b"Name: before\n"})
    show(index)
    return release


def build(tmp_path: Path, *, final: bool = False) -> Built:
    """What the tag gives that was made again."""
    path = tmp_path / "built.tar.gz"
    add_archive(path, NAME, "1.0", more="Author: now\n")
    return Built(
        tag=a_tag("1.0"),
        name=NAME,
        version="1.0",
        archive=path,
        sha256=sha256_of(path),
        size=path.stat().st_size,
        metadata=b"Name: now\n",
        requires_python="",
        toolchain="setuptools",
        details=ProjectDetails(),
        metadata_is_final=final,
    )


def archives(index: Index) -> dict[str, bytes]:
    return {path: content for path, content in tree(index.store.folder).items() if path.endswith(ARCHIVES)}


def anew(index: Index, built: Built, configuration: Configuration = REPLACE) -> Published:
    published = publish(built, index, TIME, configuration)
    assert isinstance(published, Published)
    show(index)
    return published


class TestSuffix:
    """The file of a release is called by its form, when another takes its place."""

    def test_is_that_of_the_new_file_and_the_old_file_goes(self, index, tmp_path):
        before(index, ZIP)
        second = SECOND.replace(".tar.gz", ".zip")
        assert second in archives(index)
        built = build(tmp_path)
        published = anew(index, built)
        assert published.release.filename == "acme_ledger-1.0.tar.gz"
        assert archives(index) == dict.fromkeys((OWN, SECOND, LOWER), built.archive.read_bytes())
        (warning,) = published.warnings
        assert warning.startswith("acme_ledger-1.0.zip was withdrawn, and is acme_ledger-1.0.tar.gz now")
        assert [each.filename for each in index.catalog.releases.all()] == ["acme_ledger-1.0.tar.gz"]
        assert index.catalog.releases.count() == (1, 1)

    def test_lets_the_old_file_be_there_as_long_as_pages_name_it(self, index, tmp_path):
        before(index, ZIP)
        publish(build(tmp_path), index, TIME, REPLACE)
        assert {OWN, ZIP} <= archives(index).keys()
        PageWriter(index.store, index.catalog, Site()).write_all()
        assert {OWN, ZIP} <= archives(index).keys()
        page = tree(index.store.folder)["acme-ledger/index.html"].decode()
        assert ("acme_ledger-1.0.tar.gz" in page, ".zip" in page) == (True, False)
        assert withdraw.has_files_to_remove(index.catalog)
        withdraw.remove_files(index.catalog, index.store)
        assert ZIP not in archives(index)

    @pytest.mark.parametrize("is_ours", [True, False])
    def test_is_that_of_the_new_file_where_that_name_is_taken(self, index, tmp_path, is_ours):
        before(index, ZIP)
        built = build(tmp_path)
        other = add_archive(index.store.folder / OWN, NAME, "1.0", more="Author: other\n")
        if is_ours:
            # A run that was killed before it told the catalog.
            (index.store.folder / OWN).write_bytes(built.archive.read_bytes())
        anew(index, built)
        assert archives(index)[OWN] == built.archive.read_bytes()
        assert ZIP not in archives(index)
        assert tree(index.store.quarantine_folder) == ({} if is_ours else {OWN: other})

    def test_stays_where_nothing_is_replaced(self, index, tmp_path):
        before(index, ZIP, tag_deleted_in=None)
        anew(index, build(tmp_path))
        assert ZIP in archives(index)
        assert OWN not in archives(index)

    def test_of_other_names_is_heeded_too(self, index, tmp_path):
        release = before(index, ZIP)
        names = index.catalog.former_names
        for filename in ("ledger-1.0.zip", "ledger-1.0.tar.gz"):
            index.store.link_archive("acme-ledger", release.filename, "downloads", filename)
            names.add(FormerName("downloads", filename, "acme-ledger", release.sha256))
        built = build(tmp_path)
        anew(index, built)
        found = {path: content for path, content in archives(index).items() if path.startswith("downloads")}
        assert found == {ELSEWHERE: built.archive.read_bytes()}
        assert [each.filename for each in names.in_folder("downloads").values()] == ["ledger-1.0.tar.gz"]


class TestNames:
    """All names of a release's file follow where other bytes take its place."""

    @pytest.mark.parametrize("how", ["replaced", "lost"])
    def test_follow_without_a_word(self, index, tmp_path, caplog, how):
        release = before(index, OWN)
        names = index.catalog.former_names
        index.store.link_archive("acme-ledger", release.filename, "downloads", "ledger-1.0.tar.gz")
        for path in (SECOND, ELSEWHERE):
            names.add(FormerName(*path.split("/"), "acme-ledger", release.sha256))
        assert archives(index).keys() == {OWN, SECOND, LOWER, ELSEWHERE}
        if how == "lost":
            for path in archives(index):
                (index.store.folder / path).unlink()
        built = build(tmp_path)
        caplog.set_level(logging.INFO)
        anew(index, built, REPLACE if how == "replaced" else Configuration())
        new = built.archive.read_bytes()
        assert archives(index) == dict.fromkeys((OWN, SECOND, LOWER, ELSEWHERE), new)
        assert {each.sha256 for each in names.of_project("acme-ledger")} == {built.sha256}
        pages = tree(index.store.folder)
        for folder in ("acme-ledger", "Acme.Ledger", "acme.ledger"):
            assert built.sha256 in pages[f"{folder}/index.html"].decode()
        assert caplog.records == []
        assert not index.store.quarantine_folder.exists()

    @pytest.mark.usefixtures("no_hard_links")
    def test_follow_where_files_cannot_have_several(self, index, tmp_path):
        before(index, OWN)
        built = build(tmp_path)
        anew(index, built)
        assert archives(index) == dict.fromkeys((OWN, SECOND, LOWER), built.archive.read_bytes())
        assert not index.store.quarantine_folder.exists()

    @pytest.fixture
    def no_hard_links(self, monkeypatch):
        def refuse(self: Path, target: Path) -> None:
            raise OSError("no links here")

        monkeypatch.setattr(Path, "hardlink_to", refuse)

    def test_that_hold_something_else_leave_it_aside(self, index, tmp_path):
        release = before(index, OWN)
        index.catalog.former_names.add(FormerName(*ELSEWHERE.split("/"), "acme-ledger", release.sha256))
        damaged = add_archive(index.store.folder / ELSEWHERE, NAME, "1.0", more="Author: damaged\n")
        built = build(tmp_path)
        anew(index, built)
        assert archives(index)[ELSEWHERE] == built.archive.read_bytes()
        assert tree(index.store.quarantine_folder) == {ELSEWHERE: damaged}

    def test_of_another_form_leave_aside_what_is_damaged(self, index, tmp_path):
        release = before(index, ZIP)
        path = "downloads/ledger-1.0.zip"
        index.catalog.former_names.add(FormerName(*path.split("/"), "acme-ledger", release.sha256))
        damaged = add_archive(index.store.folder / path, NAME, "1.0", more="Author: damaged\n")
        anew(index, build(tmp_path))
        assert path not in archives(index)
        assert tree(index.store.quarantine_folder) == {path: damaged}


class TestMetadata:
    @pytest.mark.parametrize("final", [True, False])
    def test_of_the_old_file_goes_once_no_page_names_it(self, index, tmp_path, final):
        before(index, OWN, metadata_sha256="ab")
        assert archives(index)[f"{OWN}.metadata"] == b"Name: before\n"
        built = build(tmp_path, final=final)
        publish(built, index, TIME, REPLACE)
        assert f"{OWN}.metadata" in archives(index)
        show(index)
        assert archives(index).get(f"{OWN}.metadata") == (b"Name: now\n" if final else None)
        assert index.catalog.withdrawals.files_to_remove() == []

    def test_goes_with_the_old_file(self, index, tmp_path):
        before(index, ZIP, metadata_sha256="ab")
        assert f"{ZIP}.metadata" in archives(index)
        anew(index, build(tmp_path))
        assert f"{ZIP}.metadata" not in archives(index)


@pytest.mark.parametrize("url", ["", "https://svn.example.com/svn/old/tags/1.0"])
def test_what_is_taken_over_is_said_to_be_from_its_tag_where_it_had_one(index, tmp_path, url):
    origin = "1111/old/tags/1.0" if url else f"{ADOPTED}{OWN}"
    before(index, OWN, origin=origin, tag_url=url)
    published = anew(index, build(tmp_path), Configuration())
    (warning,) = published.warnings
    was = f"was published from {url} with" if url else "was there with"
    assert warning == f"acme_ledger-1.0.tar.gz {was} other content; it stays, and is what the index lists"
