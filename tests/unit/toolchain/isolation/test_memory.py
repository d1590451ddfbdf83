"""How much memory a run can get, from files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.isolation import memory

GIGABYTE = 1 << 30


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the kernel's, of a machine with 8 GiB free and no control group."""
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_OWN_GROUPS", tmp_path / "own")
    for name in ("_FIRST_VERSION", "_SECOND_VERSION"):
        monkeypatch.setattr(memory, name, getattr(memory, name)._replace(top=tmp_path / name))
    write(tmp_path, "meminfo", f"MemTotal:  99999999 kB\nMemAvailable:    {8 << 20} kB\nBuffers: 1 kB\n")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def group(folder: Path, names: tuple[str, str], limit: str, used: int, cache: str) -> None:
    write(folder, names[0], f"{limit}\n")
    write(folder, names[1], f"{used}\n")
    write(folder, "memory.stat", f"anon 1\n{cache}\nslab 2\n")


SECOND = ("memory.max", "memory.current")
FIRST = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def test_without_groups_it_is_that_of_the_machine(system: Path) -> None:
    assert memory.available_memory() == 8 * GIGABYTE
    write(system, "own", "0::/\n")
    assert memory.available_memory() == 8 * GIGABYTE


def test_a_system_that_does_not_say_has_none(system: Path) -> None:
    (system / "meminfo").unlink()
    assert memory.available_memory() == 0


def test_a_group_limits_it_and_its_cache_can_be_freed(system: Path) -> None:
    write(system, "own", "0::/jobs/nightly\n")
    folder = system / "_SECOND_VERSION/jobs/nightly"
    group(folder, SECOND, str(4 * GIGABYTE), 3 * GIGABYTE, f"inactive_file {GIGABYTE}")
    assert memory.available_memory() == 2 * GIGABYTE
    group(folder, SECOND, "max", 3 * GIGABYTE, "inactive_file 0")
    assert memory.available_memory() == 8 * GIGABYTE


def test_so_does_a_group_around_it(system: Path) -> None:
    write(system, "own", "0::/jobs/nightly\n")
    group(system / "_SECOND_VERSION/jobs/nightly", SECOND, "max", 1, "inactive_file 0")
    group(system / "_SECOND_VERSION/jobs", SECOND, str(GIGABYTE), 0, "inactive_file 0")
    assert memory.available_memory() == GIGABYTE


def test_in_a_container_the_path_may_be_that_of_the_host(system: Path) -> None:
    write(system, "own", "0::/docker/0123\n")
    group(system / "_SECOND_VERSION", SECOND, str(GIGABYTE), 0, "inactive_file 0")
    assert memory.available_memory() == GIGABYTE


def test_the_first_version_has_a_folder_for_each_controller(system: Path) -> None:
    write(system, "own", "9:name=systemd:/\n4:cpu,cpuacct:/x\n3:memory:/jobs\n0::/\n")
    group(system / "_FIRST_VERSION/jobs", FIRST, str(GIGABYTE), GIGABYTE // 2, "total_inactive_file 0")
    group(system / "_SECOND_VERSION/x", SECOND, "1", 0, "inactive_file 0")
    assert memory.available_memory() == GIGABYTE // 2


def test_a_group_above_its_limit_has_none_left(system: Path) -> None:
    write(system, "own", "0::/jobs\n")
    group(system / "_SECOND_VERSION/jobs", SECOND, str(GIGABYTE), 2 * GIGABYTE, "inactive_file 0")
    assert memory.available_memory() == 0
