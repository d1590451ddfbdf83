"""Write Subversion dump files, the same bytes for the same calls.

The format is version 2 (full texts, no deltas) of Subversion's notes/dump-load-format.txt. A dump makes a
repository of any history in one load, which is quicker than commits and needs no svn program::

    dump = Dump(stream)
    dump.commit([*add_folders("demo/trunk"), add_file("demo/trunk/setup.py", "...")], log="Begin demo")
    dump.commit([*add_folders("demo/tags", below="demo"), copy_folder("demo/tags/1.0", "demo/trunk", 1)])

Nothing is remembered but the number and the date of the last revision: a writer costs the same after twenty
thousand of them. So it is the loader that notices a change which does not fit the history.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import BinaryIO, Literal

Properties = Mapping[str, str | bytes]

UUID = "3b1c5d8e-5f0a-4c1e-9d27-6a1f0e8b2c44"
START = datetime(2009, 1, 5, 9, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)

EXECUTABLE: Properties = {"svn:executable": "*"}
SYMLINK: Properties = {"svn:special": "*"}


@dataclass(frozen=True)
class Change:
    """A node record: what happens to one path in one revision.

    ``content`` and ``properties`` that are None stay as they are in the copy's source or the revision before;
    properties that are given replace all there were. ``source`` is the path and revision a copy comes from.
    """

    action: Literal["add", "change", "delete", "replace"]
    path: str
    kind: Literal["file", "dir"] | None = None
    content: bytes | None = None
    properties: Properties | None = None
    source: tuple[str, int] | None = None

    def as_replacement(self) -> "Change":
        """The same addition at a path where something is already."""
        return replace(self, action="replace")


class Dump:
    """A dump file that grows by a revision with each ``commit``; the stream stays the caller's."""

    def __init__(self, stream: BinaryIO, uuid: str = UUID, start: datetime = START) -> None:
        self.revision = 0
        self.date = start
        self._stream = stream
        stream.write(f"SVN-fs-dump-format-version: 2\n\nUUID: {uuid}\n\n".encode())
        self._write_revision({"svn:date": _date(start)})

    def commit(
        self,
        changes: Iterable[Change],
        *,
        date: datetime | None = None,
        author: str | None = "maintainer",
        log: str = "",
    ) -> int:
        """Add a revision and return its number; ``date`` is a minute after the last one unless given."""
        self.revision += 1
        self.date = date or self.date + MINUTE
        properties = {"svn:author": author, "svn:date": _date(self.date), "svn:log": log}
        self._write_revision({name: value for name, value in properties.items() if value is not None})
        for change in changes:
            self._stream.write(_node(change))
        return self.revision

    def _write_revision(self, properties: Properties) -> None:
        block = _property_block(properties)
        headers = {
            "Revision-number": self.revision,
            "Prop-content-length": len(block),
            "Content-length": len(block),
        }
        self._stream.write(_record(headers, block))


def add_file(path: str, content: str | bytes, properties: Properties | None = None) -> Change:
    """A new file; text becomes UTF-8."""
    return Change("add", path, "file", _bytes(content), properties)


def add_symlink(path: str, target: str) -> Change:
    """A new symbolic link, in the form that Subversion's clients store."""
    return add_file(path, f"link {target}", SYMLINK)


def add_folder(path: str, properties: Properties | None = None) -> Change:
    """A new folder in one that is there."""
    return Change("add", path, "dir", properties=properties)


def add_folders(path: str, below: str = "") -> Iterator[Change]:
    """New folders for path and for each of its parents below the folder that is there already."""
    parts = path.removeprefix(below).strip("/").split("/")
    for length in range(1, len(parts) + 1):
        yield add_folder("/".join([*([below] if below else []), *parts[:length]]))


def add_tree(path: str, folder: Path) -> Iterator[Change]:
    """The new folder path with all that is in a folder on disk; modes and symbolic links are kept."""
    yield add_folder(path)
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        child = f"{path}/{entry.name}"
        if entry.is_symlink():
            yield add_symlink(child, os.readlink(entry.path))  # noqa: PTH115  # only os keeps "./x"
        elif entry.is_dir():
            yield from add_tree(child, Path(entry.path))
        else:
            executable = entry.stat().st_mode & 0o100
            yield add_file(child, Path(entry.path).read_bytes(), EXECUTABLE if executable else None)


def change_file(
    path: str, content: str | bytes | None = None, properties: Properties | None = None
) -> Change:
    """Another content or other properties for a file, or both."""
    return Change("change", path, "file", None if content is None else _bytes(content), properties)


def change_folder(path: str, properties: Properties) -> Change:
    """Other properties for a folder, such as svn:externals or, on the path "", those of the root."""
    return Change("change", path, "dir", properties=properties)


def copy_file(
    path: str,
    source: str,
    revision: int,
    content: str | bytes | None = None,
    properties: Properties | None = None,
) -> Change:
    """A copy of the file source in revision, changed at once where content or properties are given."""
    data = None if content is None else _bytes(content)
    return Change("add", path, "file", data, properties, (source, revision))


def copy_folder(path: str, source: str, revision: int, properties: Properties | None = None) -> Change:
    """A copy of the folder source in revision with all that was in it: a tag, or a branch."""
    return Change("add", path, "dir", None, properties, (source, revision))


def delete(path: str) -> Change:
    """Away with the file or folder, and all that is in it."""
    return Change("delete", path)


def _node(change: Change) -> bytes:
    headers: dict[str, object] = {"Node-path": change.path}
    if change.kind:
        headers["Node-kind"] = change.kind
    headers["Node-action"] = change.action
    if change.source:
        headers["Node-copyfrom-rev"] = change.source[1]
        headers["Node-copyfrom-path"] = change.source[0]
    block = b"" if change.properties is None else _property_block(change.properties)
    if change.properties is not None:
        headers["Prop-content-length"] = len(block)
    if change.content is not None:
        headers["Text-content-length"] = len(change.content)
        headers["Text-content-sha1"] = hashlib.sha1(change.content, usedforsecurity=False).hexdigest()
    body = block + (change.content or b"")
    if change.properties is not None or change.content is not None:
        headers["Content-length"] = len(body)
    # The second line end separates records where there is no body to do it.
    return _record(headers, body)


def _record(headers: Mapping[str, object], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return lines.encode() + b"\n" + body + b"\n"


def _property_block(properties: Properties) -> bytes:
    pairs = sorted((name.encode(), _bytes(value)) for name, value in properties.items())
    items = (b"K %d\n%b\nV %d\n%b\n" % (len(name), name, len(value), value) for name, value in pairs)
    return b"".join([*items, b"PROPS-END\n"])


def _date(moment: datetime) -> str:
    """As svn:date is written: UTC, six digits of a second, Z; a naive moment is refused."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
