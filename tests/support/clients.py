"""The clients of an index: each is told of one index, and installs from it by name as its users would."""

from __future__ import annotations

import json
import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pytest

from sdistmaker_recipe.toolchain.interpreters import find_interpreters
from sdistmaker_recipe.toolchain.pip_settings import uv_variables
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

PROJECT = """\
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

    program: ClassVar[str]

    def __init__(self, tool: Path, commands: Commands, index: str) -> None:
        self.tool = tool
        self.commands = commands
        self.index = f"{index}/"

    def run(self, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> Done:
        """Run the client."""
        return self.commands.run(self.tool / self.program, *arguments, environment=environment)

    def version(self) -> str:
        """The client's version."""
        found = re.search(r"\d+(\.\d+)+", self.run("--version").stdout)
        return found[0] if found else "unknown"

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

    program = "pip"

    def install(self, *names: str) -> Done:
        return self.run("--python", self.python, "install", *names)

    @cached_property
    def python(self) -> Path:
        return self.commands.clean_python("environment")


class OldPip(Use):
    """pip of a time when it could install only for its own Python, or into a folder."""

    program = "pip"

    def install(self, *names: str) -> Done:
        return self.run("install", "--target", "packages", *names)

    @property
    def python(self) -> Path:
        return self.tool / "python"

    @property
    def paths(self) -> Mapping[str, str]:
        return {"PYTHONPATH": "packages"}


class EasyInstall(OldPip):
    """easy_install, into a folder where several versions can be."""

    program = "easy_install"

    def install(self, *names: str) -> Done:
        (self.commands.folder / "packages").mkdir(exist_ok=True)
        folder = ("--multi-version", "--install-dir", "packages")
        return self.run(*folder, "--index-url", self.index, *names)

    @property
    def paths(self) -> Mapping[str, str]:
        return {"PYTHONPATH": ":".join(map(str, self.commands.folder.glob("packages/*.egg")))}


class Uv(Use):
    """uv, where the index is the default one of a project."""

    program = "uv"

    def install(self, *names: str) -> Done:
        self.file("pyproject.toml", f'{PROJECT}[[tool.uv.index]]\nurl = "{self.index}"\ndefault = true\n')
        return self.run("add", "--python", sys.executable, *names)

    @property
    def python(self) -> Path:
        return self.commands.folder / ".venv/bin/python"


class Poetry(Uv):
    """Poetry, where the index is the primary source of a project."""

    program = "poetry"

    def install(self, *names: str) -> Done:
        source = f'[[tool.poetry.source]]\nname = "ours"\nurl = "{self.index}"\npriority = "primary"\n'
        self.file("pyproject.toml", f"{PROJECT}[tool.poetry]\npackage-mode = false\n\n{source}")
        options = {"POETRY_VIRTUALENVS_IN_PROJECT": "true"}
        return self.run("add", "--no-interaction", *names, environment=options)


class Pdm(Uv):
    """PDM, where the index takes the place of PDM's own in a project."""

    program = "pdm"

    def install(self, *names: str) -> Done:
        source = f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{self.index}"\n'
        self.file("pyproject.toml", f"{PROJECT}[tool.pdm]\ndistribution = false\n\n{source}")
        options = {"PDM_CHECK_UPDATE": "false", "PDM_IGNORE_ACTIVE_VENV": "true"}
        return self.run("add", "--no-self", *names, environment=options)


class Buildout(Use):
    """zc.buildout, with the index in its configuration; it is in pip's too, as our documentation says."""

    program = "buildout"

    def install(self, *names: str) -> Done:
        eggs = "".join(f"  {name}\n" for name in names)
        self.file(
            "buildout.cfg",
            f"[buildout]\nparts = eggs\nindex = {self.index}\n\n"
            f"[eggs]\nrecipe = zc.recipe.egg\neggs =\n{eggs}interpreter = with-eggs\n",
        )
        return self.run("-U")

    @property
    def python(self) -> Path:
        return self.commands.folder / "bin/with-eggs"


@dataclass(frozen=True)
class Client:
    """A client, what its environment is made of, and the Pythons, from lowest to highest, that it runs on.

    Without requirements its programs are those beside the tests' own Python.
    """

    name: str
    use: type[Use]
    requirements: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    pythons: tuple[tuple[int, int], tuple[int, int]] | None = None


OLD_SETUPTOOLS = "setuptools<74"
"""A newer one builds packages whose metadata has no dots in a name; zc.buildout 3 then misses them."""


def _buildout(line: str, recipe: str, *more: str, **options: Any) -> Client:
    requirements = (f"zc.buildout=={line}.*", f"zc.recipe.egg=={recipe}.*", *more)
    return Client(f"zc.buildout {line}", Buildout, requirements, **options)


CLIENTS = (
    Client("pip", Pip),
    Client("pip 20.3.4", OldPip, pythons=(PYTHON2, PYTHON2)),
    Client("uv", Uv),
    Client("Poetry", Poetry, ("poetry",)),
    Client("PDM", Pdm, ("pdm[locked]",)),
    _buildout("6", "6"),
    _buildout("5", "4"),
    _buildout("4", "3", pythons=((3, 9), (3, 12))),
    _buildout("3", "2", OLD_SETUPTOOLS, build_constraints=(OLD_SETUPTOOLS,), pythons=((3, 6), (3, 8))),
    _buildout("2.13", "2", pythons=(PYTHON2, PYTHON2)),
    Client("easy_install", EasyInstall, pythons=(PYTHON2, PYTHON2)),
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
            if client.pythons == (PYTHON2, PYTHON2):
                self._make_for_python2(folder, python, client.requirements)
            else:
                self._make(folder, python, client.requirements, client.build_constraints)
            self._made[key] = folder / "bin"
        return self._made[key]

    def _python(self, client: Client) -> str:
        if not client.pythons:
            return sys.executable
        lowest, highest = client.pythons
        for found in find_interpreters((), tuple(sorted(self._commands.environment.items()))):
            if lowest <= found.version <= highest:
                return found.path
        wanted = " to ".join(dict.fromkeys("{}.{}".format(*each) for each in client.pythons))
        pytest.skip(f"no interpreter here for {client.name}: Python {wanted}")

    def _make(
        self, folder: Path, python: str, requirements: Sequence[str], build_constraints: Sequence[str] = ()
    ) -> None:
        variables = uv_variables("", self._commands.environment, Path(sys.prefix))
        constraints = folder.with_name(f"{folder.name}-constraints.txt")
        constraints.write_text("\n".join(build_constraints), "utf-8")
        options = ("--python", folder / "bin/python", "--build-constraints", constraints)
        self._run(program("uv"), "venv", "--no-config", "--python", python, folder)
        install = (program("uv"), "pip", "install", "--no-config", *options)
        self._run(*install, *requirements, environment=variables)

    def _make_for_python2(self, folder: Path, python: str, requirements: Sequence[str]) -> None:
        virtualenv = folder.with_name(f"{folder.name}-virtualenv")
        self._make(virtualenv, sys.executable, [VIRTUALENV])
        self._run(virtualenv / "bin/virtualenv", "--python", python, folder)
        if requirements:
            self._run(folder / "bin/pip", "install", *requirements)

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
