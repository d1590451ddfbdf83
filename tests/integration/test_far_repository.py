"""Runs over a network that takes its time, breaks, or lets in few connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.history import History, setuptools_project
from tests.support.httpd import make_passable
from tests.support.long_form import IS_LONG, each_value
from tests.support.process import LOOPBACK
from tests.support.proxy import Proxy
from tests.support.subversion import dav, svnserve
from tests.support.svndump import Change

pytestmark = pytest.mark.usefixtures("forked_commands")

KEYWORDS = {"svn:keywords": "Date Id"}
SERVERS = ("svnserve", "mod_dav_svn")
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")


@pytest.fixture
def history(history: History) -> History:
    """One project whose archives tell the date of their files' last change."""
    for version in VERSIONS:
        files = {**setuptools_project("dated", version), "README.txt": "Of $Date$, $Id$.\n"}
        history.add_tag("dated", version, files, properties={"README.txt": KEYWORDS})
    return history


@pytest.fixture(params=SERVERS)
def far(request: pytest.FixtureRequest, history: History, tmp_path: Path) -> Iterator[tuple[str, Proxy]]:
    """The URL of the history on a server that is 20 ms away, and the proxy on the way."""
    folder = tmp_path / "svn-server"
    folder.mkdir()
    name, parent = history.folder.name, history.folder.parent
    if request.param == "svnserve":
        with svnserve(parent, folder) as server, Proxy(server.port, delay=0.01) as proxy:
            yield f"svn://{LOOPBACK}:{proxy.port}/{name}", proxy
    else:
        make_passable(history.folder)
        with dav(parent, folder) as httpd, Proxy(httpd.port, delay=0.01) as proxy:
            yield f"http://{LOOPBACK}:{proxy.port}/open/{name}", proxy


def digests(commands: Commands, url: str, destination: str, *options: str) -> dict[str, str]:
    """The sha256 of each version's archive."""
    report = commands.report("--repository", url, "--destination", destination, *options)
    assert report["failed"] == report["errors"] == []
    return {each["version"]: each["sha256"] for each in report["published"]}


def test_what_is_exported_ahead_gives_the_same_bytes_as_what_is_not(
    far: tuple[str, Proxy], commands: Commands
) -> None:
    url, proxy = far
    alone = digests(commands, url, "alone", "--jobs", str(len(VERSIONS)))
    proxy.peak = 0
    elsewhere = replace(commands, environment={**commands.environment, "TZ": "Asia/Kathmandu"})
    assert digests(elsewhere, url, "ahead", "--jobs", "1") == alone
    assert set(alone) == set(VERSIONS)
    assert proxy.peak >= 5, "they were not exported side by side"


@pytest.mark.parametrize(
    ("far", "jobs", "connections"),
    # Of each two columns all combinations are there.
    list(product(SERVERS, (1, 8), (1, 2, 3)))
    if IS_LONG
    else [
        *(("svnserve", 1, 1), ("svnserve", 8, 2), ("svnserve", 1, 3)),
        *(("mod_dav_svn", 8, 1), ("mod_dav_svn", 1, 2), ("mod_dav_svn", 8, 3)),
    ],
    indirect=["far"],
)
def test_there_are_never_more_connections_than_the_option_says(
    far: tuple[str, Proxy], history: History, commands: Commands, connections: int, jobs: int
) -> None:
    url, proxy = far
    # No toolchain builds it: each that is tried takes a fresh export.
    history.add_tag("broken", "1.0", {"setup.py": "import nowhere\n"})
    options = ("--jobs", str(jobs), "--connections", str(connections))
    report = commands.report("--repository", url, "--destination", "index", *options)
    assert (len(report["published"]), len(report["failed"])) == (len(VERSIONS), 1)
    per_export = 2 if url.startswith("http") else 1
    assert proxy.peak_of_client <= connections * per_export
    assert len(proxy.connections) > len(VERSIONS) + 2, "none was exported again"


