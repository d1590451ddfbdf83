"""What a distant or bad network makes of reading: round trips, and connections that break."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.vcs import open_repository
from tests.contract.conftest import SERVERS
from tests.support.httpd import Httpd
from tests.support.process import LOOPBACK, Server
from tests.support.proxy import Proxy

HEAD = "8"


@pytest.fixture(params=SERVERS)
def target(request: pytest.FixtureRequest, user: Path) -> tuple[str, int]:
    """What a URL of the history is but for its port, and the port of a server that has it."""
    if request.param == "svn":
        server: Server = request.getfixturevalue("svn_server")
        return f"svn://{LOOPBACK}:{{}}/main", server.port
    httpd: Httpd = request.getfixturevalue("dav_server")
    return f"http://{LOOPBACK}:{{}}/open/main", httpd.port


@pytest.fixture
def counted(target: tuple[str, int]) -> Iterator[tuple[str, Proxy]]:
    """A URL, and the proxy that it leads through."""
    url, port = target
    with Proxy(port) as proxy:
        yield url.format(proxy.port), proxy


def test_to_ask_for_head_takes_three_round_trips(counted: tuple[str, Proxy]) -> None:
    url, proxy = counted
    with open_repository(url, "subversion") as repository:
        assert proxy.connections == []
        assert repository.head() == HEAD
        assert repository.head() == HEAD
        assert repository.uuid()
        assert repository.root_path() == ""
    assert [each.questions for each in proxy.connections] == [3]
