"""Install a wheel, and the source distribution that it was built from, and compare what is installed."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import parse_sdist_filename
from packaging.version import Version

from sdistmaker_recipe.model import Built, BuiltWheel
from sdistmaker_recipe.toolchain.environments import uv_program
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from sdistmaker_recipe.toolchain.pip_settings import uv_variables
from sdistmaker_recipe.toolchain.requirements import distribution
from sdistmaker_recipe.toolchain.setup_py import SETUP_PY_RUNNER
from sdistmaker_recipe.toolchain.worker import SHIMS
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

_ERROR = re.compile(
    r"^\s*(?:\w+(?:Error|Exception|Version)\b.*|error in .*|error: (?!subprocess-exited).*)", re.MULTILINE
)
_METADATA_FOLDER = re.compile(r"^[^/]+\.(?:dist|egg)-info(?=/|$)")


@dataclass(frozen=True)
class InstallError(Exception):
    """An installer failed: the end of what it printed."""

    printed: str

    def __str__(self) -> str:
        return self.printed


def install_sdist(built: Built, sdist: Path, folder: Path) -> Mapping[str, bytes]:
    """What an installation of the sdist gives, with the toolchain that built it: files by their paths."""
    environment = {"SOURCE_DATE_EPOCH": "1000000000"}
    if built.python.startswith("python2"):
        # Without the distribution wheel this runs "setup.py install".
        pip = [find_python(built), "-m", "pip", "install", "--no-deps", "--no-compile", "--target"]
        try:
            return _installed([*pip, folder, sdist], folder, environment)
        except InstallError:
            # Its setup.py needs what the toolchain does for it.
            return _install_by_runner(built, sdist, folder, environment)
    settings = folder.with_suffix(".toml")
    settings.write_text(
        f"build-constraint-dependencies = {_constraints(built)}\n"
        f"[extra-build-dependencies]\n{built.name!r} = {_undeclared_requirements(built)}\n"
    )
    options = ["--config-file", settings, "--preview", "--python", find_python(built)]
    command = [*_UV, *options, "--target", folder, sdist]
    try:
        return _installed(command, folder, environment)
    except InstallError:
        # The toolchain has more than what is installed for it.
        shims = _write_shims(folder.with_name(f"{folder.name}-shims"))
        return _installed(command, folder, {**environment, "PYTHONPATH": str(shims)})


def _install_by_runner(
    built: Built, sdist: Path, folder: Path, environment: Mapping[str, str]
) -> Mapping[str, bytes]:
    """What ``setup.py install`` installs, run as the toolchain runs the setup.py of old Pythons."""
    unpacked = folder.with_name(f"{folder.name}-unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (tree,) = unpacked.iterdir()
    places = [f"--install-lib={folder}", f"--install-scripts={folder}/bin", f"--install-data={folder}"]
    options = ["--single-version-externally-managed", f"--record={unpacked}/record", "--no-compile"]
    request = {"arguments": ["install", *places, *options], "shims": str(SHIMS), "packages": "", "limits": {}}
    command = [find_python(built), "-s", SETUP_PY_RUNNER, json.dumps(request), unpacked / "result"]
    return _installed(command, folder, environment, cwd=tree)


def _write_shims(folder: Path) -> Path:
    """A folder that gives each Python the shims as a worker has them: imported before modules of the tag."""
    folder.mkdir()
    modules = ", ".join(_BOOTSTRAP_MODULES)
    (folder / "sitecustomize.py").write_text(
        f"import sys\nsys.path.append({str(SHIMS)!r})\nimport {modules}\n"
    )
    return folder


_UV: Sequence[str] = (uv_program(), "pip", "install", "--no-deps")
_BOOTSTRAP_MODULES = ("ez_setup", "distribute_setup")
_NO_REQUIREMENTS = ("a git repository", "versioned files")


def _constraints(built: Built) -> list[str]:
    """The versions that built the sdist; a setuptools without ``bdist_wheel`` needs a wheel that has it."""
    return [*(item for item in built.installed if distribution(item) != "wheel"), "wheel<0.46"]


def _undeclared_requirements(built: Built) -> list[str]:
    """What the ladder installed beside the requirements that the tag declares."""
    _, *more = built.toolchain.split(" with ")
    return [item for part in more if part not in _NO_REQUIREMENTS for item in part.split(", ")]


def install_wheel(built: Built, folder: Path) -> Mapping[str, bytes]:
    """What an installation of the wheel gives: files by their paths."""
    assert isinstance(built.wheel, BuiltWheel)
    assert isinstance(built.wheel.archive, Path)
    wheel = shutil.copy(built.wheel.archive, folder.with_name(built.wheel.filename))
    if built.python.startswith("python2"):
        pip = [find_python(built), "-m", "pip", "install", "--no-deps", "--no-compile", "--target"]
        return _installed([*pip, folder, wheel], folder, {})
    options = ["--no-config", "--python", find_python(built), "--target", folder]
    return _installed([*_UV, *options, wheel], folder, {})


def pip_problem(python: Path, sdist: Path, folder: Path) -> str:
    """Why the pip of this environment installs no sdist alone, or under another version; "" if it does."""
    command = [python, "-m", "pip", "install", "--no-deps", "--target"]
    try:
        installed = _installed([*command, folder, sdist], folder, {})
    except InstallError as error:
        errors = _ERROR.findall(error.printed)
        return errors[0].strip() if errors else error.printed[-200:]
    _, expected = parse_sdist_filename(sdist.name)
    version = email.message_from_bytes(installed["DIST-INFO/METADATA"][1:])["Version"]
    return "" if Version(version) == expected else f"installs it as {version}"


def differences(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Files that are installed by one only (-), by the other only (+), or with another content (~)."""
    signs = dict.fromkeys(one.keys() - other.keys(), "-") | dict.fromkeys(other.keys() - one.keys(), "+")
    signs |= {path: "~" for path in one.keys() & other.keys() if one[path] != other[path]}
    return [f"{sign}{path}" for path, sign in sorted(signs.items())]


def find_python(built: Built) -> str:
    """The path of the Python that built the sdist."""
    if not built.python:
        return sys.executable
    return find_interpreter(built.python.removeprefix("python"), tuple(os.environ.items())).path


def _installed(
    command: Sequence[str | Path], folder: Path, variables: Mapping[str, str], cwd: Path = Path("/")
) -> Mapping[str, bytes]:
    environment = {**os.environ, **uv_variables("", os.environ, Path(sys.prefix))}
    # Coverage would be measured in builds, too.
    environment.pop("PYTHONPATH", None)
    environment |= variables
    done = subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, errors="replace", cwd=cwd
    )
    if done.returncode:
        raise InstallError((done.stdout + done.stderr)[-4000:])
    return installed_files(folder, (path for path in folder.rglob("*") if path.is_file()))


def installed_files(folder: Path, paths: Iterable[Path]) -> Mapping[str, bytes]:
    """The files at these paths by their names below folder, each with a first byte for its mode.

    The name of a file in a folder above, such as ``../../bin/script``, has nothing of the way up.
    """
    found = {}
    for path in paths:
        name = re.sub(r"^(?:\.\./)+", "", path.relative_to(folder).as_posix())
        name = _METADATA_FOLDER.sub("DIST-INFO", name)
        if not matches(name, DIFFERENT_BY_NATURE):
            found[name] = b"x" if path.stat().st_mode & 0o100 else b"-"
            found[name] += path.read_bytes()
    return found
