"""The published folder: no half file in sight, nothing overwritten, what is equal not touched."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index import store
from sdistmaker_recipe.index.store import IndexStore, StoredFile, sha256_of, write_text

NAME = "acme-1.0.tar.gz"
OLD, NEW = b"old content", b"new content, and longer"


@pytest.fixture
def index(tmp_path):
    return IndexStore(tmp_path / "index")


@pytest.fixture
def umask():
    """Set the umask for this test only."""
    before = os.umask(0o022)
    os.umask(before)
    yield os.umask
    os.umask(before)


@pytest.fixture
def no_hard_links(monkeypatch):
    """A file system that has no hard links."""

    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(target), None, str(self))

    monkeypatch.setattr(Path, "hardlink_to", refuse)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below folder, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def stored(content: bytes, *, added: bool) -> StoredFile:
    return StoredFile(hashlib.sha256(content).hexdigest(), len(content), added)


class TestAddArchive:
    def test_puts_it_into_the_projects_folder_and_says_what_is_there(self, index):
        assert index.add_archive("acme", NAME, NEW) == stored(NEW, added=True)
        assert files(index.folder) == {f"acme/{NAME}": NEW}

    def test_links_it_where_it_is_a_file(self, index, tmp_path):
        source = tmp_path / "built.tar.gz"
        source.write_bytes(NEW)
        assert index.add_archive("acme", NAME, source) == stored(NEW, added=True)
        assert source.samefile(index.folder / "acme" / NAME)

    @pytest.mark.usefixtures("no_hard_links")
    def test_copies_a_file_where_it_cannot_be_linked(self, index, tmp_path):
        source = tmp_path / "built.tar.gz"
        source.write_bytes(NEW)
        source.chmod(0o400)
        assert index.add_archive("acme", NAME, source) == stored(NEW, added=True)
        assert source.read_bytes() == NEW
        assert not source.samefile(index.folder / "acme" / NAME)
        assert mode(index.folder / "acme" / NAME) == mode(index.folder) & 0o666

    def test_leaves_what_is_there_untouched_also_by_a_link(self, index, tmp_path):
        source = tmp_path / "built.tar.gz"
        source.write_bytes(NEW)
        index.add_archive("acme", NAME, OLD)
        assert index.add_archive("acme", NAME, source) == stored(OLD, added=False)
        assert files(index.folder) == {f"acme/{NAME}": OLD}

    @pytest.mark.parametrize("content", [OLD, NEW], ids=["equal", "other"])
    def test_leaves_what_is_there_untouched_and_says_what_that_is(self, index, content):
        index.add_archive("acme", NAME, OLD)
        path = index.folder / "acme" / NAME
        os.utime(path, ns=(1, 1))
        inode = path.stat().st_ino
        assert index.add_archive("acme", NAME, content) == stored(OLD, added=False)
        assert files(index.folder) == {f"acme/{NAME}": OLD}
        assert (path.stat().st_mtime_ns, path.stat().st_ino) == (1, inode)

    def test_never_overwrites_a_file_that_came_while_it_was_copying(self, index, monkeypatch):
        copy = store._copy

        def slow_copy(content: Path | bytes, target: Path) -> None:
            copy(content, target)
            (index.folder / "acme" / NAME).write_bytes(OLD)

        monkeypatch.setattr(store, "_copy", slow_copy)
        assert index.add_archive("acme", NAME, NEW) == stored(OLD, added=False)

    @pytest.mark.usefixtures("no_hard_links")
    def test_works_without_hard_links(self, index):
        assert index.add_archive("acme", NAME, NEW) == stored(NEW, added=True)
        assert files(index.folder) == {f"acme/{NAME}": NEW}

    @pytest.mark.usefixtures("no_hard_links")
    def test_never_overwrites_without_hard_links(self, index):
        (index.folder / "acme").mkdir(parents=True)
        (index.folder / "acme" / NAME).write_bytes(OLD)
        assert index.add_archive("acme", NAME, NEW) == stored(OLD, added=False)
        assert files(index.folder) == {f"acme/{NAME}": OLD}

    @pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
    def test_gives_permissions_that_follow_the_umask(self, index, umask, mask, expected):
        umask(mask)
        index.add_archive("acme", NAME, NEW)
        assert mode(index.folder / "acme" / NAME) == expected
        assert mode(index.folder / "acme") == 0o777 & ~mask

    def test_writes_to_the_disk_before_it_names_the_file_and_the_folder_after(self, index, monkeypatch):
        events = []
        link, sync = Path.hardlink_to, os.fsync
        monkeypatch.setattr(Path, "hardlink_to", lambda *args: (events.append("name"), link(*args)))
        kinds = {True: "sync folder", False: "sync file"}
        monkeypatch.setattr(
            os, "fsync", lambda fd: (events.append(kinds[stat.S_ISDIR(os.fstat(fd).st_mode)]), sync(fd))
        )
        index.add_archive("acme", NAME, NEW)
        assert events == ["sync file", "name", "sync folder"]

    def test_says_of_a_disk_that_fails_which_file_and_why(self, index):
        index.folder.write_text("a file where the index should be")
        with pytest.raises(StoreError, match=f"{index.folder / 'acme'}.*: Not a directory"):
            index.add_archive("acme", NAME, NEW)

    def test_says_of_an_archive_that_is_not_there_which(self, index, tmp_path):
        with pytest.raises(StoreError, match=r"gone\.tar\.gz: No such file"):
            index.add_archive("acme", NAME, tmp_path / "gone.tar.gz")
        assert files(index.folder) == {}

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
    def test_leaves_nothing_behind_when_it_breaks_off(self, index, monkeypatch, error):
        def fail(descriptor: int) -> None:
            raise error

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises((KeyboardInterrupt, StoreError)):
            index.add_archive("acme", NAME, NEW)
        assert files(index.folder) == {}


CRASH = """
import os, sys
from pathlib import Path
from sdistmaker_recipe.index.store import IndexStore, write_text

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
        assert index.add_archive("acme", NAME, NEW).added

    def test_leaves_the_old_page_whole(self, index):
        page = index.folder / "acme" / "index.html"
        write_text(page, "old")
        self.crash(index.folder, "page")
        assert page.read_text() == "old"
        assert [path for path in page.parent.iterdir() if not path.name.startswith(".")] == [page]
        assert write_text(page, "new")


