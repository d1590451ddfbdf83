"""Folders are listed by name in builds, whatever Python they run on and whoever lists them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.interpreters import find_interpreters
from sdistmaker_recipe.toolchain.ladder import Interpreter
from sdistmaker_recipe.toolchain.worker import SHIMS

NAMES = ["b", "d", "a", "c", "e", "\xe4"]
LISTS = """\
# coding: utf-8
import json, os, sys
sys.path.append(sys.argv[1])
if sys.argv[2] == "before":
    import glob
    try:
        import pathlib
    except ImportError:
        pass
import sdistmaker_order
sdistmaker_order.sort_folders()
import glob
try:
    import pathlib
except ImportError:
    pathlib = None
found = [os.listdir("."), os.listdir(u"."), next(os.walk("."))[1]]
if pathlib:
    found.append([path.name for path in pathlib.Path(".").iterdir()])
    found.append([path.name for path in pathlib.Path(".").glob("*")])
    found.append([path.name for path in pathlib.Path(".").glob("?")])
if str is not bytes:
    found += [os.listdir(), os.listdir(path=".")]
    with os.scandir() as entries:
        found.append([entry.name for entry in entries])
    assert [type(name) for name in os.listdir(b".")] == 6 * [bytes]
    assert [entry.name for entry in os.scandir(b"a")] == []
    if os.listdir in os.supports_fd:
        folder = os.open(".", os.O_RDONLY)
        found.append(os.listdir(folder))
texts = [[each.decode("utf-8") if isinstance(each, bytes) else each for each in names] for names in found]
print(json.dumps(texts))
"""


def _pythons() -> list[Interpreter]:
    found = find_interpreters((), tuple(sorted(os.environ.items())))
    return list({python.version: python for python in found}.values())


@pytest.mark.parametrize("imported", ["before", "afterwards"])
@pytest.mark.parametrize("python", _pythons(), ids=lambda python: python.label)
def test_folders_are_listed_by_name(python: Interpreter, imported: str, tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / "tree" / name).mkdir(parents=True)
    script = tmp_path / "lists.py"
    script.write_text(LISTS, "utf-8")
    done = subprocess.run(
        [python.path, "-B", script, SHIMS, imported],
        cwd=tmp_path / "tree",
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) >= 3
    assert found == [sorted(NAMES)] * len(found)
