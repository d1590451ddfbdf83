"""The git repositories that are read: checkouts of small projects, or a folder of many bare repositories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from benchmarks.large_repository import SETUP
from benchmarks.projects import Release, project_files
from tests.support.git import FIRST_SECOND, git

DAY = 86_400


def make_checkouts(folder: Path, tags: Sequence[Release]) -> None:
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


def _load(repository: Path, releases: Iterator[tuple[str, Mapping[str, str]]]) -> None:
    stream = b"".join(_commit_and_tag(number, *release) for number, release in enumerate(releases))
    git(repository, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", stdin=stream)


def _commit_and_tag(number: int, version: str, files: Mapping[str, str]) -> bytes:
    """What git fast-import reads of a release: a commit of exactly these files, and an annotated tag."""
    who = f"Ann <ann@example.com> {FIRST_SECOND + number * DAY} +0000"
    lines = ["commit refs/heads/main", f"committer {who}", _data(f"Work towards {version}"), "deleteall"]
    for path, content in files.items():
        lines += [f"M 100644 inline {path}", _data(content)]
    lines += [f"tag {version}", "from refs/heads/main", f"tagger {who}", _data(f"Tag {version}"), ""]
    return "\n".join(lines).encode("ascii")


def _data(text: str) -> str:
    return f"data {len(text)}\n{text}"
