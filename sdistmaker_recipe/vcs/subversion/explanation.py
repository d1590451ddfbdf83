"""Say what a scan makes of a repository without release tags, or of one path, and which option decides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import TAGS, project_name
from sdistmaker_recipe.numbers import count
from sdistmaker_recipe.vcs import NothingFound, ScanExplanation
from sdistmaker_recipe.vcs.subversion.connection import Connection, Entry
from sdistmaker_recipe.vcs.subversion.layout import LAYOUT, TRUNK, join
from sdistmaker_recipe.vcs.subversion.other_layouts import find_layout
from sdistmaker_recipe.vcs.tag_filter import TagFilter, first_match, matches

MOST_NAMES = 3
"""So many projects or folders are named in one message."""

_LAYOUT_HINT = (
    "A project is a folder that holds trunk, and its releases are the folders in its folder tags. If yours "
    "are elsewhere, set the option layout: docs/how-to/repository-layouts.rst shows what to write."
)


def nothing_found(
    connection: Connection, revision: str, kinds: Mapping[str, str], tag_filter: TagFilter
) -> NothingFound:
    """What a scan looked at that found no release tag, and what was missing; ``kinds`` has its folders.

    Raises ``RepositoryError``.
    """
    found = _nothing_found(connection, revision, kinds, tag_filter)
    if _url_hint(tag_filter.url):
        return found
    return found._replace(hint=layout_hint(connection, revision, tag_filter) or found.hint)


def layout_hint(connection: Connection, revision: str, tag_filter: TagFilter) -> str:
    """The line of the option layout that would lead to tags; "" if none is known."""
    pattern, path = find_layout(connection, revision, tag_filter)
    return f"{path} seems to be a release tag. Set layout = {pattern}" if pattern else ""


def _nothing_found(
    connection: Connection, revision: str, kinds: Mapping[str, str], tag_filter: TagFilter
) -> NothingFound:
    projects = sorted(path for path, kind in kinds.items() if kind == "project")
    unwanted = sorted(path for path, kind in kinds.items() if kind == "unwanted")
    if projects:
        described = [_describe_tags(connection, revision, path, tag_filter) for path in projects[:MOST_NAMES]]
        looked_at = "; ".join(text for text, _hint in described)
        if len(projects) > MOST_NAMES:
            looked_at += f"; and {count(len(projects) - MOST_NAMES, 'more project')}"
        return NothingFound(looked_at, described[0][1])
    if unwanted:
        names = some(project_name(tag_filter.url, path) for path in unwanted)
        looked_at = f"{count(len(unwanted), 'project')}, and include and exclude leave out all ({names})"
        return NothingFound(looked_at, "Change the options include and exclude.")
    return _no_project(connection, revision, kinds, tag_filter)


def explain(connection: Connection, revision: str, path: str, tag_filter: TagFilter) -> ScanExplanation:
    """What a scan makes of what is at path, from the URL downwards. Raises ``RepositoryError``."""
    try:
        return ScanExplanation(is_there=True, reasons=tuple(_explain(connection, revision, path, tag_filter)))
    except PathNotFoundError as error:
        return ScanExplanation(is_there=False, reasons=(error.reason,))


def _no_project(
    connection: Connection, revision: str, kinds: Mapping[str, str], tag_filter: TagFilter
) -> NothingFound:
    entries = connection.entries("", revision)
    if stop := stop_indicator(entries, tag_filter):
        looked_at = f"the folder holds {stop[0]}, so it is not looked into"
        return NothingFound(looked_at, f"Change the option stop-indicators, which has {stop[1]}.")
    folders = [path for path in kinds if path]
    looked_at = f"{count(len(folders), 'folder')}, none named trunk" if folders else "no folder is there"
    if not entries:
        looked_at = "the folder is empty"
    details = []
    if similar := [path for path in folders if _name(path).lower() in (TRUNK, "trunks", "main")]:
        details.append(f"there is {some(similar)}")
    if ignored := [entry.name for entry in entries if matches(entry.name, tag_filter.ignore)]:
        details.append(f"the option ignore leaves out {some(ignored)}")
    if stopped := [path for path, kind in kinds.items() if kind == "stopped"]:
        details.append(f"the option stop-indicators leaves out {some(stopped)}")
    return NothingFound("; ".join([looked_at, *details]), _url_hint(tag_filter.url) or _LAYOUT_HINT)


def _url_hint(url: str) -> str:
    """The URL to set where this one leads into a project; "" if it does not seem to."""
    scheme, _, rest = url.rstrip("/").partition("://")
    parts = rest.split("/")
    inside = [number for number, part in enumerate(parts) if number > 0 and part in LAYOUT]
    if not inside:
        return ""
    shorter, without = "/".join(parts[: inside[-1]]), "/".join(parts[inside[-1] :])
    return f"The URL leads into a project. Set repository = {scheme}://{shorter} (without /{without})."


def _describe_tags(
    connection: Connection, revision: str, project: str, tag_filter: TagFilter
) -> tuple[str, str]:
    """Why a project has no release tag, and a hint."""
    name = project_name(tag_filter.url, project)
    try:
        entries = connection.entries(join(project, TAGS), revision)
    except PathNotFoundError:
        beside = connection.entries(project, revision)
        others = [entry.name for entry in beside if entry.is_folder and entry.name != TRUNK]
        has = f" (beside trunk there is {some(others)})" if others else ""
        return f"{name} has trunk, but no folder named tags{has}", _LAYOUT_HINT
    except RepositoryError as error:
        if not error.is_forbidden:
            raise
        return f"the server does not let us read the tags folder of {name}", ""
    folders = [entry.name for entry in entries if entry.is_folder]
    if folders:
        found = f"{count(len(folders), 'folder')} ({some(folders)}), and tag-pattern matches none"
        hint = "Set the option tag-pattern to a pattern that matches these names."
        return f"{name} has trunk, its tags folder has {found}", hint
    empty = "holds only files" if entries else "is empty"
    url = f"{tag_filter.url}/{quote(project)}".rstrip("/")
    hint = f"Make a release: svn copy {url}/{TRUNK} {url}/{TAGS}/1.0"
    return f"{name} has trunk, its tags folder {empty}", hint


def _explain(connection: Connection, revision: str, path: str, tag_filter: TagFilter) -> Iterator[str]:
    parts = path.split("/") if path else []
    for depth in range(len(parts) + 1):
        here, below = "/".join(parts[:depth]), parts[depth:]
        shown = here or "the URL"
        entries = entries_of(connection, here, revision)
        if stop := stop_indicator(entries, tag_filter):
            yield f"{shown} is not looked into: it holds {stop[0]}, and stop-indicators has {stop[1]}"
            return
        folders = {entry.name for entry in entries if entry.is_folder}
        is_project = TRUNK in folders
        left_out = left_out_by(here, tag_filter) if is_project else ""
        if is_project:
            yield f"{shown} is a project, because it holds trunk{left_out and f'; {left_out}'}"
        if not below:
            yield from _describe_folder(connection, revision, here, folders, left_out, tag_filter)
            return
        name = below[0]
        if name not in folders:
            kind = "a file, not a folder" if name in {entry.name for entry in entries} else "not there"
            raise PathNotFoundError(join(here, name), f"{join(here, name)} is {kind}")
        if is_project and name in LAYOUT:
            if name != TAGS:
                yield f"{join(here, name)} is not looked into, because it is a part of a project"
            elif not left_out:
                yield from _explain_tag(connection, revision, here, below[1:], tag_filter)
            return
        if glob := first_match(name, tag_filter.ignore):
            yield f"{join(here, name)} is not looked into: the option ignore has {glob}"
            return


def _explain_tag(
    connection: Connection, revision: str, project: str, below: Sequence[str], tag_filter: TagFilter
) -> Iterator[str]:
    if not below:
        return
    name, path = below[0], join(join(project, TAGS), below[0])
    entries = {entry.name: entry for entry in entries_of(connection, join(project, TAGS), revision)}
    if name not in entries:
        raise PathNotFoundError(path, f"{path} is not there")
    version = tag_filter.version_of(project_name(tag_filter.url, project), name)
    if not entries[name].is_folder:
        yield f"{path} is a file; a tag is a folder"
    elif version is None:
        yield f"{path} names no release: the option tag-pattern does not match {name}"
    else:
        yield f"{path} is a release tag: tag-pattern finds version {version}"


def _describe_folder(
    connection: Connection,
    revision: str,
    here: str,
    folders: Iterable[str],
    left_out: str,
    tag_filter: TagFilter,
) -> Iterator[str]:
    if TRUNK not in folders:
        yield f"{here or 'the URL'} is no project, because it holds no folder named trunk"
    elif left_out:
        return
    elif TAGS not in folders:
        yield f"{here or 'the URL'} has no folder named tags"
    else:
        entries = entries_of(connection, join(here, TAGS), revision)
        names = [entry.name for entry in entries if entry.is_folder]
        project = project_name(tag_filter.url, here)
        others = [name for name in names if tag_filter.version_of(project, name) is None]
        yield f"its folder tags has {count(len(names), 'folder')}"
        if others:
            yield f"the option tag-pattern does not match {len(others)} of them ({some(others)})"


def entries_of(connection: Connection, path: str, revision: str) -> Sequence[Entry]:
    """The children of the folder at path; raises ``PathNotFoundError`` with a clause that says so."""
    try:
        return connection.entries(path, revision)
    except PathNotFoundError:
        raise PathNotFoundError(path, f"{path or 'the URL'} is not there") from None


def left_out_by(path: str, tag_filter: TagFilter) -> str:
    """Which option leaves out the project at path; "" if none does."""
    if tag_filter.wants_project(path):
        return ""
    name = path or project_name(tag_filter.url, path)
    if glob := first_match(name, tag_filter.exclude):
        return f"the option exclude leaves it out by {glob}"
    return f"no line of the option include matches {name}"


def stop_indicator(entries: Iterable[Entry], tag_filter: TagFilter) -> tuple[str, str] | None:
    """The first entry that is a stop indicator, and the line of the option that it matches."""
    found = ((entry.name, first_match(entry.name, tag_filter.stop_indicators)) for entry in entries)
    return next(((name, glob) for name, glob in found if glob), None)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def some(names: Iterable[str]) -> str:
    """The first few of the names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - MOST_NAMES} more" if len(every) > MOST_NAMES else ""
    return ", ".join(every[:MOST_NAMES]) + more
