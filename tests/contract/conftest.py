"""One history, in memory and in real repositories behind real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

import pytest

from sdistmaker_recipe.vcs.subversion.connection import Connection
from sdistmaker_recipe.vcs.subversion.opening import open_connection
from tests.support.httpd import Httpd
from tests.support.memory_repository import File, Folder, MemoryRepository, executable, symlink
from tests.support.process import Server
from tests.support.requirements import need
from tests.support.subversion import create, dav, dav_url, svn_url, svnserve

Opener: TypeAlias = Callable[[str], Connection]
"""Opens the repository at a decoded path."""

BACKENDS = ("subversion", "subversion-cli")
SERVERS = ("svn", "http")
REAL = tuple((backend, scheme) for backend in BACKENDS for scheme in ("file", *SERVERS))

ODD_NAMES = (
    "with space",
    "at@sign",
    "at@3",
    "percent%20",
    "percent%",
    "umlaut-äöü",
    "日本",
    "hash#1",
    "question?mark",
    "-dash",
    "--version",
    ".dot",
    "plus+",
    "semi;colon",
    "amp&ersand",
    "quo'te\"",
    "[brackets]",
    "back\\slash",
    "~tilde",
)

EXTERNALS = "^/plain/tags/1.1@6 vendor\n^/plain/trunk/setup.py@1 one.py\n'^/names/with space@7' 'also here'\n"


def make_history() -> MemoryRepository:
    """Eight revisions; the tests know their numbers."""
    history = MemoryRepository()
    history.commit(
        {
            "plain/trunk/setup.py": "setup()\n",
            "plain/trunk/src/mod.py": "first\n",
            "plain/trunk/run.sh": executable(b"#!/bin/sh\n"),
            "plain/trunk/link": symlink("setup.py"),
            "plain/trunk/folder-link": symlink("."),
        }
    )
    history.commit(copies={"plain/tags/1.0": "plain/trunk"})
    history.commit({"plain/trunk/src/mod.py": "second\n"})
    history.commit({"plain/tags/1.1/src/mod.py": "tagged\n"}, copies={"plain/tags/1.1": "plain/trunk"})
    history.commit({"plain/tags/1.0": None})
    history.commit(copies={"plain/tags/1.0": ("plain/trunk", 1)})
    history.commit({f"names/{name}/{name}.txt": name for name in ODD_NAMES})
    history.commit(
        {
            "special/keywords.txt": File(b"$Rev$ $URL$ $Id$\n", {"svn:keywords": "Rev URL Id"}),
            "special/crlf.txt": File(b"one\ntwo\n", {"svn:eol-style": "CRLF"}),
            "special/native.txt": File(b"one\ntwo\n", {"svn:eol-style": "native"}),
            "special": Folder({"svn:externals": EXTERNALS}),
            "broken/file.txt": "text",
            "broken": Folder({"svn:externals": "^/nowhere@8 vendor"}),
        }
    )
    return history


@pytest.fixture(scope="session")
def history() -> MemoryRepository:
    return make_history()


@pytest.fixture(scope="session")
def repositories(tmp_path_factory: pytest.TempPathFactory, history: MemoryRepository) -> Path:
    """A folder with the repository "main"."""
    folder = tmp_path_factory.mktemp("repositories")
    create(folder / "main", history)
    return folder


@pytest.fixture(scope="session")
def svn_server(tmp_path_factory: pytest.TempPathFactory, repositories: Path) -> Iterator[Server]:
    with svnserve(repositories, tmp_path_factory.mktemp("svnserve")) as server:
        yield server


@pytest.fixture(scope="session")
def dav_server(tmp_path_factory: pytest.TempPathFactory, repositories: Path) -> Iterator[Httpd]:
    with dav(repositories, tmp_path_factory.mktemp("dav")) as httpd:
        yield httpd


@dataclass(frozen=True)
class Real:
    """A backend, and the URL of the history in a real repository."""

    backend: str
    url: str

    def open(self, path: str) -> Connection:
        """Open the folder at a decoded path."""
        return open_connection(f"{self.url}/{quote(path)}", self.backend)


@pytest.fixture(params=REAL, ids="-".join)
def real(request: pytest.FixtureRequest, user: Path) -> Real:
    """Each backend over file, svn and http."""
    return _real(request, *request.param)


@pytest.fixture(params=[("memory",), *REAL], ids="-".join)
def open_at(request: pytest.FixtureRequest, user: Path) -> Opener:
    """Each implementation of ``Connection``: the fake, and each real one over file, svn and http."""
    if request.param == ("memory",):
        history: MemoryRepository = request.getfixturevalue("history")
        return history.open
    return _real(request, *request.param).open


def _real(request: pytest.FixtureRequest, backend: str, scheme: str) -> Real:
    if backend == "subversion-cli":
        need("svn")
    if scheme == "svn":
        return Real(backend, f"{svn_url(request.getfixturevalue('svn_server'))}/main")
    if scheme == "http":
        return Real(backend, f"{dav_url(request.getfixturevalue('dav_server'))}/main")
    return Real(backend, (request.getfixturevalue("repositories") / "main").as_uri())


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty home folder of a user who configured nothing."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("SVN_SSH", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, "")  # so that what the backend sets is taken back afterwards
        monkeypatch.delenv(name)
    return home
