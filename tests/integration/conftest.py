"""What the integration tests stand on: a stand-in for the public index, and a clean environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support import public_index
from tests.support.commands import Commands
from tests.support.history import History, setuptools_project


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a public index with ``stranger`` and ``shared`` 9.0, and with what builds need."""
    folder = tmp_path_factory.mktemp("public")
    public_index.download_wheels(folder, ["setuptools", "flit_core", "hatchling"])
    public_index.add_sdist(folder, "stranger", "9.0", setuptools_project("stranger", "9.0"))
    public_index.add_sdist(folder, "shared", "9.0", setuptools_project("shared", "9.0"))
    public_index.write_pages(folder)
    with public_index.serve(folder, folder / "server.log") as server:
        yield public_index.simple_url(server)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's cache folder, shared so that build environments are made once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def commands(tmp_path: Path, public: str, cache: Path) -> Commands:
    """Runs programs in an environment without anything of this machine's user, below tmp_path."""
    return _commands(tmp_path, cache, {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": public})


@pytest.fixture(scope="module")
def commands_of_module(tmp_path_factory: pytest.TempPathFactory, public: str, cache: Path) -> Commands:
    """The same for all tests of a module, below a folder of its own."""
    environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": public}
    return _commands(tmp_path_factory.mktemp("module"), cache, environment)


@pytest.fixture
def own_index(tmp_path: Path, cache: Path) -> Commands:
    """Such commands with the index, and all Pythons, that this machine is set up to use."""
    return _commands(tmp_path, cache, _of_this_machine())


@pytest.fixture(scope="module")
def own_index_of_module(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Commands:
    """The same for all tests of a module."""
    return _commands(tmp_path_factory.mktemp("module"), cache, _of_this_machine())


def _commands(folder: Path, cache: Path, more: Mapping[str, str]) -> Commands:
    home = folder / "home"
    home.mkdir()
    work = folder / "work"
    work.mkdir()
    environment = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(cache),
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "COVERAGE_PROCESS_START": os.environ.get("COVERAGE_PROCESS_START", ""),
        **more,
    }
    return Commands(work, {name: value for name, value in environment.items() if value})


def _of_this_machine() -> dict[str, str]:
    kept = ("SSL_CERT_FILE", "PYENV_ROOT")
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name in kept}


@pytest.fixture
def history(tmp_path: Path) -> History:
    """An empty repository."""
    return History(tmp_path / "repository")
