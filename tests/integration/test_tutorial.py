"""The tutorial, followed from top to bottom on a clean state."""

from __future__ import annotations

from pathlib import Path

from tests.support.commands import Commands
from tests.support.pages.table import follow


def test_the_tutorial_does_what_it_says(tmp_path: Path, commands: Commands, public: str) -> None:
    follow("tutorial/first-index.rst", tmp_path, commands, public)
