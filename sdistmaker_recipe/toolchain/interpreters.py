"""Find the Pythons of this machine that can build: on PATH, those of uv, and those of pyenv."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.environments import uv_program
from sdistmaker_recipe.toolchain.ladder import Interpreter

# A program on PATH can be a launcher that starts a Python in another folder.
_QUESTION = "import sys; print('%d.%d %s' % (sys.version_info[:2] + (sys.executable,)))"
_PROGRAM_NAME = re.compile(r"python[23](\.\d+)?")
_ANSWER_SECONDS = 20


@lru_cache(maxsize=8)
def find_interpreters(
    requested: tuple[str, ...], environment: tuple[tuple[str, str], ...]
) -> tuple[Interpreter, ...]:
    """The requested interpreters in their order; without any, all of this machine, newest first.

    ``requested`` are paths or versions such as 2.7, ``environment`` the caller's variables, of which PATH and
    PYENV_ROOT count. Raises ``ToolchainError`` if a requested interpreter is missing.
    """
    variables = dict(environment)
    if not requested:
        return _newest_first(_working(_candidates(variables), variables))
    return tuple(_find(python, variables) for python in requested)


def find_interpreter(python: str, environment: tuple[tuple[str, str], ...]) -> Interpreter:
    """The interpreter with this path or version; raises ``ToolchainError`` if it is missing."""
    return find_interpreters((python,), environment)[0]


def _find(python: str, variables: Mapping[str, str]) -> Interpreter:
    if "/" in python:
        found = next(_working([python], variables), None)
    else:
        label = f"python{python.removeprefix('python')}"
        working = _working(_candidates(variables), variables)
        found = next((interpreter for interpreter in working if interpreter.label == label), None)
    if found is None:
        hint = "Install it, or change it in the option python, pythons or toolchain."
        raise ToolchainError(f"{python}: no such Python, or it does not run.", hint)
    return found


def _candidates(variables: Mapping[str, str]) -> Iterator[str]:
    """Paths that may be a Python; the same interpreter can come more than once."""
    pyenv_root = variables.get("PYENV_ROOT", "")
    for folder in filter(None, variables.get("PATH", "").split(":")):
        # pyenv's launchers are slow, and most of them refuse to start.
        if not pyenv_root or Path(folder) != Path(pyenv_root, "shims"):
            yield from _programs(Path(folder), "")
    if pyenv_root:
        yield from _programs(Path(pyenv_root), "versions/*/bin/")
    if folder := _uv_python_folder(variables):
        yield from _programs(Path(folder), "*/bin/")


def _programs(folder: Path, below: str) -> list[str]:
    try:
        found = [path for path in folder.glob(f"{below}python[23]*") if _PROGRAM_NAME.fullmatch(path.name)]
    except OSError:  # a folder of another account
        return []
    # Names with a minor version come first: python3 is mostly another name of one of them.
    return sorted(map(str, found), key=lambda path: ("." not in Path(path).name, path))


def _uv_python_folder(variables: Mapping[str, str]) -> str:
    """The folder of the Pythons that uv installed, or "". Having uv list them would take seconds."""
    command = [uv_program(), "python", "dir", "--no-config", "--color", "never"]
    try:
        return _output(command, variables)
    except (OSError, subprocess.SubprocessError):
        return ""


def _working(candidates: Iterable[str], variables: Mapping[str, str]) -> Iterator[Interpreter]:
    """The candidates that run, one for each minor version of Python."""
    seen: set[tuple[int, int]] = set()
    for path in candidates:
        interpreter = _ask_version(path, tuple(sorted(variables.items())))
        if interpreter and interpreter.version not in seen:
            seen.add(interpreter.version)
            yield interpreter


@lru_cache(maxsize=256)
def _ask_version(path: str, environment: tuple[tuple[str, str], ...]) -> Interpreter | None:
    try:
        version, _, executable = _output([path, "-c", _QUESTION], dict(environment)).partition(" ")
        major, _, minor = version.partition(".")
        return Interpreter(executable or path, (int(major), int(minor)))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _output(command: list[str], variables: Mapping[str, str]) -> str:
    """What a command prints; raises ``OSError`` or ``SubprocessError`` if it fails."""
    finished = subprocess.run(
        command, env=dict(variables), capture_output=True, timeout=_ANSWER_SECONDS, check=True, text=True
    )
    return finished.stdout.strip()


def _newest_first(found: Iterable[Interpreter]) -> tuple[Interpreter, ...]:
    return tuple(sorted(found, key=lambda interpreter: interpreter.version, reverse=True))
