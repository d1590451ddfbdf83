"""The package as a company has it: buildout in a virtual environment, all else as eggs of pinned versions."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from importlib.metadata import requires
from pathlib import Path

from tests.support.commands import program
from tests.support.public_index import download_wheels

ROOT = Path(__file__).parents[2]
BUILDOUT = "zc.buildout"
CONFIG = """\
[buildout]
parts = {parts}
find-links = {wheels}
index = {index}
eggs-directory = {eggs}

[versions]
{versions}
"""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Below ``folder`` are the wheels of this package and of all it needs, and buildout's environment."""

    folder: Path

    @property
    def wheels(self) -> Path:
        """Where buildout finds what it makes eggs of; more wheels can be added."""
        return self.folder / "wheels"

    @property
    def buildout(self) -> Path:
        """The program, in an environment with nothing but what it needs itself."""
        return self.folder / "environment/bin/buildout"

    def config(self, parts: str, eggs: Path, pins: Mapping[str, str] | None = None) -> str:
        """The sections [buildout] and [versions], with pins for all there is, and others instead of some."""
        versions = {**dict(map(_name_and_version, sorted(self.wheels.glob("*.whl")))), **(pins or {})}
        return CONFIG.format(
            parts=parts,
            wheels=self.wheels,
            index=self.index.as_uri(),
            eggs=eggs,
            versions="\n".join(f"{name} = {version}" for name, version in versions.items()),
        )

    @property
    def index(self) -> Path:
        """An index that has nothing, where buildout looks for what the wheels lack."""
        return self.folder / "index"


def make_deployment(folder: Path, environment: Mapping[str, str] | None = None) -> Deployment:
    """Build this package, fetch the rest, and install buildout; ``environment`` is that of the programs."""
    made = Deployment(folder)
    made.index.mkdir(parents=True)
    made.wheels.mkdir()
    build_wheel(folder / "source", made.wheels, environment)
    needed = [each for each in requires("sdistmaker_recipe") or () if "extra ==" not in each]
    download_wheels(made.wheels, ["--constraint", str(ROOT / "requirements.txt"), *needed, "wheel"])
    place = str(folder / "environment")
    uv = [str(program("uv")), "--quiet", "--offline"]
    subprocess.run([*uv, "venv", "--python", sys.executable, place], check=True, env=environment)
    install = [*uv, "pip", "install", "--compile-bytecode", "--python", place]
    wheels = ["--no-index", "--find-links", str(made.wheels)]
    subprocess.run([*install, *wheels, BUILDOUT, "wheel"], check=True, env=environment)
    return made


def build_wheel(source: Path, wheels: Path, environment: Mapping[str, str] | None = None) -> None:
    """Build the wheel of this package into ``wheels``, from a copy in the new folder ``source``.

    setuptools leaves its own folders where it builds.
    """
    shutil.copytree(ROOT / "sdistmaker_recipe", source / "sdistmaker_recipe")
    for name in ("setup.py", "pyproject.toml", "README.rst", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "share", source / "share")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(wheels), str(source)], check=True, env=environment)


def _name_and_version(wheel: Path) -> tuple[str, str]:
    """As the metadata spell them: buildout's own pins have dots in names."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (
            name
            for name in archive.namelist()
            if name.endswith(".dist-info/METADATA") and name.count("/") == 1
        )
        metadata = BytesHeaderParser().parsebytes(archive.read(path))
    return metadata["Name"], metadata["Version"]
