"""The git repositories that are read: checkouts of small projects, or a folder of many bare repositories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from benchmarks import projects
from benchmarks.large_repository import SETUP
from benchmarks.projects import project_files
from tests.support.git import FIRST_SECOND, git
from tests.support.git_import import DAY, Release, load_releases


def make_checkouts(folder: Path, tags: Sequence[projects.Release]) -> None:
    """A working copy for each project in the new folder, with these tags, as tags2sdists wants them."""
    for name, group in groupby(sorted(tags, key=lambda tag: (tag.name, tag.number)), lambda tag: tag.name):
        checkout = folder / name
        checkout.mkdir(parents=True)
        git(checkout, "init", "--quiet")
        _load(checkout, ((tag.version, project_files(tag)) for tag in group))
        git(checkout, "reset", "--quiet", "--hard", "main")


def make_bare_repositories(folder: Path, names: Sequence[str], tags: int) -> None:
    """A bare repository with so many tags for each name in the new folder.

    The refs of every second one are packed, as git does it now and then.
    """
    for number, name in enumerate(names):
        bare = folder / f"{name}.git"
        bare.mkdir(parents=True)
        git(bare, "init", "--quiet", "--bare")
        versions = (f"1.{minor}" for minor in range(tags))
        _load(bare, ((each, {"setup.py": SETUP.format(name=name, version=each)}) for each in versions))
        if number % 2:
            git(bare, "pack-refs", "--all")


def _load(repository: Path, contents: Iterator[tuple[str, Mapping[str, str]]]) -> None:
    numbered = enumerate(contents)
    releases = (
        Release(version, files, seconds=FIRST_SECOND + number * DAY) for number, (version, files) in numbered
    )
    load_releases(repository, releases)