class TestReplaceArchive:
    @pytest.mark.parametrize("as_file", [False, True])
    def test_puts_another_in_place_of_what_is_there(self, index, tmp_path, as_file):
        index.add_archive("acme", NAME, OLD)
        (tmp_path / "new").write_bytes(NEW)
        given = tmp_path / "new" if as_file else NEW
        assert index.replace_archive("acme", NAME, given) == stored(NEW, added=True)
        assert files(index.folder) == {f"acme/{NAME}": NEW}

    def test_never_changes_the_file_that_a_reader_has_open(self, index):
        index.add_archive("acme", NAME, OLD)
        with (index.folder / "acme" / NAME).open("rb") as reader:
            index.replace_archive("acme", NAME, NEW)
            assert reader.read() == OLD

    def test_leaves_the_old_one_whole_where_it_breaks_off(self, index, monkeypatch):
        index.add_archive("acme", NAME, OLD)

        def fail(_descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StoreError, match="No space left"):
            index.replace_archive("acme", NAME, NEW)
        assert files(index.folder) == {f"acme/{NAME}": OLD}


class TestRemove:
    def test_takes_files_away_that_may_be_gone(self, index):
        for name in ("a", "b", "c"):
            index.add_archive("acme", name, OLD)
        for _ in range(2):
            index.remove("acme", ["a", "c"])
            assert files(index.folder) == {"acme/b": OLD}
        index.remove("nowhere", ["a"])

    def test_says_of_a_disk_that_fails_which_file(self, index, monkeypatch):
        def fail(path: str) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted", path)

        index.add_archive("acme", NAME, OLD)
        monkeypatch.setattr(os, "unlink", fail)
        with pytest.raises(StoreError, match=NAME):
            index.remove("acme", [NAME])


