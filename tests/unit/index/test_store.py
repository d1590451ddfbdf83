"""The files of the index: no half file in sight, nothing overwritten, what is equal not touched."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index import atomic_files, store
from sdistmaker_recipe.index.atomic_files import write_text
from tests.unit.index.store_content import NAME, NEW, OLD, files, mode, stored


class TestAddArchive:
    def test_puts_it_into_the_projects_folder_and_says_what_is_there(self, index):
        assert index.add_archive("acme", NAME, NEW) == stored(NEW, is_new=True)
        assert files(index.folder) == {f"acme/{NAME}": NEW}

    def test_links_it_where_it_is_a_file(self, index, tmp_path):
        source = tmp_path / "built.tar.gz"
        source.write_bytes(NEW)
        assert index.add_archive("acme", NAME, source) == stored(NEW, is_new=True)
        assert source.samefile(index.folder / "acme" / NAME)

    @pytest.mark.usefixtures("no_hard_links")
    def test_copies_a_file_where_it_cannot_be_linked(self, index, tmp_path):
        source = tmp_path / "built.tar.gz"
        source.write_bytes(NEW)
        source.chmod(0o400)
        assert index.add_archive("acme", NAME, source) == stored(NEW, is_new=True)
        assert source.read_bytes() == NEW
        assert not source.samefile(index.folder / "acme" / NAME)
        assert mode(index.folder / "acme" / NAME) == mode(index.folder) & 0o666

    def test_leaves_what_is_there_untouched_also_by_a_link(self, index, tmp_path):
        source = tmp_path / "built.tar.gz"
        source.write_bytes(NEW)
        index.add_archive("acme", NAME, OLD)
        assert index.add_archive("acme", NAME, source) == stored(OLD, is_new=False)
        assert files(index.folder) == {f"acme/{NAME}": OLD}

    @pytest.mark.parametrize("content", [OLD, NEW], ids=["equal", "other"])
    def test_leaves_what_is_there_untouched_and_says_what_that_is(self, index, content):
        index.add_archive("acme", NAME, OLD)
        path = index.folder / "acme" / NAME
        os.utime(path, ns=(1, 1))
        inode = path.stat().st_ino
        assert index.add_archive("acme", NAME, content) == stored(OLD, is_new=False)
        assert files(index.folder) == {f"acme/{NAME}": OLD}
        assert (path.stat().st_mtime_ns, path.stat().st_ino) == (1, inode)

    def test_never_overwrites_a_file_that_came_while_it_was_copying(self, index, monkeypatch):
        copy = atomic_files._copy

        def slow_copy(content: Path | bytes, target: Path) -> None:
            copy(content, target)
            (index.folder / "acme" / NAME).write_bytes(OLD)

        monkeypatch.setattr(atomic_files, "_copy", slow_copy)
        assert index.add_archive("acme", NAME, NEW) == stored(OLD, is_new=False)

    @pytest.mark.usefixtures("no_hard_links")
    def test_works_without_hard_links(self, index):
        assert index.add_archive("acme", NAME, NEW) == stored(NEW, is_new=True)
        assert files(index.folder) == {f"acme/{NAME}": NEW}

    @pytest.mark.usefixtures("no_hard_links")
    def test_never_overwrites_without_hard_links(self, index):
        (index.folder / "acme").mkdir(parents=True)
        (index.folder / "acme" / NAME).write_bytes(OLD)
        assert index.add_archive("acme", NAME, NEW) == stored(OLD, is_new=False)
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


class TestReplaceArchive:
    @pytest.mark.parametrize("as_file", [False, True])
    def test_puts_another_in_place_of_what_is_there(self, index, tmp_path, as_file):
        index.add_archive("acme", NAME, OLD)
        (tmp_path / "new").write_bytes(NEW)
        given = tmp_path / "new" if as_file else NEW
        assert index.replace_archive("acme", NAME, given) == stored(NEW, is_new=True)
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
            index.remove_files("acme", ["a", "c"])
            assert files(index.folder) == {"acme/b": OLD}
        index.remove_files("nowhere", ["a"])

    def test_says_of_a_disk_that_fails_which_file(self, index, monkeypatch):
        def fail(path: str) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted", path)

        index.add_archive("acme", NAME, OLD)
        monkeypatch.setattr(os, "unlink", fail)
        with pytest.raises(StoreError, match=NAME):
            index.remove_files("acme", [NAME])


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

        monkeypatch.setattr(store, "sync_filesystem", note)
        index.write_pages({"acme/a": "new", "acme/b": "new"})
        assert seen == [["new", "new", "old", "old"], ["new", "new"]]

    def test_that_are_equal_cost_no_waiting_for_the_disk(self, index, monkeypatch):
        index.write_pages({"acme/a": "1"})
        monkeypatch.setattr(store, "sync_filesystem", None)
        index.write_pages({"acme/a": "1"})

    def test_stay_as_they_were_when_the_disk_fails(self, index, monkeypatch):
        index.write_pages({"a": "old"})

        def fail(folder: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", str(folder))

        monkeypatch.setattr(store, "sync_filesystem", fail)
        with pytest.raises(StoreError, match="No space left"):
            index.write_pages({"a": "new", "b": "new"})
        assert files(index.folder) == {"a": b"old"}

    def test_are_there_only_when_all_are(self, index):
        assert not index.has_pages("acme", ("a", "b"))
        index.write_pages({"acme/a": "1"})
        assert index.has_pages("acme", ("a",))
        assert not index.has_pages("acme", ("a", "b"))


def test_an_archive_is_there_only_as_a_file(index):
    assert not index.has_file("acme", NAME)
    index.mark_private([f"acme/{NAME}"])
    assert not index.has_file("acme", NAME)
    index.add_archive("ledger", NAME, NEW)
    assert index.has_file("ledger", NAME)


class TestReadOnlyFileSystem:
    @pytest.fixture(autouse=True)
    def read_only(self, index, monkeypatch):
        """The kernel refuses to remove a file that is not there, too: not ENOENT but EROFS."""
        index.write_pages({"acme/index.html": "old"})

        def refuse(path, *_arguments, **_options):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

        monkeypatch.setattr(store, "open", refuse, raising=False)
        monkeypatch.setattr(os, "unlink", refuse)
        monkeypatch.setattr(Path, "unlink", refuse)
        monkeypatch.setattr(Path, "open", refuse)

    def test_is_said_of_the_page_that_was_to_be_written(self, index):
        with pytest.raises(StoreError, match=r"/acme/index\.html: Read-only file system$"):
            index.write_pages({"acme/index.html": "new"})

    def test_is_said_of_an_archive(self, index):
        with pytest.raises(StoreError, match=rf"/acme/{NAME}: Read-only file system$"):
            index.add_archive("acme", NAME, NEW)


class TestCleanup:
    def test_raises_its_error_where_the_block_raised_none(self):
        with pytest.raises(StoreError, match="cleanup"), atomic_files.at_end(fail):
            pass

    @pytest.mark.parametrize("error", [StoreError("block"), OSError("block"), KeyboardInterrupt("block")])
    def test_hides_no_error_of_the_block(self, error):
        with pytest.raises(type(error), match="block"), atomic_files.at_end(fail):
            raise error


def fail() -> None:
    raise StoreError("cleanup")
