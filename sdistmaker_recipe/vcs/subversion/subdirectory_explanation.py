"""Say what a scan by the option subdirectory makes of a repository without release tags, or of one path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sdistmaker_recipe.errors import PathNotFoundError
from sdistmaker_recipe.model import TAGS, project_name, split_tag_path, tag_path
from sdistmaker_recipe.numbers import count
from sdistmaker_recipe.vcs import NothingFound, ScanExplanation, subdirectories
from sdistmaker_recipe.vcs.subversion.connection import Connection
from sdistmaker_recipe.vcs.subversion.explanation import entries_of, some, stop_indicator
from sdistmaker_recipe.vcs.subversion.layout import LAYOUT, TRUNK, join
from sdistmaker_recipe.vcs.subversion.subdirectory_walk import Row, TreeFolder, has_project, trees_of
from sdistmaker_recipe.vcs.tag_filter import TagFilter, first_match


def nothing_found(rows: Mapping[str, str], tag_filter: TagFilter) -> NothingFound:
    """What a scan looked at that found no release tag; ``rows`` has its folders."""
    read = {path: Row.read(text) for path, text in rows.items()}
    above = [path for path, row in read.items() if row.what == "project"]
    if not above:
        hint = f"The tags of all projects are in the folder {TAGS} beside {TRUNK}. {subdirectories.HINT}"
        return NothingFound(f"{count(len(read), 'folder')}, and none holds {TRUNK}", hint)
    names = [join(path, name) for path, row in read.items() for name in row.tags]
    if not names:
        return NothingFound(
            f"{some(path or 'the URL' for path in above)} has {TRUNK}, but no tag that subdirectory names",
            f"Make a release: svn copy {tag_filter.url}/{TRUNK} {tag_filter.url}/{TAGS}/1.0",
        )
    folders = [tree.folder for path, row in read.items() for tree in _trees(path, row) if row.has_project]
    looked_at = (
        f"{count(len(names), 'tag')} ({some(sorted(names))}), and none has a project that it publishes"
    )
    if folders:
        looked_at += f"; there are projects in {some(sorted(set(folders)))}"
    return NothingFound(looked_at, subdirectories.HINT)


def explain(connection: Connection, revision: str, path: str, tag_filter: TagFilter) -> ScanExplanation:
    """What a scan makes of what is at path: a folder above tags, a tag, or a folder in the tree of one.

    A tag of one project can be written as for other systems too: ``PROJECT/tags/NAME``. Raises
    ``RepositoryError``.
    """
    try:
        reasons = tuple(_explain(connection, revision, path, tag_filter))
        return ScanExplanation(is_there=True, reasons=reasons)
    except PathNotFoundError as error:
        if reasons := tuple(_explain_project(connection, revision, path, tag_filter)):
            return ScanExplanation(is_there=True, reasons=reasons)
        return ScanExplanation(is_there=False, reasons=(error.reason,))


def _explain(connection: Connection, revision: str, path: str, tag_filter: TagFilter) -> Iterator[str]:
    base = _base(path)
    if base is None:
        yield from _above_tags(connection, revision, path, tag_filter)
        return
    if stopped := [each for each in _above_tags(connection, revision, base, tag_filter) if "no tag" in each]:
        yield from stopped
        return
    entries_of(connection, path, revision)
    below = path.removeprefix(join(base, TAGS)).strip("/")
    trees = list(_trees_at(base, below, tag_filter)) if below else []
    if not trees:
        yield f"{path} holds tags; their projects are in folders of each tag, by subdirectory"
        return
    for tree in trees:
        yield from _of_tree(connection, revision, tree, tag_filter)


def _explain_project(
    connection: Connection, revision: str, path: str, tag_filter: TagFilter
) -> Iterator[str]:
    """What a scan makes of the tag ``PROJECT/tags/NAME``, whose path is another one."""
    project, name = split_tag_path(path) or ("", "")
    parts = project.split("/") if project and name else []
    for length in range(len(parts)):
        base, folder = "/".join(parts[:length]), "/".join(parts[length:])
        tag = tag_path(base, name)
        if subdirectories.is_wanted(folder, tag_filter) and _is_there(connection, revision, tag):
            yield from _of_tree(connection, revision, TreeFolder(tag, base, name, folder), tag_filter)
            return


def _above_tags(connection: Connection, revision: str, path: str, tag_filter: TagFilter) -> Iterator[str]:
    """What a scan makes of the folders from the URL to this one, which is no tag and in none."""
    parts = path.split("/") if path else []
    for depth in range(len(parts) + 1):
        here, below = "/".join(parts[:depth]), parts[depth:]
        shown, entries = here or "the URL", entries_of(connection, here, revision)
        if stop := stop_indicator(entries, tag_filter):
            yield f"no tag is sought in {shown}: it holds {stop[0]}, and stop-indicators has {stop[1]}"
            return
        has_trunk = any(entry.name == TRUNK and entry.is_folder for entry in entries)
        if has_trunk and below and below[0] in LAYOUT:
            yield f"{join(here, below[0])} is looked into for no tag; tags are in {join(here, TAGS)}"
            return
        if below and (glob := first_match(below[0], tag_filter.ignore)):
            yield f"no tag is sought in {join(here, below[0])}: the option ignore has {glob}"
            return
        if not below:
            tags = f"its tags are in {join(here, TAGS)}"
            yield f"{shown}: {tags if has_trunk else f'no tag is in it, because it has no {TRUNK}'}"


def _of_tree(connection: Connection, revision: str, tree: TreeFolder, tag_filter: TagFilter) -> Iterator[str]:
    """What a scan makes of a tag for a folder of its tree, or for all that are projects."""
    every = TagFilter(tag_filter.url, ignore=tag_filter.ignore, subdirectories=tag_filter.subdirectories)
    projects = _projects(connection, revision, tree.tag, every)
    versions = subdirectories.versions_of(tree.base, projects, tree.name, tag_filter)
    for folder in [tree.folder] if tree.folder else projects or [""]:
        is_project = has_project(entries_of(connection, join(tree.tag, folder), revision))
        said = subdirectories.whose(
            tree.base, folder, tree.name, tag_filter, is_project=is_project, projects=projects
        )
        project = project_name(tag_filter.url, subdirectories.join(tree.base, folder))
        if (version := versions.get(folder)) is None:
            yield f"{join(tree.tag, folder)}: {said}" if folder != tree.folder else said
        else:
            yield f"{join(tree.tag, folder)} is a release tag of {project}, version {version}: {said}"


def _projects(connection: Connection, revision: str, tag: str, tag_filter: TagFilter) -> list[str]:
    """The folders of a tag that are projects, whatever the name of the tag says."""
    found: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        entries = entries_of(connection, join(tag, folder), revision)
        if subdirectories.is_wanted(folder, tag_filter) and has_project(entries):
            found.append(folder)
        below = [join(folder, entry.name) for entry in entries if entry.is_folder]
        waiting += [
            each
            for each in below
            if subdirectories.leads_on(each, tag_filter) or subdirectories.is_wanted(each, tag_filter)
        ]
    return sorted(found)


def _base(path: str) -> str | None:
    """The folder that holds the folder ``tags`` of a path; None if there is none in the path."""
    parts = path.split("/")
    return "/".join(parts[: parts.index(TAGS)]) if TAGS in parts else None


def _trees_at(base: str, below: str, tag_filter: TagFilter) -> Iterator[TreeFolder]:
    """Which tag a path below a folder ``tags`` may be, and which folder of it, the likeliest first."""
    parts = below.split("/")
    candidates = [
        TreeFolder(tag_path(base, name), base, name, "/".join(parts[length:]))
        for length in range(1, len(parts) + 1)
        if tag_filter.may_be_in_subdirectory(name := "/".join(parts[:length]))
    ]
    wanted = [
        tree
        for tree in candidates
        if subdirectories.version_of(base, tree.folder, tree.name, tag_filter) is not None
    ]
    yield from (wanted or candidates)[:1]


def _is_there(connection: Connection, revision: str, path: str) -> bool:
    try:
        return connection.entry(path, revision).is_folder
    except PathNotFoundError:
        return False


def _trees(path: str, row: Row) -> Iterator[TreeFolder]:
    yield from () if row.is_above_tags else trees_of(path, row.what)
