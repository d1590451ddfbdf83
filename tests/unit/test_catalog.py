"""The catalog: what was written is read back, changes are whole or none, trouble is a ``StoreError``."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import SCHEMA_VERSION, Catalog, open_catalog
from sdistmaker_recipe.errors import StoreError
from tests.unit.values import UUID, a_failure, a_release, a_tag


@pytest.fixture
def catalog():
    with open_catalog(None) as opened:
        yield opened


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalog.sqlite3"


def break_schema(path: Path) -> None:
    """Take a table away behind the back of whoever has the catalog open."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DROP TABLE release")
    connection.close()


class TestReleases:
    def test_come_back_as_they_were(self, catalog):
        release = a_release()
        catalog.publish(release, b"")
        assert catalog.releases() == [release]

    def test_are_sorted_by_project_and_file_name(self, catalog):
        for project, filename in (("b", "2"), ("a", "3"), ("b", "1"), ("a", "4")):
            release = a_release(filename, project=project, filename=filename)
            catalog.publish(release, b"")
        found = [(each.project, each.filename) for each in catalog.releases()]
        assert found == [("a", "3"), ("a", "4"), ("b", "1"), ("b", "2")]
        assert [each.filename for each in catalog.releases_of("b")] == ["1", "2"]

    def test_of_a_project_are_its_own(self, catalog):
        catalog.publish(a_release(project="a"), b"")
        catalog.publish(a_release(project="a-b"), b"")
        assert [each.project for each in catalog.releases_of("a")] == ["a"]
        assert catalog.releases_of("c") == []

    def test_are_found_by_file_name_within_their_project(self, catalog):
        release = a_release()
        catalog.publish(release, b"")
        assert catalog.release("acme-ledger", release.filename) == release
        assert catalog.release("other", release.filename) is None
        assert catalog.release("acme-ledger", "other.tar.gz") is None

    def test_are_counted_with_their_projects(self, catalog):
        assert catalog.size() == (0, 0)
        for version, project in (("1.0", "a"), ("2.0", "a"), ("1.0", "b")):
            catalog.publish(a_release(version, project=project), b"")
        assert catalog.size() == (3, 2)
        assert catalog.projects() == ["a", "b"]
        assert catalog.origins() == {f"{UUID}/{each}" for each in ("a/tags/1.0", "a/tags/2.0", "b/tags/1.0")}

    def test_keep_the_instant_of_their_upload_time_in_utc(self, catalog):
        summer = datetime(2012, 7, 1, 12, 30, 0, 5, tzinfo=timezone(timedelta(hours=2)))
        catalog.publish(a_release(upload_time=summer), b"")
        (release,) = catalog.releases()
        assert (release.upload_time, release.upload_time.tzinfo) == (summer, timezone.utc)

    def test_that_are_published_again_replace_those_of_the_same_tag(self, catalog):
        release = a_release()
        catalog.publish(release, b"")
        again = replace(release, filename="acme_ledger-1.0.1.tar.gz", version="1.0.1")
        catalog.publish(again, b"")
        assert catalog.releases() == [again]

    def test_of_another_tag_are_never_replaced(self, catalog):
        release, other = a_release(), a_release(origin=f"{UUID}/elsewhere/tags/1.0")
        catalog.publish(release, b"")
        with pytest.raises(StoreError):
            catalog.publish(other, b"")
        assert catalog.releases() == [release]


class TestMetadata:
    def test_is_found_by_the_digest_of_the_archive(self, catalog):
        catalog.publish(a_release(sha256="aa"), b"Name: acme\r\n\xff")
        assert catalog.metadata("aa") == b"Name: acme\r\n\xff"

    def test_that_is_not_known_is_empty(self, catalog):
        assert catalog.metadata("aa") == b""


class TestFailures:
    def test_come_back_as_they_were(self, catalog):
        failure = a_failure(a_tag())
        catalog.remember(failure)
        assert catalog.failures() == [failure]

    def test_of_the_same_tag_replace_the_older_one(self, catalog):
        catalog.remember(a_failure(a_tag(), "f1", "old"))
        catalog.remember(a_failure(a_tag(), "f2", "new"))
        assert catalog.failures() == [a_failure(a_tag(), "f2", "new")]

    def test_are_forgotten_when_their_tag_is_published(self, catalog):
        other = a_failure(a_tag("2.0"))
        catalog.remember(a_failure(a_tag()))
        catalog.remember(other)
        catalog.publish(a_release(), b"")
        assert catalog.failures() == [other]


class TestNotesAndRepositories:
    def test_a_note_is_what_was_noted_last(self, catalog):
        assert catalog.note("pages") == ""
        catalog.set_note("pages", "1")
        catalog.set_note("pages", "2")
        assert (catalog.note("pages"), catalog.note("other")) == ("2", "")

    def test_a_finished_repository_is_remembered_once(self, catalog):
        assert catalog.repositories() == frozenset()
        catalog.finish(UUID)
        catalog.finish(UUID)
        assert catalog.repositories() == {UUID}


class TestFile:
    def test_keeps_everything_from_one_opening_to_the_next(self, path):
        with open_catalog(path) as catalog:
            catalog.publish(a_release(), b"Name: acme")
            catalog.remember(a_failure(a_tag("2.0")))
            catalog.finish(UUID)
            catalog.set_note("pages", "1")
        with open_catalog(path) as catalog:
            assert catalog.releases() == [a_release()]
            assert catalog.metadata("ab" * 32) == b"Name: acme"
            assert catalog.failures() == [a_failure(a_tag("2.0"))]
            assert (catalog.repositories(), catalog.note("pages")) == ({UUID}, "1")

    def test_is_not_made_for_a_catalog_in_memory(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with open_catalog(None) as catalog:
            catalog.publish(a_release(), b"")
        assert list(tmp_path.iterdir()) == []

    def test_has_nothing_of_a_change_that_broke_off(self, path):
        release = a_release()
        with open_catalog(path) as catalog:
            catalog.remember(a_failure(a_tag()))
            with pytest.raises(StoreError):
                catalog.publish(replace(release, sha256=None), b"")
        with open_catalog(path) as catalog:
            assert (catalog.releases(), catalog.failures()) == ([], [a_failure(a_tag())])

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
            Catalog.releases,
            Catalog.projects,
            Catalog.origins,
            Catalog.size,
            lambda catalog: catalog.releases_of("acme"),
            lambda catalog: catalog.release("acme", "acme-1.0.tar.gz"),
            lambda catalog: catalog.publish(a_release(), b""),
        ],
        ids=["releases", "projects", "origins", "size", "releases_of", "release", "publish"],
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
                catalog.publish(a_release(), b"")
                catalog.remember(self.FAILURE)
                assert catalog.releases() == [a_release()]
                assert (other.releases(), other.failures()) == ([], [])
            assert (other.releases(), other.failures()) == ([a_release()], [self.FAILURE])

    def test_leaves_nothing_when_it_breaks_off(self, path):
        def break_off(catalog):
            with catalog.batch():
                catalog.publish(a_release(), b"")
                raise KeyboardInterrupt

        with open_catalog(path) as catalog:
            with pytest.raises(KeyboardInterrupt):
                break_off(catalog)
            assert catalog.releases() == []
            catalog.remember(self.FAILURE)
        with open_catalog(path) as catalog:
            assert (catalog.releases(), catalog.failures()) == ([], [self.FAILURE])
