"""Install the wheel of one release from an index with the newest pip, uv and Poetry, or pip of Python 2.7.

pip and uv install the release alone. Poetry resolves what it requires too, from a second index.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from sdistmaker_recipe.model import Built, BuiltWheel
from sdistmaker_recipe.toolchain.environments import uv_program
from tests.support.clients import commands_of_user
from tests.support.commands import Commands
from tests.support.wheel_installations import differences, find_python, installed_files

_ALONE = ("--no-deps", "--only-binary", ":all:")
_PROJECT = """\
[project]
name = "user-of-the-index"
version = "1.0"
requires-python = "=={0}.{1}.*"

[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "ours"
url = "{2}/"
priority = "primary"

[[tool.poetry.source]]
name = "requirements"
url = "{3}"
priority = "supplemental"
"""


class _ClientError(Exception):
    """A client failed: the end of what it printed."""


@dataclass(frozen=True)
class WheelClients:
    """The clients: the Python that has the newest pip, and the program of Poetry.

    ``index`` is the URL of the index with the releases, ``requirements`` the one with what they require.
    """

    newest_pip: Path
    poetry: Path
    index: str
    requirements: str

    def problems(self, built: Built, expected: Mapping[str, bytes], folder: Path) -> dict[str, str]:
        """By the name of each client: why it does not install the ``expected`` files; "" if it does."""
        assert isinstance(built.wheel, BuiltWheel)
        clients = {"pip": self._pip, "uv": self._uv, "Poetry": self._poetry}
        if built.python.startswith("python2"):
            clients = {"pip of 2.7": self._pip_of_python_2}
        found = {}
        for name, install in clients.items():
            below = folder / name.replace(" ", "-")
            below.mkdir(parents=True)
            try:
                installed = install(built, commands_of_user(below, self.index))
                found[name] = " ".join(differences(*map(_without_written_scripts, (expected, installed))))
            except _ClientError as error:
                found[name] = " ".join(str(error).split())[-300:]
        return found

    def _pip(self, built: Built, commands: Commands) -> Mapping[str, bytes]:
        return _install_into_folder(commands, built, self.newest_pip, "-m", "pip", "install")

    def _pip_of_python_2(self, built: Built, commands: Commands) -> Mapping[str, bytes]:
        return _install_into_folder(commands, built, find_python(built), "-m", "pip", "install")

    def _uv(self, built: Built, commands: Commands) -> Mapping[str, bytes]:
        options = ("--default-index", f"{self.index}/", "--python", sys.executable)
        return _install_into_folder(commands, built, uv_program(), "pip", "install", *options)

    def _poetry(self, built: Built, commands: Commands) -> Mapping[str, bytes]:
        text = _PROJECT.format(*sys.version_info[:2], self.index, self.requirements)
        (commands.folder / "pyproject.toml").write_text(text, "utf-8")
        options = {"POETRY_VIRTUALENVS_IN_PROJECT": "true", "POETRY_INSTALLER_ONLY_BINARY": ":all:"}
        _run(commands, self.poetry, "add", "--no-interaction", _requirement(built), **options)
        (packages,) = commands.folder.glob(".venv/lib/python*/site-packages")
        return installed_files(packages, _recorded(packages, built.name))


def _install_into_folder(commands: Commands, built: Built, *command: str | Path) -> Mapping[str, bytes]:
    target = commands.folder / "packages"
    _run(commands, *command, *_ALONE, "--target", target, _requirement(built))
    return installed_files(target, (path for path in target.rglob("*") if path.is_file()))


def _requirement(built: Built) -> str:
    return f"{built.name}=={built.version}"


def _run(commands: Commands, *command: str | Path, **environment: str) -> None:
    done = commands.run(*command, environment=environment)
    if done.status:
        raise _ClientError(done.output)


def _recorded(packages: Path, name: str) -> Iterator[Path]:
    """The files of an installed project by its RECORD, as paths below this folder where they are not in it.

    Those of scripts and data are in folders above, and ``--target`` puts them below.
    """
    (record,) = (
        path
        for path in packages.glob("*.dist-info/RECORD")
        if canonicalize_name(path.parent.name.partition("-")[0]) == canonicalize_name(name)
    )
    with record.open(encoding="utf-8", newline="") as file:
        for path, *_ in csv.reader(file):
            yield packages / path


def _without_written_scripts(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files, each script of them empty: clients write scripts in their own ways."""
    return {path: b"" if path.startswith("bin/") else content for path, content in files.items()}
