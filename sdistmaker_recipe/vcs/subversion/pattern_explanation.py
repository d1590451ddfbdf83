"""Say what a scan by patterns makes of a repository without release tags, or of one path, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sdistmaker_recipe.errors import PathNotFoundError
from sdistmaker_recipe.model import project_name
from sdistmaker_recipe.numbers import count
from sdistmaker_recipe.vcs import NothingFound, ScanExplanation
from sdistmaker_recipe.vcs.subversion.connection import Connection, Connections, Entry
from sdistmaker_recipe.vcs.subversion.explanation import (
    MOST_NAMES,
    entries_of,
    layout_hint,
    left_out_by,
    some,
    stop_indicator,
)
from sdistmaker_recipe.vcs.subversion.layout import TRUNK, join
from sdistmaker_recipe.vcs.subversion.pattern_walk import Row
from sdistmaker_recipe.vcs.subversion.patterns import Folder, Patterns, Position
from sdistmaker_recipe.vcs.subversion.walk import walk
from sdistmaker_recipe.vcs.tag_filter import TagFilter, first_match

_ANY_NAME = r"(?P<version>.+)"
_HOW_TO = "docs/how-to/repository-layouts.rst shows the layouts that there are."


def nothing_found(
    connection: Connection, revision: str, rows: Mapping[str, str], tag_filter: TagFilter
) -> NothingFound:
    """What a scan looked at that found no release tag, and what was missing; ``rows`` has its folders.

    Raises ``RepositoryError``.
    """
    patterns = Patterns(tag_filter)
    folders = [Row.read(path, text).read_folder(patterns) for path, text in rows.items()]
    layout = " or ".join(tag_filter.layout)
    with_tags = [folder for folder in folders if _positions_at_tags(folder, patterns)]
    hint = layout_hint(connection, revision, tag_filter)
    if with_tags:
        described = [_describe(connection, revision, folder, tag_filter) for folder in with_tags[:MOST_NAMES]]
        more = len(with_tags) - MOST_NAMES
        looked_at = "; ".join(described) + (f"; and {count(more, 'more folder')}" if more > 0 else "")
        pattern_hint = "Set the option tag-pattern to a pattern that matches the names of tags."
        return NothingFound(looked_at, hint or pattern_hint)
    unwanted = _unwanted_projects(connection, revision, tag_filter)
    if unwanted:
        names = some(sorted(project_name(tag_filter.url, path) for path in unwanted))
        looked_at = f"{count(len(unwanted), 'project')}, and include and exclude leave out all ({names})"
        return NothingFound(looked_at, "Change the options include and exclude.")
    looked_at = f"{count(len(rows), 'folder')} looked at, and none holds tags by layout = {layout}"
    stopped = [path or "the URL" for path, text in rows.items() if Row.read(path, text).is_stopped]
    if stopped:
        looked_at += f"; the option stop-indicators leaves out {some(stopped)}"
    return NothingFound(looked_at, hint or f"Change the option layout. {_HOW_TO}")


def explain(connection: Connection, revision: str, path: str, tag_filter: TagFilter) -> ScanExplanation:
    """What a scan makes of what is at path, from the URL downwards. Raises ``RepositoryError``."""
    try:
        return ScanExplanation(is_there=True, reasons=tuple(_explain(connection, revision, path, tag_filter)))
    except PathNotFoundError as error:
        return ScanExplanation(is_there=False, reasons=(error.reason,))


def _explain(connection: Connection, revision: str, path: str, tag_filter: TagFilter) -> Iterator[str]:
    patterns = Patterns(tag_filter)
    positions, here = patterns.start(), ""
    for name in path.split("/") if path else []:
        entries = entries_of(connection, here, revision)
        names = {entry.name: entry for entry in entries}
        below = join(here, name)
        if name not in names:
            raise PathNotFoundError(below, f"{below} is not there")
        folder = Row(_folder(here, positions, entries), bool(stop_indicator(entries, tag_filter)))
        followed = patterns.subfolder(folder.read_folder(patterns), name)
        if not names[name].is_folder:
            if patterns.tags(followed):
                yield f"{below} is a file; a tag is a folder"
                return
            raise PathNotFoundError(below, f"{below} is a file, not a folder")
        if not followed:
            yield f"{below} is not looked into: {_reason(folder, name, entries, tag_filter)}"
            return
        for tag in patterns.tags(followed):
            project = project_name(tag_filter.url, tag.project)
            yield (
                f"{below} is a release tag of {project} by layout = {_layout(followed, patterns)}: "
                f"tag-pattern finds version {tag.version}"
            )
        positions, here = tuple(each for each in followed if patterns.next_segment(each)), below
        if not positions:
            return
    yield from _explain_folder(connection, revision, here, positions, tag_filter)


def _explain_folder(
    connection: Connection, revision: str, here: str, positions: Sequence[Position], tag_filter: TagFilter
) -> Iterator[str]:
    patterns = Patterns(tag_filter)
    entries = entries_of(connection, here, revision)
    shown = here or "the URL"
    folder = _folder(here, positions, entries)
    if stop := stop_indicator(entries, tag_filter):
        yield f"no project is sought in {shown}: it holds {stop[0]}, and stop-indicators has {stop[1]}"
    elif _positions_at_tags(folder, patterns):
        yield _describe(connection, revision, folder, tag_filter)
    else:
        wanted = dict.fromkeys(patterns.patterns[each.pattern].text for each in positions)
        yield f"{shown} is on the way to tags by layout = {' or '.join(wanted)}"


def _reason(row: Row, name: str, entries: Sequence[Entry], tag_filter: TagFilter) -> str:
    """Why a subfolder is not looked into: the option without which it would be."""

    def follows(**changes: tuple[str, ...] | str) -> tuple[Position, ...]:
        relaxed = Patterns(replace(tag_filter, **changes))  # type: ignore[arg-type]
        return relaxed.subfolder(row.read_folder(relaxed), name)

    if (stop := stop_indicator(entries, tag_filter)) and Patterns(tag_filter).subfolder(row.folder, name):
        return f"{row.folder.path or 'the URL'} holds {stop[0]}, and stop-indicators has {stop[1]}"
    if (glob := first_match(name, tag_filter.ignore)) and follows(ignore=()):
        return f"the option ignore has {glob}"
    if unwanted := follows(include=(), exclude=()):
        return left_out_by(unwanted[0].project or unwanted[0].above, tag_filter)
    if found := follows(tag_pattern=_ANY_NAME):
        return f"the option tag-pattern does not match {found[0].tag}"
    return f"no folder of this name is in layout = {' or '.join(tag_filter.layout)}"


def _describe(connection: Connection, revision: str, folder: Folder, tag_filter: TagFilter) -> str:
    """What is in a folder that holds tags."""
    patterns = Patterns(tag_filter)
    positions = _positions_at_tags(folder, patterns)
    project, tag = positions[0].project, positions[0].tag
    of_project = "" if project is None else f" of {project_name(tag_filter.url, project)}"
    layout = patterns.patterns[positions[0].pattern].text
    shown = f"{folder.path or 'the URL'} holds tags{of_project} by layout = {layout}"
    entries = entries_of(connection, folder.path, revision)
    names = [entry.name for entry in entries if entry.is_folder]
    if not names:
        return f"{shown}, and {'has only files' if entries else 'is empty'}"
    others = [name for name in names if not patterns.subfolder(folder, name)]
    if not others:
        return f"{shown}: {count(len(names), 'folder')}"
    which = tag if tag is not None else f"{len(others)} of them ({some(others)})"
    return f"{shown}: {count(len(names), 'folder')}, and tag-pattern does not match {which}"


def _unwanted_projects(connection: Connection, revision: str, tag_filter: TagFilter) -> set[str]:
    """The projects that would be there without include and exclude."""
    if not (tag_filter.include or tag_filter.exclude):
        return set()
    relaxed = replace(tag_filter, include=(), exclude=())
    patterns = Patterns(relaxed)
    found = walk(Connections(connection), revision, relaxed)
    rows = (Row.read(path, folder.kind) for path, folder in found.listed.items())
    return {project for row in rows for project in patterns.projects(row.read_folder(patterns))} | {
        placed.project for folder in found.listed.values() for placed, _tag in folder.placed_tags
    }


def _positions_at_tags(folder: Folder, patterns: Patterns) -> list[Position]:
    """The positions at which the folders in a folder are tags, or in a tag."""
    return [
        position
        for position in folder.positions
        if (segment := patterns.next_segment(position)) and (segment.has_tag or position.tag is not None)
    ]


def _layout(positions: Sequence[Position], patterns: Patterns) -> str:
    """The first pattern that the positions follow."""
    return patterns.patterns[positions[0].pattern].text


def _folder(path: str, positions: Sequence[Position], entries: Sequence[Entry]) -> Folder:
    return Folder(path, tuple(positions), any(entry.name == TRUNK and entry.is_folder for entry in entries))
