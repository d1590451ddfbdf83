"""Which folders of one tree are projects, by the option subdirectory, for every system. Pure.

The path of a project is that of its repository, or of the folder that holds ``trunk``, with the folder of the
project in the tree. ``TagFilter.version_in`` says which tags are whose.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from sdistmaker_recipe.configuration.option_types import Subdirectory
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import project_name
from sdistmaker_recipe.vcs.tag_filter import TagFilter, is_below

PROJECT_FILES = frozenset({"setup.py", "setup.cfg", "pyproject.toml"})
"""A folder without any of these files is no project."""

HINT = (
    "With the option subdirectory, a project is a folder of a tag that a line of it matches, and that has a "
    "setup.py, setup.cfg or pyproject.toml. The line . is for tags that are a project themselves. Without a "
    "prefix, the name of the tag is the version, alone or after the folder's name."
)


def join(path: str, folder: str) -> str:
    """The path of the project in a folder of the tree of what is at path; either may be ""."""
    return "/".join(filter(None, (path, folder)))


def split_project(paths: Collection[str], project: str) -> tuple[str, str] | None:
    """The one of ``paths`` that a project's path begins with, and the rest; None if there is none."""
    path, folder = project, ""
    while path not in paths:
        if not path:
            return None
        path, _slash, name = path.rpartition("/")
        folder = f"{name}/{folder}" if folder else name
    return path, folder


def project_folders(files: Iterable[str], globs: Iterable[str]) -> tuple[str, ...]:
    """The folders that match a glob and hold a project, of a tree with these paths of files."""
    globs = list(globs)
    parts = (path.rpartition("/") for path in files)
    folders = {folder for folder, _slash, name in parts if name in PROJECT_FILES}
    return tuple(sorted(folder for folder in folders if any(is_below(folder, glob) for glob in globs)))


def may_be_above(folder: str, globs: Iterable[str]) -> bool:
    """Whether folders that match a glob, or their files, may be below this one, or it matches one itself."""
    parts = folder.split("/")
    return any(
        len(glob) >= len(parts) and all(map(fnmatchcase, parts, glob))
        for glob in (glob.split("/") for glob in globs)
    )


def is_wanted(folder: str, tag_filter: TagFilter) -> bool:
    """Whether a folder of a tree may be a project, by the options subdirectory and ignore."""
    is_ignored = bool(folder) and tag_filter.ignores_path(folder)
    return not is_ignored and any(is_below(folder, line.glob) for line in tag_filter.subdirectories)


def leads_on(folder: str, tag_filter: TagFilter) -> bool:
    """Whether folders below this one of a tree may be projects."""
    parts = folder.split("/") if folder else []
    if folder and tag_filter.ignores_path(folder):
        return False
    globs = [line.glob.split("/") for line in tag_filter.subdirectories if line.glob != "."]
    return any(len(glob) > len(parts) and all(map(fnmatchcase, parts, glob)) for glob in globs)


def version_of(path: str, folder: str, name: str, tag_filter: TagFilter) -> str | None:
    """The version that a tag's name says of the project in a folder; None if that publishes none of it."""
    project = join(path, folder)
    if not (is_wanted(folder, tag_filter) and tag_filter.wants_project(project)):
        return None
    return tag_filter.version_in(folder, project_name(tag_filter.url, project), name)


def versions_of(path: str, folders: Iterable[str], name: str, tag_filter: TagFilter) -> dict[str, str]:
    """The versions that a tag's name says, by the folders of those that it publishes.

    ``folders`` are those of the tag's tree that hold a project.
    """
    return {
        folder: version
        for folder, version in _owners(path, folders, name, tag_filter).items()
        if is_wanted(folder, tag_filter) and tag_filter.wants_project(join(path, folder))
    }


