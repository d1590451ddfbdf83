"""A git that is too old is refused, and its version costs a run without a new tag nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Repository, open_repository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.git import GitServer
from tests.support.git_servers import git_daemon
from tests.support.process import LOOPBACK
from tests.support.requirements import need
from tests.support.tag_servers import Known

SetVersion = Callable[[str], Path]


@pytest.fixture
def set_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: Path) -> SetVersion:
    """Puts a git on PATH that says this of its version. Gives the file that it writes its arguments to."""
    need("git")
    real = shutil.which("git")

    def put(version: str) -> Path:
        folder = tmp_path / f"programs-{version}"
        folder.mkdir()
        log = folder / "log"
        script = folder / "git"
        script.write_text(
            f'#!/bin/sh\necho "$1" >> "{log}"\n'
            f'test "$1" = version && echo "git version {version}" && exit\nexec "{real}" "$@"\n',
            "utf-8",
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        return log

    return put


@pytest.fixture
def served(tmp_path: Path) -> GitServer:
    (tmp_path / "served").mkdir()
    server = GitServer(tmp_path / "served")
    server.put_tag("tool", "1.0")
    return server


def opened(url: str, tmp_path: Path) -> Repository:
    return open_repository(url, settings=RepositorySettings(cache=tmp_path / "cache"))


@pytest.mark.parametrize("version", ["1.8.3.1", "2.30.2", "2.31.0.windows.1"])
def test_a_git_that_is_too_old_is_refused(
    version: str, served: GitServer, set_version: SetVersion, tmp_path: Path
) -> None:
    log = set_version(version)
    for _time in range(2):
        with opened(served.url, tmp_path) as repository, pytest.raises(RepositoryError) as caught:
            repository.all_tags(TagFilter(served.url))
    assert f"git {version} is too old" in caught.value.reason
    assert "git 2.32 or newer" in caught.value.hint
    assert log.read_text() == "version\n"


def test_a_server_that_an_old_git_cannot_read_is_not_blamed(set_version: SetVersion, tmp_path: Path) -> None:
    set_version("2.31.9")
    with (
        opened(f"git://{LOOPBACK}:1/tool.git", tmp_path) as repository,
        pytest.raises(RepositoryError, match=r"git 2\.31\.9 is too old"),
    ):
        repository.all_tags(TagFilter("url"))


def test_without_git_nothing_is_passed_over(
    served: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with opened(served.url, tmp_path) as repository, pytest.raises(RepositoryError, match="git does not run"):
        repository.all_tags(TagFilter(served.url))


@pytest.mark.parametrize("version", ["2.32.0", "3.0.0-rc1 (Vendor Git-154)", "of our own"])
def test_the_version_is_looked_at_once_and_only_where_a_tag_is_new(
    version: str, served: GitServer, set_version: SetVersion, tmp_path: Path
) -> None:
    with git_daemon(served.folder, tmp_path) as daemon:
        url = f"git://{LOOPBACK}:{daemon.port}/tool.git"
        log = set_version(version)
        with opened(url, tmp_path) as repository:
            known = Known(repository.all_tags(TagFilter(url)))
        assert log.read_text().split().count("version") == 1
        log = set_version(f"{version} again")
        with opened(url, tmp_path) as repository:
            assert repository.changed_tags(known.previous(), TagFilter(url)) is not None
        assert log.read_text() == "ls-remote\n"
