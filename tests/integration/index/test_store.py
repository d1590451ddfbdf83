"""An index that a process left in the middle of a change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.index.atomic_files import write_text
from sdistmaker_recipe.index.store import IndexStore
from tests.unit.index.store_content import NAME, NEW


@pytest.fixture
def index(tmp_path):
    return IndexStore(tmp_path / "index")


CRASH = """
import os, sys
from pathlib import Path
from sdistmaker_recipe.index.atomic_files import write_text
from sdistmaker_recipe.index.store import IndexStore

def crash(*arguments):
    os._exit(9)

Path.hardlink_to = Path.replace = Path.rename = crash
index = Path(sys.argv[1])
if sys.argv[2] == "archive":
    IndexStore(index).add_archive("acme", "acme-1.0.tar.gz", b"new content, and longer")
else:
    write_text(index / "acme" / "index.html", "new")
"""


class TestCrash:
    """The process ends between the writing of a file and its naming, without any cleaning up."""

    def crash(self, folder: Path, what: str) -> None:
        assert subprocess.run([sys.executable, "-c", CRASH, str(folder), what]).returncode == 9

    def test_leaves_no_visible_archive_and_the_next_run_adds_it(self, index):
        self.crash(index.folder, "archive")
        left = [path.name for path in (index.folder / "acme").iterdir()]
        assert [name[0] for name in left] == ["."]
        assert index.add_archive("acme", NAME, NEW).is_new

    def test_leaves_the_old_page_whole(self, index):
        page = index.folder / "acme" / "index.html"
        write_text(page, "old")
        self.crash(index.folder, "page")
        assert page.read_text() == "old"
        assert [path for path in page.parent.iterdir() if not path.name.startswith(".")] == [page]
        assert write_text(page, "new")
