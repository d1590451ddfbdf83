"""List the folders of a repository, or those that changes can have made something else.

A folder is listed again where something came or went in it, the folder of a project's tags also where
anything below it changed. A folder that was added, copied or put in place of something else is listed with
all below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sdistmaker_recipe.configuration.options import STANDARD_LAYOUT
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import PROJECT, Checkpoint, ProjectTags, ScanResult
from sdistmaker_recipe.vcs.subversion.connection import Change, Connection, Connections
from sdistmaker_recipe.vcs.subversion.known_folders import KnownFolders
from sdistmaker_recipe.vcs.subversion.layout import ListedFolder, list_folder, parent_of
from sdistmaker_recipe.vcs.subversion.parallel_listing import ParallelListing
from sdistmaker_recipe.vcs.tag_filter import TagFilter

ListFolder: TypeAlias = Callable[[Connection, str, str, str, TagFilter], ListedFolder]
"""Lists a folder: a connection, a revision, the folder's path, what to expect, and the filter."""


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """What a walk found.

    ``removed`` are folders that went, with what they were. One of them can be in ``listed`` too, because
    another folder is at its path now. ``listed`` are folders as they are now, in the order in which they were
    listed. ``forbidden`` are folders that the server did not let us read, with the kinds that were expected.
    """

    removed: dict[str, str] = field(default_factory=dict)
    listed: dict[str, ListedFolder] = field(default_factory=dict)
    forbidden: dict[str, str] = field(default_factory=dict)


def walk(
    connections: Connections,
    revision: str,
    tag_filter: TagFilter,
    kinds: Mapping[str, str] | None = None,
    changes: Iterable[Change] = (),
) -> FolderChanges:
    """List the folders that changes can have made something else than ``kinds`` says, or all without kinds.

    Raises ``RepositoryError``, the one that a single connection would have met first.
    """
    known, list_one = known_folders(kinds or {}, tag_filter), _list_folder(tag_filter)
    found = FolderChanges()
    changes = list(changes)
    for change in changes:
        if change.kind == "added" and change.path in known:
            # A copy can hold anything, so what was known below the path does not count.
            found.removed.update(known.remove(change.path))
    starts = known.touched(changes, tag_filter.ignore) if kinds else [""]

    def list_by(connection: Connection, path: str, expected: str) -> ListedFolder:
        return list_one(connection, revision, path, expected, tag_filter)

    with ParallelListing(list_by, connections, lambda path: path not in known) as listing:
        listing.prefetch((start, known.expected(start)) for start in starts)
        for start in starts:
            if start in found.listed or (kinds and start not in known):
                continue
            # A stack, not recursion: a repository can be deeper than Python recurses.
            waiting = [(start, known.expected(start))]
            while waiting:
                path, expected = waiting.pop()
                folder = listing.get(path, expected)
                if folder.kind == "forbidden":
                    found.forbidden[path] = expected
                    found.removed.update(known.remove(path))
                    continue
                found.listed[path] = folder
                found.removed.update(known.update(folder))
                waiting += [request for request in folder.subfolders if request[0] not in known][::-1]
    return found


def known_folders(kinds: Mapping[str, str], tag_filter: TagFilter) -> KnownFolders:
    """The folders that were listed, in the layout that the option says."""
    if tag_filter.is_standard:
        return KnownFolders(kinds)
    if tag_filter.subdirectories:
        from sdistmaker_recipe.vcs.subversion.subdirectory_walk import SubdirectoryFolders

        if tag_filter.layout != (STANDARD_LAYOUT,):
            raise RepositoryError(
                tag_filter.url,
                "for Subversion, only one of the options layout and subdirectory may be set",
                "Take layout out to find the projects in the folders of tags, or subdirectory out. A layout "
                "for several projects in a tag is tags/{tag}/{project}.",
            )
        return SubdirectoryFolders(kinds, tag_filter)
    from sdistmaker_recipe.vcs.subversion.pattern_walk import PatternFolders

    return PatternFolders(kinds, tag_filter)


def _list_folder(tag_filter: TagFilter) -> ListFolder:
    """What lists a folder in the layout that the option says."""
    if tag_filter.is_standard:
        return list_folder
    if tag_filter.subdirectories:
        from sdistmaker_recipe.vcs.subversion import subdirectory_walk

        return subdirectory_walk.list_folder
    from sdistmaker_recipe.vcs.subversion import pattern_walk

    return pattern_walk.list_folder


def scan_result(
    checkpoint: Checkpoint, before: Mapping[str, str], found: FolderChanges, tag_filter: TagFilter
) -> ScanResult:
    """What a walk found, in terms of projects; ``before`` are the folders that were known."""
    if tag_filter.subdirectories:
        from sdistmaker_recipe.vcs.subversion import subdirectory_walk

        return subdirectory_walk.scan_result(checkpoint, before, found, tag_filter)
    if not tag_filter.is_standard:
        from sdistmaker_recipe.vcs.subversion import pattern_walk

        return pattern_walk.scan_result(checkpoint, before, found, tag_filter)
    former = {
        path: before[path]
        for path, folder in found.listed.items()
        if path in before and before[path] != folder.kind
    }
    former.update(found.removed)
    return ScanResult(
        checkpoint,
        projects=tuple(_projects(found)),
        gone_projects=tuple(path for path, kind in former.items() if kind == PROJECT),
        rows=tuple((path, folder.kind) for path, folder in found.listed.items() if folder.kind != PROJECT),
        dropped_rows=tuple(path for path, kind in former.items() if kind != PROJECT),
        forbidden_paths=tuple(found.forbidden),
    )


def _projects(found: FolderChanges) -> Iterator[ProjectTags]:
    """The projects whose tags a walk found, or found to be gone."""
    for folder in found.listed.values():
        if folder.kind == "tags":
            yield ProjectTags(parent_of(folder.path), folder.tags)
        elif folder.kind == PROJECT and not _has_tags_folder(folder):
            yield ProjectTags(folder.path)
    for path, expected in found.forbidden.items():
        if expected == "tags":
            yield ProjectTags(parent_of(path))


def _has_tags_folder(project: ListedFolder) -> bool:
    return any(kind == "tags" for _path, kind in project.subfolders)