def _owners(path: str, folders: Iterable[str], name: str, tag_filter: TagFilter) -> dict[str, str]:
    """The folders whose tag it is, whether they are wanted or not, with the versions.

    If a name begins with the names or prefixes of several projects, the longest counts: ``api-v2-1.0`` is a
    tag of ``api-v2`` and not of ``api``, although ``v2-1.0`` looks like a version.
    """
    found = {
        folder: match
        for folder in folders
        if (match := tag_filter.match_in(folder, project_name(tag_filter.url, join(path, folder)), name))
    }
    longest = max((match.length for match in found.values()), default=0)
    return {folder: match.version for folder, match in found.items() if match.length in (0, longest)}


def begins_tag_name(text: str, project: str, tag_filter: TagFilter) -> bool:
    """Whether the names of tags may begin with this text and ``/``; ``project`` is that of the top folder.

    For systems with folders of tags, as in ``tags/api/1.2``.
    """
    parts = text.split("/")
    for line in tag_filter.subdirectories:
        if line.prefix is not None:
            if line.prefix.startswith(f"{text}/"):
                return True
            continue
        glob = [project] if line.glob == "." else line.glob.split("/")
        is_name = len(parts) == 1 and _may_match(text, glob[-1])
        is_path = len(parts) <= len(glob) and all(map(_may_match, parts, glob))
        if (is_name or is_path) and tag_filter.version_of("", text) is None:
            return True
    return False


def whose(
    path: str,
    folder: str,
    name: str,
    tag_filter: TagFilter,
    *,
    is_project: bool,
    projects: Collection[str] = (),
) -> str:
    """Whether a tag is one of the project in a folder, and the option that decides it, as a clause.

    ``projects`` are all folders of the tag with a project.
    """
    project = join(path, folder)
    if not (is_project and any(is_below(folder, line.glob) for line in tag_filter.subdirectories)):
        shown = folder or "the top folder"
        return (
            f"no line of subdirectory matches {shown}, or it has no setup.py, setup.cfg or "
            "pyproject.toml in this tag"
        )
    if not is_wanted(folder, tag_filter):
        return f"the option ignore leaves out {folder}"
    if not tag_filter.wants_project(project):
        return f"include or exclude leaves out the project {project}"
    if version_of(path, folder, name, tag_filter) is None:
        return f"by subdirectory and tag-pattern, the tag {name} is not one of this project"
    owners = _owners(path, {folder, *projects}, name, tag_filter)
    if folder not in owners:
        others = ", ".join(sorted(owners))
        return f"the tag {name} is one of {others}, because its name begins with more of that name or prefix"
    return f"by subdirectory and tag-pattern, the tag {name} is one of this project"


def version_at_url(folder: str, project: str, name: str, tag_filter: TagFilter) -> str:
    """The version of a tag that somebody asked for, of the project with this name; the tag's name at least.

    A folder of the tree counts, whatever the option says.
    """
    if folder:
        known = tag_filter.version_in(folder, project, name)
        any_prefix = replace(tag_filter, subdirectories=(Subdirectory(folder),))
        return known or any_prefix.version_in(folder, project, name) or name
    return tag_filter.version_in("", project, name) or tag_filter.version_of(project, name) or name


def only_project(folders: Collection[str], path: str, name: str, tag_filter: TagFilter) -> str:
    """The one folder with a project that the tag with this name publishes; "" if there is none.

    ``folders`` are those with a project in the tree of a tag that somebody asked for, by a URL that names no
    folder. Raises ``RepositoryError`` if there are several.
    """
    every = replace(tag_filter, include=(), exclude=())
    found = sorted(versions_of(path, folders, name, every))
    if len(found) > 1:
        hint = f"Name one of them, as in --subdirectory {found[0]}"
        raise RepositoryError(tag_filter.url, f"the tag has several projects: {', '.join(found)}", hint)
    return found[0] if found else ""


def _may_match(text: str, glob: str) -> bool:
    """Whether a part of a tag's name may be a folder's: case and ``-``, ``_`` and ``.`` do not count."""
    if "[" in glob:
        return True
    alike = [re.sub(r"[-_.]+", "-", each).lower() for each in (text, glob)]
    return fnmatchcase(alike[0], alike[1])
