"""Mercurial repositories on this machine and on servers: which tags there are, their files, and failures."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import RepositorySettings, Tag
from sdistmaker_recipe.vcs import Credentials, ReleaseTag, Repository, open_repository
from sdistmaker_recipe.vcs.mercurial.command_server import CommandServer
from sdistmaker_recipe.vcs.mercurial.places import LocalPlace
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.git_servers import Sshd
from tests.support.long_form import IS_LONG, each_value
from tests.support.mercurial import FIRST_TIME, PASSWORD, STEP, USER, Hg, closed_proxy, hg_serve
from tests.support.process import LOOPBACK, Server, free_port
from tests.support.requirements import need
from tests.support.tag_servers import Known

PLACES = ("file", "http")


@pytest.fixture
def hg(request: pytest.FixtureRequest) -> Iterator[Hg]:
    if "opened" in request.fixturenames:
        # The other tests are about processes of hg too: their settings, credentials and ends.
        request.getfixturevalue("quick_hg")
    need("hg")
    made = Hg()
    yield made
    made.close()


@pytest.fixture
def project(tmp_path: Path, hg: Hg) -> Path:
    """A repository with the tag 1.0."""
    folder = tmp_path / "repositories/acme.tool"
    hg.init(folder, {"setup.py": "setup()\n"})
    hg.tag(folder, "1.0")
    return folder


@pytest.fixture
def served(project: Path, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "server").mkdir()
    with hg_serve(project.parent, tmp_path / "server") as server:
        yield server


class Opened:
    """Opens a repository again and again with one cache, as runs do, and follows its tags."""

    def __init__(self, url: str, cache: Path, credentials: Credentials | None = None) -> None:
        self.url, self.credentials = url, credentials
        self.settings = RepositorySettings(known_as=url, cache=cache)
        self.known: Known | None = None

    def open(self, url: str = "") -> Repository:
        return open_repository(url or self.url, "auto", self.credentials, settings=self.settings)

    def scan(self) -> dict[str, str]:
        """The tags and their revisions, all of them, and what was followed so far must be the same."""
        tag_filter = TagFilter(self.url)
        with self.open() as repository:
            fresh = Known(repository.all_tags(tag_filter))
        if self.known is not None:
            with self.open() as repository:
                found = repository.changed_tags(self.known.previous(), tag_filter)
            assert found is not None
            self.known.apply(found)
            assert (self.known.tags, self.known.rows) == (fresh.tags, fresh.rows)
        self.known = self.known or fresh
        return {name: str(tag[2]) for name, tag in fresh.tags[""].items()}

    def export(self, name: str, destination: Path) -> None:
        assert self.known is not None
        found = self.known.tags[""][name]
        assert isinstance(found, ReleaseTag)
        with self.open() as repository:
            path = f"tags/{name}"
            tag = Tag(self.url, "", name, path, found.version, found.revision, found.time, "")
            repository.export(tag, repository.head(), destination)


def server_url(server: Server) -> str:
    return f"hg+http://{LOOPBACK}:{server.port}/acme.tool"


@pytest.fixture(params=PLACES)
def opened(request: pytest.FixtureRequest, project: Path, tmp_path: Path) -> Opened:
    if request.param == "file":
        return Opened(f"hg+{project.as_uri()}", tmp_path / "cache")
    return Opened(server_url(request.getfixturevalue("served")), tmp_path / "cache")


# which tags there are


def test_tags_come_move_go_and_come_back(opened: Opened, project: Path, hg: Hg) -> None:
    first = hg("-R", project, "log", "-r", "0", "-T", "{node}")
    assert opened.scan() == {"1.0": first}
    second = hg.commit(project, {"more.py": ""})
    hg.tag(project, "1.1")
    assert opened.scan() == {"1.0": first, "1.1": second}
    hg.tag(project, "1.0", "-r", second)
    assert opened.scan() == {"1.0": second, "1.1": second}
    gone = hg.untag(project, "1.0")
    last = opened.scan()
    assert last == {"1.1": second}
    with opened.open() as repository:
        assert repository.deletions({"tags/1.0": "", "tags/7.0": ""}) == {"tags/1.0": gone}
    hg.tag(project, "1.0", "-r", "0")
    assert opened.scan() == {"1.0": first, "1.1": second}


def test_tags_of_closed_and_other_branches_count(opened: Opened, project: Path, hg: Hg) -> None:
    opened.scan()
    hg("--cwd", project, "branch", "-q", "old")
    hg.commit(project, {"old.py": ""})
    hg.tag(project, "0.9")
    hg.commit(project, {}, "--close-branch")
    hg("--cwd", project, "update", "-q", "0")
    hg.commit(project, {"head.py": ""})
    hg.tag(project, "2.0")
    assert sorted(opened.scan()) == ["0.9", "1.0", "2.0"]


def test_local_tags_and_bookmarks_are_none(opened: Opened, project: Path, hg: Hg) -> None:
    hg("--cwd", project, "tag", "--local", "3.0")
    hg("--cwd", project, "bookmark", "4.0")
    assert sorted(opened.scan()) == ["1.0"]


def test_a_local_tag_does_not_hide_the_tag_of_its_name(opened: Opened, project: Path, hg: Hg) -> None:
    first = hg("-R", project, "log", "-r", "0", "-T", "{node}")
    second = hg.commit(project, {"more.py": ""})
    hg.tag(project, "2.0")
    hg.tag(project, "2.1")
    hg("--cwd", project, "tag", "--local", "-f", "-r", "0", "2.0")
    tip = hg("-R", project, "log", "-r", "tip", "-T", "{node}")
    hg("--cwd", project, "tag", "--local", "-f", "-r", tip, "1.0")
    before = sorted(project.rglob("*"))
    found = opened.scan()
    assert (found["1.0"], found["2.0"]) == (first, second)
    assert sorted(found) == ["1.0", "2.0", "2.1"]
    assert sorted(project.rglob("*")) == before


def test_history_that_was_stripped_takes_its_tags_along(opened: Opened, project: Path, hg: Hg) -> None:
    stripped = hg.commit(project, {"wrong.py": ""})
    hg.tag(project, "1.1")
    assert sorted(opened.scan()) == ["1.0", "1.1"]
    strip = ["--config", "extensions.strip=", "--cwd", project, "strip", "-q", "--no-backup"]
    hg(*strip, stripped)
    assert sorted(opened.scan()) == ["1.0"]
    hg.commit(project, {"right.py": ""})
    hg.tag(project, "1.1")
    assert sorted(opened.scan()) == ["1.0", "1.1"]


def test_the_time_is_that_of_the_tagged_changeset_in_utc(opened: Opened) -> None:
    opened.scan()
    assert opened.known is not None
    found = opened.known.tags[""]["1.0"]
    assert isinstance(found, ReleaseTag)
    assert found.time.timestamp() == FIRST_TIME + STEP


ODD_NAMES = (
    *("1.0-ümlaut", "1.0 with space", "1.0'quote\"", "1.0;x", "2.0/rc", "1%20"),
    *("1.0\x0cx", "1.0\x85x", "1.0\u2028x"),  # what Python, and nobody else, takes for the end of a line
)


@pytest.mark.parametrize(("opened", "name"), each_value(PLACES, ODD_NAMES), indirect=["opened"])
def test_odd_names_of_tags(opened: Opened, project: Path, hg: Hg, name: str) -> None:
    hg.tag(project, name)
    assert name in opened.scan()


def test_an_empty_repository_has_no_tags_until_there_are_some(tmp_path: Path, hg: Hg) -> None:
    (tmp_path / "repositories").mkdir()
    folder = tmp_path / "repositories/acme.tool"
    hg("init", folder)
    (tmp_path / "server").mkdir()
    with hg_serve(folder.parent, tmp_path / "server") as server:
        for url in (f"hg+{folder.as_uri()}", server_url(server)):
            opened = Opened(url, tmp_path / f"cache-{url.count(':')}")
            assert opened.scan() in ({}, {"1.0": hg.tip(folder)})
        hg.commit(folder, {"setup.py": ""})
        hg.tag(folder, "1.0")
        assert list(opened.scan()) == ["1.0"]


# what a run costs


def requests(folder: Path) -> list[str]:
    log = folder / "server/access.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [line.partition("cmd=")[2].split()[0] for line in lines if "cmd=" in line]


def test_a_run_without_news_asks_one_question(served: Server, tmp_path: Path) -> None:
    opened = Opened(server_url(served), tmp_path / "cache")
    opened.scan()
    before = len(requests(tmp_path))
    assert opened.known is not None
    with opened.open() as repository:
        found = repository.changed_tags(opened.known.previous(), TagFilter(opened.url))
    assert found is not None
    assert not found.projects
    assert requests(tmp_path)[before:] == ["capabilities", "lookup"]


def test_a_build_asks_nothing_of_what_the_scan_fetched(served: Server, tmp_path: Path) -> None:
    opened = Opened(server_url(served), tmp_path / "cache")
    opened.scan()
    served.stop()
    assert opened.known is not None
    with opened.open() as repository:
        tag = opened.known.tags[""]["1.0"]
        assert isinstance(tag, ReleaseTag)
        made = Tag(opened.url, "", "1.0", "tags/1.0", "1.0", tag.revision, tag.time, "")
        repository.export(made, "", tmp_path / "out")
    assert (tmp_path / "out/setup.py").exists()


@pytest.mark.usefixtures("quick_hg")
def test_a_damaged_clone_is_made_again(served: Server, project: Path, tmp_path: Path, hg: Hg) -> None:
    opened = Opened(server_url(served), tmp_path / "cache")
    opened.scan()
    (clone,) = (tmp_path / "cache/mercurial").glob("*.clone")
    (clone / ".hg/store/00changelog.i").write_bytes(b"damage")
    hg.tag(project, "1.1")
    assert sorted(opened.scan()) == ["1.0", "1.1"]


@pytest.mark.usefixtures("quick_hg")
@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("00changelog.i", b"damage"),
        ("00changelog.i", b""),
        ("00manifest.i", b"damage"),
        ("00manifest.i", None),
        ("data/setup.py.i", b"damage"),
        ("data/setup.py.i", None),
        ("data/~2ehgtags.i", b"damage"),
    ],
)
def test_a_clone_that_was_damaged_since_is_made_again(
    served: Server, tmp_path: Path, file: str, content: bytes | None
) -> None:
    opened = Opened(server_url(served), tmp_path / "cache")
    tags = opened.scan()
    (clone,) = (tmp_path / "cache/mercurial").glob("*.clone")
    damaged = clone / ".hg/store" / file
    assert damaged.exists()
    damaged.unlink() if content is None else damaged.write_bytes(content)
    opened.export("1.0", tmp_path / "out")
    assert (tmp_path / "out/setup.py").exists()
    assert opened.scan() == tags


def test_a_changeset_that_the_server_lacks_costs_no_new_clone(served: Server, tmp_path: Path) -> None:
    opened = Opened(server_url(served), tmp_path / "cache")
    opened.scan()
    (clone,) = (tmp_path / "cache/mercurial").glob("*.clone")
    made = clone.stat().st_ino
    assert opened.known is not None
    tag = opened.known.tags[""]["1.0"]
    assert isinstance(tag, ReleaseTag)
    gone = Tag(opened.url, "", "1.0", "tags/1.0", "1.0", "1" * 40, tag.time, "")
    with opened.open() as repository, pytest.raises(PathNotFoundError):
        repository.export(gone, "", tmp_path / "out")
    assert clone.stat().st_ino == made


# the files of a tag


def test_files_come_with_bits_links_bytes_and_times(
    opened: Opened, project: Path, hg: Hg, tmp_path: Path
) -> None:
    odd = os.fsdecode(b"latin-\xfc.txt")
    (project / "link").symlink_to("setup.py")
    (project / "outside").symlink_to("/etc/passwd")
    (project / "run.sh").write_text("#!/bin/sh\n")
    (project / "run.sh").chmod(0o755)
    hg.commit(project, {"crlf.txt": b"one\r\ntwo\n", "deep/er/file.txt": "x", odd: "x", "ümlaut.txt": "x"})
    hg.tag(project, "1.1")
    opened.scan()
    opened.export("1.1", tmp_path / "out")
    out = tmp_path / "out"
    assert (out / "link").readlink() == Path("setup.py")
    assert (out / "outside").readlink() == Path("/etc/passwd")
    assert os.access(out / "run.sh", os.X_OK)
    assert not os.access(out / "setup.py", os.X_OK)
    assert (out / "crlf.txt").read_bytes() == b"one\r\ntwo\n"
    names = sorted(os.fsencode(path.name) for path in out.rglob("*") if path.is_file())
    assert b"latin-\xfc.txt" in names
    assert "ümlaut.txt".encode() in names
    assert not (out / ".hg").exists()
    assert not (out / ".hg_archival.txt").exists()
    assert opened.known is not None
    assert (out / "setup.py").stat().st_mtime == opened.known.tags[""]["1.1"][3].timestamp()


def test_a_tag_without_files_is_an_empty_folder(
    opened: Opened, project: Path, hg: Hg, tmp_path: Path
) -> None:
    hg("--cwd", project, "remove", "-q", "setup.py", ".hgtags")
    hg.commit(project, {})
    hg.tag(project, "1.1")
    opened.scan()
    opened.export("1.1", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_largefiles_are_fetched(opened: Opened, project: Path, hg: Hg, tmp_path: Path) -> None:
    hg("--cwd", project, "update", "-q", "tip")
    (project / "big.bin").write_bytes(b"big" * 1000)
    hg("--cwd", project, "add", "--large", "big.bin")
    hg.commit(project, {})
    hg.tag(project, "1.1")
    opened.scan()
    opened.export("1.1", tmp_path / "out")
    assert (tmp_path / "out/big.bin").read_bytes() == b"big" * 1000
    assert not (tmp_path / "out/.hglf").exists()


def test_filters_of_the_user_change_no_file(
    opened: Opened, project: Path, home: Path, hg: Hg, tmp_path: Path
) -> None:
    hg("--cwd", project, "update", "-q", "tip")
    (project / "big.bin").write_bytes(b"big" * 1000)
    hg("--cwd", project, "add", "--large", "big.bin")
    hg.commit(project, {"a.txt": "one $Id$\n"})
    hg.tag(project, "1.1")
    (home / ".hgrc").write_text(
        "[extensions]\nkeyword =\neol =\n[keyword]\n** =\n[decode]\n** = tr o 0\n[eol]\nnative = CRLF\n"
    )
    opened.scan()
    opened.export("1.1", tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_bytes() == b"one $Id$\n"
    assert (tmp_path / "out/big.bin").read_bytes() == b"big" * 1000


def test_a_missing_largefile_fails_the_tag(
    opened: Opened, project: Path, hg: Hg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "big.bin").write_bytes(b"big" * 1000)
    hg("--cwd", project, "add", "--large", "big.bin")
    hg.commit(project, {})
    hg.tag(project, "1.1")
    shutil.rmtree(project / ".hg/largefiles")
    for cache in Path.home().glob(".cache/largefiles"):
        shutil.rmtree(cache)
    opened.scan()
    with pytest.raises(RepositoryError, match=r"largefile|the server answers with an error"):
        opened.export("1.1", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without settings, which says what would disturb, if anybody read it."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / ".cache"))
    for name in [*os.environ]:
        if name.startswith("HG"):
            monkeypatch.delenv(name)
    return folder


# subrepositories


@pytest.fixture
def with_library(project: Path, hg: Hg) -> str:
    """The project has a subrepository at libs/inner in the tag 2.0; the id of that."""
    library = project.parent / "inner"
    node = hg.init(library, {"inner.py": "inner"})
    hg("clone", "-q", library, project / "libs/inner")
    hg.commit(project, {".hgsub": "libs/inner = ../inner\n"})
    hg.tag(project, "2.0")
    return node


def test_a_subrepository_belongs_to_the_tag(opened: Opened, with_library: str, tmp_path: Path) -> None:
    opened.scan()
    opened.export("2.0", tmp_path / "out")
    assert (tmp_path / "out/libs/inner/inner.py").read_text() == "inner"
    opened.settings = RepositorySettings(opened.url, tmp_path / "cache", submodules=())
    opened.export("2.0", tmp_path / "none")
    assert not (tmp_path / "none/libs").exists()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("https://other.example.com/inner", "other.example.com"),
        ("ext::sh", "cannot be exported"),
        ("../nowhere", "cannot be exported"),
        ("ssh://-oProxyCommand=x/inner", "not supported|other|host"),
    ],
)
def test_a_subrepository_that_must_not_be_read_fails_the_tag(
    opened: Opened, project: Path, hg: Hg, with_library: str, tmp_path: Path, source: str, reason: str
) -> None:
    hg.commit(project, {".hgsub": f"libs/inner = {source}\n"})
    hg.tag(project, "2.1")
    opened.scan()
    with pytest.raises(RepositoryError, match=reason):
        opened.export("2.1", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# security


def test_nothing_that_a_repository_or_the_user_configures_is_run(
    project: Path, home: Path, tmp_path: Path
) -> None:
    opened = Opened(f"hg+{project.as_uri()}", tmp_path / "cache")
    marker = tmp_path / "ran"
    hooks = "".join(f"pre-{name} = touch {marker}\n" for name in ("tags", "log", "archive", "serve"))
    (tmp_path / "evil.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    evil = f"[hooks]\n{hooks}[alias]\ntags = log\n[extensions]\nevil = {tmp_path}/evil.py\n"
    (project / ".hg/hgrc").write_text(evil)
    (home / ".hgrc").write_text(evil)
    opened.scan()
    opened.export("1.0", tmp_path / "out")
    assert not marker.exists()


# folders of repositories


def test_all_repositories_below_a_folder_are_projects(tmp_path: Path, hg: Hg) -> None:
    root = tmp_path / "root"
    names = ["a", "group/b", "group/deep/c", "group/d", "e"]
    for name in names:
        hg.init(root / name, {"setup.py": ""})
        hg.tag(root / name, "1.0")
    hg("clone", "-q", "-U", root / "a", root / "bare")
    (root / "empty").mkdir()
    tag_filter = TagFilter(f"hg+{root.as_uri()}")
    with open_repository(f"hg+{root.as_uri()}") as repository:
        known = Known(repository.all_tags(tag_filter))
    assert known.names == {name: ["1.0"] for name in sorted([*names, "bare"])}


def test_only_repositories_with_news_are_asked(
    tmp_path: Path, hg: Hg, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    for name in "abc":
        hg.init(root / name, {"setup.py": ""})
        hg.tag(root / name, "1.0")
    asked = []
    real = LocalPlace.tags
    monkeypatch.setattr(
        LocalPlace, "tags", lambda place: asked.append(Path(place.server).name) or real(place)
    )
    url = f"hg+{root.as_uri()}"
    settings = RepositorySettings(known_as=url, cache=tmp_path / "cache")
    tag_filter = TagFilter(url)
    with open_repository(url, settings=settings) as repository:
        known = Known(repository.all_tags(tag_filter))
    assert sorted(asked) == ["a", "b", "c"]
    asked.clear()
    hg.tag(root / "b", "1.1")
    shutil.rmtree(root / "c")
    with open_repository(url, settings=settings) as repository:
        known.apply(repository.changed_tags(known.previous(), tag_filter))
    assert asked == ["b"]
    assert known.names == {"a": ["1.0"], "b": ["1.0", "1.1"]}
    (kept,) = (tmp_path / "cache/mercurial").glob("*.json")
    kept.write_text("damage")
    asked.clear()
    hg.untag(root / "a", "1.0")
    with open_repository(url, settings=settings) as repository:
        known.apply(repository.changed_tags(known.previous(), tag_filter))
    assert sorted(asked) == ["a", "b"]
    assert known.names == {"a": [], "b": ["1.0", "1.1"]}


# trouble


def test_a_repository_is_read_over_ssh(
    project: Path, tmp_path: Path, home: Path, hg: Hg, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sshd").mkdir()
    sshd = Sshd(tmp_path / "sshd")
    with sshd.server:
        (home / ".hgrc").write_text(f"[ui]\nssh = {sshd.ssh}\n")
        # A path from the root is written with two slashes.
        url = sshd.url(Path("/x")).replace("git+ssh", "hg+ssh").removesuffix("x")
        opened = Opened(f"{url}{project}", tmp_path / "cache")
        assert list(opened.scan()) == ["1.0"]
        hg.tag(project, "1.1")
        assert list(opened.scan()) == ["1.0", "1.1"]
        opened.export("1.1", tmp_path / "out")
        assert (tmp_path / "out/setup.py").exists()


def test_a_fork_has_a_process_of_hg_of_its_own(project: Path, hg: Hg) -> None:
    server = CommandServer()
    arguments = ["-R", str(project), "log", "-r", "0", "-T", "{rev}"]
    assert server.run("x", arguments, seconds=60).output == b"0"
    started = server._process
    if not (child := os.fork()):
        status = 1
        with contextlib.suppress(BaseException):
            status = server.run("x", arguments, seconds=60).output != b"0"
            server.close()
        os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert server.run("x", arguments, seconds=60).output == b"0"
    assert server._process is started
    server.close()


def test_a_process_of_hg_has_the_limit_for_files_that_this_one_has_now(
    project: Path, hg: Hg, tmp_path: Path
) -> None:
    hg.commit(project, {"large": bytes(2 << 20)})
    server, former = CommandServer(), resource.getrlimit(resource.RLIMIT_FSIZE)

    def export(name: str) -> int:
        arguments = ["-R", str(project), "archive", "-t", "files", str(tmp_path / name)]
        server.run("x", arguments, seconds=60)
        return (tmp_path / name / "large").stat().st_size

    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, former[1]))
    try:
        with pytest.raises(RepositoryError):
            export("limited")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert export("not limited") == 2 << 20
    server.close()


def test_a_server_that_is_gone_is_an_error_that_may_pass(tmp_path: Path) -> None:
    need("hg")
    with open_repository(f"hg+http://{LOOPBACK}:{free_port()}/x") as repository:
        with pytest.raises(RepositoryError, match="no server answers") as caught:
            repository.head()
        assert caught.value.is_transient


def test_what_is_no_repository_says_so(served: Server, tmp_path: Path) -> None:
    for url in (f"hg+http://{LOOPBACK}:{served.port}/nowhere", f"hg+{tmp_path.as_uri()}/nowhere"):
        with open_repository(url) as repository, pytest.raises(PathNotFoundError):
            repository.head()
    (tmp_path / "no-repository").mkdir()
    refused = pytest.raises(PathNotFoundError, match="no Mercurial repository")
    with open_repository(f"hg+{tmp_path.as_uri()}/no-repository") as repository, refused:
        repository.head()


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from sdistmaker_recipe.vcs import retry
    from sdistmaker_recipe.vcs.mercurial import clone

    need("hg")
    monkeypatch.setattr(clone, "_QUESTION_SECONDS", 1.0)
    monkeypatch.setattr(retry, "PAUSES", ())
    with socket.socket() as silent:
        silent.bind((LOOPBACK, 0))
        silent.listen()
        url = f"hg+http://{LOOPBACK}:{silent.getsockname()[1]}/x"
        with open_repository(url) as repository, pytest.raises(RepositoryError, match="took more than"):
            repository.head()


def test_credentials_are_sent_and_not_shown(served: Server, tmp_path: Path) -> None:
    need("apache2", "htpasswd")
    (tmp_path / "apache").mkdir()
    with closed_proxy(served, tmp_path / "apache") as httpd:
        url = f"hg+{httpd.url}/closed/acme.tool"
        opened = Opened(url, tmp_path / "cache", Credentials(USER, PASSWORD))
        assert list(opened.scan()) == ["1.0"]
        opened.export("1.0", tmp_path / "out")
        for credentials in (None, Credentials(USER, "hidden"), Credentials(USER)):
            assert "hidden" not in str(refusal(url, credentials))
            assert refusal(url, credentials).is_forbidden
        assert "not ASCII" in refusal(url, Credentials(USER, "gehäim")).reason
        assert "forbid" in refusal(f"hg+{httpd.url}/forbidden/x", None).reason


def refusal(url: str, credentials: Credentials | None) -> RepositoryError:
    with open_repository(url, "auto", credentials) as repository, pytest.raises(RepositoryError) as caught:
        repository.head()
    return caught.value


def test_credentials_of_the_user_serve_where_no_option_says_any(
    served: Server, tmp_path: Path, home: Path
) -> None:
    need("apache2", "htpasswd")
    (tmp_path / "apache").mkdir()
    with closed_proxy(served, tmp_path / "apache") as httpd:
        login = f"x.prefix = {httpd.url}\nx.username = {USER}\nx.password = {PASSWORD}\n"
        (home / ".hgrc").write_text(f"[auth]\n{login}", "utf-8")
        opened = Opened(f"hg+{httpd.url}/closed/acme.tool", tmp_path / "cache")
        assert list(opened.scan()) == ["1.0"]


# any history


@pytest.mark.parametrize(
    ("opened", "seed"), each_value(PLACES, range(40 if IS_LONG else 2)), indirect=["opened"]
)
def test_following_changes_finds_what_a_whole_scan_finds(
    opened: Opened, project: Path, hg: Hg, seed: int
) -> None:
    chance = random.Random(seed)
    there = {"1.0"}
    opened.scan()
    for step in range(12):
        action = chance.choice(["tag", "tag", "untag", "commit", "head", "strip"])
        if action == "tag":
            name = chance.choice(["1.0", "1.1", "2.0", "3.0"])
            hg.tag(project, name)
            there.add(name)
        elif action == "untag" and there:
            name = chance.choice(sorted(hg("-R", project, "tags", "-T", "{tag}\n").split()))
            if name != "tip":
                hg.untag(project, name)
                there.discard(name)
        elif action == "commit":
            hg.commit(project, {f"file-{step}": str(step)})
        elif action == "head":
            hg("--cwd", project, "update", "-q", "-r", chance.choice(["0", "tip"]))
            hg.commit(project, {f"head-{step}": str(step)})
        elif action == "strip" and int(hg("-R", project, "log", "-r", "tip", "-T", "{rev}")) > 1:
            strip = ["--config", "extensions.strip=", "--cwd", project, "strip", "-q", "--no-backup"]
            hg(*strip, "tip")
        if chance.random() < 0.6:
            expected = hg("-R", project, "tags", "-T", "{ifeq(tag, 'tip', '', '{tag} {node}\n')}")
            assert opened.scan() == dict(line.split() for line in expected.splitlines())
