"""A catalog in memory, the path of one on the disk; each new one is made as the program makes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog


@pytest.fixture
def copied_new_catalogs() -> None:
    """Nothing is copied here."""


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    with open_catalog(None) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite3"
