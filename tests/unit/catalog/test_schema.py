"""A catalog of the first version is led to the present schema."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.schema import SCHEMA_VERSION
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.model import Failure, ListedProject
from tests.support.old_catalog import VERSION_1
from tests.unit.values import UUID, a_failure, a_release, a_tag


def failed(**known: str) -> Failure:
    """A failure of a tag, known to people by these names."""
    return a_failure(a_tag(known.get("tag", "1.0")))._replace(**known)


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
