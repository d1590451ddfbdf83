"""Every client installs from one index behind every server: the matrix of both.

SDISTMAKER_LONG=1 takes every client on both servers, otherwise those that are in use most, each on one. A
client whose Python this machine lacks is skipped by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support import public_index
from tests.support.clients import CLIENTS, Client, Toolbox, commands_of_user
from tests.support.commands import Commands
from tests.support.history import setuptools_project
from tests.support.httpd import WebServer
from tests.support.long_form import IS_LONG
from tests.support.process import Server
from tests.support.sites import SERVERS, PrivateIndex

SHORT = {"apache": ("pip", "Poetry", "zc.buildout 5"), "nginx": ("uv", "zc.buildout 6")}
"""Who asks which server where not every client asks both."""
CHOSEN = [
    pytest.param(server, client, id=f"{client.name.replace(' ', '-')}-{server}")
    for server, names in SHORT.items()
    for client in CLIENTS
    if IS_LONG or client.name in names
]

WANTED = {
    "Acme.Ledger": {"acme_ledger": "1.0"},
    "ledger-report": {"ledger_report": "1.0", "shared": "1.0"},
    "stranger": {"stranger": "9.0"},
}
"""What each name installs: private, private with a private dependency, public."""
THREE_SPELLINGS = {"My.Pkg_One": {"my_pkg_one": "1.0"}}
"""In metadata it is My.Pkg-One, its normalised name is my-pkg-one."""
SPELLINGS = {
    "easy_install": ("My.Pkg_One", "my.pkg-one", "MY.PKG_ONE", "My.Pkg-One", "my.pkg__one", "mY.pKG-_oNE"),
    "zc.buildout 2.13": ("my.pkg-one", "MY.PKG_ONE", "My.Pkg-One", "my.pkg--one"),
    "zc.buildout 3": ("my.pkg-one", "MY.PKG_ONE"),
    "zc.buildout 6": ("my.pkg_one", "MY-PKG-ONE"),
    **dict.fromkeys(
        ("pip", "pip 20.3.4", "uv", "Poetry", "PDM"), ("my-pkg-one", "MY_PKG.ONE", "my.pkg__one")
    ),
}
"""Other spellings of My.Pkg_One that a client holds equal: setuptools' safe_name in any case, or PEP 503."""
FAST_CLIENTS = ("pip", "uv")
"""These install it in the short form, too."""
RESERVED = "acme-planned"
"""Nothing of ours yet, but a stranger has it on the public index."""
PRIVATE = ("acme-ledger", "Acme.Ledger", "ledger-report", "shared", "my-pkg-one", "My.Pkg_One", "My.Pkg-One")

STATUS = re.compile(r"(?<= )[1-5]\d\d(?= )")


@dataclass
class Table:
    """What came out for each client, server and name."""

    rows: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def __str__(self) -> str:
        columns = ("client", "server", *WANTED, *THREE_SPELLINGS, RESERVED, "")
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
def index(
    tmp_path_factory: pytest.TempPathFactory, cache: Path, public: str, strangers: None
) -> PrivateIndex:
    """An index of three projects, made by one run."""
    made = PrivateIndex.below(tmp_path_factory.mktemp("private"), cache, public, "--reserved", "acme-*")
    made.history.release("Acme.Ledger", "1.0")
    made.history.release("ledger-report", "1.0", requires=["shared"])
    made.history.release("shared", "1.0")
    made.history.release("My.Pkg_One", "1.0")
    made.update()
    return made


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, index: PrivateIndex, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    """The index, served."""
    with SERVERS[request.param](index, tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture(scope="module")
def table() -> Table:
    """What came out so far."""
    return Table()


@pytest.mark.parametrize(("server", "client"), CHOSEN, indirect=["server"])
def test_a_client_installs(
    server: WebServer,
    client: Client,
    toolbox: Toolbox,
    public_server: Server,
    table: Table,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    row = table.rows.setdefault((client.name, request.node.callspec.params["server"]), {})
    row[""] = "skipped: no Python for it here"
    use = client.use(toolbox.programs(client), commands_of_user(tmp_path, server.url), server.url)
    row[""] = use.version()
    ours, public = Log(server.access_log), Log(public_server.log)

    has_time = IS_LONG or client.name in FAST_CLIENTS
    wanted = {**WANTED, **(THREE_SPELLINGS if has_time else {})}
    modules_wanted = {module: version for modules in wanted.values() for module, version in modules.items()}
    failed = use.install(RESERVED)
    done = use.install(*wanted)
    print(failed.output, done.output, *ours.new(), *public.new(), sep="\n")

    found = use.installed([*modules_wanted, "acme_planned"]) if done.status == 0 else {}
    for name, modules in wanted.items():
        row[name] = "installed" if modules.items() <= found.items() else "FAILED"
    clean = failed.status != 0 and RESERVED in failed.output and "Traceback" not in failed.output
    row[RESERVED] = "refused" if clean else "FAILED"

    assert clean
    assert done.status == 0
    assert found == modules_wanted
    assert ours.statuses(f"/{RESERVED}/") == {404}
    # Some ask again whether what they have is still so.
    assert public.statuses("/simple/stranger/") - {304} == {200}
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


@pytest.mark.parametrize(
    ("server", "name", "module"),
    [
        ("apache", "Acme.Ledger", "acme_ledger"),
        ("apache", "acme.ledger", "acme_ledger"),
        ("apache", "My.Pkg_One", "my_pkg_one"),
        ("nginx", "MY.pkg__one", "my_pkg_one"),
    ],
    indirect=["server"],
)
def test_easy_install_finds_a_name_with_a_dot_in_other_spellings_too(
    server: WebServer, name: str, module: str, toolbox: Toolbox, tmp_path: Path
) -> None:
    (client,) = (each for each in CLIENTS if each.name == "easy_install")
    use = client.use(toolbox.programs(client), commands_of_user(tmp_path, server.url), server.url)
    done = use.install(name)
    assert done.status == 0, done.output
    assert use.installed([module]) == {module: "1.0"}


@pytest.mark.parametrize(
    ("server", "client"),
    [
        pytest.param(server, client, id=f"{client.name.replace(' ', '-')}-{server}")
        for server in SERVERS
        for client in CLIENTS
        if client.name in SPELLINGS and (IS_LONG or (client.name, server) == ("uv", "nginx"))
    ],
    indirect=["server"],
)
def test_a_client_finds_a_name_in_each_spelling_that_it_holds_equal(
    server: WebServer, client: Client, toolbox: Toolbox, public_server: Server, tmp_path: Path
) -> None:
    public = Log(public_server.log)
    programs = toolbox.programs(client)
    for number, name in enumerate(SPELLINGS[client.name]):
        folder = tmp_path / str(number)
        folder.mkdir()
        use = client.use(programs, commands_of_user(folder, server.url), server.url)
        done = use.install(name)
        assert done.status == 0, f"{name}: {done.output}"
        assert use.installed(["my_pkg_one"]) == {"my_pkg_one": "1.0"}, f"{name}: {done.output}"
    asked = [line for line in public.new() if "pkg" in line.lower()]
    assert asked == []


def test_the_matrix(table: Table, record_property: Callable[[str, object], None]) -> None:
    record_property("table", str(table))
    assert "FAILED" not in str(table)


def test_the_clients_in_use_most_are_never_skipped() -> None:
    always = {client.name for client in CLIENTS if not client.pythons}
    assert always >= {name for names in SHORT.values() for name in names}
