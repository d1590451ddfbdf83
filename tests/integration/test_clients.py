"""Every client installs from one index behind every server: the matrix of both.

SDISTMAKER_LONG=1 takes every client on both servers, otherwise those that are in use most, some on one server
only. A client whose Python this machine lacks is skipped by name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support import public_index
from tests.support.clients import CLIENTS, Client, Toolbox, commands_of_user
from tests.support.commands import Commands
from tests.support.history import History, setuptools_project
from tests.support.httpd import Httpd, WebServer, make_passable
from tests.support.nginx import Nginx
from tests.support.process import Server

EVERY = bool(os.environ.get("SDISTMAKER_LONG"))
SHORT = {
    "apache": ("pip", "uv", "Poetry", "zc.buildout 6", "zc.buildout 5"),
    "nginx": ("pip", "zc.buildout 6"),
}
"""What each server is asked by where not every client asks both."""
CHOSEN = [
    pytest.param(server, client, id=f"{client.name}-{server}")
    for server, names in SHORT.items()
    for client in CLIENTS
    if EVERY or client.name in names
]

WANTED = {
    "Acme.Ledger": {"acme_ledger": "1.0"},
    "ledger-report": {"ledger_report": "1.0", "shared": "1.0"},
    "stranger": {"stranger": "9.0"},
}
"""What each name installs: private, private with a private dependency, public."""
RESERVED = "acme-planned"
"""Nothing of ours yet, but a stranger has it on the public index."""
PRIVATE = ("acme-ledger", "Acme.Ledger", "ledger-report", "shared")
MODULES = {module: version for modules in WANTED.values() for module, version in modules.items()}

STATUS = re.compile(r"(?<= )[1-5]\d\d(?= )")


@dataclass(frozen=True)
class Site:
    """The index behind one server, and the log of what it answered."""

    url: str
    access_log: Path


@dataclass
class Table:
    """What came out for each client, server and name."""

    rows: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def __str__(self) -> str:
        columns = ("client", "server", *WANTED, RESERVED, "")
        every = [
            (client, server, *(row.get(name, "-") for name in columns[2:]))
            for (client, server), row in self.rows.items()
        ]
        widths = [max(map(len, column)) for column in zip(columns, *every, strict=True)]
        return "\n".join(
            "  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
            for row in (columns, *every)
        )


@pytest.fixture(scope="module")
def toolbox(own_index_of_module: Commands) -> Toolbox:
    """The clients, made as they are asked for."""
    return Toolbox(own_index_of_module)


@pytest.fixture(scope="module")
def strangers(public_folder: Path) -> None:
    """What the public index holds besides: a project with a name that we reserve."""
    public_index.add_sdist(public_folder, RESERVED, "9.0", setuptools_project(RESERVED, "9.0"))
    public_index.write_pages(public_folder)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, cache: Path, public: str, strangers: None) -> Path:
    """The index that one run makes of a repository, with what both servers include beside it."""
    folder = tmp_path_factory.mktemp("private")
    history = History(folder / "repository")
    history.release("Acme.Ledger", "1.0")
    history.release("ledger-report", "1.0", requires=["shared"])
    history.release("shared", "1.0")
    commands = Commands.below(folder, cache, {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": public})
    options = ("--repository", history.url, "--destination", "index", "--nginx-config", "nginx.conf")
    done = commands.sdists_from_tags(*options, "--public-index", public, "--reserved", "acme-*")
    assert done.status == 0, done.output
    made = commands.folder / "index"
    make_passable(made)
    return made


def _apache(folder: Path, index: Path) -> WebServer:
    snippet = index.with_name("index-apache.conf")
    (modules,) = re.findall("a2enmod (.*)", snippet.read_text("utf-8"))
    return Httpd(folder, f'<VirtualHost *>\nInclude "{snippet}"\n</VirtualHost>\n', modules.split())


def _nginx(folder: Path, index: Path) -> WebServer:
    return Nginx(folder, f'include "{index.with_name("nginx.conf")}";')


SERVERS: Mapping[str, Callable[[Path, Path], WebServer]] = {"apache": _apache, "nginx": _nginx}


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest, index: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The index, served."""
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param), index) as server:
        yield Site(server.url, server.access_log)


@pytest.fixture(scope="module")
def table() -> Table:
    """What came out so far."""
    return Table()


@pytest.mark.parametrize(("site", "client"), CHOSEN, indirect=["site"])
def test_a_client_installs(
    site: Site,
    client: Client,
    toolbox: Toolbox,
    public_server: Server,
    table: Table,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    server = request.node.callspec.params["site"]
    row = table.rows.setdefault((client.name, server), {})
    row[""] = "skipped: not on this machine"
    use = client.use(toolbox.programs(client), commands_of_user(tmp_path, site.url), site.url)
    row[""] = use.version()
    ours, public = Log(site.access_log), Log(public_server.log)

    failed = use.install(RESERVED)
    done = use.install(*WANTED)
    print(failed.output, done.output, *ours.new(), *public.new(), sep="\n")

    found = use.installed([*MODULES, "acme_planned"]) if done.status == 0 else {}
    for name, modules in WANTED.items():
        row[name] = "installed" if modules.items() <= found.items() else "FAILED"
    clean = failed.status != 0 and RESERVED in failed.output and "Traceback" not in failed.output
    row[RESERVED] = "refused" if clean else "FAILED"

    assert clean
    assert done.status == 0
    assert found == MODULES
    assert ours.statuses(f"/{RESERVED}/") == {404}
    assert public.statuses("/simple/stranger/") == {200}
    for folder in (*PRIVATE, RESERVED, ""):
        assert not public.statuses(f"/simple/{folder}/".replace("//", "/")), folder


class Log:
    """What is added to a log from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before = path.stat().st_size if path.exists() else 0

    def new(self) -> list[str]:
        return self._path.read_bytes()[self._before :].decode().splitlines()

    def statuses(self, path: str) -> set[int]:
        """What was answered to those who asked for a path."""
        every = [line for line in self.new() if f" {path} HTTP/" in line]
        return {int(STATUS.search(line)[0]) for line in every}


def test_the_matrix(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n", table, sep="\n")
    assert {name for names in SHORT.values() for name in names} <= {client for client, _ in table.rows}
