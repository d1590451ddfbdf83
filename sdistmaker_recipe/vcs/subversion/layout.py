"""What a folder of a repository is: a project, a project's tags, or a folder to look into.

A project is a folder that holds a folder ``trunk``; its tags are the folders in its folder ``tags``
(the layout that the Subversion book recommends, chapter "Repository Layout").
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, TypeAlias

from sdistmaker_recipe.configuration.options import TAG_PATTERN, Configuration
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import project_name
from sdistmaker_recipe.vcs import Change, Entry, Repository

logger = logging.getLogger(__name__)

_NO_TEXT = "(?!)"
"""A regular expression that matches nothing, not even nothing."""

_LAYOUT = frozenset({"trunk", "tags", "branches"})

Kind: TypeAlias = Literal["folder", "project", "tags", "unwanted", "stopped", "forbidden"]
"""``project`` is one that the filters want, ``unwanted`` any other, ``stopped`` a folder not to look into.

A ``forbidden`` folder is one that we may not read; what it is nobody knows.
"""


class SeenTag(NamedTuple):
    """A tag that names a release, within its project; see ``model.Tag``."""

    name: str
    version: str
    revision: str
    time: datetime


class SeenFolder(NamedTuple):
    """What a listing told of a folder.

    ``below`` are the paths to look at next, with what to take them for: the tags of a project, or a folder,
    which may turn out to be a project. ``tags`` are there where it holds a project's tags.
    """

    path: str
    kind: Kind
    below: tuple[tuple[str, Kind], ...] = ()
    tags: tuple[SeenTag, ...] = ()


class KnownFolders:
    """What each folder that was looked at is; all of these hang together, down from the path ""."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = dict(kinds)
        self._below: defaultdict[str, set[str]] = defaultdict(set)
        for path in filter(None, kinds):
            self._below[_parent(path)].add(path)

    def __contains__(self, path: str) -> bool:
        return path in self._kinds

    def taken_for(self, path: str) -> Kind:
        """What to take a folder for when it is looked at again: see ``SeenFolder.below``."""
        return "tags" if self._kinds.get(path) == "tags" else "folder"

    def touched(self, changes: Iterable[Change], ignore: Iterable[str]) -> list[str]:
        """The folders that could be others after changes, those further up first; ``ignore`` is the option.

        Those, too, that have a folder which was not there to be seen: perhaps we may read more than before.
        """
        found: set[str] = set()
        above: set[str] = set()
        for change in changes:
            parent = _parent(change.path)
            if change.kind != "modified" and parent in self._kinds:
                found.add(parent)
            # Above all paths there are few folders; each is looked up once.
            while parent not in above:
                above.add(parent)
                parent = _parent(parent)
        found |= {path for path in above if self._kinds.get(path) == "tags"}
        found |= {_parent(path) for path in above if path not in self._kinds and self._looks_at(path, ignore)}
        return sorted(found, key=lambda path: (path.count("/"), path) if path else (-1, ""))

    def _looks_at(self, path: str, ignore: Iterable[str]) -> bool:
        """Whether the folder at path would be looked at if the one that it is in were."""
        parent, _slash, name = path.rpartition("/")
        kind = self._kinds.get(parent, "stopped")
        if name in _LAYOUT and kind in ("project", "unwanted"):
            return name == "tags" and kind == "project"
        return kind not in ("tags", "stopped") and not _matches(name, ignore)

    def update(self, folder: SeenFolder) -> list[str]:
        """Take over what a folder is now; the paths in it that are gone, or are something else now."""
        self._kinds[folder.path] = folder.kind
        if folder.path:
            self._below[_parent(folder.path)].add(folder.path)
        there = dict(folder.below)
        gone = [path for path in self._below[folder.path] if there.get(path) != self.taken_for(path)]
        for path in gone:
            self.remove(path)
        return gone

    def remove(self, path: str) -> None:
        """Forget a folder and all below."""
        self._below[_parent(path)].discard(path)
        waiting = [path]
        while waiting:
            path = waiting.pop()
            self._kinds.pop(path, None)
            waiting += self._below.pop(path, ())


def look(
    repository: Repository, url: str, peg: str, path: str, taken_for: Kind, configuration: Configuration
) -> SeenFolder:
    """Look at a folder in revision peg; ``url`` is what users call the repository.

    Raises ``RepositoryError``.
    """
    try:
        entries = repository.entries(path, peg)
    except RepositoryError as error:
        if not (error.forbidden and path):
            raise
        return SeenFolder(path, "forbidden")
    if taken_for == "tags":
        project = project_name(url, path.rpartition("/")[0])
        return SeenFolder(path, "tags", tags=tuple(_tags(project, entries, configuration)))
    if any(_matches(entry.name, configuration.stop_indicators) for entry in entries):
        return SeenFolder(path, "stopped")
    folders = [entry.name for entry in entries if entry.is_folder]
    has_trunk = "trunk" in folders
    wanted = has_trunk and _wanted(url, path, configuration)
    below: list[tuple[str, Kind]] = [(join(path, "tags"), "tags")] if wanted and "tags" in folders else []
    others = (name for name in folders if not (has_trunk and name in _LAYOUT))
    below += [(join(path, name), "folder") for name in others if not _matches(name, configuration.ignore)]
    kind: Kind = "project" if wanted else "unwanted" if has_trunk else "folder"
    return SeenFolder(path, kind, tuple(below))


def tag_pattern(configuration: Configuration, project: str) -> re.Pattern[str]:
    """Matches the names of tags of a project that name releases."""
    return re.compile(configuration.tag_pattern.replace("PROJECT", re.escape(project)))


def _pattern_for(configuration: Configuration, project: str, name: str) -> re.Pattern[str]:
    """``tag_pattern``, or for the default option one of all projects that says the same of this tag's name.

    To compile a pattern takes longer than to list a folder, and there may be thousands of projects. The
    project matters to names that hold its own; which do, whatever the case, is a simple question in ASCII.
    """
    default = configuration.tag_pattern == TAG_PATTERN and project.isascii() and name.isascii()
    if default and project and project.lower() not in name.lower():
        return re.compile(TAG_PATTERN.replace("PROJECT", _NO_TEXT))
    return tag_pattern(configuration, project)


def join(folder: str, name: str) -> str:
    """The path of something in a folder."""
    return f"{folder}/{name}" if folder else name


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _tags(project: str, entries: Sequence[Entry], configuration: Configuration) -> Iterator[SeenTag]:
    for entry in entries:
        if not entry.is_folder:
            continue
        pattern = _pattern_for(configuration, project, entry.name)
        if match := pattern.fullmatch(entry.name):
            yield SeenTag(entry.name, match["version"], entry.revision, entry.time)
        else:
            logger.debug("%s names no release of %s: tag-pattern does not match", entry.name, project)


def _wanted(url: str, path: str, configuration: Configuration) -> bool:
    shown = path or project_name(url, path)
    included = not configuration.include or _matches(shown, configuration.include)
    return included and not _matches(shown, configuration.exclude)


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