def refuse(path: object, *_rest: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


class TestErrors:
    def test_name_a_page_as_it_will_be_called(self, index, monkeypatch):
        monkeypatch.setattr(os, "replace", refuse)
        with pytest.raises(StoreError) as raised:
            index.write_pages({"acme/index.html": "text"})
        assert raised.value.message == f"{index.folder}/acme/index.html: Permission denied"
        assert "same account" in raised.value.hint

    def test_name_a_text_as_it_will_be_called(self, tmp_path, monkeypatch):
        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(StoreError, match=rf"^{tmp_path}/apache\.conf: Permission denied\n"):
            write_text(tmp_path / "apache.conf", "text")

    def test_name_the_index_where_that_cannot_be_written(self, index, monkeypatch):
        monkeypatch.setattr(Path, "touch", refuse)
        with pytest.raises(StoreError, match=rf"^{index.folder}: Permission denied\n"):
            index.prepare()

    def test_say_nothing_of_accounts_where_the_disk_is_full(self, index, monkeypatch):
        def fail(path: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

        monkeypatch.setattr(Path, "touch", fail)
        with pytest.raises(StoreError) as raised:
            index.prepare()
        assert str(raised.value) == f"{index.folder}: No space left on device"


class TestWriteText:
    def test_makes_the_file_and_its_folders(self, tmp_path):
        path = tmp_path / "a" / "b" / "index.html"
        assert write_text(path, "Zähler\n") is True
        assert path.read_bytes() == "Zähler\n".encode()

    def test_replaces_other_content(self, tmp_path):
        path = tmp_path / "index.html"
        path.write_text("a much longer text than the new one")
        assert write_text(path, "new") is True
        assert files(tmp_path) == {"index.html": b"new"}

    def test_does_not_touch_what_is_equal(self, tmp_path):
        path = tmp_path / "index.html"
        write_text(path, "same")
        os.utime(path, ns=(1, 1))
        assert write_text(path, "same") is False
        assert path.stat().st_mtime_ns == 1

    def test_keeps_line_ends_as_they_are(self, tmp_path):
        path = tmp_path / "x.log"
        write_text(path, "a\r\nb\rc\n")
        assert path.read_bytes() == b"a\r\nb\rc\n"

    def test_never_changes_the_file_that_a_reader_has_open(self, tmp_path):
        path = tmp_path / "index.html"
        write_text(path, "old")
        with path.open() as reader:
            write_text(path, "new")
            assert reader.read() == "old"

    @pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600)])
    def test_gives_permissions_that_follow_the_umask(self, tmp_path, umask, mask, expected):
        umask(mask)
        path = tmp_path / "index.html"
        write_text(path, "old")
        write_text(path, "new")
        assert mode(path) == expected

    def test_says_of_a_disk_that_fails_which_file_and_why(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError, match=f"{tmp_path}/file/index.html: Not a directory"):
            write_text(tmp_path / "file" / "index.html", "text")

    def test_leaves_the_old_file_and_nothing_else_when_it_breaks_off(self, tmp_path, monkeypatch):
        path = tmp_path / "index.html"
        write_text(path, "old")

        def fail(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StoreError, match="No space left"):
            write_text(path, "new")
        assert files(tmp_path) == {"index.html": b"old"}


