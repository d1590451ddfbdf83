"""Files of a tag are read with distrust: links may lead anywhere, and not all that has a name is a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_bytes, read_text, remove_folder

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


def test_a_link_is_not_taken_for_the_folder_to_remove(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tree)
    with pytest.raises(OSError, match="symbolic link"):
        remove_folder(tmp_path / "link")
    assert (tree / "docs" / "index.rst").exists()
