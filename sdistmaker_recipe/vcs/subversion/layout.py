"""What a listed folder is in the usual layout: a project, the tags of a project, or a folder to look into.

A project is a folder that holds a folder ``trunk``; its tags are the folders in its folder ``tags``
(the layout that the Subversion book recommends, chapter "Repository Layout").
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import TAGS, project_name
from sdistmaker_recipe.vcs import ReleaseTag
from sdistmaker_recipe.vcs.subversion.connection import Connection, Entry
from sdistmaker_recipe.vcs.tag_filter import TagFilter, matches

if TYPE_CHECKING:
    from sdistmaker_recipe.vcs.subversion.patterns import PlacedTag

logger = logging.getLogger(__name__)

TRUNK = "trunk"
LAYOUT = frozenset({TRUNK, TAGS, "branches"})
"""Folders of a project that are not looked into for further projects."""

Kind: TypeAlias = Literal["folder", "project", "tags", "unwanted", "stopped", "forbidden"]
"""What a folder is. These are the values of the rows that the catalog keeps.

``project``: a project that the filter lets through; ``unwanted``: any other project; ``tags``: the tags of a
project; ``stopped``: has a stop indicator, so it is not looked into; ``forbidden``: the server does not let
us read it; ``folder``: anything else.
"""


class ListedFolder(NamedTuple):
    """A folder as its listing shows it.

    ``kind`` is a ``Kind``. ``subfolders`` are the paths to list next, each with the kind to expect: "tags",
    or "folder" for one that may turn out to be a project. ``tags`` are the release tags in a folder of the
    kind "tags". In other layouts, ``kind`` and the kinds to expect are texts of ``pattern_walk``, and
    ``placed_tags`` are the release tags.
    """

    path: str
    kind: str
    subfolders: tuple[tuple[str, str], ...] = ()
    tags: tuple[ReleaseTag, ...] = ()
    placed_tags: tuple[tuple[PlacedTag, ReleaseTag], ...] = ()


def list_folder(
    connection: Connection, revision: str, path: str, expected: str, tag_filter: TagFilter
) -> ListedFolder:
    """List the folder at path in revision; ``expected`` is "tags" or "folder".

    Raises ``RepositoryError``.
    """
    try:
        entries = connection.entries(path, revision)
    except RepositoryError as error:
        if not (error.is_forbidden and path):
            raise
        return ListedFolder(path, "forbidden")
    if expected == "tags":
        return ListedFolder(path, "tags", tags=tuple(_release_tags(parent_of(path), entries, tag_filter)))
    if any(matches(entry.name, tag_filter.stop_indicators) for entry in entries):
        return ListedFolder(path, "stopped")
    folders = [entry.name for entry in entries if entry.is_folder]
    has_trunk = TRUNK in folders
    is_wanted = has_trunk and tag_filter.wants_project(path)
    subfolders: list[tuple[str, str]] = [(join(path, TAGS), "tags")] if is_wanted and TAGS in folders else []
    others = (name for name in folders if not (has_trunk and name in LAYOUT))
    subfolders += [(join(path, name), "folder") for name in others if not matches(name, tag_filter.ignore)]
    kind: Kind = "project" if is_wanted else "unwanted" if has_trunk else "folder"
    return ListedFolder(path, kind, tuple(subfolders))


def join(folder: str, name: str) -> str:
    """The path of something in a folder."""
    return f"{folder}/{name}" if folder else name


def parent_of(path: str) -> str:
    """The path of the folder that something is in; "" for the URL itself, too."""
    return path.rpartition("/")[0]


def _release_tags(project_path: str, entries: Sequence[Entry], tag_filter: TagFilter) -> Iterator[ReleaseTag]:
    project = project_name(tag_filter.url, project_path)
    for entry in entries:
        if not entry.is_folder:
            continue
        version = tag_filter.version_of(project, entry.name)
        if version is not None:
            yield ReleaseTag(entry.name, version, entry.revision, entry.time)
        else:
            logger.debug("%s names no release of %s: tag-pattern does not match", entry.name, project)
