"""What a plan says, done: names are private whatever happens, and folders of the index are remembered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.doors.console import SilentListener
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.flow import building, selection
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.lifecycle import MissingTags
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.flow.planning import Planned
from sdistmaker_recipe.flow.publishing import publish
from sdistmaker_recipe.flow.reserved_names import NamesToReserve
from sdistmaker_recipe.flow.scanning import Scanned
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Adoption, Plan, Site
from sdistmaker_recipe.stages.pages import PageWriter
from tests.unit.values import a_release, a_tag


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    with open_catalog(None) as catalog:
        catalog.releases.publish(a_release(project="acme"))
        catalog.releases.publish(a_release(project="ledger"))
        yield catalog


class Index:
    """An index and what runs make of it; ``new`` is the name of a project whose names have to be kept."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self.folder, self.catalog = folder, catalog

    def run(self, new: str, *, projects_to_check: frozenset[str] = frozenset(), build: bool = False) -> None:
        tag = a_tag(project=new)
        planned = Planned(
            scanned=Scanned(()),
            plan=Plan(build=(tag,) if build else ()),
            adoption=Adoption(),
            missing_tags=MissingTags({}, frozenset(), {}, {}),
            projects_to_check=projects_to_check,
            names_to_reserve=NamesToReserve((tag,), ()),
            verifier=None,
        )
        store = self.store()
        run = Run(
            configuration=Configuration(),
            context=RunContext(Path),
            listener=SilentListener(),
            catalog=self.catalog,
            scan_state=ScanState(self.catalog),
            store=store,
            writer=PageWriter(store, self.catalog, Site()),
            options_digest="",
            public_index="",
            server_configurations={},
            sources=(),
            source_warnings=(),
            source_errors=(),
        )
        with building.build(planned, run) as builds:
            publish(builds, run)

    def store(self) -> IndexStore:
        return IndexStore(self.folder / "index", self.folder / "aside")

    def projects_to_check(self) -> frozenset[str]:
        return selection.find_projects_to_check(self.store(), self.catalog, every=False)


@pytest.fixture
def index(tmp_path: Path, catalog: Catalog) -> Index:
    return Index(tmp_path, catalog)


class TestFolders:
    def test_are_as_the_last_run_left_them(self, index):
        index.run("one")
        assert index.projects_to_check() == set()
        index.run("two")
        assert index.projects_to_check() == set()

    def test_are_looked_at_once_where_something_had_come(self, index):
        index.run("one")
        (index.folder / "index" / "ledger" / "file").touch()
        (index.folder / "index" / "stranger").mkdir()
        assert index.projects_to_check() == {"ledger", "stranger"}
        index.run("one", projects_to_check=index.projects_to_check())
        assert index.projects_to_check() == set()

    def test_of_a_sound_index_that_somebody_changes_meanwhile_are_looked_at_next_time(
        self, index, monkeypatch
    ):
        index.run("one")
        real = PageWriter.write_all

        def write(*given: object) -> None:
            real(*given)
            (index.folder / "index" / "ledger" / "file").touch()

        monkeypatch.setattr(PageWriter, "write_all", write)
        index.run("two")
        assert index.projects_to_check() == {"ledger"}


class TestNames:
    @pytest.fixture(autouse=True)
    def known(self, catalog: Catalog) -> None:
        catalog.private_names.update(["guess"], ())
        catalog.private_names.add_from_metadata(["told"])

    def test_are_kept_where_nothing_can_be_built(self, index, monkeypatch):
        def fail(*_: object) -> None:
            raise StoreError("No space left on device")

        monkeypatch.setattr(building, "scratch_folders", fail)
        with pytest.raises(StoreError, match="No space"):
            index.run("new", build=True)
        assert set(index.store().folders()) == {"acme", "guess", "ledger", "new", "told"}
        assert index.catalog.private_names.all() == {"acme", "guess", "ledger", "new", "told"}

    def test_are_recorded_where_an_old_one_cannot_get_its_folder(self, index):
        (index.folder / "index").mkdir()
        (index.folder / "index" / "guess").touch()
        (index.folder / "aside").touch()
        with pytest.raises(StoreError):
            index.run("new")
        assert "new" in index.catalog.private_names.all()
        assert "new" in index.store().folders()
