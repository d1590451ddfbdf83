"""What the integration tests stand on: a stand-in for the public index, and a clean environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
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
    home = tmp_path / "home"
    home.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    environment = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(cache),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": public,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "COVERAGE_PROCESS_START": os.environ.get("COVERAGE_PROCESS_START", ""),
    }
    return Commands(work, {name: value for name, value in environment.items() if value})


@pytest.fixture
def history(tmp_path: Path) -> History:
    """An empty repository."""
    return History(tmp_path / "repository")
