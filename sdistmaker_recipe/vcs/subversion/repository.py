"""A Subversion repository that is asked for tags, over connections that are asked for folders."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote

from sdistmaker_recipe.errors import PathNotFoundError
from sdistmaker_recipe.model import TAGS, Tag
from sdistmaker_recipe.vcs import (
    Checkpoint,
    NothingFound,
    Presence,
    PreviousScan,
    ScanExplanation,
    ScanResult,
)
from sdistmaker_recipe.vcs.new_folder import not_a_folder
from sdistmaker_recipe.vcs.subversion.connection import Change, Connection, Connections, Entry
from sdistmaker_recipe.vcs.tag_filter import TagFilter

# A run that finds nothing new lists no folder, and a build only exports. So the modules that list folders are
# imported where they are used.

logger = logging.getLogger(__name__)

_CONNECTIONS_OVER_NETWORK = 8
"""How many connections there are over a network, unless the option connections says so."""


class SubversionRepository:
    """See ``sdistmaker_recipe.vcs.Repository``. The rows of a scan are the folders that it listed.

    ``open_connection`` opens a connection; it is called once here, and again where there is much to list.
    ``connections`` limits them, with 0 for the default. ``head`` is the revision to read, the newest by
    default. With the option subdirectory, ``open_above`` opens a connection to the folder so many levels
    above the URL.
    """

    def __init__(
        self,
        open_connection: Callable[[], Connection],
        connections: int = 0,
        head: str = "",
        open_above: Callable[[int], Connection] | None = None,
    ) -> None:
        self._open_above = open_above
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
        return self._walk(checkpoint, tag_filter)

    def changed_tags(self, previous: PreviousScan, tag_filter: TagFilter) -> ScanResult | None:
        """List the folders that revisions after the previous scan can have changed; None as its log says."""
        checkpoint = previous.checkpoint
        if checkpoint.revision == self.head() and not self.is_local:
            # A restored repository can have come to the same number on another course. Over a network this is
            # asked once there is a newer revision, for each question takes time.
            return ScanResult(checkpoint)
        found = self._connection.changes(checkpoint, self.head())
        if found is None or found.checkpoint == checkpoint:
            return None if found is None else ScanResult(checkpoint)
        logger.debug("%s paths were changed in %s", len(found.changes), self.url)
        try:
            return self._walk(found.checkpoint, tag_filter, _kinds(previous, tag_filter), found.changes)
        except PathNotFoundError:
            # Not as it was known; perhaps the server lets us read less, or more, than before.
            return None

    def touches_tags(self, revision: str, previous: PreviousScan, tag_filter: TagFilter) -> bool:
        """Whether a revision can have changed what the previous scan found."""
        from sdistmaker_recipe.vcs.subversion import walk

        try:
            changes = self._connection.changes_in(revision)
        except PathNotFoundError:
            return True
        known = walk.known_folders(_kinds(previous, tag_filter), tag_filter)
        return changes is None or bool(known.touched(changes, tag_filter.ignore))

    def nothing_found(self, previous: PreviousScan, tag_filter: TagFilter) -> NothingFound:
        """Which folders the previous scan listed, and what was missing."""
        kinds = _kinds(previous, tag_filter)
        if tag_filter.subdirectories:
            from sdistmaker_recipe.vcs.subversion import subdirectory_explanation

            return subdirectory_explanation.nothing_found(kinds, tag_filter)
        if not tag_filter.is_standard:
            from sdistmaker_recipe.vcs.subversion import pattern_explanation

            return pattern_explanation.nothing_found(self._connection, self.head(), kinds, tag_filter)
        from sdistmaker_recipe.vcs.subversion import explanation

        return explanation.nothing_found(self._connection, self.head(), kinds, tag_filter)

    def explain(self, path: str, tag_filter: TagFilter) -> ScanExplanation:
        """What a scan makes of the folder at a path."""
        if tag_filter.subdirectories:
            from sdistmaker_recipe.vcs.subversion import subdirectory_explanation

            return subdirectory_explanation.explain(self._connection, self.head(), path, tag_filter)
        if not tag_filter.is_standard:
            from sdistmaker_recipe.vcs.subversion import pattern_explanation

            return pattern_explanation.explain(self._connection, self.head(), path, tag_filter)
        from sdistmaker_recipe.vcs.subversion import explanation

        return explanation.explain(self._connection, self.head(), path, tag_filter)

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        """Whether folders are at these paths."""
        from sdistmaker_recipe.vcs.subversion.presence import FolderPresence

        folders = FolderPresence(self._connection, self.head())
        return {path: folders.of(path) for path in paths}

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        """The revision in which each of these folders went."""
        return self._connection.deletions(last_revisions, self.head())

    def tag_at_url(self, tag_filter: TagFilter) -> Tag:
        """The tag whose folder is at the URL; its project is the one whose folder ``tags`` it is in."""
        if tag_filter.subdirectories:
            return self._tag_in_folder(tag_filter)
        if not tag_filter.is_standard and (tag := self._tag_by_patterns(tag_filter)):
            return tag
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
        """Export the tag's folder; see ``Connection.export`` for how files come out.

        With the option subdirectory, the whole tree is exported.
        """
        if self._open_above is None:
            self._connection.export(tag.path, revision, destination)
            return
        from sdistmaker_recipe.vcs.subversion.subdirectory_tags import export_of

        export = export_of(tag)
        if not export.levels:
            self._connection.export(export.path, revision, destination)
            return
        with self._open_above(export.levels) as above:
            above.export(export.path, revision, destination)

    def subdirectory_of(self, tag: Tag) -> str:
        """The folder of the tag's project in the exported tree."""
        if self._open_above is None:
            return ""
        from sdistmaker_recipe.vcs.subversion.subdirectory_tags import export_of

        return export_of(tag).folder

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

    def _tag_by_patterns(self, tag_filter: TagFilter) -> Tag | None:
        """The tag at the URL; None if no pattern of the option layout leads there."""
        from sdistmaker_recipe.vcs.subversion.patterns import tag_at_url

        parts = [unquote(part) for part in tag_filter.url.partition("://")[2].split("/")[1:]]
        found = tag_at_url(tag_filter, parts)
        if found is None:
            return None
        entry = self._folder(self.head(), found.path)
        return Tag(
            repository=tag_filter.url,
            project_path=found.project,
            name=found.name,
            path=found.path,
            version=found.version,
            revision=entry.revision,
            time=entry.time,
            origin="/".join(filter(None, (self.identity(), found.path))),
        )

    def _tag_in_folder(self, tag_filter: TagFilter) -> Tag:
        """The tag at the URL, of a project in a folder of its tree."""
        from sdistmaker_recipe.vcs.subversion.subdirectory_tags import tag_at_url

        parts = [unquote(part) for part in tag_filter.url.partition("://")[2].split("/")]
        entry = self._folder(self.head())
        found = tag_at_url(self._connection, self.head(), tag_filter, parts)
        if found.levels and self._open_above:
            with self._open_above(found.levels) as above:
                entry = above.entry("", self.head())
        return Tag(
            repository=tag_filter.url,
            project_path=found.folder,
            name=found.name,
            path=found.path,
            version=found.version,
            revision=entry.revision,
            time=entry.time,
            origin="/".join(filter(None, (self.identity(), found.path))),
        )

    def _folder(self, revision: str, path: str = "") -> Entry:
        """The folder at a path, the URL by default; raises ``PathNotFoundError`` if there is none."""
        entry = self._connection.entry(path, revision)
        if not entry.is_folder:
            raise not_a_folder(f"{self.url}/{path}".rstrip("/"))
        return entry

    def _walk(
        self,
        checkpoint: Checkpoint,
        tag_filter: TagFilter,
        kinds: Mapping[str, str] | None = None,
        changes: Iterable[Change] = (),
    ) -> ScanResult:
        from sdistmaker_recipe.vcs.subversion import walk

        connections = Connections(self._connection, self._limit, self._open_connection)
        found = walk.walk(connections, self.head(), tag_filter, kinds, changes)
        return walk.scan_result(checkpoint, kinds or {}, found, tag_filter)


def _kinds(previous: PreviousScan, tag_filter: TagFilter) -> Mapping[str, str]:
    """The folders that the previous scan listed.

    In the usual layout, a project's row is that of its folder, and has its kind. In others, the keys of the
    rows of folders begin with a slash.
    """
    rows = previous.rows()
    if tag_filter.is_standard:
        return rows
    return {key[1:]: value for key, value in rows.items() if key.startswith("/")}
