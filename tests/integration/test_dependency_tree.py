"""A tree of thirty projects is resolved from an index with wheels without downloading one archive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import dependency_tree
from tests.support.clients import CLIENTS, Toolbox, commands_of_user
from tests.support.commands import Commands
from tests.support.dependency_tree import PROJECTS, RELEASES
from tests.support.httpd import WebServer
from tests.support.sites import PrivateIndex

_DOWNLOAD = re.compile(r' (?:200|206) "(?:GET|HEAD) (\S+\.(?:whl|tar\.gz|metadata)) HTTP/')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, cache: Path, public: str) -> Iterator[WebServer]:
    """The index of such a tree, made by one run, behind Apache."""
    index = PrivateIndex.below(tmp_path_factory.mktemp("private"), cache, public, "--wheels", "pure")
    dependency_tree.add_tree(index.history)
    index.update()
    assert len(list(index.folder.glob("*/*.whl"))) == PROJECTS * RELEASES
    with index.apache(tmp_path_factory.mktemp("apache")) as server:
        yield server


@pytest.fixture(scope="module")
def toolbox(own_index_of_module: Commands) -> Toolbox:
    return Toolbox(own_index_of_module)


@pytest.mark.parametrize("name", ["pip", "uv", "Poetry"])
def test_a_client_resolves_a_tree_by_metadata_alone(
    name: str, server: WebServer, toolbox: Toolbox, tmp_path: Path
) -> None:
    (client,) = (each for each in CLIENTS if each.name == name)
    use = client.use(toolbox.programs(client), commands_of_user(tmp_path, server.url), server.url)
    before = server.access_log.stat().st_size if server.access_log.exists() else 0
    done = dependency_tree.resolve(use)
    assert done.status == 0, done.output
    resolved = server.access_log.read_bytes()
    asked = _downloads(resolved[before:])
    assert {each for each in asked if not each.endswith(".whl.metadata")} == set()
    assert len(asked) >= PROJECTS

    done = dependency_tree.install(use)
    assert done.status == 0, done.output
    asked = _downloads(server.access_log.read_bytes()[len(resolved) :])
    archives = {each for each in asked if not each.endswith(".metadata")}
    assert len(archives) == PROJECTS
    assert all(each.endswith(".whl") for each in archives)
    installed = use.installed(dependency_tree.modules())
    assert len(installed) == PROJECTS
    assert installed["tree_29"] == "8.0"


def _downloads(log: bytes) -> list[str]:
    """What was downloaded beside pages."""
    return [path.rpartition("/")[2] for path in _DOWNLOAD.findall(log.decode())]
