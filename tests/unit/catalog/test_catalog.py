"""The catalog: what was written is read back, changes are whole or none, trouble is a ``StoreError``."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.schema import SCHEMA_VERSION
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.model import Failure, ListedProject
from tests.support.old_catalog import VERSION_1
from tests.unit.values import UUID, a_failure, a_file, a_release, a_tag, with_sdist


@pytest.fixture
def catalog():
    with open_catalog(None) as opened:
        yield opened


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalog.sqlite3"


def failed(**known: str) -> Failure:
    """A failure of a tag, known to people by these names."""
    return a_failure(a_tag(known.get("tag", "1.0")))._replace(**known)


def break_schema(path: Path) -> None:
    """Take tables away behind the back of whoever has the catalog open."""
    connection = sqlite3.connect(path)
    with connection:
        for table in ("release", "release_count", "index_folder"):
            connection.execute(f"DROP TABLE {table}")
    connection.close()


class TestReleases:
    def test_come_back_as_they_were(self, catalog):
        release = a_release(yanked="why", tag_deleted_in="19", tag_moved_to="18")
        catalog.releases.publish(release)
        assert catalog.releases.all() == [release]

    def test_are_sorted_by_project_and_file_name(self, catalog):
        for project, filename in (("b", "2"), ("a", "3"), ("b", "1"), ("a", "4")):
            release = a_release(filename, project=project, filename=filename)
            catalog.releases.publish(release)
        found = [(each.project, each.filename) for each in catalog.releases.all()]
        assert found == [("a", "3"), ("a", "4"), ("b", "1"), ("b", "2")]
        assert [each.filename for each in catalog.releases.of_project("b")] == ["1", "2"]

    def test_of_a_project_are_its_own(self, catalog):
        catalog.releases.publish(a_release(project="a"))
        catalog.releases.publish(a_release(project="a-b"))
        assert [each.project for each in catalog.releases.of_project("a")] == ["a"]
        assert catalog.releases.of_project("c") == []

    def test_are_found_by_file_name_within_their_project(self, catalog):
        release = a_release()
        catalog.releases.publish(release)
        assert catalog.releases.get("acme-ledger", release.filename) == release
        assert catalog.releases.get("other", release.filename) is None
        assert catalog.releases.get("acme-ledger", "other.tar.gz") is None

    def test_are_counted_with_their_projects(self, catalog):
        assert catalog.releases.count() == (0, 0)
        for version, project in (("1.0", "a"), ("2.0", "a"), ("1.0", "b")):
            catalog.releases.publish(a_release(version, project=project))
        assert catalog.releases.count() == (3, 2)
        assert catalog.releases.projects() == ["a", "b"]
        catalog.releases.publish(a_release("1.0", project="b", revision="18"))  # in place of the first
        assert catalog.releases.count() == (3, 2)
        catalog.releases.publish(a_release("1.0", project="b", filename="c-1.0.tar.gz"))
        assert catalog.releases.count() == (3, 2)

    def test_are_found_by_the_origins_of_their_tags(self, catalog):
        releases = [a_release(f"1.{number}") for number in range(1200)]
        with catalog.batch():
            for release in releases:
                catalog.releases.publish(release)
        origins = [release.origin for release in releases]
        assert catalog.releases.of_tags([]) == {}
        assert catalog.releases.of_tags([origins[7], f"{UUID}/nowhere"]) == {origins[7]: releases[7]}
        assert catalog.releases.of_tags(origins) == dict(zip(origins, releases, strict=True))

    def test_keep_the_instant_of_their_upload_time_in_utc(self, catalog):
        summer = datetime(2012, 7, 1, 12, 30, 0, 5, tzinfo=timezone(timedelta(hours=2)))
        catalog.releases.publish(a_release(upload_time=summer))
        (release,) = catalog.releases.all()
        assert (release.sdist.upload_time, release.sdist.upload_time.tzinfo) == (summer, timezone.utc)

    def test_that_are_published_again_replace_those_of_the_same_tag(self, catalog):
        release = a_release()
        catalog.releases.publish(release)
        again = with_sdist(release, filename="acme_ledger-1.0.1.tar.gz")._replace(version="1.0.1")
        catalog.releases.publish(again)
        assert catalog.releases.all() == [again]

    def test_have_several_files_the_sdist_first(self, catalog):
        wheels = [
            a_file(f"acme_ledger-1.0-{tag}.whl", sha256=tag, metadata_sha256="cd") for tag in ("cp3", "py3")
        ]
        release = a_release(files=(a_file(), *wheels))
        other = a_release("0.9", project="other")
        for each in (release, other):
            catalog.releases.publish(each, {"ab" * 32: b"sdist", "py3": b"wheel"})
        assert catalog.releases.all() == [release, other]
        assert catalog.releases.of_project("acme-ledger") == [release]
        assert catalog.releases.get("acme-ledger", release.filename) == release
        origins = [other.origin, release.origin]
        assert catalog.releases.of_tags(origins) == dict(zip(origins, (other, release), strict=True))
        assert catalog.releases.latest(1) == [release]
        assert (catalog.releases.metadata("ab" * 32), catalog.releases.metadata("py3")) == (
            b"sdist",
            b"wheel",
        )
        catalog.releases.publish(release._replace(files=(a_file(),)))
        assert (catalog.releases.count(), catalog.releases.of_project("acme-ledger")) == (
            (2, 2),
            [a_release()],
        )

    def test_of_one_project_never_have_a_file_of_the_same_name(self, catalog):
        wheel = a_file("acme_ledger-1.0-py3-none-any.whl")
        catalog.releases.publish(a_release(files=(a_file(), wheel)))
        with pytest.raises(StoreError):
            catalog.releases.publish(a_release("1.0.0", files=(a_file("acme_ledger-1.0.0.tar.gz"), wheel)))

    def test_of_another_tag_are_never_replaced(self, catalog):
        release, other = a_release(), a_release(origin=f"{UUID}/elsewhere/tags/1.0")
        catalog.releases.publish(release)
        with pytest.raises(StoreError):
            catalog.releases.publish(other)
        assert catalog.releases.all() == [release]

    def test_of_another_tag_are_replaced_where_that_is_said(self, catalog):
        release, other = a_release(tag_deleted_in="19"), a_release(origin=f"{UUID}/elsewhere/tags/1.0")
        catalog.releases.publish(release)
        catalog.releases.publish(other, instead_of=release.origin)
        assert catalog.releases.all() == [other]


class TestMetadata:
    def test_is_found_by_the_digest_of_the_archive(self, catalog):
        catalog.releases.publish(a_release(sha256="aa"), {"aa": b"Name: acme\r\n\xff"})
        assert catalog.releases.metadata("aa") == b"Name: acme\r\n\xff"

    def test_that_is_not_known_is_empty(self, catalog):
        assert catalog.releases.metadata("aa") == b""


class TestFailures:
    def test_come_back_as_they_were(self, catalog):
        failure = a_failure(a_tag())
        catalog.failures.add(failure)
        assert catalog.failures.all() == [failure]

    def test_of_the_same_tag_replace_the_older_one(self, catalog):
        catalog.failures.add(a_failure(a_tag(), "f1", "old"))
        catalog.failures.add(a_failure(a_tag(), "f2", "new"))
        assert catalog.failures.all() == [a_failure(a_tag(), "f2", "new")]

    def test_are_forgotten_when_their_tag_is_published(self, catalog):
        other = a_failure(a_tag("2.0"))
        catalog.failures.add(a_failure(a_tag()))
        catalog.failures.add(other)
        catalog.releases.publish(a_release())
        assert catalog.failures.all() == [other]

    def test_that_are_forgotten_owe_the_pages_they_were_on(self, catalog):
        gone, stays = (failed(project=name, tag=name) for name in ("acme", "other"))
        for failure in (gone, stays):
            catalog.failures.add(failure)
        assert catalog.pages.stale() == {"", "acme", "other"}
        catalog.pages.mark_written(catalog.pages.stale())
        catalog.failures.remove([gone.origin, f"{UUID}/unknown"])
        assert catalog.failures.all() == [stays]
        assert catalog.failures.get(gone.origin) is None
        assert catalog.failures.get(stays.origin) == stays
        assert catalog.pages.stale() == {"", "acme"}

    def test_of_which_none_is_forgotten_owe_nothing(self, catalog):
        catalog.failures.add(failed())
        catalog.pages.mark_written(catalog.pages.stale())
        catalog.failures.remove([])
        assert catalog.pages.stale() == frozenset()

    def test_owe_the_page_of_the_project_they_were_taken_for(self, catalog):
        """The metadata of what is published may have another name than the folder that failed."""
        catalog.failures.add(failed(project="folder"))
        catalog.pages.mark_written(catalog.pages.stale())
        catalog.releases.publish(a_release())
        assert catalog.pages.stale() == {"", "folder", "acme-ledger"}


class TestOwed:
    def test_are_the_project_and_the_root_of_what_is_published(self, catalog):
        catalog.releases.publish(a_release())
        assert catalog.pages.stale() == {"", "acme-ledger"}
        catalog.pages.mark_written(["acme-ledger", "unknown"])
        assert catalog.pages.stale() == {""}


class TestLatest:
    def test_are_those_uploaded_last_newest_first(self, catalog):
        start = datetime(2020, 1, 1, tzinfo=timezone.utc)
        for day, version in enumerate(["3", "1", "2", "4"]):
            catalog.releases.publish(a_release(version, upload_time=start + timedelta(days=day)))
        assert [each.version for each in catalog.releases.latest(3)] == ["4", "2", "1"]
        assert len(catalog.releases.latest(10)) == 4

    def test_of_the_same_moment_are_in_order(self, catalog):
        for project in ("b", "c", "a"):
            catalog.releases.publish(a_release(project=project))
        assert [each.project for each in catalog.releases.latest(2)] == ["a", "b"]


class TestListed:
    def test_are_projects_with_a_release_by_name(self, catalog):
        for project in ("b", "a"):
            catalog.releases.publish(a_release(project=project))
        for listed in (
            ListedProject("b", "B", "1.0"),
            ListedProject("a", "A", "1.0", "sums"),
            ListedProject("gone", "G", "1"),
        ):
            catalog.pages.list_project(listed)
        assert catalog.pages.listed_projects() == [
            ListedProject("a", "A", "1.0", "sums"),
            ListedProject("b", "B", "1.0"),
        ]

    def test_say_what_was_said_last(self, catalog):
        catalog.releases.publish(a_release(project="a"))
        catalog.pages.list_project(ListedProject("a", "A", "1.0", "sums"))
        catalog.pages.list_project(ListedProject("a", "a", "2.0"))
        assert catalog.pages.listed_projects() == [ListedProject("a", "a", "2.0")]


class TestDescription:
    def test_is_kept_as_long_as_it_is_of_the_same(self, catalog):
        assert catalog.pages.description("acme", "d1") is None
        catalog.pages.set_description("acme", "d1", "")
        assert catalog.pages.description("acme", "d1") == ""
        catalog.pages.set_description("acme", "d2", "<p>two</p>")
        assert catalog.pages.description("acme", "d1") is None
        assert catalog.pages.description("acme", "d2") == "<p>two</p>"
        assert catalog.pages.description("other", "d2") is None


class TestPrivateNames:
    def test_are_added_and_taken_back(self, catalog):
        catalog.private_names.update(["a", "b"], [])
        catalog.private_names.update(["b", "c"], ["a", "unknown"])
        assert catalog.private_names.all() == {"b", "c"}

    def test_stay_when_only_others_are_published(self, catalog):
        catalog.private_names.update(["a"], [])
        catalog.releases.publish(a_release(project="b"))
        assert catalog.private_names.all() == {"a"}

    def test_that_metadata_told_are_not_taken_back(self, catalog):
        catalog.private_names.update(["a", "b"], [])
        catalog.private_names.add_from_metadata(["b", "c"])
        catalog.private_names.update(["b"], ["a", "b", "c"])
        assert (catalog.private_names.all(), catalog.private_names.from_metadata()) == (
            {"b", "c"},
            {"b", "c"},
        )


class TestWatched:
    NOON = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))

    def test_are_answers_with_the_time_they_were_given(self, catalog):
        assert catalog.public_names.answers() == {}
        catalog.public_names.record({"a": True, "b": False}, self.NOON)
        assert catalog.public_names.answers() == {"a": (True, self.NOON), "b": (False, self.NOON)}

    def test_answers_replace_those_before_and_leave_others(self, catalog):
        later = self.NOON + timedelta(days=1)
        catalog.public_names.record({"a": True, "b": False}, self.NOON)
        catalog.public_names.record({"a": False}, later)
        assert catalog.public_names.answers() == {"a": (False, later), "b": (False, self.NOON)}

    def test_owe_a_page_only_where_the_answer_is_another(self, catalog):
        for answers, owed in (
            ({"a": True, "b": False}, {"a"}),
            ({"a": True, "b": False}, set()),
            ({"a": False, "b": True}, {"a", "b"}),
        ):
            catalog.public_names.record(answers, self.NOON)
            assert catalog.pages.stale() == owed
            catalog.pages.mark_written(catalog.pages.stale())


class TestNotesAndRepositories:
    def test_a_note_is_what_was_noted_last(self, catalog):
        assert catalog.note("pages") == ""
        catalog.set_note("pages", "1")
        catalog.set_note("pages", "2")
        assert (catalog.note("pages"), catalog.note("other")) == ("2", "")

    def test_a_finished_repository_is_remembered_once(self, catalog):
        assert catalog.index_state.finished_repositories() == frozenset()
        catalog.index_state.finish_repository(UUID)
        catalog.index_state.finish_repository(UUID)
        assert catalog.index_state.finished_repositories() == {UUID}


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


class TestVersion1:
    """A file as the first version of the schema had it."""

    @pytest.fixture(autouse=True)
    def _written(self, path):
        connection = sqlite3.connect(path)
        connection.executescript(VERSION_1.format(uuid=UUID))
        connection.close()

    def test_keeps_what_it_knew(self, path):
        with open_catalog(path) as catalog:
            assert catalog.releases.all() == [a_release(sha256="abc")]
            assert catalog.releases.metadata("abc") == b"Name"
            # They do not say what people know their tags by: those are built once more.
            assert catalog.failures.all() == []
            project = f"{UUID}/acme.ledger"
            origins = [project, f"{project}/tags/1.0"]
            assert catalog.toolchains.of([*origins, "other"]) == dict.fromkeys(origins, "setuptools==80.0")
            assert catalog.toolchains.of(["other"]) == {}
            assert (catalog.index_state.finished_repositories(), catalog.note("pages")) == ({UUID}, "1")

    def test_is_of_this_version_once_it_was_opened(self, path):
        for _ in range(2):
            with open_catalog(path) as catalog:
                catalog.private_names.update(["acme-ledger"], [])
                catalog.public_names.record({"acme-ledger": True}, datetime(2026, 1, 1, tzinfo=timezone.utc))
                catalog.pages.set_description("acme-ledger", "d", "<p>")
                catalog.pages.list_project(ListedProject("acme-ledger", "acme.ledger", "1.0"))
                catalog.failures.add(failed(project="acme"))
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        connection.close()

    def test_has_the_tables_of_a_new_file(self, path, tmp_path):
        with open_catalog(path), open_catalog(tmp_path / "new.sqlite3"):
            pass
        assert columns(path) == columns(tmp_path / "new.sqlite3")

    def test_stays_as_it_was_where_the_change_breaks_off(self, path):
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE watched (in_the_way)")
        connection.close()
        before = columns(path)
        with pytest.raises(StoreError, match="watched"), open_catalog(path):
            pass
        assert columns(path) == before


def columns(path: Path) -> dict[str, list[str]]:
    """The columns of each table and index of a file."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema ORDER BY name")]
    found = {name: [row[1:3] for row in connection.execute(f"PRAGMA table_info({name})")] for name in names}
    connection.close()
    return found


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
