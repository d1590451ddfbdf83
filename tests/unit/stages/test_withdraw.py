"""Which tags were deleted, asked of the repository; what goes of releases that are published no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.stages import scan
from sdistmaker_recipe.stages.withdraw import Deleted, find_deleted, remove_files, still_deleted
from sdistmaker_recipe.vcs import Repository
from tests.support.memory_repository import MemoryRepository
from tests.support.scans import URL, subversion_source
from tests.unit.values import a_file, a_release, with_sdist

OUTLOOK = "dealt with"


class World:
    """A repository whose tags are all published, and what a scan saw of it."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.last = ScanState(catalog)
        self.history = MemoryRepository()
        projects = [f"group/p{number}" for number in range(20)]
        self.history.commit({f"{project}/trunk/setup.py": "" for project in projects})
        tags = {f"{project}/tags/1.{tag}": f"{project}/trunk" for project in projects for tag in range(3)}
        self.history.commit(copies=tags)
        for tag in self.last.tags(self.scan()):
            release = a_release(origin=tag.origin, filename=tag.path, revision=tag.revision)
            self.catalog.releases.publish(release)
        self.last.settle(self.scan(), OUTLOOK)

    def scan(self, configuration: Configuration | None = None) -> Scan:
        source = subversion_source(self.history)
        return scan.scan(source, configuration or Configuration(), self.last, "2.0", full=False)

    def find(self, options_digest: str = OUTLOOK, configuration: Configuration | None = None) -> Deleted:
        found = self.scan(configuration)
        self.history.calls.clear()
        return find_deleted(found, self.repository, self.last, self.catalog, options_digest)

    @property
    def repository(self) -> Repository:
        return subversion_source(self.history).repository

    def told(
        self, options_digest: str = OUTLOOK, configuration: Configuration | None = None
    ) -> dict[str, str]:
        return {
            release.filename: revision
            for release, revision in self.find(options_digest, configuration).releases
        }

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _revision in self.history.calls]


@pytest.fixture
def world() -> Iterator[World]:
    with open_catalog(None) as catalog:
        yield World(catalog)


class TestFindDeleted:
    def test_asks_nothing_where_nothing_went(self, world):
        world.history.commit(copies={"group/p7/tags/2.0": "group/p7/trunk"})
        assert world.find() == Deleted()
        assert world.asked == []

    def test_tells_the_revision_and_asks_little(self, world):
        revision = world.history.commit({"group/p7/tags/1.0": None})
        world.history.commit({"group/p7/trunk/more": ""})
        assert world.told() == {"group/p7/tags/1.0": revision}
        assert world.asked == [
            ("entries", "group/p7/tags"),
            ("entry", "group/p7/tags/1.0"),
            ("deletions", ""),
        ]

    def test_finds_the_same_where_an_option_changed(self, world):
        revision = world.history.commit({"group/p7/tags/1.0": None})
        assert world.told("another") == {"group/p7/tags/1.0": revision}
        assert world.told() == {"group/p7/tags/1.0": revision}

    def test_asks_once_about_a_folder_that_is_gone(self, world):
        revision = world.history.commit({"group": None})
        assert set(world.told().values()) == {revision}
        assert len(world.told()) == 60
        assert [method for method, _path in world.asked].count("entry") <= 2
        assert [method for method, _path in world.asked].count("entries") == 1

    def test_leaves_out_what_an_option_hides(self, world):
        hiding = Configuration(exclude=("group/*",))
        assert world.find(configuration=hiding) == Deleted()
        world.history.commit({"group/p3/tags/1.1": None})
        assert list(world.told("another", hiding)) == ["group/p3/tags/1.1"]

    def test_leaves_out_a_project_that_is_none_any_more(self, world):
        world.history.commit({"group/p3/trunk": None})
        assert world.find() == Deleted()
        assert world.asked == [("entries", "group/p3/tags")]

    def test_leaves_out_what_was_deleted_before(self, world):
        world.history.commit({"group/p7/tags/1.0": None})
        ((release, _revision),) = world.find().releases
        world.catalog.withdrawals.record([release._replace(tag_deleted_in="3")])
        assert world.find() == world.find("another") == Deleted()

    def test_takes_a_file_in_place_of_a_tag_for_none(self, world):
        world.history.commit({"group/p7/tags/1.0": None})
        world.history.commit({"group/p7/tags/1.0": "a file"})
        assert list(world.told()) == ["group/p7/tags/1.0"]

    def test_does_not_need_to_know_when_it_was(self, world, monkeypatch):
        world.history.commit({"group/p7/tags/1.0": None})
        monkeypatch.setattr(world.history, "deletions", refuse)
        assert world.told() == {"group/p7/tags/1.0": ""}

    @pytest.mark.parametrize("method", ["entry", "entries"])
    def test_is_not_sure_of_what_may_not_be_read(self, world, monkeypatch, method):
        world.history.commit({"group/p7/tags/1.0": None, "group/p8/tags/1.0": None})
        world.scan()
        monkeypatch.setattr(world.history, method, refuse)
        found = world.find()
        assert found.releases == ()
        assert [each.path for each in found.unconfirmed] == ["group/p7/tags/1.0", "group/p8/tags/1.0"]
        world.last.settle(world.scan(), OUTLOOK, found.unconfirmed)
        monkeypatch.undo()
        assert len(world.find().releases) == 2, "it is asked again"


