"""The tests of the catalog make each new one as the program does."""

from __future__ import annotations

import pytest


@pytest.fixture
def copied_new_catalogs() -> None:
    """Nothing is copied here."""
