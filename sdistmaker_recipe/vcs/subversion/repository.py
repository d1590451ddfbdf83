"""A Subversion repository that is asked for tags, over connections that are asked for folders."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import cast
from urllib.parse import unquote

from sdistmaker_recipe.errors import PathNotFoundError
from sdistmaker_recipe.model import TAGS, Tag
from sdistmaker_recipe.vcs import Checkpoint, Presence, PreviousScan, ProjectTags, ScanResult
from sdistmaker_recipe.vcs.subversion.connection import Connection, Entry
from sdistmaker_recipe.vcs.subversion.known_folders import KnownFolders
from sdistmaker_recipe.vcs.subversion.layout import Kind, ListedFolder, parent_of
from sdistmaker_recipe.vcs.subversion.parallel_listing import Connections
from sdistmaker_recipe.vcs.subversion.presence import FolderPresence
from sdistmaker_recipe.vcs.subversion.walk import FolderChanges, walk
from sdistmaker_recipe.vcs.tag_filter import TagFilter

logger = logging.getLogger(__name__)

_CONNECTIONS_OVER_NETWORK = 8
"""How many connections there are over a network, unless the option connections says so."""


class SubversionRepository:
    """See ``sdistmaker_recipe.vcs.Repository``. The rows of a scan are the folders that it listed.

    ``open_connection`` opens a connection; it is called once here, and again where there is much to list.
    ``connections`` limits them, with 0 for the default. ``head`` is the revision to read, the newest by
    default.
    """

    def __init__(
        self, open_connection: Callable[[], Connection], connections: int = 0, head: str = ""
    ) -> None:
        self._open_connection = open_connection
        self._connection = open_connection()
        self._limit = connections or (1 if self.is_local else _CONNECTIONS_OVER_NETWORK)
        self._head = head

    @property
    def url(self) -> str:
        """The URL that it was opened with, in canonical form."""
        return self._connection.url

    @property
    def is_local(self) -> bool:
        """Whether it is on a disk of this machine."""
        return self.url.startswith("file:")

    @property
    def connections(self) -> int:
        """How many connections to it there may be; any number to a local one."""
        return 0 if self.is_local else self._limit

    def identity(self) -> str:
        """The UUID, and the path within the repository."""
        return "/".join(filter(None, (self._connection.uuid(), self._connection.root_path())))

    def head(self) -> str:
        """The newest revision when this was asked first."""
        if not self._head:
            self._head = self._connection.head()
        return self._head

    def check(self, revision: str) -> None:
        """Raise ``RepositoryError`` unless a folder is at the URL in revision."""
        self._folder(revision)

    def all_tags(self, tag_filter: TagFilter) -> ScanResult:
        """List all folders."""
        logger.debug("Looking at all folders of %s in revision %s", self.url, self.head())
        folder = self._folder(self.head())
        checkpoint = Checkpoint(self.head(), folder.revision, folder.time)
        return _scan_result(checkpoint, {}, walk(self._connections(), self.head(), tag_filter))

    def changed_tags(self, previous: PreviousScan, tag_filter: TagFilter) -> ScanResult | None:
        """List the folders that revisions after the previous scan can have changed; None as its log says."""
        checkpoint = previous.checkpoint
        if checkpoint.revision == self.head() and not self.is_local:
            # A restored repository can have come to the same number on another course. Over a network this is
            # asked once there is a newer revision, for each question takes time.
            return ScanResult(checkpoint)
        told = self._connection.changes(checkpoint, self.head())
        if told is None or told.checkpoint == checkpoint:
            return None if told is None else ScanResult(checkpoint)
        logger.debug("%s paths were changed in %s", len(told.changes), self.url)
        kinds = _kinds(previous)
        try:
            found = walk(self._connections(), self.head(), tag_filter, kinds, told.changes)
        except PathNotFoundError:
            # Not as it was known; perhaps the server lets us read less, or more, than before.
            return None
        return _scan_result(told.checkpoint, kinds, found)

    def touches_tags(self, revision: str, previous: PreviousScan, tag_filter: TagFilter) -> bool:
        """Whether a revision can have changed what the previous scan found."""
        try:
            changes = self._connection.changes_in(revision)
        except PathNotFoundError:
            return True
        return changes is None or bool(KnownFolders(_kinds(previous)).touched(changes, tag_filter.ignore))

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        """Whether folders are at these paths."""
        folders = FolderPresence(self._connection, self.head())
        return {path: folders.of(path) for path in paths}

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        """The revision in which each of these folders went."""
        return self._connection.deletions(last_revisions, self.head())

    def tag_at_url(self, tag_filter: TagFilter) -> Tag:
        """The tag whose folder is at the URL; its project is the one whose folder ``tags`` it is in."""
        entry = self._folder(self.head())
        *above, name = [unquote(part) for part in tag_filter.url.split("/")]
        project = above[-2] if len(above) > 1 and above[-1] == TAGS else ""
        match = tag_filter.pattern_of(project).fullmatch(name)
        return Tag(
            repository=tag_filter.url,
            project_path="",
            name=name,
            path="",
            version=match["version"] if match else name,
            revision=entry.revision,
            time=entry.time,
            origin=self.identity(),
        )

    def export(self, tag: Tag, revision: str, destination: Path) -> None:
        """Export the tag's folder; see ``Connection.export`` for how files come out."""
        self._connection.export(tag.path, revision, destination)

    def disconnect(self) -> None:
        """Close the connection until the next question."""
        self._connection.disconnect()

    def close(self) -> None:
        """Close the connection for good."""
        self._connection.close()

    def __enter__(self) -> SubversionRepository:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _folder(self, revision: str) -> Entry:
        """The folder at the URL; raises ``PathNotFoundError`` where there is none."""
        entry = self._connection.entry("", revision)
        if not entry.is_folder:
            raise PathNotFoundError(self.url, "a file, not a folder")
        return entry

    def _connections(self) -> Connections:
        return Connections(self._connection, self._limit, self._open_connection)


def _kinds(previous: PreviousScan) -> Mapping[str, Kind]:
    """The folders that the previous scan listed. A project's row is of its folder, and has its kind."""
    return cast("Mapping[str, Kind]", previous.rows())


def _scan_result(checkpoint: Checkpoint, before: Mapping[str, Kind], found: FolderChanges) -> ScanResult:
    """What a walk found, in terms of projects; ``before`` are the folders that were known."""
    former = {
        path: before[path]
        for path, folder in found.listed.items()
        if path in before and before[path] != folder.kind
    }
    former.update(found.removed)
    return ScanResult(
        checkpoint,
        projects=tuple(_projects(found)),
        gone_projects=tuple(path for path, kind in former.items() if kind == "project"),
        rows=tuple((path, folder.kind) for path, folder in found.listed.items() if folder.kind != "project"),
        dropped_rows=tuple(path for path, kind in former.items() if kind != "project"),
        forbidden_paths=tuple(found.forbidden),
    )


def _projects(found: FolderChanges) -> Iterator[ProjectTags]:
    """The projects whose tags a walk found, or found to be gone."""
    for folder in found.listed.values():
        if folder.kind == "tags":
            yield ProjectTags(parent_of(folder.path), folder.tags)
        elif folder.kind == "project" and not _has_tags_folder(folder):
            yield ProjectTags(folder.path)
    for path, expected in found.forbidden.items():
        if expected == "tags":
            yield ProjectTags(parent_of(path))


def _has_tags_folder(project: ListedFolder) -> bool:
    return any(kind == "tags" for _path, kind in project.subfolders)