class TestPages:
    def test_are_written_by_their_path(self, index):
        index.write_pages({"index.html": "root", "acme/index.html": "page", "acme/index.json": "{}"})
        assert files(index.folder) == {
            "index.html": b"root",
            "acme/index.html": b"page",
            "acme/index.json": b"{}",
        }

    def test_that_are_equal_are_not_touched(self, index):
        index.write_pages({"acme/a": "1", "acme/b": "1"})
        for name in "ab":
            os.utime(index.folder / "acme" / name, ns=(1, 1))
        index.write_pages({"acme/a": "1", "acme/b": "2"})
        assert files(index.folder) == {"acme/a": b"1", "acme/b": b"2"}
        assert (index.folder / "acme" / "a").stat().st_mtime_ns == 1
        assert (index.folder / "acme" / "b").stat().st_mtime_ns != 1

    def test_are_all_on_the_disk_before_the_first_gets_its_name(self, index, monkeypatch):
        index.write_pages({"acme/a": "old", "acme/b": "old"})
        seen = []

        def note(folder: Path) -> None:
            seen.append(sorted(content.decode() for content in files(folder).values()))

        monkeypatch.setattr(store, "sync", note)
        index.write_pages({"acme/a": "new", "acme/b": "new"})
        assert seen == [["new", "new", "old", "old"], ["new", "new"]]

    def test_that_are_equal_cost_no_waiting_for_the_disk(self, index, monkeypatch):
        index.write_pages({"acme/a": "1"})
        monkeypatch.setattr(store, "sync", None)
        index.write_pages({"acme/a": "1"})

    def test_stay_as_they_were_when_the_disk_fails(self, index, monkeypatch):
        index.write_pages({"a": "old"})

        def fail(folder: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", str(folder))

        monkeypatch.setattr(store, "sync", fail)
        with pytest.raises(StoreError, match="No space left"):
            index.write_pages({"a": "new", "b": "new"})
        assert files(index.folder) == {"a": b"old"}

    def test_are_there_only_when_all_are(self, index):
        assert not index.has_pages("acme", ("a", "b"))
        index.write_pages({"acme/a": "1"})
        assert index.has_pages("acme", ("a",))
        assert not index.has_pages("acme", ("a", "b"))


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
        assert getattr(index, put)("acme", NAME, given) == stored(NEW, added=True)
        assert no_file.read_bytes() == NEW

    @pytest.mark.usefixtures("no_hard_links")
    def test_of_an_archive_without_hard_links(self, index, no_file):
        assert index.add_archive("acme", NAME, NEW) == stored(NEW, added=True)
        assert no_file.read_bytes() == NEW

    def test_of_a_second_name(self, index, no_file):
        index.add_archive("own", "own-1.0.tar.gz", NEW)
        assert not index.is_second_name("own", "own-1.0.tar.gz", "acme", NAME)
        index.link_archive("own", "own-1.0.tar.gz", "acme", NAME)
        assert index.is_second_name("own", "own-1.0.tar.gz", "acme", NAME)
        assert no_file.samefile(index.folder / "own/own-1.0.tar.gz")

    def test_of_a_page(self, index, no_file):
        path = f"acme/{NAME}"
        assert not index.is_page(path, NEW)
        index.write_pages({path: NEW})
        assert index.is_page(path, NEW)
        assert no_file.read_bytes() == NEW

    def test_of_what_is_removed(self, index, no_file):
        index.remove("acme", [NAME])
        assert not os.path.lexists(no_file)

    def test_is_no_file(self, index, no_file):
        assert not index.has_file("acme", NAME)
        assert index.digest("acme", NAME) == ""
        assert not index.has_pages("acme", (NAME,))
        assert index.has_anything("acme", NAME)
        index.move_aside("acme", NAME)
        assert not index.has_anything("acme", NAME)


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
        assert getattr(index, put)("acme", NAME, OLD) == stored(OLD, added=True)
        assert files(no_folder) == {NAME: OLD}

    def test_of_a_second_name(self, index, no_folder):
        index.link_archive("Acme.Other", NAME, "acme", NAME)
        assert (no_folder / NAME).samefile(index.folder / "Acme.Other" / NAME)

    def test_of_pages(self, index, no_folder):
        pages = {"Acme.Other/index.html": NEW, "acme/index.html": NEW, "acme/index.json": OLD}
        assert not index.is_page("acme/index.html", NEW)
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
        assert not index.has_anything("acme", NAME)
        index.remove("acme", [NAME])
        index.mark_private(["acme"])


class TestAside:
    def test_keeps_all_that_comes_there(self, index):
        for content in (OLD, NEW, OLD):
            index.replace_archive("acme", NAME, content)
            index.move_aside("acme", NAME)
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
        target = index.move_aside("acme", NAME)
        assert target == index.quarantine_folder / "acme.1" / NAME
        assert target.read_bytes() == NEW
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert index.move_aside("", "acme") == index.quarantine_folder / "acme.2"


def test_the_index_may_be_a_link(index, tmp_path):
    (tmp_path / "real").mkdir()
    index.folder.symlink_to("real")
    index.prepare()
    index.write_pages({"index.html": "root", "acme/index.html": "page"})
    index.add_archive("acme", NAME, NEW)
    index.link_archive("acme", NAME, "Acme", NAME)
    index.mark_private(["ledger"])
    assert index.is_page("index.html", "root")
    assert index.has_pages("", ("index.html",))
    assert set(index.folders()) == {"acme", "Acme", "ledger"}
    index.remove("acme", [NAME])
    assert files(tmp_path / "real").keys() == {"index.html", "acme/index.html", f"Acme/{NAME}"}
    assert index.folder.is_symlink()


def test_what_is_in_the_place_of_incoming_is_moved_aside(index, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / NAME).write_bytes(NEW)
    index.folder.mkdir()
    (index.folder / ".incoming").symlink_to(tmp_path / "elsewhere")
    with index.incoming() as folder:
        assert list(folder.iterdir()) == []
    assert (index.quarantine_folder / ".incoming").is_symlink()
    assert files(tmp_path / "elsewhere") == {NAME: NEW}


class TestSync:
    def test_asks_for_the_file_system_of_the_folder(self, tmp_path, monkeypatch):
        asked = []

        class Libc:
            def syncfs(self, descriptor: int) -> int:
                asked.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
                return 0

        monkeypatch.setattr(store.ctypes, "CDLL", lambda *_, **__: Libc())
        store.sync(tmp_path)
        assert asked == [str(tmp_path)]

    def test_says_when_the_disk_failed(self, tmp_path, monkeypatch):
        class Libc:
            def syncfs(self, _: int) -> int:
                return -1

        monkeypatch.setattr(store.ctypes, "CDLL", lambda *_, **__: Libc())
        monkeypatch.setattr(store.ctypes, "get_errno", lambda: errno.EIO)
        with pytest.raises(StoreError, match=f"{tmp_path}: Input/output error"):
            store.sync(tmp_path)

    def test_works_where_only_all_file_systems_can_be_asked(self, tmp_path, monkeypatch):
        asked = []
        monkeypatch.setattr(store.ctypes, "CDLL", lambda *_, **__: object())
        monkeypatch.setattr(os, "sync", lambda: asked.append("all"))
        store.sync(tmp_path)
        assert asked == ["all"]


class TestPrivateNames:
    def test_have_an_empty_folder_and_may_be_marked_again(self, index):
        index.mark_private(["acme"])
        index.mark_private(["acme"])
        assert list((index.folder / "acme").iterdir()) == []

    def test_are_taken_back(self, index):
        index.mark_private(["acme"])
        index.unmark_private("acme")
        assert not (index.folder / "acme").exists()

    def test_are_not_taken_back_where_anything_is_published(self, index):
        index.add_archive("acme", NAME, NEW)
        index.unmark_private("acme")
        assert files(index.folder) == {f"acme/{NAME}": NEW}

    def test_have_folders_whatever_is_there_already(self, index):
        index.add_archive("acme", NAME, NEW)
        index.mark_private(["acme", "ledger"])
        assert set(index.folders()) == {"acme", "ledger"}

    def test_that_never_were_are_taken_back_without_a_word(self, index):
        index.unmark_private("acme")


def test_an_archive_is_there_only_as_a_file(index):
    assert not index.has_file("acme", NAME)
    index.mark_private([f"acme/{NAME}"])
    assert not index.has_file("acme", NAME)
    index.add_archive("ledger", NAME, NEW)
    assert index.has_file("ledger", NAME)


def test_sha256_is_that_of_the_whole_file(tmp_path):
    path = tmp_path / "large"
    content = bytes(range(256)) * 10_000
    path.write_bytes(content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


WAYS = {
    "add": lambda index: index.add_archive("acme", "acme-2.0.tar.gz", NEW),
    "add to a new folder": lambda index: index.add_archive("ledger", NAME, NEW),
    "replace": lambda index: index.replace_archive("acme", NAME, NEW),
    "remove": lambda index: index.remove("acme", [NAME]),
    "link": lambda index: index.link_archive("acme", NAME, "Acme", NAME),
    "link in place of a file": lambda index: index.link_archive(
        "acme", NAME, "Acme.Other", NAME, hashlib.sha256(OLD).hexdigest()
    ),
    "move aside": lambda index: index.move_aside("acme", NAME),
    "move a folder aside": lambda index: index.move_aside("", "acme"),
    "page": lambda index: index.write_pages({"index.html": "root", "acme/index.html": "page"}),
    "page in a new folder": lambda index: index.write_pages({"ledger/index.html": "page"}),
    "mark": lambda index: index.mark_private(["acme", "ledger"]),
    "unmark": lambda index: index.unmark_private("empty"),
}


@pytest.mark.parametrize("way", WAYS)
def test_tells_the_folders_in_which_it_made_or_removed_something(index, way):
    index.add_archive("acme", NAME, NEW)
    index.add_archive("Acme.Other", NAME, OLD)
    index.add_archive("untouched", NAME, NEW)
    index.mark_private(["empty"])
    for name in index.folders():
        os.utime(index.folder / name, ns=(1, 1))
    again = IndexStore(index.folder)
    before = again.folders()
    WAYS[way](again)
    now = again.folders()
    changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    assert changed
    assert changed <= again.changed_folders
    assert not again.changed_folders & {"", "untouched"}
    assert again.folders(again.changed_folders) == {
        name: time for name, time in now.items() if name in again.changed_folders
    }


def test_a_file_of_the_root_is_removed_and_of_no_folder_told(index):
    index.write_pages({"index.html": "root", "about.html": "about"})
    index.remove("", ["about.html"])
    assert files(index.folder).keys() == {"index.html"}
    assert index.changed_folders == set()


def test_of_folders_that_are_none_no_time_is_told(index, tmp_path):
    index.mark_private(["acme"])
    (index.folder / "link").symlink_to(tmp_path)
    (index.folder / "file").write_bytes(OLD)
    assert index.folders(["acme", "link", "file", "gone"]).keys() == {"acme"}
