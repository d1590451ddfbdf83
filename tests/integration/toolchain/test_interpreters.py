"""Finding the Pythons of a machine: real ones, and programs that only look like one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.interpreters import find_interpreter, find_interpreters
from sdistmaker_recipe.toolchain.ladder import Interpreter

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


def looks_like(folder: Path, name: str, version: str, *, says: str = "", status: int = 0) -> Path:
    """A program that answers, whatever it is asked, as the Python of this version at this path would."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{version} {says or path}'\nexit {status}\n")
    path.chmod(0o755)
    return path


def environment(*folders: Path, **more: str) -> tuple[tuple[str, str], ...]:
    """Variables with which nothing is found but in these folders, unless more is said."""
    variables = {"PATH": ":".join(map(str, folders)), "HOME": "/nonexistent", **more}
    return tuple(variables.items())


def in_folder(found: tuple[Interpreter, ...], folder: Path) -> list[tuple[str, tuple[int, int]]]:
    return [(Path(each.path).name, each.version) for each in found if each.path.startswith(str(folder))]


def test_all_on_path_are_found_newest_first_python_2_last(tmp_path):
    for version in ("3.6", "2.7", "3.99", "3.100"):
        looks_like(tmp_path, f"python{version}", version)
    found = in_folder(find_interpreters((), environment(tmp_path)), tmp_path)
    assert found == [
        ("python3.100", (3, 100)),
        ("python3.99", (3, 99)),
        ("python3.6", (3, 6)),
        ("python2.7", (2, 7)),
    ]


def test_the_first_on_path_wins(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (second, first):
        folder.mkdir()
        looks_like(folder, "python3.99", "3.99")
    (found,) = (each for each in find_interpreters((), environment(first, second)) if each.version == (3, 99))
    assert found.path == str(first / "python3.99")


def test_those_of_pyenv_are_found_though_not_on_path(tmp_path):
    programs = tmp_path / "versions/3.99.1/bin"
    programs.mkdir(parents=True)
    looks_like(programs, "python3.99", "3.99")
    assert in_folder(find_interpreters((), environment(PYENV_ROOT=str(tmp_path))), tmp_path) == [
        ("python3.99", (3, 99))
    ]


def test_those_that_uv_installed_are_found_though_not_on_path(tmp_path):
    programs = tmp_path / "cpython-3.99.1-linux-x86_64-gnu/bin"
    programs.mkdir(parents=True)
    looks_like(programs, "python3.99", "3.99")
    found = find_interpreters((), environment(UV_PYTHON_INSTALL_DIR=str(tmp_path)))
    assert in_folder(found, tmp_path) == [("python3.99", (3, 99))]


def test_one_whose_name_says_no_minor_version_is_found(tmp_path):
    looks_like(tmp_path, "python3", "3.99")
    assert in_folder(find_interpreters((), environment(tmp_path)), tmp_path) == [("python3", (3, 99))]


@pytest.mark.parametrize("name", ["python3.99-config", "python", "python4.1", "xpython3.99"])
def test_other_programs_are_not_even_started(tmp_path, name):
    started = tmp_path / "started"
    (tmp_path / name).write_text(f"#!/bin/sh\ntouch {started}\necho 3.99 x\n")
    (tmp_path / name).chmod(0o755)
    assert in_folder(find_interpreters((), environment(tmp_path)), tmp_path) == []
    assert not started.exists()


def test_what_does_not_run_is_passed_over(tmp_path):
    looks_like(tmp_path, "python3.97", "3.97", status=127)
    (tmp_path / "python3.98").write_text("no program")
    (tmp_path / "python3.99").mkdir()
    looks_like(tmp_path, "python3.96", "nonsense")
    assert in_folder(find_interpreters((), environment(tmp_path)), tmp_path) == []


def test_folders_that_cannot_be_read_are_passed_over(tmp_path):
    looks_like(tmp_path, "python3.99", "3.99")
    unreadable = Path("/", "x" * 300)  # for root too
    found = find_interpreters((), environment(unreadable, tmp_path, PYENV_ROOT=str(unreadable)))
    assert in_folder(found, tmp_path) == [("python3.99", (3, 99))]


def test_a_launcher_is_followed_to_the_python_it_starts(tmp_path):
    looks_like(tmp_path, "python3.99", "3.99", says="/opt/real/python3.99")
    (found,) = (each for each in find_interpreters((), environment(tmp_path)) if each.version == (3, 99))
    assert found.path == "/opt/real/python3.99"


def test_chosen_ones_come_in_their_order_and_nothing_else(tmp_path):
    for version in ("3.98", "2.7", "3.99"):
        looks_like(tmp_path, f"python{version}", version)
    chosen = ("2.7", str(tmp_path / "python3.99"), "python3.98")
    found = find_interpreters(chosen, environment(tmp_path))
    assert [each.version for each in found] == [(2, 7), (3, 99), (3, 98)]


@pytest.mark.parametrize("chosen", ["3.3", "/no/such/python", "python9.9"])
def test_a_chosen_one_that_is_not_there_is_an_error_that_names_it(tmp_path, chosen):
    with pytest.raises(ToolchainError, match=f"{chosen}: no such Python"):
        find_interpreters((chosen,), environment(tmp_path))


def test_a_real_one_is_found_by_path_and_by_version():
    by_path = find_interpreter(sys.executable, environment())
    assert by_path == Interpreter(sys.executable, sys.version_info[:2])
    by_version = find_interpreter(OWN, environment(Path(sys.executable).parent))
    assert by_version.version == sys.version_info[:2]
    asked = subprocess.run([by_version.path, "--version"], capture_output=True, text=True, check=True)
    assert OWN in asked.stdout


def test_the_label_is_the_name_of_the_program():
    assert Interpreter("/opt/x", (2, 7)).label == "python2.7"
