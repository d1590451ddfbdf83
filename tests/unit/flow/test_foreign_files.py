"""Files of a folder that belong to no index, and folders that are one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sdistmaker_recipe.flow.foreign_files import find_foreign_file, is_index
from tests.support.old_index import add_archive


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write files into the folder ``index``, and return it."""

    def write(*paths: str, text: str = "mine") -> Path:
        for path in paths:
            file = tmp_path / "index" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path / "index"

    return write


@pytest.mark.parametrize("path", ["passwords.txt", "backup/db.sql", "a/b/c/deep.txt", ".env", "index.html"])
def test_a_file_is_foreign(write, path):
    folder = write(path)
    assert find_foreign_file(folder) == folder / path
    assert not is_index(folder)


@pytest.mark.parametrize(
    "path", [".gitkeep", ".htaccess", ".nfs0001", "lost+found/x", ".snapshot/daily/a.txt"]
)
def test_a_file_of_the_file_system_is_not(write, path):
    assert find_foreign_file(write(path)) is None


def test_empty_folders_and_links_to_nowhere_are_not(tmp_path):
    (tmp_path / "was-private/inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("/nowhere")
    assert find_foreign_file(tmp_path) is None
    assert find_foreign_file(tmp_path / "missing") is None


def test_a_link_to_a_file_is(write, tmp_path):
    folder = write(".keep")
    (folder / "link").symlink_to("/etc/passwd")
    assert find_foreign_file(folder) == folder / "link"


@pytest.mark.parametrize("path", ["plain/plain-1.0.tar.gz", "plain-1.0.zip", "store/plain-1.0.tgz"])
def test_an_archive_makes_a_folder_an_index(tmp_path, path):
    add_archive(tmp_path / path, "plain", "1.0")
    assert is_index(tmp_path)
    assert find_foreign_file(tmp_path) is None


def test_files_beside_archives_belong_to_them(tmp_path, write):
    folder = write("plain/notes.txt")
    add_archive(folder / "plain/plain-1.0.tar.gz", "plain", "1.0")
    assert find_foreign_file(folder) is None
    write("other/notes.txt")
    assert find_foreign_file(folder) == folder / "other/notes.txt"


def test_a_zip_of_something_else_makes_none(write):
    folder = write("backup/backup-2020.zip", text="PK")
    assert not is_index(folder)


def test_wheels_make_an_index(write):
    assert is_index(write("plain/plain-1.0-py3-none-any.whl"))


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("index.html", '<!DOCTYPE html><meta name="pypi:repository-version" content="1.1">'),
        ("index.json", '{"meta": {"api-version": "1.1"}, "projects": []}'),
    ],
)
def test_pages_of_an_index_that_lost_its_archives_are_no_foreign_files(write, page, text):
    folder = write(page, "style.css", "about.html", text=text)
    assert is_index(folder)
    assert find_foreign_file(folder) is None


def test_a_file_beside_a_foreign_archive_is_foreign(write):
    folder = write("pool/tool_1.0.tar.gz", "backup/db-1.0.zip", "backup/secret.txt")
    assert find_foreign_file(folder) is not None


def test_a_folder_that_is_too_deep_for_an_index_is_foreign(write):
    assert find_foreign_file(write("org/example/tool/1.0/files/tool.jar")) is not None
