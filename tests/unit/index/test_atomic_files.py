"""Files are written completely or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index import atomic_files
from sdistmaker_recipe.index.atomic_files import disk_errors, sha256_of, sync_filesystem, write_text
from tests.unit.index.store_content import files, mode


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


class TestSync:
    def test_asks_for_the_file_system_of_the_folder(self, tmp_path, monkeypatch):
        asked = []

        class Libc:
            def syncfs(self, descriptor: int) -> int:
                asked.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
                return 0

        monkeypatch.setattr(atomic_files.ctypes, "CDLL", lambda *_, **__: Libc())
        sync_filesystem(tmp_path)
        assert asked == [str(tmp_path)]

    def test_says_when_the_disk_failed(self, tmp_path, monkeypatch):
        class Libc:
            def syncfs(self, _: int) -> int:
                return -1

        monkeypatch.setattr(atomic_files.ctypes, "CDLL", lambda *_, **__: Libc())
        monkeypatch.setattr(atomic_files.ctypes, "get_errno", lambda: errno.EIO)
        with pytest.raises(StoreError, match=f"{tmp_path}: Input/output error"):
            sync_filesystem(tmp_path)

    def test_works_where_only_all_file_systems_can_be_asked(self, tmp_path, monkeypatch):
        asked = []
        monkeypatch.setattr(atomic_files.ctypes, "CDLL", lambda *_, **__: object())
        monkeypatch.setattr(os, "sync", lambda: asked.append("all"))
        sync_filesystem(tmp_path)
        assert asked == ["all"]


def test_an_error_that_names_a_file_below_an_open_folder_is_named_by_the_whole_path(tmp_path):
    named = pytest.raises(StoreError, match=f"^{tmp_path}/style.css: Permission denied")
    with named, disk_errors(tmp_path / "style.css"):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "x")


def test_sha256_is_that_of_the_whole_file(tmp_path):
    path = tmp_path / "large"
    content = bytes(range(256)) * 10_000
    path.write_bytes(content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()
