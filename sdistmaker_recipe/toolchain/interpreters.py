"""The Pythons of this machine that can build: found on PATH, by uv, and where pyenv keeps them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.environments import uv_program
from sdistmaker_recipe.toolchain.ladder import Interpreter

# What stands on PATH can be a launcher that gives another Python in another folder.
_ASK = "import sys; print('%d.%d %s' % (sys.version_info[:2] + (sys.executable,)))"
_NAME = re.compile(r"python[23](\.\d+)?")
_SECONDS = 20


@lru_cache(maxsize=8)
def find_interpreters(
    chosen: tuple[str, ...], environment: tuple[tuple[str, str], ...]
) -> tuple[Interpreter, ...]:
    """The chosen interpreters in their order, or all that are found, newest first, Python 2 last.

    ``chosen`` are paths or versions such as 2.7; ``environment`` is the caller's, for PATH and PYENV_ROOT.
    Raises ``ToolchainError`` where a chosen one is not there.
    """
    variables = dict(environment)
    if not chosen:
        return _newest_first(_working(_candidates(variables), variables))
    return tuple(_chosen(each, variables) for each in chosen)


def find_interpreter(python: str, environment: tuple[tuple[str, str], ...]) -> Interpreter:
    """The interpreter with this path or version; raises ``ToolchainError`` where it is not there."""
    return find_interpreters((python,), environment)[0]


def _chosen(each: str, variables: Mapping[str, str]) -> Interpreter:
    if "/" in each:
        working = list(_working([each], variables))
    else:
        wanted = each.removeprefix("python")
        working = [
            found for found in _working(_candidates(variables), variables) if found.label == f"python{wanted}"
        ]
    if not working:
        raise ToolchainError(
            f"{each}: no such Python, or it does not run", "Look at the options python and pythons."
        )
    return working[0]


def _candidates(variables: Mapping[str, str]) -> Iterator[str]:
    """Paths where a Python may be; the same one can come more than once."""
    root = variables.get("PYENV_ROOT", "")
    for folder in filter(None, variables.get("PATH", "").split(":")):
        # pyenv's launchers are slow, and most of them refuse.
        if not root or Path(folder) != Path(root, "shims"):
            yield from _programs(Path(folder), "")
    if root:
        yield from _programs(Path(root), "versions/*/bin/")
    if folder := _folder_of_uv(variables):
        yield from _programs(Path(folder), "*/bin/")


def _programs(folder: Path, below: str) -> list[str]:
    try:
        found = [path for path in folder.glob(f"{below}python[23]*") if _NAME.fullmatch(path.name)]
    except OSError:  # a folder of another user
        return []
    # Those that say their version first, so that the likeliest is asked before one of another name for it.
    return sorted(map(str, found), key=lambda path: ("." not in Path(path).name, path))


def _folder_of_uv(variables: Mapping[str, str]) -> str:
    """Where uv keeps the Pythons that it installed; to have it list them takes seconds."""
    command = [uv_program(), "python", "dir", "--no-config", "--color", "never"]
    try:
        done = subprocess.run(
            command, env=dict(variables), capture_output=True, timeout=_SECONDS, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _working(candidates: Iterable[str], variables: Mapping[str, str]) -> Iterator[Interpreter]:
    seen: set[tuple[int, int]] = set()
    for path in candidates:
        found = _ask(path, tuple(sorted(variables.items())))
        if found and found.version not in seen:
            seen.add(found.version)
            yield found


@lru_cache(maxsize=256)
def _ask(path: str, environment: tuple[tuple[str, str], ...]) -> Interpreter | None:
    try:
        done = subprocess.run(
            [path, "-c", _ASK],
            env=dict(environment),
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            text=True,
        )
        version, _, executable = done.stdout.strip().partition(" ")
        major, _, minor = version.partition(".")
        return Interpreter(executable or path, (int(major), int(minor)))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _newest_first(found: Iterable[Interpreter]) -> tuple[Interpreter, ...]:
    return tuple(sorted(found, key=lambda python: python.version, reverse=True))
