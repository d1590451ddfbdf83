"""Files of a tag are read with distrust: links may lead anywhere, and not all that has a name is a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.untrusted_files import read_bytes, read_text, remove_folder
from tests.support.requirements import as_ordinary_user

SECRET = b"secret"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(SECRET)
    tree = tmp_path / "tree"
    (tree / "docs").mkdir(parents=True)
    (tree / "setup.py").write_bytes(b"setup()\r\n\xff")
    (tree / "docs" / "index.rst").write_bytes(b"Docs")
    return tree


def test_a_file_is_read_as_it_is(tree: Path) -> None:
    assert read_bytes(tree, "setup.py") == b"setup()\r\n\xff"
    assert read_text(tree, "setup.py") == "setup()\r\n\ufffd"
    assert read_bytes(tree, "docs/index.rst") == b"Docs"


def test_what_is_no_file_reads_as_empty(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    for name in ("nothing", "docs", "pipe", "docs/nothing", "setup.py/under", "", ".", ".."):
        assert read_bytes(tree, name) == b""


def test_a_link_is_followed_within_the_tree(tree: Path) -> None:
    (tree / "README").symlink_to("docs/index.rst")
    (tree / "again").symlink_to("README")
    (tree / "pages").symlink_to("docs")
    (tree.parent / "other").symlink_to(tree)
    for name in ("README", "again", "pages/index.rst"):
        assert read_bytes(tree, name) == read_bytes(tree.parent / "other", name) == b"Docs"


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "docs/../../secret", "up/secret", "circle"])
def test_a_link_is_not_followed_out_of_the_tree(tree: Path, target: str) -> None:
    (tree / "up").symlink_to("..")
    (tree / "circle").symlink_to(target)
    assert read_bytes(tree, "circle") == b""
    assert read_bytes(tree, "up/secret") == b""
    assert read_bytes(tree, "../secret") == b""
    assert (tree.parent / "secret").read_bytes() == SECRET


def test_what_is_too_large_for_text_reads_as_empty(tree: Path) -> None:
    for size, found in ((8 << 20, 8 << 20), ((8 << 20) + 1, 0)):
        os.truncate(tree / "setup.py", size)
        assert len(read_bytes(tree, "setup.py")) == found


REMOVE = """\
import sys, pathlib
from sdistmaker_recipe.toolchain.untrusted_files import remove_folder
remove_folder(pathlib.Path(sys.argv[1]))
"""


def test_a_folder_is_removed_whatever_its_permissions_and_what_links_lead_to_keeps_its_own(
    tree: Path, tmp_path: Path
) -> None:
    secret, elsewhere = tmp_path / "secret", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path, mode in ((secret, 0o640), (elsewhere, 0o755)):
        (tree / "docs" / path.name).symlink_to(path)
        path.chmod(mode)
    (tree / "docs" / "inner").mkdir()
    for path in (tree / "docs" / "inner", tree / "docs", tree):
        path.chmod(0o500 if path == tree else 0)
    subprocess.run([*as_ordinary_user(), sys.executable, "-c", REMOVE, str(tree)], check=True)
    assert not tree.exists()
    assert [path.stat().st_mode & 0o777 for path in (secret, elsewhere)] == [0o640, 0o755]


def test_a_link_is_not_taken_for_the_folder_to_remove(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tree)
    with pytest.raises(OSError, match="symbolic link"):
        remove_folder(tmp_path / "link")
    assert (tree / "docs" / "index.rst").exists()