def refuse(*_arguments: object) -> None:
    raise RepositoryError(URL, "forbidden")


def test_what_was_deleted_is_asked_for_again_before_it_is_removed(world):
    world.history.commit({"group/p7/tags/1.0": None, "group/p8/tags/1.0": None})
    releases = [release._replace(tag_deleted_in=revision) for release, revision in world.find().releases]
    other = with_sdist(releases[0], filename="x")._replace(
        origin="22222222-0000-4000-8000-000000000000/a/tags/1.0"
    )
    world.catalog.releases.publish(other)
    world.catalog.withdrawals.record([*releases, other])
    world.history.commit(copies={"group/p8/tags/1.0": "group/p8/trunk"})
    found = still_deleted(world.scan(), world.repository, world.catalog.withdrawals.all())
    assert [each.filename for each in found] == ["group/p7/tags/1.0"]


class TestRemoveFiles:
    @pytest.fixture
    def store(self, tmp_path: Path) -> IndexStore:
        return IndexStore(tmp_path)

    @staticmethod
    def make(folder: Path, *paths: str) -> None:
        for path in paths:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).touch()

    @staticmethod
    def there(folder: Path) -> list[str]:
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))

    def test_takes_the_file_its_metadata_and_second_names(self, tmp_path, store):
        self.make(
            tmp_path,
            *(
                f"acme-ledger/{name}"
                for name in ("index.html", "acme_ledger-1.0.tar.gz", "acme_ledger-1.1.tar.gz")
            ),
            "acme-ledger/acme_ledger-1.0.tar.gz.metadata",
            *(
                f"acme.ledger/{name}"
                for name in ("index.html", "acme.ledger-1.0.tar.gz", "acme.ledger-1.1.tar.gz")
            ),
        )
        with open_catalog(None) as catalog:
            for version in ("1.0", "1.1"):
                catalog.releases.publish(a_release(version))
            catalog.withdrawals.unpublish([a_release("1.0")])
            remove_files(catalog, store)
            assert catalog.withdrawals.files_to_remove() == []
        assert self.there(tmp_path) == [
            "acme-ledger",
            "acme-ledger/acme_ledger-1.1.tar.gz",
            "acme-ledger/index.html",
            "acme.ledger",
            "acme.ledger/acme.ledger-1.1.tar.gz",
            "acme.ledger/index.html",
        ]

    def test_takes_each_file_of_a_release(self, tmp_path, store):
        wheel, archive = "acme_ledger-1.0-py3-none-any.whl", "acme_ledger-1.0.tar.gz"
        files = (a_file(archive, sha256="aa"), a_file(wheel, sha256="bb", metadata_sha256="cc"))
        names = (archive, f"{archive}.metadata", wheel, f"{wheel}.metadata", "acme_ledger-1.1.tar.gz")
        self.make(tmp_path, *(f"acme-ledger/{name}" for name in names))
        with open_catalog(None) as catalog:
            catalog.releases.publish(a_release("1.1"))
            catalog.releases.publish(a_release(files=files), {"aa": b"sdist", "bb": b"wheel"})
            catalog.withdrawals.unpublish([a_release(files=files)])
            assert (catalog.releases.metadata("aa"), catalog.releases.metadata("bb")) == (b"", b"")
            removals = catalog.withdrawals.files_to_remove()
            assert {removal.filename: removal.kind for removal in removals} == {
                wheel: "wheel",
                archive: "sdist",
            }
            remove_files(catalog, store)
            assert catalog.withdrawals.files_to_remove() == []
        assert self.there(tmp_path) == ["acme-ledger", "acme-ledger/acme_ledger-1.1.tar.gz"]

    def test_takes_the_folder_of_a_spelling_that_no_release_has_any_more(self, tmp_path, store):
        names = ("index.html", "Acme.Ledger-1.0.tar.gz", "Acme.Ledger-1.1.tar.gz")
        self.make(tmp_path, "acme-ledger/index.html", *(f"Acme.Ledger/{name}" for name in names))
        with open_catalog(None) as catalog:
            old, new = a_release("1.0", name="Acme.Ledger"), a_release("1.1", name="acme_ledger")
            for release in (old, new):
                catalog.releases.publish(release)
            catalog.withdrawals.unpublish([old])
            remove_files(catalog, store)
        assert self.there(tmp_path) == ["acme-ledger", "acme-ledger/index.html"]

    def test_leaves_the_folder_of_a_project_without_releases(self, tmp_path, store):
        pages = ("index.html", "index.json", "about.html")
        self.make(tmp_path, *(f"acme-ledger/{name}" for name in (*pages, "acme_ledger-1.0.tar.gz")))
        with open_catalog(None) as catalog:
            catalog.releases.publish(a_release())
            catalog.withdrawals.unpublish([a_release()])
            remove_files(catalog, store)
        assert self.there(tmp_path) == ["acme-ledger"]

    def test_leaves_a_file_that_is_published_again(self, tmp_path, store):
        self.make(tmp_path, "acme-ledger/acme_ledger-1.0.tar.gz")
        with open_catalog(None) as catalog:
            catalog.releases.publish(a_release())
            catalog.withdrawals.unpublish([a_release()])
            catalog.releases.publish(a_release())
            remove_files(catalog, store)
            assert catalog.withdrawals.files_to_remove() == []
        assert self.there(tmp_path) == ["acme-ledger", "acme-ledger/acme_ledger-1.0.tar.gz"]
