"""List tags and the folders of their trees that are projects, by the option subdirectory.

A folder above tags is what it is in the usual layout. Each other one has *roles*. With the role ``tags`` it
holds tags: the folder ``tags``, or one in it such as ``tags/api``, which begins the names of tags. With the
role ``tree:N`` it is in the tree of a tag, whose folder is the first N parts of the path. A folder can have
several roles: ``tags/api2`` may be a tag, or hold the tag ``api2/1.0``.

The row of a folder holds its roles, whether it has the files of a project, and the tags in it. Its key is the
folder's path after a ``/``, because the path of a project may be that of another folder.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import TAGS, project_name, split_tag_path, tag_path
from sdistmaker_recipe.vcs import Checkpoint, ProjectTags, ReleaseTag, ScanResult, TagPlace, subdirectories
from sdistmaker_recipe.vcs.subversion import layout
from sdistmaker_recipe.vcs.subversion.connection import Change, Connection, Entry
from sdistmaker_recipe.vcs.subversion.known_folders import KnownFolders, add_folders_above, further_up_first
from sdistmaker_recipe.vcs.subversion.layout import LAYOUT, ListedFolder, join, parent_of
from sdistmaker_recipe.vcs.tag_filter import TagFilter, matches

if TYPE_CHECKING:
    from sdistmaker_recipe.vcs.subversion.walk import FolderChanges

KEY = "/"
"""The beginning of the keys of all rows."""

_TREE = "tree:"
_Tags: TypeAlias = dict[tuple[str, TagPlace | None], dict[str, ReleaseTag]]
"""The release tags by their names, by the path of their project and their place."""


class Row(NamedTuple):
    """What a folder was when it was listed.

    ``what`` are its roles, joined by commas, or the kind of a folder above tags. ``has_project`` is true if
    it holds the files of a project. ``tags`` are folders in it that may be release tags, each with its last
    revision and the time of that.
    """

    what: str
    has_project: bool = False
    tags: Mapping[str, tuple[str, str]] = {}

    @property
    def is_above_tags(self) -> bool:
        """Whether the folder is no tag, and in none."""
        return self.what in ("folder", "project", "stopped")

    @property
    def holds_tags(self) -> bool:
        """Whether the folder has the role ``tags``."""
        return TAGS in self.what.split(",")

    def text(self) -> str:
        """The value of the row."""
        return json.dumps([*self])

    @staticmethod
    def read(text: str) -> Row:
        """The row with this value."""
        what, has_project, tags = json.loads(text)
        return Row(what, has_project, {name: (revision, time) for name, (revision, time) in tags.items()})


class TreeFolder(NamedTuple):
    """A folder of a tag's tree.

    ``tag`` is the path of the tag's folder. ``base`` is the path of the folder that holds ``tags``, ``name``
    that of the tag from there. ``folder`` is the path within the tree.
    """

    tag: str
    base: str
    name: str
    folder: str


class SubdirectoryFolders(KnownFolders):
    """The row of each folder that was listed."""

    def __init__(self, rows: Mapping[str, str], tag_filter: TagFilter) -> None:
        super().__init__(rows)
        self._filter = tag_filter

    def expected(self, path: str) -> str:
        """The roles of a folder that is listed again, or "folder"."""
        row = Row.read(self._kinds[path]) if path in self._kinds else Row("folder")
        return "folder" if row.is_above_tags else row.what

    def touched(self, changes: Iterable[Change], ignore: Iterable[str] = ()) -> list[str]:  # noqa: ARG002
        """The folders that changes can have made something else, those further up first."""
        found: set[str] = set()
        above: set[str] = set()
        for change in changes:
            parent = parent_of(change.path)
            if change.kind != "modified" and parent in self._kinds:
                found.add(parent)
            add_folders_above(change.path, above)
        for path in above:
            if path not in self._kinds:
                found |= {parent_of(path)} if self._would_be_listed(path) else set()
            elif Row.read(self._kinds[path]).holds_tags:
                found.add(path)
        return further_up_first(found)

    def _would_be_listed(self, path: str) -> bool:
        """Whether the folder at path would be listed after the folder that it is in, which is known."""
        parent, _slash, name = path.rpartition("/")
        if not path or parent not in self._kinds:
            return False
        row = Row.read(self._kinds[parent])
        if not row.is_above_tags:
            return bool(_roles_below(parent, row.what, name, self._filter))
        if row.what == "project" and name in LAYOUT:
            return name == TAGS
        return row.what != "stopped" and not matches(name, self._filter.ignore)


def list_folder(
    connection: Connection, revision: str, path: str, expected: str, tag_filter: TagFilter
) -> ListedFolder:
    """List the folder at path in revision; ``expected`` are its roles, or "folder".

    Raises ``RepositoryError``.
    """
    if expected == "folder":
        every = replace(tag_filter, include=(), exclude=(), subdirectories=())
        found = layout.list_folder(connection, revision, path, expected, every)
        return found if found.kind == "forbidden" else found._replace(kind=Row(found.kind).text())
    try:
        entries = connection.entries(path, revision)
    except RepositoryError as error:
        if not error.is_forbidden:
            raise
        return ListedFolder(path, "forbidden")
    subfolders: list[tuple[str, str]] = []
    tags: dict[str, tuple[str, str]] = {}
    for entry in entries:
        if entry.is_folder and (roles := _roles_below(path, expected, entry.name, tag_filter)):
            subfolders.append((join(path, entry.name), roles))
            if f"{_TREE}{path.count('/') + 2}" in roles.split(","):
                tags[entry.name] = (entry.revision, entry.time.isoformat())
    row = Row(expected, _TREE in expected and has_project(entries), tags)
    return ListedFolder(path, row.text(), tuple(subfolders))


def has_project(entries: Iterable[Entry]) -> bool:
    """Whether a listing shows the files of a project."""
    return any(not entry.is_folder and entry.name in subdirectories.PROJECT_FILES for entry in entries)


def leads_on(base: str, name: str, folder: str, tag_filter: TagFilter) -> bool:
    """Whether a folder of a tag's tree is, or may hold, a project that the tag publishes."""
    if subdirectories.leads_on(folder, tag_filter):
        return True
    # A project that is left out may be the one whose tag it is.
    every = replace(tag_filter, include=(), exclude=())
    return subdirectories.version_of(base, folder, name, every) is not None


