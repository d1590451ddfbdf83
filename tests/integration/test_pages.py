"""The pages of the tutorial and the how-to guides, followed from top to bottom on a clean state."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.page_blocks import blocks
from tests.support.page_runs import PageRun
from tests.support.page_setups import PAGES, Place

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(page: str, tmp_path: Path, commands: Commands, public: str) -> None:
    with ExitStack() as stack:
        place = Place(tmp_path, commands, public, stack)
        for set_up in PAGES[page]:
            set_up(place)
        run = PageRun(place.commands, place.names)
        for block in blocks(DOCS / page):
            run.follow(block)
