"""Clients and wheels, through a real Apache: new clients take wheels and build nothing, old ones sdists.

SDISTMAKER_LONG=1 takes every client, otherwise those that are in use most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import CLIENTS, Client, Toolbox, commands_of_user
from tests.support.commands import Commands
from tests.support.history import History
from tests.support.httpd import WebServer, make_passable
from tests.support.long_form import IS_LONG
from tests.support.sites import PrivateIndex

_ARCHIVE = re.compile(r' (?:200|206) "GET (\S+\.(?:whl|tar\.gz|metadata)) HTTP/')
_BY_NAME = {client.name: client for client in CLIENTS}


def _if_long(*names: str) -> tuple[str, ...]:
    """These clients in the long form only: their environments take minutes to make."""
    return names if IS_LONG else ()


@pytest.fixture(scope="module")
def toolbox(own_index_of_module: Commands) -> Toolbox:
    """The clients, made as they are asked for."""
    return Toolbox(own_index_of_module)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, own_index_of_module: Commands, public: str
) -> Iterator[WebServer]:
    """The example repository and one more as an index with wheels, served by Apache."""
    folder = tmp_path_factory.mktemp("private")
    history = History(folder / "repository")
    history.release("Plain.Pkg", "1.0")
    history.release("plain", "1.0")
    commands = Commands(folder, own_index_of_module.environment)
    index = PrivateIndex(history, commands, public)
    repositories = ("--repository", "example:", "--repository", history.url)
    report = commands.report(
        *repositories, "--destination", index.folder, "--public-index", public, "--wheels", "pure"
    )
    assert len(report["published"]) == 34, report
    without = [each["filename"] for each in report["published"] if not each["wheels"]]
    assert without == []
    make_passable(index.folder)
    with index.apache(tmp_path_factory.mktemp("apache")) as server:
        yield server


def install(client: Client, server: WebServer, toolbox: Toolbox, folder: Path, *names: str) -> list[str]:
    """What a client downloads to install projects; the names of archives and metadata files."""
    use = client.use(toolbox.programs(client), commands_of_user(folder, server.url), server.url)
    before = server.access_log.stat().st_size if server.access_log.exists() else 0
    done = use.install(*names)
    log = server.access_log.read_bytes()[before:].decode()
    assert done.status == 0, done.output + log
    return sorted({path.rpartition("/")[2] for path in _ARCHIVE.findall(log)})


TABLES = {"acme_calendar-2.0-py3-none-any.whl", "acme_tables-2.0-py3-none-any.whl"}


@pytest.mark.parametrize("name", ["pip", "uv", "Poetry", *_if_long("PDM")])
def test_a_new_client_takes_wheels_and_builds_nothing(
    name: str, server: WebServer, toolbox: Toolbox, tmp_path: Path
) -> None:
    found = install(_BY_NAME[name], server, toolbox, tmp_path, "acme.tables")
    assert {each for each in found if not each.endswith(".metadata")} == TABLES
    assert {each for each in found if each.endswith(".metadata")} == {f"{each}.metadata" for each in TABLES}


@pytest.mark.parametrize("name", ["zc.buildout 6", *_if_long("zc.buildout 5")])
def test_a_buildout_takes_wheels_too(name: str, server: WebServer, toolbox: Toolbox, tmp_path: Path) -> None:
    found = install(_BY_NAME[name], server, toolbox, tmp_path, "acme.tables")
    assert {each for each in found if each.endswith(".whl")} == TABLES


@pytest.mark.skipif(not IS_LONG, reason="their environments take minutes to make")
@pytest.mark.parametrize("name", ["zc.buildout 4", "zc.buildout 3"])
@pytest.mark.parametrize("project", ["plain", "Plain.Pkg"])
def test_an_older_buildout_takes_one_of_both(
    name: str, project: str, server: WebServer, toolbox: Toolbox, tmp_path: Path
) -> None:
    found = install(_BY_NAME[name], server, toolbox, tmp_path, project)
    assert len([each for each in found if each.endswith((".whl", ".tar.gz"))]) == 1


@pytest.mark.parametrize("name", ["easy_install", "pip 20.3.4", *_if_long("zc.buildout 2.13")])
@pytest.mark.parametrize("project", ["plain", "Plain.Pkg"])
def test_a_client_of_python_2_takes_the_sdist_of_a_wheel_for_python_3(
    name: str, project: str, server: WebServer, toolbox: Toolbox, tmp_path: Path
) -> None:
    found = install(_BY_NAME[name], server, toolbox, tmp_path, project)
    (archive,) = [each for each in found if each.lower().startswith("plain")]
    assert archive.endswith("-1.0.tar.gz")
