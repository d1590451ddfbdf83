"""Find the layout that a repository seems to have, where the option layout leads to no release tag."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from sdistmaker_recipe.configuration.options import STANDARD_LAYOUT
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import tag_path
from sdistmaker_recipe.vcs.subversion.connection import Connection, Entry
from sdistmaker_recipe.vcs.subversion.pattern_walk import list_folder, positions_text
from sdistmaker_recipe.vcs.subversion.patterns import Patterns
from sdistmaker_recipe.vcs.tag_filter import TagFilter

_CANDIDATES = (
    STANDARD_LAYOUT,
    "{project}/tag/{tag}",
    "{project}/releases/{tag}",
    "{project}/release/{tag}",
    "tags/{project}/{tag}",
    "releases/{project}/{tag}",
    "tags/{project}-{tag}",
    "releases/{project}-{tag}",
    "tags/{tag}",
    "releases/{tag}",
    "{project}/*/tags/{tag}",
    "**/{project}/tags/{tag}",
    "{project}/tags/*/{tag}",
    "tags/*/{project}/{tag}",
    "tags/{tag}/{project}",
    "releases/{tag}/{project}",
)
"""Layouts that are common, those first that are the likelier where several lead to a tag."""

_PROJECT_FILES = frozenset({"setup.py", "pyproject.toml", "setup.cfg"})

_MOST_LISTINGS = 300
"""So many folders are listed in all."""

_MOST_TAGS = 5
"""So many tags of a layout are looked into for the files of a Python project."""


def find_layout(connection: Connection, revision: str, tag_filter: TagFilter) -> tuple[str, str]:
    """A pattern that leads to a tag with a Python project, and the path of that tag; two "" if none does."""
    listing = _Listing(connection, revision)
    try:
        for pattern in _CANDIDATES:
            tags = _tags(listing, replace(tag_filter, layout=(pattern,)))
            for path in islice(tags, _MOST_TAGS) if (pattern,) != tag_filter.layout else ():
                if _PROJECT_FILES & {entry.name for entry in listing.entries(path, revision)}:
                    return pattern, path
    except RepositoryError:
        # This is only about a hint.
        pass
    return "", ""


def _tags(listing: _Listing, tag_filter: TagFilter) -> Iterator[str]:
    """The paths of the tags that a layout leads to, those first that are fewer folders away."""
    waiting = deque([("", positions_text(Patterns(tag_filter).start()))])
    while waiting:
        folder = list_folder(listing, listing.revision, *waiting.popleft(), tag_filter)
        for placed, _tag in folder.placed_tags:
            yield placed.place.path_of(placed.name) if placed.place else tag_path(placed.project, placed.name)
        waiting.extend(folder.subfolders)


class _Listing:
    """Lists each folder once, and raises ``RepositoryError`` when it has listed too many."""

    def __init__(self, connection: Connection, revision: str) -> None:
        self.revision = revision
        self._connection = connection
        self._entries: dict[str, Sequence[Entry]] = {}

    def entries(self, path: str, revision: str) -> Sequence[Entry]:
        """The children of the folder at path."""
        if path not in self._entries:
            if len(self._entries) == _MOST_LISTINGS:
                raise RepositoryError(path, "too many folders")
            self._entries[path] = self._connection.entries(path, revision)
        return self._entries[path]