def scan_result(
    checkpoint: Checkpoint, before: Mapping[str, str], found: FolderChanges, tag_filter: TagFilter
) -> ScanResult:
    """What a walk found, in terms of projects; ``before`` are the rows of the folders that were known."""
    listed = {path: folder.kind for path, folder in found.listed.items()}
    now = {path: text for path, text in before.items() if path not in found.removed} | listed
    changed = _changed_tags(before, now, (*found.removed, *listed))
    old, new = (_tags(rows, tag_filter, changed) for rows in (before, now))
    gone = {project for project, _place in old} - {project for project, _place in new}
    if gone:
        # A project can have other tags, which have not changed.
        gone -= {project for project, _place in _tags(now, tag_filter)}
    return ScanResult(
        checkpoint,
        projects=tuple(_changed_projects(old, new, gone)),
        gone_projects=tuple(sorted(gone)),
        rows=tuple((KEY + path, row) for path, row in listed.items()),
        dropped_rows=tuple(KEY + path for path in found.removed if path not in listed),
        forbidden_paths=tuple(found.forbidden),
    )


def trees_of(path: str, what: str) -> Iterator[TreeFolder]:
    """What a folder with these roles is in the trees of tags."""
    parts = path.split("/")
    for role in what.split(","):
        if role.startswith(_TREE):
            depth = int(role.removeprefix(_TREE))
            tag = "/".join(parts[:depth])
            base, name = split_tag_path(tag) or ("", tag)
            yield TreeFolder(tag, base, name, "/".join(parts[depth:]))


def _roles_below(path: str, what: str, name: str, tag_filter: TagFilter) -> str:
    """The roles of the folder with this name in one with these roles; "" if it is not looked into."""
    roles: list[str] = []
    if TAGS in what.split(",") and name != TAGS:
        below = join(path, name)
        base, tag = split_tag_path(below) or ("", name)
        if subdirectories.begins_tag_name(tag, project_name(tag_filter.url, base), tag_filter):
            roles.append(TAGS)
        if tag_filter.may_be_in_subdirectory(tag):
            roles.append(f"{_TREE}{below.count('/') + 1}")
    roles += [
        f"{_TREE}{tree.tag.count('/') + 1}"
        for tree in trees_of(path, what)
        if leads_on(tree.base, tree.name, join(tree.folder, name), tag_filter)
    ]
    return ",".join(roles)


def _changed_tags(before: Mapping[str, str], now: Mapping[str, str], paths: Iterable[str]) -> set[str]:
    """The paths of tags that came, went or changed, or of whose trees the folders at these paths did."""
    changed: set[str] = set()
    for path in paths:
        old, new = (Row.read(rows[path]) if path in rows else Row("") for rows in (before, now))
        if old != new:
            changed |= {tree.tag for row in (old, new) for tree in trees_of(path, row.what)}
            names = old.tags.keys() | new.tags.keys()
            changed |= {join(path, name) for name in names if old.tags.get(name) != new.tags.get(name)}
    return changed


def _tags(rows: Mapping[str, str], tag_filter: TagFilter, wanted: Container[str] | None = None) -> _Tags:
    """The release tags of all projects, by what was listed; with ``wanted``, of the tags at these paths."""
    read = {path: Row.read(text) for path, text in rows.items()}
    trees: defaultdict[str, list[TreeFolder]] = defaultdict(list)
    for path, row in read.items():
        for tree in trees_of(path, row.what) if row.has_project else ():
            if wanted is None or tree.tag in wanted:
                trees[tree.tag].append(tree)
    found: defaultdict[tuple[str, TagPlace | None], dict[str, ReleaseTag]] = defaultdict(dict)
    for path, projects in trees.items():
        parent, _slash, last = path.rpartition("/")
        if parent not in read or last not in read[parent].tags:
            continue
        revision, time = read[parent].tags[last]
        base, name = projects[0].base, projects[0].name
        versions = subdirectories.versions_of(base, [tree.folder for tree in projects], name, tag_filter)
        for tree in projects:
            if tree.folder in versions:
                tag = ReleaseTag(name, versions[tree.folder], revision, datetime.fromisoformat(time))
                found[subdirectories.join(base, tree.folder), _place(tree)][name] = tag
    return found


def _place(tree: TreeFolder) -> TagPlace | None:
    """Where the tags of a project are: each is the folder of the project in the tree."""
    return TagPlace(tag_path(tree.base, ""), f"/{tree.folder}") if tree.folder else None


def _changed_projects(old: _Tags, new: _Tags, gone: set[str]) -> Iterator[ProjectTags]:
    keys = sorted(old.keys() | new.keys(), key=lambda key: (key[0], key[1] or ()))
    for project, place in keys:
        before, now = old.get((project, place), {}), new.get((project, place), {})
        changed = [tag for name, tag in sorted(now.items()) if before.get(name) != tag]
        deleted = sorted(before.keys() - now.keys()) if project not in gone else []
        if changed or deleted:
            yield ProjectTags(project, tuple(changed), tuple(deleted), place)
