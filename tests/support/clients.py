"""The clients of an index: each is told of one index and installs from it by name, as its users have it do."""

from __future__ import annotations

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.indexes import uv_variables
from sdistmaker_recipe.toolchain.interpreters import interpreters
from tests.support.commands import Commands, Done, program
from tests.support.process import LOOPBACK

PYTHON2 = (2, 7)
VIRTUALENV = "virtualenv<20.22"  # the last to make environments for Python 2, with pip 20.3.4, setuptools 44
DEAD_PROXY = f"http://{LOOPBACK}:9"

_VERSIONS = """\
import importlib, json
found = {}
for name in %r:
    try:
        found[name] = importlib.import_module(name).version
    except ImportError:
        pass
print(json.dumps(found))
"""

_PROJECT = """\
[project]
name = "user-of-the-index"
version = "1.0"
requires-python = ">=3.10"
"""


class Use(ABC):
    """One user of a client, with a project and caches of his own, who knows one index.

    tool: the folder of programs of the client's environment.
    commands: runs them in the project's folder; see ``commands_of_user``.
    """

    def __init__(self, tool: Path, commands: Commands, index: str) -> None:
        self.tool = tool
        self.commands = commands
        self.index = f"{index}/"
        self.prepare()

    def prepare(self) -> None:
        """Say in the project's files what the client has to know, where there are any."""

    @property
    @abstractmethod
    def version(self) -> Sequence[str | Path]:
        """The command that prints what client this is."""

    @abstractmethod
    def install(self, *names: str) -> Done:
        """Install projects by their names."""

    @property
    @abstractmethod
    def python(self) -> Path:
        """The Python that has what was installed."""

    @property
    def paths(self) -> Mapping[str, str]:
        """What that Python needs in its environment to find it."""
        return {}

    def installed(self, modules: Iterable[str]) -> dict[str, str]:
        """Those of the modules that were installed, with their ``version``."""
        done = self.commands.run(self.python, "-c", _VERSIONS % list(modules), environment=self.paths)
        assert done.status == 0, done.output
        return json.loads(done.stdout)

    def file(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.commands.folder / name).write_text(text, "utf-8")


class Pip(Use):
    """pip, for the Python of another environment."""

    @property
    def version(self) -> Sequence[str | Path]:
        return (self.tool / "pip", "--version")

    def install(self, *names: str) -> Done:
        return self.commands.run(self.tool / "pip", "--python", self.python, "install", *names)

    @cached_property
    def python(self) -> Path:
        return self.commands.clean_python("environment")


class OldPip(Use):
    """pip of a time when it could install only for its own Python, or into a folder."""

    @property
    def version(self) -> Sequence[str | Path]:
        return (self.tool / "pip", "--version")

    def install(self, *names: str) -> Done:
        return self.commands.run(self.tool / "pip", "install", "--target", "packages", *names)

    @property
    def python(self) -> Path:
        return self.tool / "python"

    @property
    def paths(self) -> Mapping[str, str]:
        return {"PYTHONPATH": "packages"}


class Uv(Use):
    """uv, with its interface for a project."""

    def prepare(self) -> None:
        self.file(
            "pyproject.toml", f'{_PROJECT}\n[[tool.uv.index]]\nurl = "{self.index}"\ndefault = true\n'
        )

    @property
    def version(self) -> Sequence[str | Path]:
        return (self.tool / "uv", "--version")

    def install(self, *names: str) -> Done:
        return self.commands.run(self.tool / "uv", "add", "--python", sys.executable, *names)

    @property
    def python(self) -> Path:
        return self.commands.folder / ".venv/bin/python"


class Poetry(Uv):
    """Poetry, whose primary source the index is."""

    def prepare(self) -> None:
        source = f'[[tool.poetry.source]]\nname = "ours"\nurl = "{self.index}"\npriority = "primary"\n'
        self.file("pyproject.toml", f"{_PROJECT}\n[tool.poetry]\npackage-mode = false\n\n{source}")

    @property
    def version(self) -> Sequence[str | Path]:
        return (self.tool / "poetry", "--version")

    def install(self, *names: str) -> Done:
        options = {"POETRY_VIRTUALENVS_IN_PROJECT": "true"}
        add = (self.tool / "poetry", "add", "--no-interaction")
        return self.commands.run(*add, *names, environment=options)


class Pdm(Uv):
    """PDM, with the index in the place of its own."""

    def prepare(self) -> None:
        source = f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{self.index}"\n'
        self.file("pyproject.toml", f"{_PROJECT}\n[tool.pdm]\ndistribution = false\n\n{source}")

    @property
    def version(self) -> Sequence[str | Path]:
        return (self.tool / "pdm", "--version")

    def install(self, *names: str) -> Done:
        options = {"PDM_CHECK_UPDATE": "false", "PDM_IGNORE_ACTIVE_VENV": "true"}
        add = (self.tool / "pdm", "add", "--non-interactive", "--no-self")
        return self.commands.run(*add, *names, environment=options)


