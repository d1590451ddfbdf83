"""A scan that finds no release tag: an error, unless there was one before, or none is expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.doors.console import SilentListener
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.flow.scanning import Scanned, scan
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Site
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository
from tests.support.memory_repository import Folder, MemoryRepository
from tests.unit.values import UUID, a_release

URL = "https://svn.example.com/svn"
EMPTY = f"{URL}: no release tag of any project is there: proj has trunk, its tags folder is empty\n"


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    with open_catalog(None) as catalog:
        yield catalog


@pytest.fixture
def history() -> MemoryRepository:
    history = MemoryRepository(identity=UUID)
    history.commit({"proj/trunk": Folder(), "proj/tags": Folder()})
    return history


def run_scan(history: MemoryRepository, catalog: Catalog, folder: Path, **context: bool) -> Scanned:
    store = IndexStore(folder / "index", folder / "aside")
    return scan(
        Run(
            configuration=replace(Configuration(), repository=(URL,)),
            context=RunContext(Path, **context),
            listener=SilentListener(),
            catalog=catalog,
            scan_state=ScanState(catalog),
            store=store,
            writer=PageWriter(store, catalog, Site()),
            options_digest="",
            public_index="",
            server_configurations={},
            sources=(Source(URL, SubversionRepository(lambda: history.open(""))),),
            source_warnings=(),
            source_errors=(),
        )
    )


def test_is_an_error_that_names_what_is_missing_and_the_flag(history, catalog, tmp_path):
    for _ in range(2):
        found = run_scan(history, catalog, tmp_path)
        (message,) = found.nothing_found
        assert message.startswith(EMPTY)
        assert message.endswith("If it is to be empty, use --allow-empty.")
        assert found.warnings == ()


def test_is_a_warning_where_it_is_allowed(history, catalog, tmp_path):
    found = run_scan(history, catalog, tmp_path, allow_empty=True)
    assert found.nothing_found == ()
    assert found.warnings[0].startswith(EMPTY)
    assert "--allow-empty" not in found.warnings[0]


def test_is_a_warning_where_there_was_a_tag_before(history, catalog, tmp_path):
    history.commit({"proj/tags/1.0": Folder()})
    assert run_scan(history, catalog, tmp_path)[1:] == ((), (), ())
    history.commit({"proj/tags/1.0": None})
    for _ in range(2):
        found = run_scan(history, catalog, tmp_path)
        assert found.nothing_found == ()
        assert found.warnings[0].startswith(EMPTY)


def test_is_a_warning_where_an_earlier_version_published_releases(history, catalog, tmp_path):
    catalog.releases.publish(a_release())
    assert run_scan(history, catalog, tmp_path).nothing_found == ()


def test_is_a_warning_where_a_repository_with_tags_was_replaced(history, catalog, tmp_path):
    history.commit({"proj/tags/1.0": Folder()})
    run_scan(history, catalog, tmp_path)
    new = MemoryRepository(identity="22222222-2222-4333-8444-555555555555")
    new.commit({"proj/trunk": Folder(), "proj/tags": Folder()})
    assert run_scan(new, catalog, tmp_path).nothing_found == ()


def test_names_the_folders_that_the_server_does_not_show_as_before(history, catalog, tmp_path):
    history.commit({"proj/tags/1.0": Folder(), "secret/trunk": Folder()})
    (forbidden,) = run_scan_forbidden(history, catalog, tmp_path).warnings
    assert forbidden.startswith(f"{URL}/secret: the server does not let us read this folder")


def run_scan_forbidden(history: MemoryRepository, catalog: Catalog, folder: Path) -> Scanned:
    class Forbidding(MemoryRepository):
        def open(self, path: str) -> MemoryRepository:
            opened = super().open(path)
            opened.forbidden = frozenset({"secret"})
            return opened

    return run_scan(Forbidding(identity=UUID, revisions=history.revisions), catalog, folder)
