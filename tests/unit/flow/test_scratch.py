"""The temporary folders of a run: on disk always, in memory where nobody lacks it then."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from sdistmaker_recipe.flow import scratch

PLENTY = 1 << 40


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder; the disk and the memory of this machine are two folders, with plenty of room."""
    for name in ("disk", "memory"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(scratch, "gettempdir", lambda: str(tmp_path / "disk"))
    monkeypatch.setattr(scratch, "SHARED_MEMORY", tmp_path / "memory")
    monkeypatch.setattr(scratch.memory, "available_memory", lambda: PLENTY)
    monkeypatch.setattr(scratch, "_LEAST_MEMORY", 1)
    monkeypatch.setattr(scratch, "_LEAST_MEMORY_OF_WORKER", 1)
    return tmp_path / "index-state"


def test_there_is_a_folder_on_disk_and_one_in_memory(state: Path) -> None:
    with scratch.scratch_folders(state, {}, 2) as (folder, memory):
        assert folder.parent.name == "disk"
        assert memory is not None
        assert memory.parent.name == "memory"
        for each in (folder, memory):
            assert each.stat().st_mode & 0o777 == 0o700
            (each / "file").write_text("")
    assert [*folder.parent.iterdir(), *memory.parent.iterdir()] == []


@pytest.mark.parametrize("name", ["TMPDIR", "TEMP", "TMP"])
def test_who_says_where_temporary_files_belong_gets_none_in_memory(state: Path, name: str) -> None:
    with scratch.scratch_folders(state, {name: "/srv/tmp"}, 2) as folders:
        assert folders.memory is None


@pytest.mark.parametrize(("workers", "is_used"), [(2, True), (3, False)])
def test_each_worker_needs_its_share(
    state: Path, monkeypatch: pytest.MonkeyPatch, workers: int, *, is_used: bool
) -> None:
    monkeypatch.setattr(scratch, "_LEAST_MEMORY", PLENTY // 2)
    monkeypatch.setattr(scratch, "_LEAST_MEMORY_OF_WORKER", PLENTY // 4)
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda _: Usage())
    with scratch.scratch_folders(state, {}, workers) as folders:
        assert (folders.memory is not None) == is_used


class Usage:
    """What shutil.disk_usage returns."""

    free = PLENTY


def test_a_file_system_in_memory_that_is_small_is_not_used(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A container has 64 MiB, if nobody asks for more.
    monkeypatch.setattr(Usage, "free", 64 << 20)
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda _: Usage())
    monkeypatch.setattr(scratch, "_LEAST_MEMORY", 2 << 30)
    with scratch.scratch_folders(state, {}, 1) as folders:
        assert folders.memory is None


@pytest.mark.parametrize("is_used", [True, False])
def test_memory_from_which_no_program_may_run_is_not_used(
    state: Path, monkeypatch: pytest.MonkeyPatch, *, is_used: bool
) -> None:
    room = {"f_bavail": PLENTY, "f_bfree": PLENTY, "f_blocks": PLENTY, "f_frsize": 1}
    found = SimpleNamespace(f_flag=os.ST_NOSUID | (0 if is_used else os.ST_NOEXEC), **room)
    monkeypatch.setattr(scratch.os, "statvfs", lambda _: found)
    with scratch.scratch_folders(state, {}, 1) as folders:
        assert (folders.memory is not None) == is_used


def test_a_system_without_such_a_file_system_builds_on_disk(
    state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(scratch, "SHARED_MEMORY", tmp_path / "none")
    with scratch.scratch_folders(state, {}, 1) as folders:
        assert folders.memory is None


def test_what_a_killed_run_left_is_removed(state: Path) -> None:
    with scratch.scratch_folders(state, {}, 1) as folders:
        pass
    assert folders.memory is not None
    for folder in (folders.folder, folders.memory):
        folder.mkdir()
        (folder / "left").write_text("")
    with scratch.scratch_folders(state, {"TMPDIR": "/srv/tmp"}, 1) as (folder, memory):
        assert memory is None
        assert list(folder.iterdir()) == []
        assert not folders.memory.exists()


def test_sockets_are_in_a_folder_with_a_short_path(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "gettempdir", lambda: "/var/tmp")
    assert scratch._socket_path(state).parent == Path("/var/tmp")
    monkeypatch.setattr(scratch, "gettempdir", lambda: f"/srv/{'long' * 20}")
    assert scratch._socket_path(state).parent == Path("/tmp")
    assert len(str(scratch._socket_path(state))) <= scratch._LONGEST_SOCKET_FOLDER