class Buildout(Use):
    """zc.buildout, with the index in its configuration and, as our documentation says, in pip's."""

    @property
    def version(self) -> Sequence[str | Path]:
        return (self.tool / "buildout", "--version")

    def install(self, *names: str) -> Done:
        eggs = "".join(f"  {name}\n" for name in names)
        self.file(
            "buildout.cfg",
            f"[buildout]\nparts = eggs\nindex = {self.index}\n\n[eggs]\nrecipe = zc.recipe.egg\n"
            f"eggs =\n{eggs}interpreter = with-eggs\n",
        )
        return self.commands.run(self.tool / "buildout", "-U")

    @property
    def python(self) -> Path:
        return self.commands.folder / "bin/with-eggs"


class EasyInstall(OldPip):
    """easy_install, into a folder."""

    @property
    def version(self) -> Sequence[str | Path]:
        return (self.tool / "easy_install", "--version")

    def install(self, *names: str) -> Done:
        (self.commands.folder / "packages").mkdir(exist_ok=True)
        easy_install = (self.tool / "easy_install", "--install-dir", "packages", "--index-url", self.index)
        return self.commands.run(*easy_install, *names, environment=self.paths)


@dataclass(frozen=True)
class Client:
    """A client, what its environment is made of, and the Pythons, from lowest to highest, that it runs on.

    Without requirements its programs are those beside the tests' own Python.
    """

    name: str
    use: type[Use]
    requirements: tuple[str, ...] = ()
    pythons: tuple[tuple[int, int], tuple[int, int]] | None = None


def _buildout(line: str, recipe: str, *pythons: tuple[int, int]) -> Client:
    requirements = (f"zc.buildout=={line}.*", f"zc.recipe.egg=={recipe}.*")
    return Client(f"zc.buildout {line}", Buildout, requirements, (pythons[0], pythons[-1]) if pythons else None)


CLIENTS = (
    Client("pip", Pip),
    Client("pip 20.3.4", OldPip, (), (PYTHON2, PYTHON2)),
    Client("uv", Uv),
    Client("Poetry", Poetry, ("poetry",)),
    Client("PDM", Pdm, ("pdm",)),
    _buildout("6", "6"),
    _buildout("5", "4"),
    _buildout("4", "3", (3, 9), (3, 12)),
    _buildout("3", "2", (3, 6), (3, 8)),
    _buildout("2.13", "2", PYTHON2),
    Client("easy_install", EasyInstall, (), (PYTHON2, PYTHON2)),
)


class Toolbox:
    """Makes the clients' environments in a folder, each once, from the index of this machine."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._made: dict[tuple[object, ...], Path] = {}

    def programs(self, client: Client) -> Path:
        """The folder of a client's programs; the test skips where this machine has no Python for it."""
        if not client.requirements and not client.pythons:
            return Path(sys.executable).parent
        key = (client.requirements, client.pythons)
        if key not in self._made:
            python = self._python(client)
            folder = self._commands.folder / f"client-{len(self._made)}"
            make = self._make_for_python2 if client.pythons and client.pythons[1] == PYTHON2 else self._make
            make(folder, python, client.requirements)
            self._made[key] = folder / "bin"
        return self._made[key]

    def _python(self, client: Client) -> str:
        if not client.pythons:
            return sys.executable
        lowest, highest = client.pythons
        for found in interpreters((), tuple(sorted(self._commands.environment.items()))):
            if lowest <= found.version <= highest:
                return found.path
        wanted = " to ".join(dict.fromkeys("{}.{}".format(*each) for each in client.pythons))
        pytest.skip(f"no interpreter here for {client.name}: Python {wanted}")

    def _make(self, folder: Path, python: str, requirements: Sequence[str]) -> None:
        self._run(program("uv"), "venv", "--python", python, folder)
        self._uv_install(folder, requirements)

    def _make_for_python2(self, folder: Path, python: str, requirements: Sequence[str]) -> None:
        virtualenv = folder.with_name(f"{folder.name}-virtualenv")
        self._make(virtualenv, sys.executable, [VIRTUALENV])
        self._run(virtualenv / "bin/virtualenv", "--python", python, folder)
        if requirements:
            self._run(folder / "bin/pip", "install", *requirements)

    def _uv_install(self, folder: Path, requirements: Sequence[str]) -> None:
        variables = uv_variables("", self._commands.environment, Path(sys.prefix))
        command = (program("uv"), "pip", "install", "--no-config", "--python", folder / "bin/python")
        self._run(*command, *requirements, environment=variables)

    def _run(self, *command: str | Path, environment: Mapping[str, str] | None = None) -> None:
        done = self._commands.run(*command, environment=environment)
        assert done.status == 0, done.output


def commands_of_user(folder: Path, index: str) -> Commands:
    """Runs programs for a user who has this index in pip's configuration, and caches of his own.

    What asks any host but this one by https meets a dead proxy.
    """
    environment = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"{index}/",
        "HTTPS_PROXY": DEAD_PROXY,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    return Commands.below(folder, folder / "cache", environment)
