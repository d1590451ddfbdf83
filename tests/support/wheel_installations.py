"""Install a wheel, and the source distribution that it was built from, and compare what is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sdistmaker_recipe.model import Built, BuiltWheel
from sdistmaker_recipe.toolchain.environments import uv_program
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from sdistmaker_recipe.toolchain.pip_settings import uv_variables
from tests.support.public_sdists import matches

DIFFERENT_BY_NATURE = (
    "DIST-INFO/direct_url.json",  # the file that was installed
    "DIST-INFO/INSTALLER",
    "DIST-INFO/REQUESTED",
    "DIST-INFO/uv_*.json",
    "DIST-INFO/RECORD",  # lists these files too
    "DIST-INFO/WHEEL",  # the program that wrote the wheel
    "*.pyc",
    ".lock",
)
"""What differs though the same is installed. DIST-INFO stands for the folder ``NAME-VERSION.dist-info``."""

_METADATA_FOLDER = re.compile(r"^[^/]+\.(?:dist|egg)-info(?=/|$)")


@dataclass(frozen=True)
class InstallError(Exception):
    """An installer failed: the end of what it printed."""

    printed: str

    def __str__(self) -> str:
        return self.printed


def install_sdist(built: Built, sdist: Path, folder: Path) -> Mapping[str, bytes]:
    """What an installation of the sdist gives, with the toolchain that built it: files by their paths."""
    base, *more = built.toolchain.split(" with ")
    environment = {"SOURCE_DATE_EPOCH": "1000000000"}
    if built.python.startswith("python2"):
        # Without the distribution wheel this runs "setup.py install".
        pip = [_python(built), "-m", "pip", "install", "--no-deps", "--no-compile", "--target"]
        return _installed([*pip, folder, sdist], folder, environment)
    settings = folder.with_suffix(".toml")
    constraints = [*_constraints(base), "wheel<0.46"] if base.startswith("setuptools") else _constraints(base)
    requirements = [item for part in more if part not in _NO_REQUIREMENTS for item in part.split(", ")]
    settings.write_text(
        f"build-constraint-dependencies = {constraints}\n"
        f"[extra-build-dependencies]\n{built.name!r} = {requirements}\n"
    )
    options = ["--config-file", settings, "--preview", "--python", _python(built)]
    return _installed([*_UV, *options, "--target", folder, sdist], folder, environment)


_UV: Sequence[str] = (uv_program(), "pip", "install", "--no-deps")
_NO_REQUIREMENTS = ("a git repository", "versioned files")


def _constraints(toolchain: str) -> list[str]:
    if toolchain.startswith("setuptools "):
        return [f"setuptools=={toolchain.split()[1]}.*"]
    return ["Cython<3"] if toolchain == "Cython 0.29" else []


def install_wheel(built: Built, folder: Path) -> Mapping[str, bytes]:
    """What an installation of the wheel gives: files by their paths."""
    assert isinstance(built.wheel, BuiltWheel)
    assert isinstance(built.wheel.archive, Path)
    wheel = shutil.copy(built.wheel.archive, folder.with_name(built.wheel.filename))
    if built.python.startswith("python2"):
        pip = [_python(built), "-m", "pip", "install", "--no-deps", "--no-compile", "--target"]
        return _installed([*pip, folder, wheel], folder, {})
    options = ["--no-config", "--python", _python(built), "--target", folder]
    return _installed([*_UV, *options, wheel], folder, {})


def pip_problem(python: Path, sdist: Path, folder: Path) -> str:
    """Why the pip of this environment installs no sdist alone; "" if it does."""
    command = [python, "-m", "pip", "install", "--no-deps", "--target"]
    try:
        _installed([*command, folder, sdist], folder, {})
    except InstallError as error:
        errors = re.findall(
            r"^\s*(?:\w*(?:Error|Exception|Version)\b.*|error: .*)", error.printed, re.MULTILINE
        )
        return errors[0].strip() if errors else error.printed[-200:]
    return ""


def differences(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Files that are installed by one only (-), by the other only (+), or with another content (~)."""
    signs = dict.fromkeys(one.keys() - other.keys(), "-") | dict.fromkeys(other.keys() - one.keys(), "+")
    signs |= {path: "~" for path in one.keys() & other.keys() if one[path] != other[path]}
    return [f"{sign}{path}" for path, sign in sorted(signs.items())]


def _python(built: Built) -> str:
    if not built.python:
        return sys.executable
    return find_interpreter(built.python.removeprefix("python"), tuple(os.environ.items())).path


def _installed(
    command: Sequence[str | Path], folder: Path, variables: Mapping[str, str]
) -> Mapping[str, bytes]:
    environment = {**os.environ, **uv_variables("", os.environ, Path(sys.prefix)), **variables}
    # Coverage would be measured in builds, too.
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, errors="replace", cwd="/"
    )
    if done.returncode:
        raise InstallError((done.stdout + done.stderr)[-4000:])
    found = {}
    for path in folder.rglob("*"):
        name = _METADATA_FOLDER.sub("DIST-INFO", path.relative_to(folder).as_posix())
        if path.is_file() and not matches(name, DIFFERENT_BY_NATURE):
            found[name] = b"x" if path.stat().st_mode & 0o100 else b"-"
            found[name] += path.read_bytes()
    return found
