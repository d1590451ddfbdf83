"""The pages of the how-to guides, followed from top to bottom on a clean state."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.pages.table import PAGES, follow

GUIDES = [page for page in PAGES if page.startswith("how-to/") and PAGES[page]]


@pytest.mark.parametrize("page", GUIDES)
def test_a_guide_does_what_it_says(page: str, tmp_path: Path, commands: Commands, public: str) -> None:
    follow(page, tmp_path, commands, public)
