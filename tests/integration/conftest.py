"""What the integration tests stand on: a stand-in for the public index, and a clean environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support import public_index
from tests.support.commands import Commands, Done
from tests.support.forked_commands import ForkServer, can_fork, fork_server
from tests.support.history import History, setuptools_project
from tests.support.process import Server


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run of pytest share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def public_folder(tmp_path_factory: pytest.TempPathFactory, shared_folder: Path) -> Path:
    """The archives of a public index with ``stranger`` and ``shared`` 9.0, and with what builds need.

    An archive that is added shows after ``public_index.write_pages``.
    """
    wheels = shared_folder / "wheels"
    with FileLock(f"{wheels}.lock"):
        if not wheels.exists():
            public_index.download_wheels(wheels, ["setuptools", "wheel", "flit_core", "hatchling"])
    folder = tmp_path_factory.mktemp("public")
    shutil.copytree(wheels, folder, dirs_exist_ok=True)
    for name in ("stranger", "shared"):
        public_index.add_sdist(folder, name, "9.0", setuptools_project(name, "9.0"))
    public_index.write_pages(folder)
    return folder


@pytest.fixture(scope="session")
def public_server(public_folder: Path) -> Iterator[Server]:
    """That index, served; its log holds every request."""
    with public_index.serve(public_folder, public_folder.with_suffix(".log")) as server:
        yield server


@pytest.fixture(scope="session")
def public(public_server: Server) -> str:
    """The URL of that index."""
    return public_index.simple_url(public_server)


@pytest.fixture(scope="session")
def cache(shared_folder: Path) -> Path:
    """The user's cache folder, shared by all tests so that each build environment is made once."""
    folder = shared_folder / "cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def commands(tmp_path: Path, public: str, cache: Path) -> Commands:
    """Runs programs in an environment without anything of this machine's user, below tmp_path."""
    return Commands.below(tmp_path, cache, {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": public})


@pytest.fixture(scope="module")
def commands_of_module(tmp_path_factory: pytest.TempPathFactory, public: str, cache: Path) -> Commands:
    """The same for all tests of a module, below a folder of its own."""
    environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": public}
    return Commands.below(tmp_path_factory.mktemp("module"), cache, environment)


@pytest.fixture
def own_index(tmp_path: Path, cache: Path) -> Commands:
    """Such commands with the index, and all Pythons, that this machine is set up to use."""
    return Commands.below(tmp_path, cache, _of_this_machine())


@pytest.fixture(scope="module")
def own_index_of_module(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Commands:
    """The same for all tests of a module."""
    return Commands.below(tmp_path_factory.mktemp("module"), cache, _of_this_machine())


def _of_this_machine() -> dict[str, str]:
    kept = ("SSL_CERT_FILE", "PYENV_ROOT")
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name in kept}


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """See ``tests.support.forked_commands``."""
    with fork_server() as server:
        yield server


@pytest.fixture(scope="module")
def forked_commands(forks: ForkServer) -> Iterator[None]:
    """Let ``Commands`` fork for programs of the package: for tests of what they do, not of how they start."""
    started = Commands.run

    def run(self: Commands, *command: str | Path, environment: Mapping[str, str] | None = None) -> Done:
        words, variables = [str(word) for word in command], {**self.environment, **(environment or {})}
        if not can_fork(words, variables):
            return started(self, *command, environment=environment)
        done = forks.run(words, self.folder, variables, self.timeout)
        return Done(done.returncode, done.stdout, done.stderr)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Commands, "run", run)
        yield


@pytest.fixture
def history(tmp_path: Path) -> History:
    """An empty repository."""
    return History(tmp_path / "repository")
