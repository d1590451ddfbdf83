"""A folder of repositories, of which one is damaged: the others are read, and nothing of it is forgotten."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Repository, open_repository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.git import GitServer, git
from tests.support.git_servers import git_daemon
from tests.support.mercurial import HgTagServer
from tests.support.process import LOOPBACK
from tests.support.requirements import need
from tests.support.tag_servers import Known

Server = GitServer | HgTagServer
Damage = Callable[[Path], object]


def _overwrite(folder: Path, pattern: str, content: bytes = b"junk" * 500) -> None:
    """Replace the content of the files that match, of which there must be one."""
    files = [path for path in folder.glob(pattern) if path.is_file()]
    assert files
    for path in files:
        path.chmod(0o644)
        path.write_bytes(content)


def _packed_refs(folder: Path) -> None:
    git(folder, "pack-refs", "--all")
    _overwrite(folder, "packed-refs")


GIT: dict[str, Damage] = {
    "no refs": lambda folder: shutil.rmtree(folder / "refs"),
    "no objects": lambda folder: shutil.rmtree(folder / "objects"),
    "no HEAD": lambda folder: (folder / "HEAD").unlink(),
    "an empty ref": lambda folder: (folder / "refs/tags/1.0").write_bytes(b""),
    "a ref of zeros": lambda folder: (folder / "refs/tags/1.0").write_bytes(bytes(41)),
    "packed refs": _packed_refs,
    "a new format": lambda folder: _overwrite(folder, "config", b"[core]\nrepositoryformatversion = 9\n"),
    "a new extension": lambda folder: _overwrite(
        folder, "config", b"[core]\nrepositoryformatversion = 1\n[extensions]\n\tfuture = yes\n"
    ),
}
MERCURIAL: dict[str, Damage] = {
    "a new format": lambda folder: _overwrite(folder, ".hg/requires", b"store\nfuture-thing\n"),
    "no store": lambda folder: shutil.rmtree(folder / ".hg/store"),
    "nothing": lambda folder: [shutil.rmtree(folder / ".hg"), (folder / ".hg").mkdir()],
    "no changesets": lambda folder: (folder / ".hg/store/00changelog.i").unlink(),
    "an empty changelog": lambda folder: _overwrite(folder, ".hg/store/00changelog.i", b""),
    "a damaged changelog": lambda folder: _overwrite(folder, ".hg/store/00changelog.i"),
    "no manifest": lambda folder: (folder / ".hg/store/00manifest.i").unlink(),
    "a damaged .hgtags": lambda folder: _overwrite(folder, ".hg/store/data/*hgtags.i"),
    "no .hgtags": lambda folder: [path.unlink() for path in folder.glob(".hg/store/data/*hgtags.i")],
}
KINDS = [("git", name) for name in GIT] + [("hg", name) for name in MERCURIAL]


@pytest.fixture(params=KINDS, ids="-".join)
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, Path, Damage]]:
    """A server with the projects good and group/bad, the folder of the second, and what damages it."""
    system, name = request.param
    need(system)
    (tmp_path / "git").mkdir()
    server = GitServer(tmp_path / "git") if system == "git" else HgTagServer(tmp_path / "hg")
    for project in ("good", "group/bad"):
        server.add_project(project)
        server.put_tag(project, "1.0")
    folder = server.folder / ("group/bad.git" if system == "git" else "group/bad")
    yield server, folder, {"git": GIT, "hg": MERCURIAL}[system][name]
    if isinstance(server, HgTagServer):
        server.hg.close()


def _forget_cached_tags(folder: Path) -> None:
    shutil.rmtree(folder / ".hg/cache", ignore_errors=True)


def test_the_others_are_read_and_nothing_of_it_is_deleted(
    damaged: tuple[Server, Path, Damage], tmp_path: Path
) -> None:
    server, folder, damage = damaged
    url = f"{'git' if isinstance(server, GitServer) else 'hg'}+{server.folder.as_uri()}"
    tag_filter = TagFilter(url)
    both = {"good": ["1.0"], "group/bad": ["1.0"]}
    with server.open() as repository:
        known = Known(repository.all_tags(tag_filter))
    assert known.names == both

    shutil.copytree(folder, tmp_path / "backup")
    damage(folder)
    _forget_cached_tags(folder)
    server.put_tag("good", "1.1")
    for _time in range(2):
        with server.open() as repository:
            changes = repository.changed_tags(known.previous(), tag_filter)
            assert changes is not None
            assert repository.presence(["group/bad/tags/1.0"]) == {"group/bad/tags/1.0": "unknown"}
        ((path, reason),) = changes.unreadable
        assert path == "group/bad"
        assert reason.endswith(".")
        known.apply(changes)
        assert known.names == {**both, "good": ["1.0", "1.1"]}
    with server.open() as repository:
        everything = repository.all_tags(tag_filter)
    assert [project.path for project in everything.projects] == ["good"]
    assert [path for path, _reason in everything.unreadable] == ["group/bad"]
    with server.open() as repository:
        ignored = repository.all_tags(TagFilter(url, ignore=("group",)))
    assert ignored.unreadable == ()

    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "backup", folder)
    server.delete_tag("group/bad", "1.0")
    server.put_tag("group/bad", "2.0")
    with server.open() as repository:
        changes = repository.changed_tags(known.previous(), tag_filter)
    assert changes is not None
    assert changes.unreadable == ()
    known.apply(changes)
    assert known.names == {"good": ["1.0", "1.1"], "group/bad": ["2.0"]}


def test_a_folder_with_nothing_else_is_an_error(damaged: tuple[Server, Path, Damage]) -> None:
    server, folder, damage = damaged
    shutil.rmtree(server.folder / ("good.git" if isinstance(server, GitServer) else "good"))
    damage(folder)
    _forget_cached_tags(folder)
    with server.open() as repository, pytest.raises(RepositoryError):
        repository.all_tags(TagFilter("url"))


@pytest.mark.parametrize("content", [b"", b"junk"])
def test_a_new_tag_whose_objects_are_damaged_changes_nothing(tmp_path: Path, content: bytes) -> None:
    need("git")
    server = GitServer(tmp_path)
    for project in ("good", "bad"):
        server.put_tag(project, "1.0")
    tag_filter = TagFilter(server.url)
    known = Known(server.open().all_tags(tag_filter))
    before = known.names
    old = set(server.at("bad").glob("objects/??/*"))
    server.put_tag("bad", "1.0")
    new = {path: path.read_bytes() for path in server.at("bad").glob("objects/??/*") if path not in old}
    for path in new:
        path.chmod(0o644)
        path.write_bytes(content)
    for _time in range(2):
        changes = server.open().changed_tags(known.previous(), tag_filter)
        assert changes is not None
        assert [path for path, _reason in changes.unreadable] == ["bad"]
        known.apply(changes)
        assert known.names == before
    for path, data in new.items():
        path.write_bytes(data)
    changes = server.open().changed_tags(known.previous(), tag_filter)
    assert changes is not None
    assert [(project.path, len(project.tags)) for project in changes.projects] == [("bad", 1)]


@pytest.fixture(params=["alone", "in a folder", "on a server"])
def lost_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[GitServer, str]]:
    """A server with a repository bad, and a URL that has it."""
    need("git")
    (tmp_path / "served").mkdir()
    server = GitServer(tmp_path / "served")
    for name in ("1.0", "2.0"):
        server.put_tag("bad", name)
    if request.param == "alone":
        yield server, f"{server.url}/bad.git"
    elif request.param == "in a folder":
        server.put_tag("good", "1.0")
        yield server, server.url
    else:
        with git_daemon(server.folder, tmp_path) as daemon:
            yield server, f"git://{LOOPBACK}:{daemon.port}/bad.git"


def test_only_the_tag_whose_objects_are_lost_is_left_out(
    lost_url: tuple[GitServer, str], tmp_path: Path
) -> None:
    server, url = lost_url
    tag_filter = TagFilter(url)

    def opened() -> Repository:
        return open_repository(url, settings=RepositorySettings(cache=tmp_path / "cache"))

    known = Known(opened().all_tags(tag_filter))
    before = {project: list(names) for project, names in known.names.items()}
    bad = next(project for project in before if project in ("", "bad"))
    old = set(server.at("bad").glob("objects/??/*"))
    for name in ("2.0", "3.0"):
        server.put_tag("bad", name)
    new = {path: path.read_bytes() for path in server.at("bad").glob("objects/??/*") if path not in old}
    for path in new:
        path.unlink()
    for _time in range(2):
        changes = opened().changed_tags(known.previous(), tag_filter)
        assert changes is not None
        assert changes.unreadable == ()
        known.apply(changes)
        assert known.names == before
        ((path, reason),) = changes.lost_tags
        assert path == bad
        assert "objects of the tag 2.0 are missing, and of 1 other" in reason
    assert sorted(project.path for project in opened().all_tags(tag_filter).projects) == sorted(before)
    for path, data in new.items():
        path.write_bytes(data)
    changes = opened().changed_tags(known.previous(), tag_filter)
    assert changes is not None
    assert [sorted(tag.name for tag in project.tags) for project in changes.projects] == [["2.0", "3.0"]]
    known.apply(changes)
    assert known.names == {**before, bad: ["1.0", "2.0", "3.0"]}


def test_a_file_that_is_no_ref_does_no_harm(tmp_path: Path) -> None:
    need("git")
    server = GitServer(tmp_path)
    server.put_tag("good", "1.0")
    for name in (".DS_Store", "1.0~", "1.1.lock"):
        (server.at("good") / "refs/tags" / name).write_bytes(b"\0\0")
    found = server.open().all_tags(TagFilter(server.url))
    assert (len(found.projects[0].tags), found.unreadable) == (1, ())


def test_folders_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("git")
    server = GitServer(tmp_path)
    for project in ("good", "closed/one"):
        server.put_tag(project, "1.0")
    (tmp_path / "lost+found").mkdir()
    tag_filter = TagFilter(server.url)
    known = Known(server.open().all_tags(tag_filter))
    (tmp_path / "closed").rename(tmp_path / "elsewhere.old")
    (tmp_path / "closed").mkdir()
    (tmp_path / "elsewhere.old/one.git").rename(tmp_path / "elsewhere.git")
    shutil.rmtree(tmp_path / "elsewhere.old")
    scandir = os.scandir

    def refusing(folder: str | int) -> object:
        if str(folder).endswith(("/closed", "/lost+found")):
            raise PermissionError(13, "Permission denied", folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    changes = server.open().changed_tags(known.previous(), tag_filter)
    assert changes is not None
    assert [path for path, _reason in changes.unreadable] == ["closed"]
    known.apply(changes)
    assert sorted(known.names) == ["closed/one", "elsewhere", "good"]
