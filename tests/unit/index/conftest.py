"""An empty index, and what file systems can be like."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sdistmaker_recipe.index.store import IndexStore


@pytest.fixture
def index(tmp_path):
    return IndexStore(tmp_path / "index")


@pytest.fixture
def umask():
    """Set the umask for this test only."""
    before = os.umask(0o022)
    os.umask(before)
    yield os.umask
    os.umask(before)


@pytest.fixture
def no_hard_links(monkeypatch):
    """A file system that has no hard links."""

    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(target), None, str(self))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
