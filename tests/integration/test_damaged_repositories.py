"""Whole runs over a folder of repositories, of which one is damaged: before its first run, and later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files
from tests.support.git import commit, git, make_bare
from tests.support.history import setuptools_project
from tests.support.mercurial import Hg
from tests.support.requirements import need

pytestmark = pytest.mark.usefixtures("forked_commands")

GOOD, BAD = "good/good-{}.tar.gz", "bad/bad-{}.tar.gz"


class _Git:
    """A folder of bare repositories."""

    name = "git"
    vital = "refs"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def at(self, project: str) -> Path:
        return self.folder / f"{project}.git"

    def release(self, project: str, version: str) -> None:
        if not self.at(project).exists():
            make_bare(self.at(project))
        commit(self.at(project), setuptools_project(project, version))
        git(self.at(project), "tag", version, "main")

    def close(self) -> None:
        """Nothing is open."""


class _Mercurial:
    """A folder of working copies."""

    name = "hg"
    vital = ".hg/store"

    def __init__(self, folder: Path) -> None:
        self.folder, self._hg = folder, Hg()

    def at(self, project: str) -> Path:
        return self.folder / project

    def release(self, project: str, version: str) -> None:
        files = setuptools_project(project, version)
        if self.at(project).exists():
            self._hg.commit(self.at(project), files)
        else:
            self._hg.init(self.at(project), files)
        self._hg.tag(self.at(project), version)

    def close(self) -> None:
        self._hg.close()


@pytest.fixture(params=[_Git, _Mercurial], ids=["git", "hg"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[_Git | _Mercurial]:
    need(request.param.name)
    made = request.param(tmp_path / "repositories")
    for project in ("good", "bad"):
        made.release(project, "1.0")
    yield made
    made.close()


def test_a_damaged_repository_stops_nothing_and_loses_nothing(
    folder: _Git | _Mercurial, commands: Commands
) -> None:
    url = f"{folder.name}+{folder.folder.as_uri()}"
    vital = folder.at("bad") / folder.vital
    kept = commands.folder / "kept"
    index = commands.folder / "index"
    options = ["--repository", url, "--destination", str(index), "--deleted-tags", "remove"]

    def warnings(*more: str) -> list[str]:
        report = commands.report(*options, *more)
        assert (report["errors"], report["failed"]) == ([], [])
        return [warning for warning in report["warnings"] if warning.startswith(f"{url}/bad: ")]

    shutil.move(vital, kept)
    assert len(warnings()) == 1
    assert index_files(index) == [GOOD.format("1.0")]

    shutil.move(kept, vital)
    assert warnings() == []
    everything = [BAD.format("1.0"), GOOD.format("1.0")]
    assert index_files(index) == everything

    shutil.move(vital, kept)
    folder.release("good", "1.1")
    everything.append(GOOD.format("1.1"))
    for more in ((), (), ("--full-scan",), ()):
        (warning,) = warnings(*more)
        assert "this repository is passed over, and what was published of it stays: " in warning
        assert index_files(index) == everything
    # One repository that the URL names itself is an error.
    alone = commands.sdists_from_tags("--repository", f"{url}/{folder.at('bad').name}", "--destination", "x")
    assert alone.status == 3, alone.output

    shutil.move(kept, vital)
    folder.release("bad", "1.1")
    assert warnings() == []
    assert index_files(index) == sorted([*everything, BAD.format("1.1")])
