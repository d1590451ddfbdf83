"""List folders by the patterns of the option layout, and say what came, changed and went.

The row of a folder holds its positions, whether it has ``trunk``, and the names of the release tags in it.
Its key is the folder's path after a ``/``, because the path of a project may be that of another folder.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Checkpoint, ProjectTags, ReleaseTag, ScanResult, TagPlace
from sdistmaker_recipe.vcs.subversion.connection import Change, Entry
from sdistmaker_recipe.vcs.subversion.known_folders import KnownFolders, add_folders_above, further_up_first
from sdistmaker_recipe.vcs.subversion.layout import TRUNK, ListedFolder, join, parent_of
from sdistmaker_recipe.vcs.subversion.patterns import Folder, Patterns, PlacedTag, Position
from sdistmaker_recipe.vcs.tag_filter import TagFilter, matches

if TYPE_CHECKING:
    from sdistmaker_recipe.vcs.subversion.walk import FolderChanges

logger = logging.getLogger(__name__)

KEY = "/"
"""The beginning of the keys of all rows."""


class Row(NamedTuple):
    """What a folder was when it was listed.

    ``is_stopped`` is true if it held a stop indicator: then no project is sought in it. ``tags`` are the
    names of folders in it that are release tags.
    """

    folder: Folder
    is_stopped: bool = False
    tags: tuple[str, ...] = ()

    def text(self) -> str:
        """The value of the row."""
        folder = self.folder
        return json.dumps([folder.positions, folder.has_trunk, self.is_stopped, self.tags])

    def read_folder(self, patterns: Patterns) -> Folder:
        """The folder with those positions that are followed into its subfolders."""
        if not self.is_stopped:
            return self.folder
        kept = tuple(position for position in self.folder.positions if patterns.holds_tags(position))
        return self.folder._replace(positions=kept)

    @staticmethod
    def read(path: str, text: str) -> Row:
        """The row of the folder at path, from its value."""
        positions, has_trunk, is_stopped, tags = json.loads(text)
        folder = Folder(path, tuple(Position(*position) for position in positions), has_trunk)
        return Row(folder, is_stopped, tuple(tags))


class PatternFolders(KnownFolders):
    """The row of each folder that was listed."""

    def __init__(self, rows: Mapping[str, str], tag_filter: TagFilter) -> None:
        super().__init__(rows)
        self._patterns = Patterns(tag_filter)

    def expected(self, path: str) -> str:
        """The positions of a folder that is listed again."""
        if path not in self._kinds:
            return positions_text(self._patterns.start())
        return positions_text(Row.read(path, self._kinds[path]).folder.positions)

    def touched(self, changes: Iterable[Change], ignore: Iterable[str] = ()) -> list[str]:  # noqa: ARG002
        """The folders that changes can have made something else, those further up first."""
        found: set[str] = set()
        above: set[str] = set()
        for change in changes:
            parent = parent_of(change.path)
            if change.kind != "modified" and parent in self._kinds:
                found.add(parent)
            if self._is_tag(change.path):
                found.add(parent)
            add_folders_above(change.path, above)
        found |= {parent_of(path) for path in above if self._is_tag(path) or self._is_missing(path)}
        return further_up_first(found)

    def _is_tag(self, path: str) -> bool:
        """Whether the folder at path is a release tag, or would be one if it could be read."""
        row, name = self._row_above(path), path.rpartition("/")[2]
        return row is not None and (name in row.tags or bool(self._patterns.tags(self._subfolder(row, name))))

    def _is_missing(self, path: str) -> bool:
        """Whether the folder at path would be listed after the folder that it is in, but is not known."""
        row, name = self._row_above(path), path.rpartition("/")[2]
        if row is None or path in self._kinds:
            return False
        return any(self._patterns.next_segment(position) for position in self._subfolder(row, name))

    def _subfolder(self, row: Row, name: str) -> tuple[Position, ...]:
        return self._patterns.subfolder(row.read_folder(self._patterns), name)

    def _row_above(self, path: str) -> Row | None:
        parent = parent_of(path)
        return Row.read(parent, self._kinds[parent]) if path and parent in self._kinds else None


def positions_text(positions: Iterable[Position]) -> str:
    """The positions of a folder that is to be listed."""
    return json.dumps([*positions])


class FolderListing(Protocol):
    """The part of ``Connection`` that lists a folder."""

    def entries(self, path: str, revision: str) -> Sequence[Entry]:
        """See ``Connection``."""


def list_folder(
    connection: FolderListing, revision: str, path: str, expected: str, tag_filter: TagFilter
) -> ListedFolder:
    """List the folder at path in revision; ``expected`` are its positions. Raises ``RepositoryError``."""
    try:
        entries = connection.entries(path, revision)
    except RepositoryError as error:
        if not (error.is_forbidden and path):
            raise
        return ListedFolder(path, "forbidden")
    patterns = Patterns(tag_filter)
    positions = tuple(Position(*position) for position in json.loads(expected))
    is_stopped = any(matches(entry.name, tag_filter.stop_indicators) for entry in entries)
    folders = [entry for entry in entries if entry.is_folder]
    has_trunk = patterns.seeks_trunk(positions) and any(entry.name == TRUNK for entry in folders)
    row = Row(Folder(path, positions, has_trunk), is_stopped)
    folder = row.read_folder(patterns)
    subfolders: list[tuple[str, str]] = []
    tags: list[tuple[PlacedTag, ReleaseTag]] = []
    names: list[str] = []
    for entry in folders:
        below = patterns.subfolder(folder, entry.name)
        if inner := [position for position in below if patterns.next_segment(position)]:
            subfolders.append((join(path, entry.name), positions_text(inner)))
        placed = patterns.tags(below)
        names += [entry.name] if placed else []
        tags += [(tag, ReleaseTag(tag.name, tag.version, entry.revision, entry.time)) for tag in placed]
    text = row._replace(tags=tuple(names)).text()
    return ListedFolder(path, text, tuple(subfolders), placed_tags=tuple(tags))


def scan_result(
    checkpoint: Checkpoint, before: Mapping[str, str], found: FolderChanges, tag_filter: TagFilter
) -> ScanResult:
    """What a walk found, in terms of projects; ``before`` are the rows of the folders that were known."""
    return _Comparison(before, found, tag_filter).result(checkpoint)


class _Comparison:
    """What a walk found, and what was there before."""

    def __init__(self, before: Mapping[str, str], found: FolderChanges, tag_filter: TagFilter) -> None:
        self._patterns = Patterns(tag_filter)
        self._before, self._found = before, found
        self._former = {path: before[path] for path in found.listed if path in before} | found.removed

    def result(self, checkpoint: Checkpoint) -> ScanResult:
        listed = {path: folder.kind for path, folder in self._found.listed.items()}
        gone = self._gone_projects(listed)
        return ScanResult(
            checkpoint,
            projects=tuple(self._changed_projects(listed, gone)),
            gone_projects=tuple(sorted(gone)),
            rows=tuple((KEY + path, row) for path, row in listed.items()),
            dropped_rows=tuple(KEY + path for path in self._found.removed if path not in listed),
            forbidden_paths=tuple(self._found.forbidden),
        )

    def _gone_projects(self, listed: Mapping[str, str]) -> set[str]:
        gone = self._projects(self._former) - self._projects(listed)
        if not gone:
            return gone
        # A project can have tags in folders that nobody has listed again.
        return gone - self._projects(
            {path: self._before[path] for path in self._before.keys() - self._former}
        )

    def _changed_projects(self, listed: Mapping[str, str], gone_projects: set[str]) -> Iterator[ProjectTags]:
        now: defaultdict[tuple[str, TagPlace | None], list[ReleaseTag]] = defaultdict(list)
        before: defaultdict[tuple[str, TagPlace | None], set[str]] = defaultdict(set)
        for folder in self._found.listed.values():
            for placed, tag in folder.placed_tags:
                now[placed.project, placed.place].append(tag)
        for placed in self._tags(self._former):
            if placed.project not in gone_projects:
                before[placed.project, placed.place].add(placed.name)
        for project in sorted(self._projects(listed) - {project for project, _place in now}):
            yield ProjectTags(project, deleted=())
        for project, place in sorted(now.keys() | before.keys(), key=lambda key: (key[0], key[1] or ())):
            tags = now[project, place]
            deleted = before[project, place] - {tag.name for tag in tags}
            yield ProjectTags(project, tuple(tags), tuple(sorted(deleted)), place)

    def _projects(self, rows: Mapping[str, str]) -> set[str]:
        """The projects that are there because of folders with these rows."""
        found = {tag.project for tag in self._tags(rows)}
        for path, text in rows.items():
            found |= self._patterns.projects(Row.read(path, text).read_folder(self._patterns))
        return found

    def _tags(self, rows: Mapping[str, str]) -> Iterator[PlacedTag]:
        for path, text in rows.items():
            row = Row.read(path, text)
            folder = row.read_folder(self._patterns)
            for name in row.tags:
                yield from self._patterns.tags(self._patterns.subfolder(folder, name))
