"""List the folders of a repository, or those that changes can have made something else.

A folder is listed again where something came or went in it, the folder of a project's tags also where
anything below it changed. A folder that was added, copied or put in place of something else is listed with
all below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sdistmaker_recipe.vcs.subversion.connection import Change, Connection
from sdistmaker_recipe.vcs.subversion.known_folders import KnownFolders
from sdistmaker_recipe.vcs.subversion.layout import Kind, ListedFolder, list_folder
from sdistmaker_recipe.vcs.subversion.parallel_listing import Connections, ParallelListing
from sdistmaker_recipe.vcs.tag_filter import TagFilter


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """What a walk found.

    ``removed``: folders that went, with what they were; one of them can be in ``listed`` too, as another
    folder is at its path now. ``listed``: folders as they are now, in the order in which they were listed.
    ``forbidden``: folders that the server did not let us read, with the kinds that were expected.
    """

    removed: dict[str, Kind] = field(default_factory=dict)
    listed: dict[str, ListedFolder] = field(default_factory=dict)
    forbidden: dict[str, Kind] = field(default_factory=dict)


def walk(
    connections: Connections,
    revision: str,
    tag_filter: TagFilter,
    kinds: Mapping[str, Kind] | None = None,
    changes: Iterable[Change] = (),
) -> FolderChanges:
    """List the folders that changes can have made something else than ``kinds`` says, or all without kinds.

    Raises ``RepositoryError``, the one that a single connection would have met first.
    """
    known = KnownFolders(kinds or {})
    found = FolderChanges()
    changes = list(changes)
    for change in changes:
        if change.kind == "added" and change.path in known:
            # A copy can hold anything, so what was known below the path does not count.
            found.removed.update(known.remove(change.path))
    starts = known.touched(changes, tag_filter.ignore) if kinds else [""]

    def list_by(connection: Connection, path: str, expected: Kind) -> ListedFolder:
        return list_folder(connection, revision, path, expected, tag_filter)

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
