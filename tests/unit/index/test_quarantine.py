"""What is in the way of our files and folders is moved out of the index as it is."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from tests.unit.index.store_content import NAME, NEW, OLD, files, stored


def make_folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_bytes(OLD)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            # The whole path would be too long for one.
            made.bind(path.name)
    finally:
        os.chdir(here)


def link_elsewhere(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")
    elsewhere.write_bytes(NEW)
    path.symlink_to(elsewhere)


NO_FILES = {
    "folder": make_folder,
    "link": link_elsewhere,
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "pipe": os.mkfifo,
    "socket": make_socket,
}


@pytest.fixture(params=NO_FILES)
def no_file(request, index):
    """What is no regular file, in the place of one."""
    path = index.folder / "acme" / NAME
    path.parent.mkdir(parents=True)
    NO_FILES[request.param](path)
    return path


class TestInTheWayOfAFile:
    """What is no regular file in its place is moved aside as it is."""

    @pytest.fixture(autouse=True)
    def _kept(self, index, no_file, caplog):
        kind = stat.S_IFMT(no_file.lstat().st_mode)
        yield
        aside = index.quarantine_folder / "acme" / NAME
        assert stat.S_IFMT(aside.lstat().st_mode) == kind
        assert not no_file.is_symlink()
        assert f"acme/{NAME} was in the way" in caplog.get_records("call")[0].getMessage()
        elsewhere = no_file.with_name("elsewhere")
        assert not elsewhere.exists() or elsewhere.read_bytes() == NEW

    @pytest.mark.parametrize("put", ["add_archive", "replace_archive"])
    @pytest.mark.parametrize("as_file", [False, True])
    def test_of_an_archive(self, index, no_file, tmp_path, put, as_file):
        (tmp_path / "new").write_bytes(NEW)
        given = tmp_path / "new" if as_file else NEW
        assert getattr(index, put)("acme", NAME, given) == stored(NEW, is_new=True)
        assert no_file.read_bytes() == NEW

    @pytest.mark.usefixtures("no_hard_links")
    def test_of_an_archive_without_hard_links(self, index, no_file):
        assert index.add_archive("acme", NAME, NEW) == stored(NEW, is_new=True)
        assert no_file.read_bytes() == NEW

    def test_of_a_second_name(self, index, no_file):
        index.add_archive("own", "own-1.0.tar.gz", NEW)
        assert not index.is_same_archive("own", "own-1.0.tar.gz", "acme", NAME)
        index.link_archive("own", "own-1.0.tar.gz", "acme", NAME)
        assert index.is_same_archive("own", "own-1.0.tar.gz", "acme", NAME)
        assert no_file.samefile(index.folder / "own/own-1.0.tar.gz")

    def test_of_a_page(self, index, no_file):
        path = f"acme/{NAME}"
        assert not index.is_page_current(path, NEW)
        index.write_pages({path: NEW})
        assert index.is_page_current(path, NEW)
        assert no_file.read_bytes() == NEW

    def test_of_what_is_removed(self, index, no_file):
        index.remove_files("acme", [NAME])
        assert not os.path.lexists(no_file)

    def test_is_no_file(self, index, no_file):
        assert not index.has_file("acme", NAME)
        assert index.digest("acme", NAME) == ""
        assert not index.has_pages("acme", (NAME,))
        assert index.path_exists("acme", NAME)
        index.quarantine("acme", NAME)
        assert not index.path_exists("acme", NAME)


NO_FOLDERS = {
    "file": lambda path: path.write_bytes(OLD),
    "link to a folder of the index": lambda path: path.symlink_to("Acme.Other"),
    "link to a folder elsewhere": lambda path: path.symlink_to("../elsewhere"),
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "pipe": os.mkfifo,
}


@pytest.fixture(params=NO_FOLDERS)
def no_folder(request, index, tmp_path):
    """What is no folder, in the place of one."""
    for folder in (index.folder / "Acme.Other", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
        (folder / NAME).write_bytes(NEW)
        (folder / "index.html").write_bytes(NEW)
    path = index.folder / "acme"
    NO_FOLDERS[request.param](path)
    return path


class TestInTheWayOfAFolder:
    """What is no folder in its place is moved aside; what a link points to stays as it is."""

    @pytest.fixture(autouse=True)
    def _kept(self, index, no_folder, tmp_path, caplog):
        kind = stat.S_IFMT(no_folder.lstat().st_mode)
        yield
        aside = index.quarantine_folder / "acme"
        assert stat.S_IFMT(aside.lstat().st_mode) == kind
        assert no_folder.is_dir()
        assert not no_folder.is_symlink()
        assert "acme was in the way" in caplog.get_records("call")[0].getMessage()
        for folder in (index.folder / "Acme.Other", tmp_path / "elsewhere"):
            assert files(folder) == {NAME: NEW, "index.html": NEW}

    @pytest.mark.parametrize("put", ["add_archive", "replace_archive"])
    def test_of_an_archive(self, index, no_folder, put):
        assert getattr(index, put)("acme", NAME, OLD) == stored(OLD, is_new=True)
        assert files(no_folder) == {NAME: OLD}

    def test_of_a_second_name(self, index, no_folder):
        index.link_archive("Acme.Other", NAME, "acme", NAME)
        assert (no_folder / NAME).samefile(index.folder / "Acme.Other" / NAME)

    def test_of_pages(self, index, no_folder):
        pages = {"Acme.Other/index.html": NEW, "acme/index.html": NEW, "acme/index.json": OLD}
        assert not index.is_page_current("acme/index.html", NEW)
        index.write_pages(pages)
        assert files(no_folder) == {"index.html": NEW, "index.json": OLD}

    @pytest.mark.usefixtures("no_folder")
    def test_of_a_private_name(self, index):
        assert set(index.folders()) == {"Acme.Other"}
        index.mark_private(["acme"])
        assert set(index.folders()) == {"Acme.Other", "acme"}

    @pytest.mark.usefixtures("no_folder")
    def test_holds_nothing_of_ours(self, index):
        assert not index.has_file("acme", NAME)
        assert index.digest("acme", NAME) == ""
        assert not index.path_exists("acme", NAME)
        index.remove_files("acme", [NAME])
        index.mark_private(["acme"])


class TestQuarantine:
    def test_keeps_all_that_comes_there(self, index):
        for content in (OLD, NEW, OLD):
            index.replace_archive("acme", NAME, content)
            index.quarantine("acme", NAME)
        assert files(index.quarantine_folder) == {
            f"acme/{NAME}": OLD,
            f"acme/{NAME}.1": NEW,
            f"acme/{NAME}.2": OLD,
        }

    @pytest.mark.parametrize("first", ["file", "link to a folder elsewhere"])
    def test_has_room_for_files_of_a_folder_whose_place_was_taken(self, index, tmp_path, first):
        (tmp_path / "elsewhere").mkdir()
        index.folder.mkdir()
        NO_FOLDERS[first](index.folder / "acme")
        index.add_archive("acme", NAME, NEW)
        target = index.quarantine("acme", NAME)
        assert target == index.quarantine_folder / "acme.1" / NAME
        assert target.read_bytes() == NEW
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert index.quarantine("", "acme") == index.quarantine_folder / "acme.2"


def test_what_is_in_the_place_of_incoming_is_moved_aside(index, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / NAME).write_bytes(NEW)
    index.folder.mkdir()
    (index.folder / ".incoming").symlink_to(tmp_path / "elsewhere")
    with index.incoming() as folder:
        assert list(folder.iterdir()) == []
    assert (index.quarantine_folder / ".incoming").is_symlink()
    assert files(tmp_path / "elsewhere") == {NAME: NEW}
