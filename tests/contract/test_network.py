"""What a distant or bad network makes of reading: round trips, connections that break, too few of them."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.large_repository import make_large_repository
from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials, retry
from sdistmaker_recipe.vcs.subversion.connection import Connection, Connections
from sdistmaker_recipe.vcs.subversion.opening import open_connection
from sdistmaker_recipe.vcs.subversion.walk import walk
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.contract.conftest import BACKENDS, SERVERS
from tests.support.httpd import Httpd
from tests.support.process import LOOPBACK, Server
from tests.support.proxy import Proxy
from tests.support.requirements import need
from tests.support.subversion import dav, svnserve

HEAD = "8"
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Target:
    """A server, and what a URL on it is but for the port."""

    backend: str
    url: str
    port: int

    def open(self, proxy: Proxy) -> Connection:
        return open_connection(self.url.format(proxy.port), self.backend)


TARGETS = [(backend, scheme) for backend in BACKENDS for scheme in SERVERS]


def only(*targets: tuple[str, str]) -> pytest.MarkDecorator:
    """A test with some of the targets."""
    return pytest.mark.parametrize("target", targets, indirect=True, ids="-".join)


@pytest.fixture(params=TARGETS, ids="-".join)
def target(request: pytest.FixtureRequest, user: Path) -> Target:
    """Each backend over svn and http."""
    backend, scheme = request.param
    if backend == "subversion-cli":
        need("svn")
    if scheme == "svn":
        server: Server = request.getfixturevalue("svn_server")
        return Target(backend, f"svn://{LOOPBACK}:{{}}/main", server.port)
    httpd: Httpd = request.getfixturevalue("dav_server")
    return Target(backend, f"http://{LOOPBACK}:{{}}/open/main", httpd.port)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, each of them short."""
    made: list[float] = []
    monkeypatch.setattr(retry, "sleep", made.append)
    return made


def questions(connection: Connection, folder: Path) -> list[Callable[[], object]]:
    """All there are."""
    head = connection.head()
    return [
        connection.uuid,
        connection.root_path,
        lambda: connection.entries("names", head),
        lambda: connection.entry("plain", head),
        lambda: connection.changes_in("3"),
        lambda: tree(connection, folder),
    ]


def tree(connection: Connection, folder: Path) -> list[tuple[str, bytes]]:
    """What an export writes."""
    connection.export("plain", HEAD, folder / "out")
    found = [path for path in sorted((folder / "out").rglob("*")) if path.is_file()]
    return [(str(path.relative_to(folder)), path.read_bytes()) for path in found]


@pytest.fixture
def answers(target: Target, tmp_path: Path) -> list[object]:
    """What is answered by a network that is good."""
    folder = tmp_path / "good"
    folder.mkdir()
    with open_connection(target.url.format(target.port), target.backend) as connection:
        return [ask() for ask in questions(connection, folder)]


# how many at one time


@only(("subversion", "svn"), ("subversion-cli", "svn"))
def test_an_export_has_its_connection_alone(target: Target, tmp_path: Path, answers: list[object]) -> None:
    with Proxy(target.port) as proxy, target.open(proxy) as connection:
        assert connection.head() == HEAD
        assert tree(connection, tmp_path) == answers[-1]
        assert connection.uuid() == answers[0]
        assert proxy.peak_of_client == 1


@only(("subversion", "svn"), ("subversion", "http"))
def test_a_connection_that_was_given_back_is_opened_again(target: Target, answers: list[object]) -> None:
    with Proxy(target.port) as proxy, target.open(proxy) as connection:
        for opened in (1, 2):
            assert connection.uuid() == answers[0]
            assert connection.root_path() == answers[1]
            assert len(proxy.connections) == opened
            connection.disconnect()


# round trips


@only(("subversion", "svn"), ("subversion", "http"))
def test_to_ask_for_head_takes_three_round_trips(target: Target) -> None:
    # The program svn asks more.
    with Proxy(target.port) as proxy, target.open(proxy) as connection:
        assert proxy.connections == []
        assert connection.head() == HEAD
        assert connection.head() == HEAD
        assert connection.uuid()
        assert connection.root_path() == ""
        assert [each.questions for each in proxy.connections] == [3]


# connections that break


@pytest.mark.parametrize("drop", [1, 150, 700])
def test_what_is_lost_with_a_connection_is_asked_for_again(
    target: Target, answers: list[object], tmp_path: Path, drop: int
) -> None:
    with Proxy(target.port, drop=drop) as proxy, target.open(proxy) as connection:
        found = []
        for ask in questions(connection, tmp_path):
            proxy.drops = 1
            found.append(ask())
        assert found == answers


def test_a_connection_that_always_breaks_is_an_error_in_the_end(
    target: Target, pauses: list[float], tmp_path: Path
) -> None:
    with Proxy(target.port) as proxy, target.open(proxy) as connection:
        connection.head()
        proxy.drop, proxy.drops = 100, 10**6
        for ask in questions(connection, tmp_path)[2:]:
            pauses.clear()
            with pytest.raises(RepositoryError, match=r"closed by the server .*, 3 times in a row") as caught:
                ask()
            assert str(caught.value).startswith(connection.url)
            assert 0.37 < pauses[0] < 0.63 < 1.49 < pauses[1] < 2.51
            assert len(pauses) == 2
    assert not os.path.lexists(tmp_path / "out")


