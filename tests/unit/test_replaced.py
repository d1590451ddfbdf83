"""Publishing a release anew: what its file is called, and what its other names and its metadata become."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.configuration import Configuration
from sdistmaker_recipe.index.store import IndexStore, sha256_of
from sdistmaker_recipe.model import Built, Published, Release, Site
from sdistmaker_recipe.other_names import OtherName, OtherNames
from sdistmaker_recipe.stages import present, withdraw
from sdistmaker_recipe.stages.present import Shown
from sdistmaker_recipe.stages.publish import Index, publish
from tests.support.history import tree
from tests.support.old_index import add_archive
from tests.unit.values import TIME, a_release, a_tag

NAME = "Acme.Ledger"
OWN = "acme-ledger/acme_ledger-1.0.tar.gz"
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
    present.write_all(Shown(index.store, index.catalog, Site()))
    withdraw.remove_files(index.catalog, index.store)


def before(index: Index, path: str, **changes: object) -> Release:
    """Publish what is there before, with its pages; its tag was deleted."""
    add_archive(index.store.folder / path, NAME, "1.0", more="Author: before\n")
    project, _, filename = path.partition("/")
    digest = sha256_of(index.store.folder / path)
    given = {"name": NAME, "sha256": digest, "revision": "3", "deleted": "4", **changes}
    release = a_release(project=project, filename=filename, **given)
    index.catalog.publish(release, b"Name: before\n")
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
        summary="",
        toolchain="setuptools",
        metadata_is_final=final,
    )


def archives(index: Index) -> dict[str, bytes]:
    return {path: content for path, content in tree(index.store.folder).items() if path.endswith(ARCHIVES)}


def anew(index: Index, built: Built, configuration: Configuration = REPLACE) -> Published:
    published = publish(built, index, TIME, configuration)
    assert isinstance(published, Published)
    show(index)
    return published


class TestNames:
    """All names of a release's file follow where other bytes take its place."""

    @pytest.mark.parametrize("how", ["replaced", "lost"])
    def test_follow_without_a_word(self, index, tmp_path, caplog, how):
        release = before(index, OWN)
        names = OtherNames(index.catalog)
        index.store.link_archive("acme-ledger", release.filename, "downloads", "ledger-1.0.tar.gz")
        for path in (SECOND, ELSEWHERE):
            names.add(OtherName(*path.split("/"), "acme-ledger", release.sha256))
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
        assert not index.store.aside.exists()

    @pytest.mark.usefixtures("no_hard_links")
    def test_follow_where_files_cannot_have_several(self, index, tmp_path):
        before(index, OWN)
        built = build(tmp_path)
        anew(index, built)
        assert archives(index) == dict.fromkeys((OWN, SECOND, LOWER), built.archive.read_bytes())
        assert not index.store.aside.exists()

    @pytest.fixture
    def no_hard_links(self, monkeypatch):
        def refuse(self: Path, target: Path) -> None:
            raise OSError("no links here")

        monkeypatch.setattr(Path, "hardlink_to", refuse)

    def test_that_hold_something_else_leave_it_aside(self, index, tmp_path):
        release = before(index, OWN)
        OtherNames(index.catalog).add(OtherName(*ELSEWHERE.split("/"), "acme-ledger", release.sha256))
        damaged = add_archive(index.store.folder / ELSEWHERE, NAME, "1.0", more="Author: damaged\n")
        built = build(tmp_path)
        anew(index, built)
        assert archives(index)[ELSEWHERE] == built.archive.read_bytes()
        assert tree(index.store.aside) == {ELSEWHERE: damaged}
