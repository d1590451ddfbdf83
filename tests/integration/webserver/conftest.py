"""Indexes behind each web server; the servers of a file are started once for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdistmaker_recipe.webserver.settings import ServerSettings
from tests.support.subversion import make_certificate
from tests.support.upstream import Upstream
from tests.support.webserver.client import Site
from tests.support.webserver.servers import ODD_FOLDERS, PUBLIC, RESERVED, SERVERS, USERS
from tests.support.webserver.small_index import add_pages, make_index, write


@pytest.fixture(
    scope="module",
    params=[(server, url_path) for server in SERVERS for url_path in ("/", "/py.pi/simple/")],
    ids="-at-".join,
)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small index behind each server, at the root and under a prefix."""
    server, url_path = request.param
    folder = tmp_path_factory.mktemp("site")
    index = make_index(folder / "data" / ODD_FOLDERS[server])
    settings = ServerSettings(index, url_path, PUBLIC, RESERVED)
    with SERVERS[server](folder, [settings]) as port:
        yield Site(port, settings.prefix, index)


@pytest.fixture(scope="module", params=SERVERS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    """Two indexes in one virtual host, /one/ with a public index behind it and /two/ without."""
    folder = tmp_path_factory.mktemp("pair")
    one, two = folder / "first" / "index", folder / "second" / "index"
    add_pages(one, "root one", json=False)
    add_pages(one / "only-one", "only-one")
    add_pages(two, "root two")
    add_pages(two / "only-two", "only-two")
    indexes = [
        ServerSettings(one, "/one/", PUBLIC),
        ServerSettings(two, "/two/", "", public="none"),
    ]
    with SERVERS[request.param](folder, indexes) as port:
        yield [Site(port, settings.prefix, settings.index) for settings in indexes]


@pytest.fixture(scope="module", params=SERVERS)
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Site]]:
    """Indexes of one server that let in only some, by what they require."""
    folder = tmp_path_factory.mktemp("guarded")
    users = write(folder / "Users 'of' it", USERS)
    here, elsewhere = ("ip 192.0.2.0/24 127.0.0.1",), ("ip 192.0.2.0/24 2001:db8::/32", "ip 198.51.100.1")
    ways: dict[str, dict[str, Any]] = {
        "password": {"auth_file": users},
        "here": {"require": ("ip 192.0.2.1", "local")},
        "elsewhere": {"require": elsewhere},
        "password and here": {"auth_file": users, "require": here},
        "password and elsewhere": {"auth_file": users, "require": elsewhere},
    }
    indexes = [
        ServerSettings(make_index(folder / name / "index"), f"/{number}/", PUBLIC, RESERVED, **how)
        for number, (name, how) in enumerate(ways.items())
    ]
    with SERVERS[request.param](folder, indexes) as port:
        yield {
            name: Site(port, settings.prefix, settings.index)
            for name, settings in zip(ways, indexes, strict=True)
        }


@pytest.fixture(scope="module")
def upstreams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Upstream]]:
    """Public indexes: by http, by https, and two that are not to be trusted."""
    folders = [tmp_path_factory.mktemp("authority") for _ in range(3)]
    secure, other_authority = (make_certificate(folder) for folder in folders[:2])
    other_host = make_certificate(folders[2], "other.example.com")
    made = {
        "plain": Upstream(),
        "secure": Upstream(secure),
        "other authority": Upstream(replace(other_authority, authority=secure.authority)),
        "other host": Upstream(other_host),
    }
    with ExitStack() as stack:
        for upstream in made.values():
            stack.enter_context(upstream)
        yield made


@pytest.fixture(scope="module", params=SERVERS)
def proxies(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    upstreams: dict[str, Upstream],
) -> Iterator[dict[str, tuple[Site, Upstream]]]:
    """Indexes of one server that fetch the pages of these public indexes."""
    folder = tmp_path_factory.mktemp("proxies")
    users = write(folder / "users", USERS)
    dead = Upstream()
    with dead:
        pass
    # The index at the root comes last: Apache wants the longest path first.
    behind = {"password": upstreams["plain"], "dead": dead, **dict(reversed(upstreams.items()))}
    indexes = [
        ServerSettings(
            make_index(folder / name / "index"),
            "/" if name == "plain" else f"/{number}/",
            f"{upstream.url}/all%20of/it",
            RESERVED,
            "proxy",
            auth_file=users if name == "password" else None,
            certificates=upstream.certificate.authority if upstream.certificate else Path("/nowhere"),
        )
        for number, (name, upstream) in enumerate(behind.items())
    ]
    with SERVERS[request.param](folder, indexes) as port:
        yield {
            name: (Site(port, settings.prefix, settings.index), upstream)
            for (name, upstream), settings in zip(behind.items(), indexes, strict=True)
        }