def test_a_server_that_refuses_some_connections_answers_in_the_end(
    target: Target, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Proxy(target.port, refuse=2) as proxy, target.open(proxy) as connection:
        assert connection.head() == HEAD
        assert proxy.refused == 2
        assert len(pauses) in (1, 2), "libsvn itself may ask again"
        assert f"{connection.url}: the connection was closed" in caplog.text
        assert "trying again in" in caplog.text


def test_a_server_that_refuses_all_connections_is_an_error_in_the_end(target: Target) -> None:
    with Proxy(target.port, refuse=10**6) as proxy, target.open(proxy) as connection:
        with pytest.raises(RepositoryError, match="3 times in a row"):
            connection.head()
        assert 3 <= proxy.refused <= 6


@only(("subversion", "http"), ("subversion-cli", "http"))
def test_a_server_that_is_unavailable_for_a_moment(target: Target, pauses: list[float]) -> None:
    with Proxy(target.port, refuse=1, says=UNAVAILABLE) as proxy, target.open(proxy) as connection:
        assert connection.head() == HEAD
        assert len(pauses) == 1
    with Proxy(target.port, refuse=9, says=UNAVAILABLE) as proxy, target.open(proxy) as connection:
        with pytest.raises(RepositoryError, match=r"busy.*503.*3 times in a row") as caught:
            connection.head()
        assert "connections" in caught.value.hint


@pytest.mark.parametrize("scheme", SERVERS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_is_not_there_yet_is_waited_for(
    backend: str, scheme: str, user: Path, repositories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "sleep", time.sleep)
    answered = threading.Event()
    with _server(scheme, repositories, tmp_path) as (url, server):
        server.stop()

        def come_back() -> None:
            server.start()
            # What a thread has started ends with it.
            answered.wait(20)

        back = threading.Timer(0.1, come_back)
        back.start()
        try:
            assert open_connection(f"{url}/main", backend).head() == HEAD
        finally:
            answered.set()
            back.join()


# what no patience helps


def test_what_does_not_pass_is_told_at_once(
    target: Target, dav_server: Httpd, pauses: list[float], tmp_path: Path
) -> None:
    host = f"{'x' * 64}.example.com"
    scheme = target.url.partition(":")[0]
    for url in (
        f"{scheme}://{host}/main",
        f"{dav_server.url}/closed/main",
        f"{dav_server.url}/forbidden/main",
    ):
        with pytest.raises(RepositoryError):
            open_connection(url, target.backend, Credentials("john", "wrong")).head()
    with open_connection(target.url.format(target.port), target.backend) as connection:
        with pytest.raises(PathNotFoundError):
            connection.entries("nowhere", HEAD)
        with pytest.raises(RepositoryError):
            connection.entries("", "999")
        with pytest.raises(RepositoryError, match="external"):
            connection.export("broken", HEAD, tmp_path / "out")
    assert pauses == []


# several connections


PROJECTS = 40


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the connection "main" of many projects."""
    folder = tmp_path_factory.mktemp("many")
    make_large_repository(folder / "main", PROJECTS, 1, together=PROJECTS)
    return folder


@contextmanager
def _server(scheme: str, repositories: Path, scratch: Path) -> Iterator[tuple[str, Server]]:
    """A server of one's own."""
    folder = scratch / "server"
    folder.mkdir()
    if scheme == "svn":
        with svnserve(repositories, folder) as server:
            yield f"svn://{LOOPBACK}:{server.port}", server
    else:
        with dav(repositories, folder) as httpd:
            yield f"http://{LOOPBACK}:{httpd.port}/open", httpd.server


@pytest.mark.parametrize("most", [0, 3, 1])
@pytest.mark.parametrize("scheme", SERVERS)
def test_a_scan_uses_the_connections_that_the_server_allows(
    user: Path, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, most: int
) -> None:
    # A connection that Apache ends after a hundred questions is gone only when the proxy knows that.
    monkeypatch.setattr(retry, "sleep", lambda _seconds: time.sleep(0.1))
    with _server(scheme, many, tmp_path) as (url, server), Proxy(server.port, delay=0.005) as proxy:
        far = url.replace(str(server.port), str(proxy.port)) + "/main"
        proxy.most = most

        def open_another() -> Connection:
            return open_connection(far, "subversion")

        with open_another() as first:
            head = first.head()
            found = walk(Connections(first, 8, open_another), head, TagFilter(far))
        assert proxy.peak == most or (not most and 4 <= proxy.peak <= 8)
        assert (proxy.refused > 0) == bool(most)
    with open_connection((many / "main").as_uri()) as near:
        alone = walk(Connections(near), head, TagFilter(far))
    assert list(found.listed.items()) == list(alone.listed.items())
    assert len(found.listed) == 1 + 2 * PROJECTS
