"""The Pythons of this machine that can build: found on PATH, by uv, and where pyenv keeps them."""

from __future__ import annotations

import json
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
_SECONDS = 20


@lru_cache(maxsize=8)
def interpreters(
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


def interpreter_at(python: str, environment: tuple[tuple[str, str], ...]) -> Interpreter:
    """The interpreter with this path or version; raises ``ToolchainError`` where it is not there."""
    return interpreters((python,), environment)[0]


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
    for folder in filter(None, variables.get("PATH", "").split(":")):
        yield from sorted(str(path) for path in Path(folder).glob("python[23].*") if _is_python(path))
    if root := variables.get("PYENV_ROOT"):
        yield from sorted(
            str(path) for path in Path(root).glob("versions/*/bin/python[23].*") if _is_python(path)
        )
    yield from _known_to_uv(variables)


def _is_python(path: Path) -> bool:
    return re.fullmatch(r"python[23]\.\d+", path.name) is not None


def _known_to_uv(variables: Mapping[str, str]) -> list[str]:
    command = [uv_program(), "python", "list", "--only-installed", "--no-python-downloads", "--no-config"]
    command += ["--output-format", "json"]
    try:
        done = subprocess.run(command, env=dict(variables), capture_output=True, timeout=_SECONDS, check=True)
        return [found["path"] for found in json.loads(done.stdout) if found["implementation"] == "cpython"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return []


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
