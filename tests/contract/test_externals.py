"""Which externals an export follows, by real servers; and that nobody is asked who must not be asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ExternalRefusedError, RepositoryError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs.subversion.opening import open_connection
from tests.contract.conftest import BACKENDS
from tests.support.httpd import make_passable
from tests.support.memory_repository import Folder, MemoryRepository
from tests.support.process import LOOPBACK
from tests.support.requirements import need
from tests.support.subversion import create, dav, dav_url, svn_url, svnserve

SERVERS = ["file", "svn", "http"]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, user: Path) -> str:
    name: str = request.param
    if name == "subversion-cli":
        need("svn")
    return name


@pytest.fixture
def trap() -> Iterator[socket.socket]:
    """A server that nobody may ask."""
    with socket.socket() as trap:
        trap.bind(("127.0.0.2", 0))
        trap.listen()
        trap.settimeout(0.05)
        yield trap


class Place:
    """A repository called main, beside one called other, at a server."""

    def __init__(self, folder: Path, backend: str) -> None:
        self.folder, self.backend = folder, backend
        self.url = ""
        self.parent = folder / "repositories"
        self.parent.mkdir()
        other = MemoryRepository()
        other.commit({"lib/other.txt": "other"})
        create(self.parent / "other", other)

    def make(self, properties: dict[str, str]) -> None:
        """Make the repository main, with svn:externals of folders of the tag."""
        history = MemoryRepository()
        history.commit({"lib/lib.txt": "first", "lib/deep/deep.txt": "deep"})
        history.commit(
            {
                "lib/lib.txt": "second",
                "nested": Folder({"svn:externals": "^/lib inner\n^/../other/lib others"}),
                "nested/nested.txt": "nested",
                "tag/file.txt": "file",
                "tag/sub/sub.txt": "sub",
            }
        )
        history.commit({path: Folder({"svn:externals": text}) for path, text in properties.items()})
        create(self.parent / "main", history)
        make_passable(self.parent / "main")
        make_passable(self.parent / "other")

    def export(self, option: str = "same-host", known_as: str = "") -> set[str]:
        """The files of the tag."""
        out = self.folder / f"out-{option}"
        settings = RepositorySettings(known_as=known_as, externals=option)
        with open_connection(self.url, self.backend, settings=settings) as connection:
            connection.export("tag", connection.head(), out)
        assert not list(self.folder.glob(".checkout*"))
        return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest, tmp_path: Path, backend: str) -> Iterator[Place]:
    place = Place(tmp_path, backend)
    server = tmp_path / "server"
    server.mkdir()
    if request.param == "file":
        place.url = (place.parent / "main").as_uri()
        yield place
    elif request.param == "svn":
        with svnserve(place.parent, server) as running:
            place.url = f"{svn_url(running)}/main"
            yield place
    else:
        with dav(place.parent, server) as httpd:
            place.url = f"{dav_url(httpd)}/main"
            yield place


OWN = {"file.txt", "sub/sub.txt"}


def test_those_of_the_repository_come_with_the_tag(place: Place) -> None:
    place.make({"tag": "^/lib@1 a/b\n-r1 ^/lib/lib.txt one.txt", "tag/sub": "../../lib up\n"})
    wanted = OWN | {"a/b/lib.txt", "a/b/deep/deep.txt", "one.txt", "sub/up/lib.txt", "sub/up/deep/deep.txt"}
    assert place.export("same-repository") == wanted
    assert (place.folder / "out-same-repository/one.txt").read_text() == "first"
    assert (place.folder / "out-same-repository/a/b/lib.txt").read_text() == "first"
    assert (place.folder / "out-same-repository/sub/up/lib.txt").read_text() == "second"
    with pytest.raises(ExternalRefusedError, match=r"externals = none .* set externals = same-repository"):
        place.export("none")
    assert not (place.folder / "out-none").exists()


def test_a_tag_without_any_needs_no_option(place: Place) -> None:
    place.make({"tag": "# nothing\n"})
    assert place.export("none") == OWN


def test_those_of_the_host_are_followed_by_default_and_so_are_nested_ones(place: Place) -> None:
    place.make({"tag/sub": "^/nested vendor"})
    vendor = "sub/vendor"
    assert place.export() == OWN | {
        f"{vendor}/nested.txt",
        f"{vendor}/inner/lib.txt",
        f"{vendor}/inner/deep/deep.txt",
        f"{vendor}/others/other.txt",
    }
    with pytest.raises(ExternalRefusedError, match=r"others leads to .* set externals = same-host"):
        place.export("same-repository")


@pytest.mark.parametrize("scheme", ["svn", "http", "https"])
def test_no_other_host_is_asked(place: Place, trap: socket.socket, scheme: str) -> None:
    host, port = trap.getsockname()
    place.make({"tag/sub": f"^/lib first\n{scheme}://{host}:{port}/x vendor"})
    with pytest.raises(ExternalRefusedError, match=r"vendor leads to .*127\.0\.0\.2.* set externals = all"):
        place.export()
    with pytest.raises(TimeoutError):
        trap.accept()
    assert not (place.folder / "out-same-host").exists()


def test_no_folder_of_this_machine_is_read_from_a_server(place: Place) -> None:
    elsewhere = (place.parent / "other").as_uri()
    place.make({"tag": f"{elsewhere}/lib vendor"})
    if place.url.startswith("file:"):
        assert place.export() == OWN | {"vendor/other.txt"}
        # Whoever knows it by a server, does not get it by the quicker way either.
        with pytest.raises(ExternalRefusedError, match="a folder of this machine"):
            place.export("all", known_as="https://svn.example.com/svn/main")
    else:
        for option in ("same-host", "all"):
            with pytest.raises(ExternalRefusedError, match="a folder of this machine"):
                place.export(option)


def test_a_tunnel_is_not_opened(place: Place) -> None:
    place.make({"tag": f"svn+ssh://{LOOPBACK}/srv/svn vendor"})
    with pytest.raises(ExternalRefusedError, match="set externals = all"):
        place.export()


def test_those_that_lead_in_a_circle_are_an_error(place: Place) -> None:
    place.make({"tag": "^/tag again"})
    with pytest.raises(RepositoryError, match="lead on and on"):
        place.export()


def test_no_line_is_guessed(place: Place) -> None:
    place.make({"tag": "^/lib ../out"})
    with pytest.raises(RepositoryError, match="svn:externals of this folder cannot be read") as caught:
        place.export()
    assert "svn:externals" in caught.value.hint


@pytest.mark.parametrize("target", [".svn", "a/.SVN", ".svn/x"])
def test_none_writes_into_the_current_folder(
    place: Place, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = place.folder / "current"
    current.mkdir()
    monkeypatch.chdir(current)
    place.make({"tag": f"^/lib {target}"})
    with pytest.raises(RepositoryError, match=r"\.svn is a reserved name"):
        place.export()
    assert list(current.iterdir()) == []


@contextmanager
def redirecting(place: Place, target: str) -> Iterator[str]:
    """A server for the repositories of a place, which redirects a URL (given) to another one."""
    module = "LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so\n"
    server = place.folder / "server"
    server.mkdir()
    with dav(place.parent, server, more=f'{module}Redirect 301 /away "{target}"\n') as httpd:
        place.url = f"{dav_url(httpd)}/main"
        yield f"{httpd.url}/away"


@pytest.mark.parametrize("external", ["lib", "lib/other.txt"])
def test_a_redirect_leads_to_no_file_url(tmp_path: Path, backend: str, external: str) -> None:
    place = Place(tmp_path, backend)
    with redirecting(place, (place.parent / "other").as_uri()) as away:
        place.make({"tag": f"{away}/{external} vendor"})
        with pytest.raises(RepositoryError, match="redirects it to file:"):
            place.export()
    assert not (tmp_path / "out-same-host").exists()


def test_a_redirect_leads_to_no_other_host(tmp_path: Path, user: Path, trap: socket.socket) -> None:
    place = Place(tmp_path, "subversion")
    host, port = trap.getsockname()
    with redirecting(place, f"http://{host}:{port}/x") as away:
        place.make({"tag": f"{away}/lib vendor"})
        with pytest.raises(RepositoryError, match=r"redirects it to http://127\.0\.0\.2"):
            place.export("all")
    with pytest.raises(TimeoutError):
        trap.accept()


def test_a_redirect_on_one_server_is_followed(tmp_path: Path, backend: str) -> None:
    place = Place(tmp_path, backend)
    with redirecting(place, "/open/other") as away:
        place.make({"tag": f"{away}/lib vendor"})
        assert place.export() == OWN | {"vendor/other.txt"}
