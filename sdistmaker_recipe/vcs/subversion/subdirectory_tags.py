"""A tag of a project in a folder of a tree: how it is written, which one a URL names, and what is exported.

The path of such a tag is that of the project's folder in the tree, as in ``tags/1.2/packages/api``. The whole
tree is exported, because the project may need what is around its folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sdistmaker_recipe.errors import PathNotFoundError
from sdistmaker_recipe.model import TAGS, Tag, project_name, tag_path
from sdistmaker_recipe.vcs import subdirectories
from sdistmaker_recipe.vcs.subversion.connection import Connection
from sdistmaker_recipe.vcs.subversion.layout import join
from sdistmaker_recipe.vcs.subversion.subdirectory_walk import has_project, leads_on
from sdistmaker_recipe.vcs.tag_filter import TagFilter


class Export(NamedTuple):
    """What to export for a tag: the folder at ``path`` below the URL, or below one ``levels`` above it.

    ``folder`` is that of the project in what is exported.
    """

    path: str
    folder: str = ""
    levels: int = 0


class TagAtUrl(NamedTuple):
    """A tag that a URL names, whose tree is ``levels`` above it; ``path`` is that of the project below it."""

    name: str
    version: str
    folder: str
    levels: int
    path: str


def export_of(tag: Tag) -> Export:
    """What to export for a tag that a scan found, or that a URL names."""
    if not tag.path:
        # The URL is that of the project's folder, or of a tag that is the project.
        return Export("", tag.project_path, len(tag.project_path.split("/")) if tag.project_path else 0)
    if tag.path == tag.project_path:
        # The URL is that of the tag, and the project is below it.
        return Export("", tag.path)
    parts = tag.project_path.split("/")
    for length in range(len(parts)):
        root, folder = tag_path("/".join(parts[:length]), tag.name), "/".join(parts[length:])
        if tag.path == f"{root}/{folder}":
            return Export(root, folder)
    return Export(tag.path)


def tag_at_url(
    connection: Connection, revision: str, tag_filter: TagFilter, parts: Sequence[str]
) -> TagAtUrl:
    """The tag at a URL that ends with the folders ``parts``: of a project in a tag, or of the one there is.

    Raises ``PathNotFoundError`` if there is none, and ``RepositoryError`` if there are several.
    """
    every = replace(tag_filter, include=(), exclude=(), ignore=())
    place = len(parts) - parts[::-1].index(TAGS) if TAGS in parts else len(parts)
    inside = parts[place:]
    if not inside:
        raise PathNotFoundError(tag_filter.url, "not the URL of a tag", "It ends with /tags/NAME.")
    base = replace(every, url="/".join(parts[: place - 1]))
    for length in range(1, len(inside)):
        name, folder = "/".join(inside[:length]), "/".join(inside[length:])
        version = subdirectories.version_of("", folder, name, base)
        if version is not None:
            return TagAtUrl(name, version, folder, len(inside) - length, "")
    name = "/".join(inside)
    found = _projects(connection, revision, name, base)
    if not found:
        hint = "Is it the tag of a project whose folder a line of the option subdirectory matches?"
        raise PathNotFoundError(tag_filter.url, "no project of this tag is here", hint)
    folder = subdirectories.only_project(found, "", name, replace(base, url=tag_filter.url))
    version = subdirectories.version_at_url(folder, project_name(base.url, folder), name, base)
    return TagAtUrl(name, version, folder, 0, folder)


def _projects(connection: Connection, revision: str, name: str, tag_filter: TagFilter) -> list[str]:
    """The folders of the tree at the URL that are projects of the tag with this name."""
    found: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        entries = connection.entries(folder, revision)
        is_release = subdirectories.version_of("", folder, name, tag_filter) is not None
        if is_release and has_project(entries):
            found.append(folder)
        below = [join(folder, entry.name) for entry in entries if entry.is_folder]
        waiting += [path for path in below if leads_on("", name, path, tag_filter)]
    return sorted(found)
