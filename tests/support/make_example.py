"""Write the example repository that the package ships, from tests/samples/example.

Run ``python -m tests.support.make_example`` after a change there. history.json lists the projects: where each
lives in the repository, what its tags are called, and its releases with date and note. The files of a project
are in PROJECT/VERSION/, those of a version laid over those before it; ``@VERSION@`` and ``@CHANGES@`` in them
are replaced. The same sources give the same dump, whatever the machine and the day.
"""

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tests.support.svndump import (
    EXECUTABLE,
    Change,
    Dump,
    Properties,
    add_file,
    add_folder,
    change_file,
    copy_folder,
)

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "tests" / "samples" / "example"
SHIPPED = ROOT / "sdistmaker_recipe" / "example" / "repository.dump.gz"

UUID = "5d0f2f0c-7c43-4e0a-8a57-1f6f0a3c9e11"
BEGIN = datetime(2008, 3, 3, 9, tzinfo=timezone.utc)
PAUSE = timedelta(minutes=20)
README = "Projects of Acme, an example: each has trunk, tags and branches.\n"


@dataclass(frozen=True)
class File:
    """A versioned file: its content and its Subversion properties."""

    content: bytes
    properties: Properties


Tree = Mapping[str, File]


@dataclass(frozen=True)
class Release:
    """A version, the day it was tagged and what was new; ``note`` is empty for a tag that is no release."""

    version: str
    day: datetime
    note: str = ""


@dataclass(frozen=True)
class Project:
    """A project's path in the repository, the form of its tags' names, and its history."""

    path: str
    tag: str
    releases: tuple[Release, ...]
    other_tags: tuple[Release, ...]

    @property
    def sources(self) -> Path:
        return SOURCES / PurePosixPath(self.path).name

    def tree(self, release: Release) -> Tree:
        """The files of trunk at a release, by path below the project."""
        done = self.releases[: self.releases.index(release) + 1]
        changes = "\n\n".join(_change_entry(each) for each in reversed(done))
        layers = [self.sources / each.version for each in done]
        sources = {path: source for layer in layers for path, source in _files(layer)}
        words = {"@VERSION@": release.version, "@CHANGES@": changes}
        return {f"trunk/{path}": _file(source, words) for path, source in sorted(sources.items())}


class Writer:
    """Writes releases as a maintainer makes them: trunk is changed, then copied to tags."""

    def __init__(self, stream: BinaryIO) -> None:
        self._dump = Dump(stream, UUID, BEGIN)
        self._folders = {"."}
        self._files: dict[str, File] = {}
        self._commit(BEGIN, [add_file("README.txt", README)], "Begin a repository")

    def release(self, project: Project, release: Release) -> None:
        if project.path not in self._folders:
            layout = (f"{project.path}/{name}" for name in ("trunk", "tags", "branches"))
            changes = [change for folder in layout for change in self._make_folder(folder)]
            self._commit(release.day, changes, f"Begin {project.sources.name}")
        tree = project.tree(release)
        changes = [change for path in tree for change in self._write(f"{project.path}/{path}", tree[path])]
        self._commit(release.day, changes, release.note)
        self.tag(project, release, project.tag.format(version=release.version))

    def tag(self, project: Project, release: Release, name: str) -> None:
        copy = copy_folder(f"{project.path}/tags/{name}", f"{project.path}/trunk", self._dump.revision)
        self._commit(release.day, [copy], f"Tag {project.sources.name} {release.version}")

    def _commit(self, day: datetime, changes: list[Change], log: str) -> None:
        self._dump.commit(changes, date=max(day, self._dump.date + PAUSE), log=log)

    def _make_folder(self, path: str) -> Iterator[Change]:
        for folder in reversed([path, *map(str, PurePosixPath(path).parents)]):
            if folder not in self._folders:
                self._folders.add(folder)
                yield add_folder(folder)

    def _write(self, path: str, file: File) -> Iterator[Change]:
        before, self._files[path] = self._files.get(path), file
        if before is None:
            yield from self._make_folder(str(PurePosixPath(path).parent))
            yield add_file(path, file.content, file.properties)
        elif before != file:
            yield change_file(path, file.content, file.properties)


def projects() -> tuple[Project, ...]:
    """The projects of history.json."""
    declared = json.loads((SOURCES / "history.json").read_text("utf-8"))
    return tuple(
        Project(each["path"], each["tag"], _releases(each["releases"]), _releases(each.get("other tags", [])))
        for each in declared
    )


def make_dump() -> bytes:
    """The dump of the example repository."""
    stream = io.BytesIO()
    writer = Writer(stream)
    events = [
        (release.day, project, release)
        for project in projects()
        for release in (*project.releases, *project.other_tags)
    ]
    for _, project, release in sorted(events, key=lambda event: event[0]):
        if release in project.releases:
            writer.release(project, release)
        else:
            writer.tag(project, release, release.version)
    return stream.getvalue()


def main() -> None:
    """Bring the shipped dump up to date."""
    dump = make_dump()
    # Compression differs between zlib's makes and versions, so only another content is worth another file.
    if SHIPPED.exists() and gzip.decompress(SHIPPED.read_bytes()) == dump:
        print(f"{SHIPPED} is up to date")
        return
    SHIPPED.write_bytes(gzip.compress(dump, mtime=0))
    print(f"wrote {SHIPPED}")


def _releases(rows: list[list[str]]) -> tuple[Release, ...]:
    return tuple(Release(version, _day(day), *note) for version, day, *note in rows)


def _day(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=9, tzinfo=timezone.utc)


def _change_entry(release: Release) -> str:
    title = f"{release.version} ({release.day:%Y-%m-%d})"
    return f"{title}\n{'-' * len(title)}\n\n- {release.note}"


def _files(layer: Path) -> Iterator[tuple[str, Path]]:
    for source in layer.rglob("*"):
        if source.is_file() and source.suffix != ".pyc":
            yield source.relative_to(layer).as_posix(), source


def _file(source: Path, words: Mapping[str, str]) -> File:
    text = source.read_text("utf-8")
    for word, replacement in words.items():
        text = text.replace(word, replacement)
    properties: dict[str, str | bytes] = {"svn:eol-style": "native"}
    if text.startswith("#!"):  # not the mode, which some file systems and archives lose
        properties |= EXECUTABLE
    if "$Id$" in text:
        properties["svn:keywords"] = "Id"
    return File(text.encode(), properties)


if __name__ == "__main__":
    main()
