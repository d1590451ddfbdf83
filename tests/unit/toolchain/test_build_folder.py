"""Which tags may be exported to memory."""

from __future__ import annotations

import os
import resource
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import BuildError, RepositoryError
from sdistmaker_recipe.toolchain.build_folder import (
    TooLargeForMemoryError,
    limit_in_memory,
    place_to_unpack,
    temporary_build_folder,
)

MEGABYTE = 1 << 20


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder of one build, below the one in memory; the limits of this process stay as they were."""
    folder = tmp_path / "memory/worker-1/attempt"
    folder.mkdir(parents=True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield folder
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == before


def export(folder: Path, *sizes: int) -> None:
    for number, size in enumerate(sizes):
        path = folder / f"export/{number}/file"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(size))


def test_a_small_tag_stays_in_memory(scratch: Path, tmp_path: Path) -> None:
    with limit_in_memory(scratch, tmp_path / "memory"):
        export(scratch, 7 * MEGABYTE, 8 * MEGABYTE)


def test_many_files_can_be_too_large_together(scratch: Path, tmp_path: Path) -> None:
    with pytest.raises(TooLargeForMemoryError), limit_in_memory(scratch, tmp_path / "memory"):
        export(scratch, 8 * MEGABYTE, 8 * MEGABYTE, 1)


def test_one_large_file_is_not_even_written(scratch: Path, tmp_path: Path) -> None:
    with pytest.raises(TooLargeForMemoryError), limit_in_memory(scratch, tmp_path / "memory"):
        export(scratch, 17 * MEGABYTE)
    assert (scratch / "export/0/file").stat().st_size <= 16 * MEGABYTE


@pytest.mark.parametrize(
    "error", [BuildError("cut off"), RepositoryError("url", "File too large"), OSError()]
)
def test_an_export_that_fails_is_tried_on_disk(scratch: Path, tmp_path: Path, error: Exception) -> None:
    with pytest.raises(TooLargeForMemoryError), limit_in_memory(scratch, tmp_path / "memory"):
        raise error


@pytest.mark.parametrize(
    ("most", "expected"), [(2, 2), (32 * MEGABYTE, 16 * MEGABYTE), (resource.RLIM_INFINITY, 16 * MEGABYTE)]
)
def test_no_process_gets_a_higher_limit_than_it_may_have(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, expected: int
) -> None:
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    with monkeypatch.context() as during:
        during.setattr(resource, "getrlimit", lambda _: (most, most))
        with limit_in_memory(scratch, tmp_path / "memory"):
            pass
    assert limits == [(expected, most), (most, most)]


def test_what_a_build_sets_for_new_files_ends_with_it(tmp_path: Path) -> None:
    # Owner, group and others may read new files; the owner may write them: see posix_acl_xattr.h of Linux.
    entries = ((1, 6, 0xFFFFFFFF), (4, 4, 0xFFFFFFFF), (32, 4, 0xFFFFFFFF))
    content = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    for _ in range(2):
        with temporary_build_folder(tmp_path) as folder:
            (folder / "inner").mkdir()
            assert (folder / "inner").stat().st_mode & 0o700 == 0o700
            try:
                os.setxattr(folder.parent, "system.posix_acl_default", content)
            except OSError:
                pytest.skip("this file system has no access control lists")


@pytest.mark.parametrize("memory", [None, "elsewhere"])
def test_on_disk_nothing_is_limited(scratch: Path, tmp_path: Path, memory: str | None) -> None:
    with limit_in_memory(scratch, memory and tmp_path / memory):
        export(scratch, 17 * MEGABYTE)
    with pytest.raises(BuildError), limit_in_memory(scratch, None):
        raise BuildError("cut off")


def test_small_archives_are_unpacked_in_memory(tmp_path: Path) -> None:
    small, large, memory = tmp_path / "small", tmp_path / "large", tmp_path / "memory"
    small.write_bytes(bytes(2 * MEGABYTE))
    large.write_bytes(bytes(2 * MEGABYTE + 1))
    assert place_to_unpack(small, tmp_path, memory) == memory
    assert place_to_unpack(large, tmp_path, memory) == place_to_unpack(small, tmp_path, None) == tmp_path
