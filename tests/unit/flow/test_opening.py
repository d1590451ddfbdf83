"""A catalog that is given up: what is moved where, and what is not."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.configuration.parsing import Layer, configure
from sdistmaker_recipe.errors import CatalogDamagedError, RepositoryError, StoreError
from sdistmaker_recipe.flow import opening
from sdistmaker_recipe.flow.context import RunContext
from tests.support.old_catalog import VERSION_1
from tests.unit.values import a_file, a_release


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    layer = Layer("test", Door.FLAG, {"--destination": str(tmp_path / "index")})
    made = configure([layer], tmp_path)
    made.state.mkdir()
    return made


def context(tmp_path: Path, *, dry_run: bool = False) -> RunContext:
    return RunContext(lambda: tmp_path / "cache", dry_run=dry_run)


ERROR = CatalogDamagedError("catalog.sqlite3: malformed")


def test_all_that_belongs_to_a_damaged_file_goes_with_it(configuration, tmp_path):
    for end in ("", "-journal"):
        (configuration.state / f"catalog.sqlite3{end}").write_text(f"damaged{end}")
    warning = opening.quarantine_catalog(configuration, context(tmp_path), ERROR)
    aside = {path.name.partition("damaged")[2]: path for path in configuration.state.iterdir()}
    assert {end: path.read_text() for end, path in aside.items()} == {
        ".sqlite3": "damaged",
        ".sqlite3-journal": "damaged-journal",
    }
    assert warning.startswith("catalog.sqlite3: malformed; it is moved to ")
    assert str(aside[".sqlite3"]) in warning


def test_a_second_one_does_not_replace_the_first(configuration, tmp_path):
    for content in ("one", "two"):
        (configuration.state / "catalog.sqlite3").write_text(content)
        opening.quarantine_catalog(configuration, context(tmp_path), ERROR)
    assert sorted(path.read_text() for path in configuration.state.iterdir()) == ["one", "two"]


def test_a_dry_run_moves_nothing_and_goes_on_with_an_empty_one(configuration, tmp_path):
    path = configuration.state / "catalog.sqlite3"
    path.write_bytes(b"no database at all" * 100)
    dry = context(tmp_path, dry_run=True)
    with pytest.raises(CatalogDamagedError), opening.open_run_catalog(configuration, dry):
        pass
    assert "would move" in opening.quarantine_catalog(configuration, dry, ERROR)
    with opening.open_run_catalog(configuration, dry, new_catalog=True) as catalog:
        assert catalog.releases.all() == []
    assert path.read_bytes().startswith(b"no database at all")


def test_what_the_disk_refuses_is_named(configuration, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Denied")))
    with pytest.raises(StoreError, match=r"catalog\.sqlite3: Denied"):
        opening.quarantine_catalog(configuration, context(tmp_path), ERROR)


def test_a_lock_of_another_account_is_named(configuration, tmp_path, monkeypatch):
    def refuse(path: str, *_rest: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError) as raised, opening.locked(configuration, context(tmp_path)):
        pass
    assert raised.value.message == f"{configuration.state / 'lock'}: Permission denied"
    assert "same account" in raised.value.hint


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path):
    # The system refuses a long name to every account, and a folder of another account in the same way.
    layer = Layer("test", Door.FLAG, {"--destination": str(tmp_path / ("x" * 300))})
    with pytest.raises(StoreError, match="-state: File name too long") as raised:
        opening.has_catalog(configure([layer], tmp_path))
    assert raised.value.hint == "Use a shorter path."


def test_a_disk_that_refuses_the_note_of_a_run_is_named(configuration, tmp_path):
    # As where a killed run of another account left the file.
    (configuration.state / "running").symlink_to(tmp_path / "missing/running")
    named = re.escape(f"{configuration.state / 'running'}: No such file")
    with pytest.raises(StoreError, match=named), opening.locked(configuration, context(tmp_path)):
        pass


@pytest.mark.parametrize("may_be_written", [True, False])
def test_why_a_catalog_cannot_be_opened_is_said_where_it_is_of_another_account(
    configuration, tmp_path, monkeypatch, may_be_written
):
    def refuse(*_arguments: object, **_options: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    (configuration.state / "catalog.sqlite3").touch()
    monkeypatch.setattr(sqlite3, "connect", refuse)
    monkeypatch.setattr(os, "access", lambda *_: may_be_written)
    with pytest.raises(StoreError) as raised, opening.open_run_catalog(configuration, context(tmp_path)):
        pass
    assert ("same account" in raised.value.hint) is not may_be_written


QUERY = """
    SELECT former_name.sha256 FROM former_name, release, release_file, seen_tag
    WHERE release.summary = seen_tag.time
