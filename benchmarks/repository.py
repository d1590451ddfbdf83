"""The Subversion repository that all contenders read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from benchmarks.projects import Release, project_files
from sdistmaker_recipe.vcs import load_repository
from tests.support.svndump import Change, Dump, add_file, add_folder, change_file, copy_folder

# setuptools put all versioned files into an sdist until the end of 2014: half of the tags are older.
BEGIN = datetime(2010, 1, 4, 9, tzinfo=timezone.utc)
END = datetime(2020, 1, 6, 9, tzinfo=timezone.utc)


def make_repository(folder: Path, tags: Sequence[Release]) -> str:
    """A repository with these tags at the new folder; its file:// URL."""
    with tempfile.TemporaryFile(dir=folder.parent) as stream:
        dump = Dump(stream, start=BEGIN)
        commits = list(_history(sorted(tags, key=lambda tag: (tag.number, tag.name))))
        for number, (log, changes) in enumerate(commits, start=1):
            date = BEGIN + (END - BEGIN) * number / (len(commits) + 1)
            dump.commit(changes, date=date - timedelta(microseconds=date.microsecond), log=log)
        stream.seek(0)
        return load_repository(folder, stream)


def _history(tags: Sequence[Release]) -> Iterator[tuple[str, list[Change]]]:
    """Log message and changes of each revision: work on trunk, then the copy that is the tag."""
    trunks: dict[str, Mapping[str, str]] = {}
    for revision, tag in enumerate(tags):
        files = project_files(tag)
        yield f"Work towards {tag.name} {tag.version}", list(_work(tag.name, trunks.get(tag.name), files))
        trunks[tag.name] = files
        copy = copy_folder(tag.path, f"{tag.name}/trunk", 2 * revision + 1)
        yield f"Tag {tag.name} {tag.version}", [copy]


def _work(name: str, before: Mapping[str, str] | None, files: Mapping[str, str]) -> Iterator[Change]:
    if before is not None:
        for path, content in files.items():
            if before[path] != content:
                yield change_file(f"{name}/trunk/{path}", content)
        return
    folders = {parent for path in files for parent in _parents(path)}
    for folder in ("", "/branches", "/tags", "/trunk", *(f"/trunk/{each}" for each in sorted(folders))):
        yield add_folder(f"{name}{folder}")
    for path, content in files.items():
        yield add_file(f"{name}/trunk/{path}", content)


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]