@pytest.mark.parametrize(("far", "most"), each_value(SERVERS, (3, 5)), indirect=["far"])
def test_fewer_connections_are_used_where_the_server_allows_no_more(
    far: tuple[str, Proxy], commands: Commands, most: int
) -> None:
    url, proxy = far
    proxy.most = most
    assert len(digests(commands, url, "index", "--jobs", "1")) == len(VERSIONS)
    assert proxy.refused
    assert proxy.peak == most


@pytest.mark.parametrize("far", ["svnserve"], indirect=True)
@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("options", [(), ("--connections", "2")])
def test_one_connection_is_enough(
    far: tuple[str, Proxy], commands: Commands, most: int, options: tuple[str, ...]
) -> None:
    url, proxy = far
    proxy.most = most
    assert len(digests(commands, url, "index", "--jobs", "2", *options)) == len(VERSIONS)
    assert proxy.peak == most


@pytest.mark.parametrize("far", ["svnserve"], indirect=True)
def test_one_connection_is_enough_for_a_single_new_tag(
    far: tuple[str, Proxy], history: History, commands: Commands
) -> None:
    url, proxy = far
    digests(commands, url, "index")
    history.release("dated", "2.0")
    proxy.most = 1
    proxy.forget()
    assert set(digests(commands, url, "index")) == {"2.0"}
    assert not proxy.refused
    done = commands.make_sdist(f"{url}/dated/tags/2.0", "dist")
    assert (done.status, proxy.refused) == (0, 0), done.output


def test_connections_that_break_cost_no_tag(far: tuple[str, Proxy], commands: Commands) -> None:
    url, proxy = far
    proxy.drop, proxy.drops = 700, 2
    assert len(digests(commands, url, "index", "--jobs", "1")) == len(VERSIONS)
    assert proxy.drops == 0


def test_a_server_that_lets_no_export_in_ends_the_run(far: tuple[str, Proxy], commands: Commands) -> None:
    url, proxy = far
    proxy.until = 1
    done = commands.sdists_from_tags("--repository", url, "--destination", "index", "--jobs", "1")
    assert done.status == 3, done.output
    assert f"error: {url}: the connection was closed by the server" in done.stderr
    assert "3 times in a row" in done.stderr
    proxy.until = 0
    assert len(digests(commands, url, "index", "--jobs", "1")) == len(VERSIONS)


def test_a_tag_that_cannot_be_exported_fails_alone(
    far: tuple[str, Proxy], history: History, commands: Commands
) -> None:
    url, _proxy = far
    history.release("dead", "1.0")
    external = {"svn:externals": "^/nowhere vendor"}
    history.commit([Change("change", "dead/tags/1.0", "dir", properties=external)])
    report = commands.report("--repository", url, "--destination", "index", "--jobs", "1")
    assert [each["project"] for each in report["failed"]] == ["dead"]
    assert "external" in report["failed"][0]["reason"]
    assert len(report["published"]) == len(VERSIONS)


def test_a_run_with_nothing_new_asks_three_questions(far: tuple[str, Proxy], commands: Commands) -> None:
    url, proxy = far
    digests(commands, url, "index")
    proxy.forget()
    assert digests(commands, url, "index") == {}
    assert [each.questions for each in proxy.connections] == [3]


def test_a_run_with_one_new_tag_opens_no_connection_but_the_export_s(
    far: tuple[str, Proxy], history: History, commands: Commands
) -> None:
    url, proxy = far
    digests(commands, url, "index")
    history.release("dated", "2.0")
    proxy.forget()
    assert set(digests(commands, url, "index")) == {"2.0"}
    connections = [each.questions for each in proxy.connections if each.questions]
    # HEAD, the log, the project's tags.
    assert connections[0] == 5
    assert len(connections) <= (3 if url.startswith("http") else 2)


def test_a_quicker_way_without_the_folder_is_not_taken(
    far: tuple[str, Proxy], history: History, commands: Commands
) -> None:
    url, _proxy = far
    elsewhere = f"{history.url}/nowhere"
    report = commands.report(
        "--repository", url, "--repository-on-server", elsewhere, "--destination", "index", "--dry-run"
    )
    assert f"repository-on-server: {elsewhere}" in report["warnings"][0]
    assert len(report["to_build"]) == len(VERSIONS)
