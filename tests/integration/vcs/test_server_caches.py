"""What was fetched from servers goes with its repository, and stays as long as somebody uses it."""

from __future__ import annotations

import errno
import fcntl
import re
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.vcs.server_caches import claim, claim_if_made, clean, locked, remove_unused
from tests.support.commands import Commands
from tests.support.git import commit, git, make_bare
from tests.support.git_servers import git_daemon
from tests.support.history import setuptools_project
from tests.support.mercurial import Hg, hg_serve
from tests.support.process import LOOPBACK
from tests.support.requirements import need

pytestmark = pytest.mark.usefixtures("forked_commands")

A, B = "a" * 24, "b" * 24


def names(folder: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in folder.iterdir()}


@pytest.fixture
def caches(tmp_path: Path) -> Path:
    """Two caches of git, of which the second is used by two repositories."""
    for name in (A, B):
        (tmp_path / f"{name}.git/objects").mkdir(parents=True)
        (tmp_path / f"{name}.lock").touch()
    claim(tmp_path, A, "git://h/one")
    claim(tmp_path, B, "git://h/one")
    claim(tmp_path, B, "git://h/two/")
    return tmp_path


def test_a_cache_stays_as_long_as_one_repository_uses_it(caches: Path) -> None:
    remove_unused(caches, ["git://h/one", "git://h/two"])
    assert names(caches) == {A, B}
    remove_unused(caches, ["git://h/two"])
    assert names(caches) == {B}
    remove_unused(caches, ["git://h/three"])
    assert names(caches) == set()


def test_a_cache_in_use_stays_and_foreign_files_too(caches: Path) -> None:
    (caches / "notes.txt").touch()
    (caches / "largefiles").mkdir()
    (caches / f"{A}.clone").symlink_to(caches / "notes.txt")
    with (caches / f"{A}.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        remove_unused(caches, [])
        assert names(caches) == {A, "notes", "largefiles"}
    remove_unused(caches, [])
    assert names(caches) == {"notes"}
    remove_unused(caches / "missing", [])


def test_a_cache_that_cannot_be_looked_at_is_an_error_when_it_is_used(tmp_path: Path) -> None:
    # The system refuses a long name to every account, and a folder of another account in the same way.
    folder = tmp_path / ("x" * 300)
    claim_if_made(folder, A, "git://h/one")
    claim(folder, A, "git://h/one")
    refused = pytest.raises(StoreError, match="File name too long")
    with refused, locked(folder / f"{A}.lock", A, "git://h/one", fcntl.LOCK_SH):
        pass


def test_what_the_disk_refuses_of_a_cache_is_named(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    refused = pytest.raises(StoreError, match=f"{re.escape(str(tmp_path))}: No space left")
    with refused, locked(tmp_path / f"{A}.lock", A, "git://h/one", fcntl.LOCK_EX):
        raise full
    # What reads a cache may export a tag, whose fault it can be.
    refused = pytest.raises(OSError, match="No space left")
    with refused as raised, locked(tmp_path / f"{A}.lock", A, "git://h/one", fcntl.LOCK_SH):
        raise full
    assert raised.value is full


def test_the_folder_of_a_plug_in_is_left_alone(tmp_path: Path) -> None:
    for system in ("git", "plug-in"):
        (tmp_path / system / f"{A}.git").mkdir(parents=True)
    clean(tmp_path, [])
    assert [path.parent.name for path in tmp_path.glob("*/*")] == ["plug-in"]


def test_a_run_removes_the_caches_of_repositories_that_are_no_longer_configured(
    tmp_path: Path, commands: Commands
) -> None:
    library = make_bare(tmp_path / "served/library.git")
    pinned = commit(library, {"part.py": "part = 1\n"})
    for name in ("one", "two"):
        bare = make_bare(tmp_path / f"served/{name}.git")
        commit(bare, setuptools_project(f"acme.{name}", "1.0"))
        git(bare, "tag", "1.0", "main")
    index = bare / "index-of-two"
    modules = '[submodule "part"]\n\tpath = part\n\turl = ../library.git\n'
    blob = git(bare, "hash-object", "-w", "--stdin", stdin=modules.encode())
    git(bare, "read-tree", "main", index=index)
    for entry in (f"100644,{blob},.gitmodules", f"160000,{pinned},part"):
        git(bare, "update-index", "--add", "--cacheinfo", entry, index=index)
    git(bare, "tag", "1.1", git(bare, "commit-tree", git(bare, "write-tree", index=index), "-m", "x"))
    folder = commands.folder / "index-state/repositories/git"
    (tmp_path / "server").mkdir()

    def run(*repositories: str, more: tuple[str, ...] = ()) -> int:
        urls = [f"git://{LOOPBACK}:{server.port}/{name}.git" for name in repositories]
        arguments = [word for url in urls for word in ("--repository", url)]
        done = commands.sdists_from_tags(*arguments, "--destination", "index", "--timeout", "60", *more)
        return done.status

    with git_daemon(tmp_path / "served", tmp_path / "server") as server:
        run("one", "two")
        assert len(names(folder)) == 3, "with that of the submodule"
        run("two")
        assert len(names(folder)) == 2
        run("one", more=("--dry-run",))
        run("one", "missing")
        assert run("one", more=("--subdirectory", "a = ")) == 2
        assert len(names(folder)) == 2, "not all were read"
        run("one")
        assert len(names(folder)) == 0, "and one has nothing new"
    assert run("two") == 3
    assert folder.is_dir()


def test_a_clone_of_mercurial_goes_too(tmp_path: Path, commands: Commands) -> None:
    need("hg")
    hg = Hg()
    for name in ("one", "two"):
        hg.init(tmp_path / "served" / name, setuptools_project(f"acme.{name}", "1.0"))
        hg.tag(tmp_path / "served" / name, "1.0")
    hg.close()
    folder = commands.folder / "index-state/repositories/mercurial"
    (tmp_path / "server").mkdir()
    with hg_serve(tmp_path / "served", tmp_path / "server") as server:
        urls = [f"hg+http://{LOOPBACK}:{server.port}/{name}" for name in ("one", "two")]
        both = [word for url in urls for word in ("--repository", url)]
        commands.sdists_from_tags(*both, "--destination", "index")
        assert len(list(folder.glob("*.clone"))) == 2
        commands.sdists_from_tags("--repository", urls[1], "--destination", "index")
        (clone,) = folder.glob("*.clone")
    commands.sdists_from_tags("--repository", urls[1], "--destination", "index")
    assert clone.is_dir(), "the server only does not answer"
