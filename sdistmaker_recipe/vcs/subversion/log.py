"""What revisions changed and deleted below a folder, as their log tells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sdistmaker_recipe.vcs import Checkpoint
from sdistmaker_recipe.vcs.subversion.connection import Change, Changes
from sdistmaker_recipe.vcs.subversion.revisions import revision_number

MOST_REVISIONS = 10_000
"""The log of more revisions is not read: then it is hardly slower to list everything."""


class LogEntry(NamedTuple):
    """A revision in the log of a folder.

    ``actions`` are pairs of a path, decoded and from the root, and one of A, D, M and R.
    """

    revision: int
    time: datetime
    actions: tuple[tuple[str, str], ...]


_KINDS: dict[str, Literal["added", "deleted", "modified"]] = {"A": "added", "R": "added", "D": "deleted"}


def log_to_changes(
    log: Iterable[LogEntry], checkpoint: Checkpoint, until: str, folder: str
) -> Changes | None:
    """The changes after a checkpoint up to revision until; None as in ``Connection.changes``.

    ``log`` is that of folder (a path from the root) from ``checkpoint.last_change`` on, in the order of
    revisions. Its first entry is that revision, with the same time, unless history took another course.
    """
    entries = list(log)
    last_change = (checkpoint.last_change, checkpoint.last_change_time)
    is_same = bool(entries) and (str(entries[0].revision), entries[0].time) == last_change
    if not is_same or len(entries) > MOST_REVISIONS:
        return None
    changes: set[Change] = set()
    for entry in entries:
        if entry.revision > int(checkpoint.revision):
            below = _changes_below(folder, entry.actions)
            if below is None:
                return None
            changes |= below
    last = entries[-1]
    return Changes(Checkpoint(until, str(last.revision), last.time), frozenset(changes))


def log_to_changes_in(log: Iterable[LogEntry], folder: str) -> frozenset[Change] | None:
    """The changes of the one revision in a log of folder, if any; None as in ``Connection.changes_in``."""
    below = [_changes_below(folder, entry.actions) for entry in log]
    return None if None in below else frozenset().union(*filter(None, below))


def _changes_below(folder: str, actions: Iterable[tuple[str, str]]) -> set[Change] | None:
    """The changes of a revision below folder; None if they do not explain why it is in folder's log.

    Then folder itself or one above it was added or replaced, which the server may hide from us.
    """
    start = f"{folder}/" if folder else ""
    found: set[Change] = set()
    explained = not folder
    for path, action in actions:
        if path.startswith(start) and path != folder:
            found.add(Change(path[len(start) :], _KINDS.get(action, "modified")))
            explained = True
        elif path == folder and action == "M":
            explained = True
        elif action in "AR" and (path == folder or folder.startswith(f"{path}/")):
            return None
    return found if explained else None


def log_to_deletions(log: Sequence[LogEntry], paths: Collection[str], folder: str) -> dict[str, str]:
    """The revision in which each of paths below folder went, as ``Connection.deletions`` returns it.

    ``log`` is that of folder (a path from the root), newest first. A log of more than ``MOST_REVISIONS`` was
    cut off: then nobody knows which paths were there at its beginning.
    """
    full_paths = sorted(f"{folder}/{path}".strip("/") for path in paths)
    there = set() if len(log) > MOST_REVISIONS else set(full_paths)
    found: dict[str, str] = {}
    for entry in reversed(log):
        # A replacement (R) deletes first, then adds.
        for step, actions in (("D", "DR"), ("A", "AR")):
            for changed, action in entry.actions:
                for path in _at_and_below(full_paths, changed) if action in actions else ():
                    if step == "A":
                        there.add(path)
                    elif path == changed or path in there:
                        found[path] = str(entry.revision)
                        there.discard(path)
    start = len(folder) + 1 if folder else 0
    return {path[start:]: revision for path, revision in found.items()}


def _at_and_below(paths: Sequence[str], folder: str) -> Iterator[str]:
    """The paths, of sorted ones, that are folder or below it."""
    if (place := bisect_left(paths, folder)) < len(paths) and paths[place] == folder:
        yield folder
    yield from paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]


class LogReader(ABC):
    """Answers the questions of ``Connection`` about the past from the log of the URL's folder."""

    @property
    @abstractmethod
    def url(self) -> str:
        """See ``Connection``."""

    @abstractmethod
    def root_path(self) -> str:
        """See ``Connection``."""

    @abstractmethod
    def _log(self, first: int, last: int, limit: int) -> Iterable[LogEntry]:
        """The log of the URL's folder, in the order from first to last; limit is the most revisions."""

    def changes(self, checkpoint: Checkpoint, revision: str) -> Changes | None:
        """What was changed below the URL after the checkpoint."""
        first, last = (revision_number(self.url, number) for number in (checkpoint.last_change, revision))
        if last < int(checkpoint.revision):
            return None
        log = self._log(first, last, MOST_REVISIONS + 1)
        return log_to_changes(log, checkpoint, revision, self.root_path())

    def changes_in(self, revision: str) -> frozenset[Change] | None:
        """What one revision changed below the URL."""
        number = revision_number(self.url, revision)
        return log_to_changes_in(self._log(number, number, 1), self.root_path())

    def deletions(self, last_revisions: Mapping[str, str], revision: str) -> Mapping[str, str]:
        """The revision in which each path went."""
        first = min((revision_number(self.url, number) for number in last_revisions.values()), default=0)
        last = revision_number(self.url, revision)
        log = self._log(last, first + 1, MOST_REVISIONS + 1) if last_revisions and first < last else []
        return log_to_deletions(list(log), last_revisions, self.root_path())