"""


class TestWhatIsDamage:
    @pytest.mark.parametrize(
        "message",
        [
            "database disk image is malformed",
            "file is not a database",
            "malformed database schema (release)",
            "Could not decode to UTF-8 column 'name'",
            "",
        ],
    )
    def test_what_sqlite_says_of_the_content(self, tmp_path, monkeypatch, message):
        assert isinstance(self.error(tmp_path, monkeypatch, message), CatalogDamagedError)

    @pytest.mark.parametrize(
        "message",
        [
            "database is locked",
            "disk I/O error",
            "database or disk is full",
            "unable to open database file",
            "attempt to write a readonly database",
            "no such table: release",
        ],
    )
    def test_what_it_says_of_disk_locks_and_mistakes(self, tmp_path, monkeypatch, message):
        error = self.error(tmp_path, monkeypatch, message)
        assert (type(error), message in str(error)) == (StoreError, True)

    def error(self, tmp_path, monkeypatch, message) -> StoreError:
        def fail(*_arguments, **_options):
            raise sqlite3.DatabaseError(message)

        monkeypatch.setattr(sqlite3, "connect", fail)
        with pytest.raises(StoreError) as caught, open_catalog(tmp_path / "catalog.sqlite3"):
            pass
        return caught.value

    @pytest.mark.parametrize(("table", "column"), [("release_file", "upload_time"), ("release", "name")])
    def test_a_value_that_can_be_none(self, tmp_path, table, column):
        path = tmp_path / "catalog.sqlite3"
        with open_catalog(path) as catalog:
            catalog.releases.publish(a_release())
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"UPDATE {table} SET {column} = CAST(X'ff' AS TEXT)")
        with open_catalog(path) as catalog, pytest.raises(CatalogDamagedError):
            catalog.releases.all()

    @pytest.mark.parametrize(
        "harm",
        [
            "DROP TABLE former_name",
            "ALTER TABLE release DROP COLUMN summary",
            "DROP TABLE release_file",
            "ALTER TABLE seen_tag RENAME COLUMN time TO moment",
        ],
    )
    def test_a_table_or_column_that_is_missing(self, tmp_path, harm):
        path = tmp_path / "catalog.sqlite3"
        with open_catalog(path) as catalog:
            catalog.releases.publish(a_release())
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(harm)
        with open_catalog(path) as catalog:
            with pytest.raises(CatalogDamagedError, match="there is no"):
                catalog.check()
            with pytest.raises(CatalogDamagedError, match="no such"):
                catalog.rows(QUERY)

    @pytest.mark.parametrize("kind", ["sdist", "wheel"])
    def test_a_release_without_its_sdist(self, tmp_path, kind):
        path = tmp_path / "catalog.sqlite3"
        files = (a_file(), a_file("acme_ledger-1.0-py3-none-any.whl"))
        with open_catalog(path) as catalog:
            catalog.releases.publish(a_release(files=files[: 1 if kind == "sdist" else 2]))
            catalog.check()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DELETE FROM release_file WHERE kind = 'sdist'")
        with open_catalog(path) as catalog:
            for use in (catalog.check, catalog.releases.all):
                with pytest.raises(CatalogDamagedError, match=re.escape(str(path))):
                    use()

    def test_a_row_that_has_no_room(self, tmp_path):
        path = tmp_path / "catalog.sqlite3"
        with open_catalog(path) as catalog:
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("ALTER TABLE file_to_remove DROP COLUMN sha256")
            with pytest.raises(CatalogDamagedError):
                catalog.change("INSERT INTO file_to_remove VALUES (?, ?, ?, ?, ?, ?)", [("",) * 6])

    def test_a_table_that_is_missing_in_an_older_catalog(self, tmp_path):
        path = tmp_path / "catalog.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(VERSION_1.format(uuid="1"))
            connection.executescript("DROP TABLE failure")
        with pytest.raises(CatalogDamagedError), open_catalog(path):
            pass

    def test_is_not_a_mistake_of_ours(self, tmp_path):
        with open_catalog(tmp_path / "catalog.sqlite3") as catalog:
            catalog.check()
            with pytest.raises(StoreError) as caught:
                catalog.rows("SELECT nothing FROM nowhere")
        assert type(caught.value) is StoreError

    def test_what_a_check_finds(self, tmp_path):
        path = tmp_path / "catalog.sqlite3"
        with open_catalog(path) as catalog:
            catalog.releases.publish(a_release())
            catalog.check()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("DELETE FROM sqlite_schema WHERE name = 'former_name'")
        with open_catalog(path) as catalog, pytest.raises(CatalogDamagedError):
            catalog.check()


class TestFirstRun:
    """A run on an index that was not there before."""

    @pytest.fixture
    def first(self, tmp_path: Path) -> Configuration:
        layer = Layer("test", Door.FLAG, {"--destination": str(tmp_path / "srv/packages/index")})
        return configure([layer], tmp_path)

    def fail(self, configuration: Configuration, error: BaseException) -> None:
        with opening.locked(configuration, context(configuration.destination)):
            with opening.open_run_catalog(configuration, context(configuration.destination)):
                pass
            raise error

    @pytest.mark.parametrize("error", [RepositoryError("https://x", "no answer"), KeyboardInterrupt()])
    def test_that_fails_leaves_nothing_behind(self, first, tmp_path, error):
        with pytest.raises(type(error)):
            self.fail(first, error)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("kept", ["index-state/logs/a.log", "index/acme/acme-1.0.tar.gz", "index/acme/"])
    def test_that_fails_keeps_all_when_there_is_something_to_keep(self, first, monkeypatch, kept):
        path = first.destination.parent / kept
        real = opening.open_run_catalog

        def open_catalog(*given: object) -> object:
            path.parent.mkdir(parents=True)
            path.touch()
            return real(*given)

        monkeypatch.setattr(opening, "open_run_catalog", open_catalog)
        with pytest.raises(StoreError):
            self.fail(first, StoreError("disk full"))
        assert path.exists()
        assert opening.catalog_path(first).exists()

    def test_keeps_folders_that_were_there_before(self, first, tmp_path):
        (tmp_path / "srv/packages").mkdir(parents=True)
        with pytest.raises(StoreError):
            self.fail(first, StoreError("disk full"))
        assert [path.name for path in (tmp_path / "srv").rglob("*")] == ["packages"]

    def test_that_succeeds_keeps_what_it_made(self, first, tmp_path):
        with opening.locked(first, context(tmp_path)):
            pass
        assert first.state.is_dir()

    def test_of_which_another_one_removed_the_lock_takes_a_new_one(self, first, tmp_path):
        with pytest.raises(StoreError), opening.locked(first, context(tmp_path)):
            raise StoreError("disk full")
        with opening.locked(first, context(tmp_path)):
            assert (first.state / "lock").exists()

    def test_that_may_not_make_the_folder_makes_none_above_it(self, first, tmp_path, monkeypatch):
        real = Path.mkdir

        def mkdir(path: Path, *arguments: object, **options: object) -> None:
            if path == first.state:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            real(path, *arguments, **options)

        (tmp_path / "srv").mkdir()
        monkeypatch.setattr(Path, "mkdir", mkdir)
        with pytest.raises(StoreError) as raised, opening.locked(first, context(tmp_path)):
            pass
        assert "sudo install -d -o ACCOUNT" in raised.value.hint
