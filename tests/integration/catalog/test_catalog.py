"""A catalog that a run left unfinished."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sdistmaker_recipe.catalog import open_catalog

KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA cache_size = 1")
for number in range(2000):
    connection.execute("INSERT INTO note VALUES (?, ?)", (number, "x" * 1000))
os._exit(0)
"""


class TestCopy:
    def test_is_made_though_a_run_was_killed_while_it_wrote(self, tmp_path):
        path = tmp_path / "catalog.sqlite3"
        with open_catalog(path) as catalog:
            catalog.set_note("kept", "1")
        subprocess.run([sys.executable, "-c", KILLED, path], check=True)
        assert Path(f"{path}-journal").stat().st_size
        with open_catalog(path, as_copy=True) as copy:
            assert (copy.note("kept"), copy.note("1")) == ("1", "")
