"""What a test needs from the machine: without it the test skips, and fails where everything must run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")  # of servers: not on an ordinary user's PATH


def find(program: str) -> str | None:
    """The path of a program, looked for on PATH and where Debian keeps its servers."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS))
    return shutil.which(program, path=path)


def missing(requirement: str) -> bool:
    """Whether a program, or a file given by its absolute path, is not on this machine."""
    if "/" in requirement:
        return not Path(requirement).exists()
    return find(requirement) is None


def need(*requirements: str) -> None:
    """Go on only where all programs (or files, by absolute path) are there.

    The test is skipped with the reason otherwise; with CI=true in the environment it fails, since a
    machine that runs all tests must not leave some out unnoticed.
    """
    _go_on_without([requirement for requirement in requirements if missing(requirement)])


def wish(programs: Sequence[str], modules: Sequence[str]) -> None:
    """Go on only where all these are there; without them the test is skipped, also with CI=true.

    For what is too big to be installed for tests. ``modules`` are of Python.
    """
    absent = [program for program in programs if missing(program)]
    absent += [f"module {name}" for name in modules if find_spec(name) is None]
    if absent:
        pytest.skip(f"not on this machine: {', '.join(absent)}")


def _go_on_without(absent: Sequence[str]) -> None:
    if not absent:
        return
    reason = f"not on this machine: {', '.join(absent)}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true allows no such skip)", pytrace=False)
    pytest.skip(reason)


def as_ordinary_user() -> list[str]:
    """What to put in front of a command so that permissions of files hold for it, where this is root."""
    if os.getuid() != 0:
        return []
    need("setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]
