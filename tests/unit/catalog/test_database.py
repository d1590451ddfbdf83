"""The file: changes are whole or none, trouble is a ``StoreError``."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.schema import SCHEMA_VERSION
from sdistmaker_recipe.errors import StoreError
from tests.unit.values import UUID, a_failure, a_release, a_tag, with_sdist


def break_schema(path: Path) -> None:
    """Take tables away behind the back of whoever has the catalog open."""
    connection = sqlite3.connect(path)
    with connection:
        for table in ("release", "release_count", "index_folder"):
            connection.execute(f"DROP TABLE {table}")
    connection.close()


class TestFile:
    def test_keeps_everything_from_one_opening_to_the_next(self, path):
        with open_catalog(path) as catalog:
            catalog.releases.publish(a_release(), {"ab" * 32: b"Name: acme"})
            catalog.failures.add(a_failure(a_tag("2.0")))
            catalog.index_state.finish_repository(UUID)
            catalog.set_note("pages", "1")
        with open_catalog(path) as catalog:
            assert catalog.releases.all() == [a_release()]
            assert catalog.releases.metadata("ab" * 32) == b"Name: acme"
            assert catalog.failures.all() == [a_failure(a_tag("2.0"))]
            assert (catalog.index_state.finished_repositories(), catalog.note("pages")) == ({UUID}, "1")

    def test_that_cannot_be_copied_is_closed(self, path, monkeypatch):
        opened = []
        connect = sqlite3.connect
        monkeypatch.setattr(
            sqlite3,
            "connect",
            lambda *names, **options: opened.append(connect(*names, **options)) or opened[-1],
        )
        path.write_bytes(b"no database")
        with pytest.raises(StoreError), open_catalog(path, as_copy=True):
            pass
        assert len(opened) == 2
        for connection in opened:
            with pytest.raises(sqlite3.ProgrammingError):
                connection.total_changes  # noqa: B018  # a closed one raises

    def test_is_not_made_for_a_catalog_in_memory(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with open_catalog(None) as catalog:
            catalog.releases.publish(a_release())
        assert list(tmp_path.iterdir()) == []

    def test_has_nothing_of_a_change_that_broke_off(self, path):
        release = a_release()
        with open_catalog(path) as catalog:
            catalog.failures.add(a_failure(a_tag()))
            with pytest.raises(StoreError):
                catalog.releases.publish(with_sdist(release, sha256=None))
        with open_catalog(path) as catalog:
            assert (catalog.releases.all(), catalog.failures.all()) == ([], [a_failure(a_tag())])

    def test_says_which_version_wrote_it(self, path):
        with open_catalog(path):
            pass
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        connection.close()


class TestTrouble:
    def test_a_file_of_a_newer_version_is_left_alone(self, path):
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        connection.close()
        before = path.read_bytes()
        with pytest.raises(StoreError, match="newer") as caught, open_catalog(path):
            pass
        assert str(path) in str(caught.value)
        assert path.read_bytes() == before

    def test_a_file_that_is_no_database_is_left_alone(self, path):
        path.write_bytes(b"not a database, but somebody's notes" * 100)
        with pytest.raises(StoreError, match="not a database") as caught, open_catalog(path):
            pass
        assert str(path) in str(caught.value)
        assert "moved away" in caught.value.hint
        assert path.read_bytes().startswith(b"not a database")

    def test_a_folder_that_is_not_there_is_named(self, tmp_path):
        missing = tmp_path / "none" / "catalog.sqlite3"
        with pytest.raises(StoreError) as caught, open_catalog(missing):
            pass
        assert str(missing) in str(caught.value)

    @pytest.mark.parametrize(
        "use",
        [
            lambda catalog: catalog.releases.all(),
            lambda catalog: catalog.releases.projects(),
            lambda catalog: catalog.releases.count(),
            lambda catalog: catalog.releases.of_project("acme"),
            lambda catalog: catalog.releases.get("acme", "acme-1.0.tar.gz"),
            lambda catalog: catalog.releases.publish(a_release()),
        ],
        ids=["releases", "projects", "size", "releases_of", "release", "publish"],
    )
    def test_in_the_middle_of_a_run_names_the_file_and_what_to_do(self, path, use):
        with open_catalog(path) as catalog:
            break_schema(path)
            with pytest.raises(StoreError) as caught:
                use(catalog)
        assert str(path) in caught.value.message
        assert caught.value.hint


class TestBatch:
    FAILURE = a_failure(a_tag())

    def test_is_one_transaction(self, path):
        with open_catalog(path) as catalog, open_catalog(path) as other:
            with catalog.batch():
                catalog.releases.publish(a_release())
                catalog.failures.add(self.FAILURE)
                assert catalog.releases.all() == [a_release()]
                assert (other.releases.all(), other.failures.all()) == ([], [])
            assert (other.releases.all(), other.failures.all()) == ([a_release()], [self.FAILURE])

    def test_leaves_nothing_when_it_breaks_off(self, path):
        def break_off(catalog):
            with catalog.batch():
                catalog.releases.publish(a_release())
                raise KeyboardInterrupt

        with open_catalog(path) as catalog:
            with pytest.raises(KeyboardInterrupt):
                break_off(catalog)
            assert catalog.releases.all() == []
            catalog.failures.add(self.FAILURE)
        with open_catalog(path) as catalog:
            assert (catalog.releases.all(), catalog.failures.all()) == ([], [self.FAILURE])
