"""A Subversion repository in memory: an implementation of ``Connection`` without a server, and histories.

It numbers revisions and answers ``Entry.revision`` as Subversion does: a change gives its revision to the
changed path and to every folder above it; a copy gives it to the copy itself and to the folders above, while
what is inside the copy keeps the old numbers.

Its ``revisions`` hold the operations in the order made, from which ``tests.support.subversion`` writes a
dump, so that one history serves the fake and real repositories.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias
from urllib.parse import quote

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Checkpoint
from sdistmaker_recipe.vcs.subversion.connection import Change, Changes, Entry

FIRST_TIME = datetime(2010, 1, 1, 12, tzinfo=timezone.utc)
STEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class File:
    """A file's content and its Subversion properties."""

    data: bytes = b""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder's Subversion properties."""

    properties: Mapping[str, str] = field(default_factory=dict)


Content: TypeAlias = File | Folder


def executable(data: bytes) -> File:
    """A file with the executable bit."""
    return File(data, {"svn:executable": "*"})


def symlink(target: str) -> File:
    """A symbolic link, as Subversion stores it."""
    return File(b"link " + target.encode(), {"svn:special": "*"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a commit: ``action`` is "add", "change" or "delete"; ``source`` is where a copy is from."""

    action: Literal["add", "change", "delete"]
    path: str
    content: Content | None = None
    source: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """What is at a path in one revision."""

    content: Content
    revision: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit: what it did, and the whole tree after it by path."""

    number: int
    time: datetime
    operations: tuple[Operation, ...]
    tree: Mapping[str, Node]


_KINDS: dict[str, Literal["added", "deleted", "modified"]] = {
    "add": "added",
    "change": "modified",
    "delete": "deleted",
}


def _start() -> list[Revision]:
    return [Revision(0, FIRST_TIME, (), {"": Node(Folder(), 0, FIRST_TIME)})]


class MemoryRepository:
    """An open connection to a repository in memory; ``commit`` adds to its history.

    url: what it claims to be reached by. ``calls`` lists the reads made: method, path, revision. Folders that
    are ``hidden`` (from the root) are neither listed nor in ``changes``, as by svnserve where they may not be
    read; those that are ``forbidden`` are, and refuse to be listed themselves.
    Properties other than executable and special have no effect on ``export``.
    """

    def __init__(
        self,
        url: str = "memory://example.com/svn",
        *,
        identity: str = "00000000-0000-4000-8000-000000000000",
        revisions: list[Revision] | None = None,
        prefix: str = "",
    ) -> None:
        self.revisions = revisions if revisions is not None else _start()
        self.calls: list[tuple[str, str, str]] = []
        self.hidden: frozenset[str] = frozenset()
        self.forbidden: frozenset[str] = frozenset()
        self._url = url
        self._identity = identity
        self._prefix = prefix

    def open(self, path: str) -> MemoryRepository:
        """A further connection to the same history, whose URL is the folder at path (in head)."""
        return MemoryRepository(
            f"{self._url}/{quote(path)}".rstrip("/"),
            identity=self._identity,
            revisions=self.revisions,
            prefix=_join(self._prefix, path),
        )

    # the protocol

    @property
    def url(self) -> str:
        return self._url

    def uuid(self) -> str:
        return self._identity

    def root_path(self) -> str:
        return self._prefix

    def head(self) -> str:
        return str(self.revisions[-1].number)

    def entries(self, path: str, revision: str) -> Sequence[Entry]:
        self.calls.append(("entries", path, revision))
        tree, folder = self._folder(path, revision)
        children = (child for child in _children(tree, folder) if child not in self.hidden)
        return tuple(sorted((_entry(child, tree[child]) for child in children), key=_by_name))

    def entry(self, path: str, revision: str) -> Entry:
        self.calls.append(("entry", path, revision))
        tree = self._tree(revision)
        full = _join(self._prefix, path)
        if self._is_hidden(full):
            raise self._may_not_read(path)
        if full not in tree:
            raise self._not_found(path, revision)
        return _entry(full, tree[full])._replace(name=path.rpartition("/")[2])

    def changes(self, checkpoint: Checkpoint, revision: str) -> Changes | None:
        self.calls.append(("changes", checkpoint.revision, revision))
        number = int(checkpoint.revision)
        if int(revision) < number:
            return None
        before = self.revisions[number].tree.get(self._prefix)
        last_change = (checkpoint.last_change, checkpoint.last_change_time)
        if before is None or (str(before.revision), before.time) != last_change:
            return None
        found = self._changes(number + 1, int(revision))
        if found is None:
            return None
        now = self._tree(revision)[self._prefix]
        return Changes(Checkpoint(revision, str(now.revision), now.time), found)

    def changes_in(self, revision: str) -> frozenset[Change] | None:
        self.calls.append(("changes_in", "", revision))
        self._folder("", revision)
        return self._changes(int(revision), int(revision))

    def deletions(self, last_revisions: Mapping[str, str], revision: str) -> Mapping[str, str]:
        self.calls.append(("deletions", "", revision))
        found: dict[str, str] = {}
        for number in range(1, int(revision) + 1):
            before, now = (self.revisions[each].tree for each in (number - 1, number))
            for path, known in last_revisions.items():
                full = _join(self._prefix, path)
                if number > int(known) and full in before and full not in now:
                    found[path] = str(number)
        return found

    def export(self, path: str, revision: str, destination: Path) -> None:
        self.calls.append(("export", path, revision))
        tree, folder = self._folder(path, revision)
        destination.mkdir()  # FileExistsError and FileNotFoundError as promised
        start = len(folder) + 1 if folder else 0
        for below in sorted(_below(tree, folder)):
            _write(tree[below], destination / below[start:])

    def disconnect(self) -> None:
        pass

    def close(self) -> None:
        pass

    def __enter__(self) -> MemoryRepository:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # making histories

    def commit(
        self,
        changes: Mapping[str, bytes | str | Content | None] | None = None,
        copies: Mapping[str, str | tuple[str, int]] | None = None,
        time: datetime | None = None,
    ) -> str:
        """Add a revision and return its number.

        changes: content by path from the repository's root; None deletes. Parents are made as needed.
        copies: new path -> old path, or old path and revision (head without one); made before the changes;
            what was at the new path is replaced.
        time: of the commit (UTC); a day after the one before by default.
        """
        commit = _Commit(self.revisions, time or self.revisions[-1].time + STEP)
        for path, source in (copies or {}).items():
            commit.copy(path, (source, commit.number - 1) if isinstance(source, str) else source)
        for path, content in (changes or {}).items():
            commit.change(path, _content(content))
        self.revisions.append(commit.revision())
        return str(commit.number)

    # lookup

    def _changes(self, first: int, last: int) -> frozenset[Change] | None:
        found: set[Change] = set()
        for each in self.revisions[first : last + 1]:
            for operation in each.operations:
                if self._is_hidden(operation.path):
                    continue
                if operation.action == "add" and f"{self._prefix}/".startswith(f"{operation.path}/"):
                    return None
                if operation.path in _below(dict.fromkeys([operation.path]), self._prefix):
                    path = operation.path[len(self._prefix) :].lstrip("/")
                    found.add(Change(path, _KINDS[operation.action]))
        return frozenset(found)

    def _is_hidden(self, path: str) -> bool:
        return bool(self.hidden) and not self.hidden.isdisjoint((path, *_parents(path)))

    def _tree(self, revision: str) -> Mapping[str, Node]:
        if not (revision.isdecimal() and int(revision) < len(self.revisions)):
            raise RepositoryError(self._url, f"no revision {revision}")
        return self.revisions[int(revision)].tree

    def _folder(self, path: str, revision: str) -> tuple[Mapping[str, Node], str]:
        tree = self._tree(revision)
        full = _join(self._prefix, path)
        if full in self.forbidden or self._is_hidden(full):
            raise self._may_not_read(path)
        if full not in tree or isinstance(tree[full].content, File):
            raise self._not_found(path, revision)
        return tree, full

    def _may_not_read(self, path: str) -> RepositoryError:
        return RepositoryError(f"{self._url}/{quote(path)}", "may not be read", is_forbidden=True)

    def _not_found(self, path: str, revision: str) -> PathNotFoundError:
        url = f"{self._url}/{quote(path)}".rstrip("/")
        return PathNotFoundError(url, f"not in revision {revision}", "Check the URL.")


class _Commit:
    """A revision in the making."""

    def __init__(self, revisions: Sequence[Revision], time: datetime) -> None:
        self.number = len(revisions)
        self._revisions = revisions
        self._time = time
        self._tree = dict(revisions[-1].tree)
        self._operations: list[Operation] = []

    def revision(self) -> Revision:
        return Revision(self.number, self._time, tuple(self._operations), self._tree)

    def copy(self, path: str, source: tuple[str, int]) -> None:
        old, number = source
        tree = self._revisions[number].tree
        self._parents(path)
        if path in self._tree:
            self._delete(path)
        for below in (old, *_below(tree, old)):
            self._tree[path + below[len(old) :]] = tree[below]
        self._operations.append(Operation("add", path, tree[old].content, source))
        self._touch(path)

    def change(self, path: str, content: Content | None) -> None:
        if content is None:
            self._delete(path)
            return
        self._parents(path)
        action: Literal["add", "change"] = "change" if path in self._tree else "add"
        if action == "change" and isinstance(self._tree[path].content, File) != isinstance(content, File):
            raise KeyError(f"{path}: a file becomes a folder, or the other way, by being deleted and added")
        self._operations.append(Operation(action, path, content))
        self._tree[path] = Node(content, self.number, self._time)
        self._touch(path)

    def _delete(self, path: str) -> None:
        for below in (*_below(self._tree, path), path):
            del self._tree[below]
        self._operations.append(Operation("delete", path))
        self._touch(path)

    def _parents(self, path: str) -> None:
        for parent in _parents(path):
            if parent not in self._tree:
                self.change(parent, Folder())
            elif isinstance(self._tree[parent].content, File):
                raise KeyError(f"{parent} is a file, so nothing can be in it")

    def _touch(self, path: str) -> None:
        for changed in (path, *_parents(path)):
            if changed in self._tree:
                self._tree[changed] = replace(self._tree[changed], revision=self.number, time=self._time)


def _content(given: bytes | str | Content | None) -> Content | None:
    if isinstance(given, str):
        return File(given.encode())
    if isinstance(given, bytes):
        return File(given)
    return given


def _join(prefix: str, path: str) -> str:
    return f"{prefix}/{path}".strip("/")


def _parents(path: str) -> list[str]:
    """The folders above path, the root ("") first."""
    if not path:
        return []
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts))]


def _below(tree: Mapping[str, Node], folder: str) -> list[str]:
    start = f"{folder}/" if folder else ""
    return [path for path in tree if path.startswith(start) and path != folder]


def _children(tree: Mapping[str, Node], folder: str) -> Iterator[str]:
    start = len(folder) + 1 if folder else 0
    return (path for path in _below(tree, folder) if "/" not in path[start:])


def _entry(path: str, node: Node) -> Entry:
    name = path.rpartition("/")[2]
    return Entry(name, isinstance(node.content, Folder), str(node.revision), node.time)


def _by_name(entry: Entry) -> str:
    return entry.name


def _write(node: Node, path: Path) -> None:
    content = node.content
    if isinstance(content, Folder):
        path.mkdir()
        return
    if "svn:special" in content.properties:
        path.symlink_to(content.data.decode().removeprefix("link "))
        return
    path.write_bytes(content.data)
    if "svn:executable" in content.properties:
        path.chmod(0o755)
    moment = node.time.timestamp()
    os.utime(path, (moment, moment))
