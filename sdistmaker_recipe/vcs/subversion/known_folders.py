"""What every folder that was listed is, and which of them changes can have made something else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sdistmaker_recipe.model import TAGS
from sdistmaker_recipe.vcs.subversion.connection import Change
from sdistmaker_recipe.vcs.subversion.layout import LAYOUT, ListedFolder, parent_of
from sdistmaker_recipe.vcs.tag_filter import matches


class KnownFolders:
    """The kind of each folder that was listed. The folder above each of them is known too, up to ""."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = dict(kinds)
        self._children: defaultdict[str, set[str]] = defaultdict(set)
        for path in filter(None, kinds):
            self._children[parent_of(path)].add(path)

    def __contains__(self, path: str) -> bool:
        return path in self._kinds

    def expected(self, path: str) -> str:
        """The kind to expect when a folder is listed again: "tags" or "folder"."""
        return "tags" if self._kinds.get(path) == "tags" else "folder"

    def touched(self, changes: Iterable[Change], ignore: Iterable[str]) -> list[str]:
        """The folders that changes can have made something else, those further up first.

        ``ignore`` is the option. A folder is listed again too where something changed in a subfolder that was
        not there when it was listed: perhaps the server lets us read more than before.
        """
        found: set[str] = set()
        above: set[str] = set()
        for change in changes:
            parent = parent_of(change.path)
            if change.kind != "modified" and parent in self._kinds:
                found.add(parent)
            add_folders_above(change.path, above)
        found |= {path for path in above if self._kinds.get(path) == "tags"}
        found |= {
            parent_of(path) for path in above if path not in self._kinds and self._is_listed(path, ignore)
        }
        return further_up_first(found)

    def update(self, folder: ListedFolder) -> dict[str, str]:
        """Record what a folder is now. Returns what its former subfolders were, with all below them.

        A former subfolder is gone, or is of another kind now.
        """
        self._kinds[folder.path] = folder.kind
        if folder.path:
            self._children[parent_of(folder.path)].add(folder.path)
        subfolders = dict(folder.subfolders)
        former = [path for path in self._children[folder.path] if subfolders.get(path) != self.expected(path)]
        removed: dict[str, str] = {}
        for path in former:
            removed |= self.remove(path)
        return removed

    def remove(self, path: str) -> dict[str, str]:
        """Forget a folder and all below. Returns what they were."""
        self._children[parent_of(path)].discard(path)
        removed: dict[str, str] = {}
        waiting = [path]
        while waiting:
            path = waiting.pop()
            if path in self._kinds:
                removed[path] = self._kinds.pop(path)
            waiting += self._children.pop(path, ())
        return removed

    def _is_listed(self, path: str, ignore: Iterable[str]) -> bool:
        """Whether the folder at path would be listed after the folder that it is in."""
        parent, _slash, name = path.rpartition("/")
        kind = self._kinds.get(parent, "stopped")
        if name in LAYOUT and kind in ("project", "unwanted"):
            return name == TAGS and kind == "project"
        return kind not in ("tags", "stopped") and not matches(name, ignore)


def add_folders_above(path: str, above: set[str]) -> None:
    """Add to ``above`` all folders that a path is in.

    Many paths share few folders: those above a folder that is there are there, too.
    """
    parent = parent_of(path)
    while parent not in above:
        above.add(parent)
        parent = parent_of(parent)


def further_up_first(paths: Iterable[str]) -> list[str]:
    """Paths in the order in which folders are listed again: none before one that it is in."""
    return sorted(paths, key=lambda path: (path.count("/"), path) if path else (-1, ""))
