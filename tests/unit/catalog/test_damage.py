"""Damage of the catalog is recognised, whatever part of the file it meets."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.errors import CatalogDamagedError, StoreError
from tests.unit.values import a_failure, a_release, a_tag, with_sdist

INVALID = "CAST(X'c328' AS TEXT)"


def fill(catalog: Catalog) -> None:
    for number in range(30):
        release = with_sdist(a_release(f"1.{number}"), sha256=f"{number:064x}")
        catalog.releases.publish(release, {f"{number:064x}": b"Metadata-Version: 2.1\n"})
    catalog.failures.add(a_failure(a_tag("9.0")))
    catalog.set_note("adoption", "done")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalog") / "catalog.sqlite3"
    with open_catalog(path) as catalog:
        fill(catalog)
    return path


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(sound.read_bytes())
    return path


def harm(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def read_all(path: Path) -> None:
    """What runs read of a catalog, and the check that a run makes after an error that nobody expected."""
    with open_catalog(path) as catalog:
        try:
            catalog.releases.all()
            catalog.failures.all()
            catalog.pages.listed_projects()
            catalog.note("adoption")
        except StoreError:
            raise
        except Exception:
            catalog.check()
            raise


def test_a_sound_catalog_passes(copy):
    with open_catalog(copy) as catalog:
        catalog.check()


@pytest.mark.parametrize(
    "value",
    [
        f"release SET name = {INVALID}",
        f"release SET summary = {INVALID}",
        "release SET requires_python = X'33'",
        "release SET revision = X'00'",
        "release_file SET size = 'many'",
        "release_file SET upload_time = 'yesterday'",
        f"failure SET reason = {INVALID}",
        "note SET value = X'37'",
    ],
)
def test_a_value_of_another_type_is_found_by_a_check(copy, value):
    harm(copy, f"UPDATE {value}")
    with open_catalog(copy) as catalog, pytest.raises(CatalogDamagedError, match="holds a damaged value"):
        catalog.check()


@pytest.mark.parametrize("text", ["X'435245c328'", "X'ff'", "'CREATE TABLE release (project'"])
def test_a_schema_text_is_recognised_when_the_catalog_is_opened(copy, text):
    update = f"UPDATE sqlite_schema SET sql = CAST({text} AS TEXT) WHERE name = 'release'"
    harm(copy, "PRAGMA writable_schema = ON", update)
    with pytest.raises(CatalogDamagedError), open_catalog(copy) as catalog:
        catalog.releases.all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2**20), st.binary(min_size=1, max_size=8)), min_size=1, max_size=20))
def test_no_byte_brings_about_another_error(sound, tmp_path, changes):
    content = bytearray(sound.read_bytes())
    for number, data in changes:
        place = number % (len(content) - len(data))
        content[place : place + len(data)] = data
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(content)
    with suppress(StoreError):
        read_all(path)
