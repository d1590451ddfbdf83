"""What the two ways into Subversion share: URLs, revisions, and what holds around every export."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Change, Changes, Seen

SCHEMES = ("file", "http", "https", "svn")  # and any that begins with svn+
DEFAULT_PORTS = {"http": "80", "https": "443", "svn": "3690"}
URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/]*)(?P<path>.*)", re.DOTALL)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MOST_REVISIONS = 10_000
"""Of more than so many revisions no log is read: to look at all that is there is not much slower then."""
UNQUOTED = "/!$&'()*+,:=@"  # besides letters, digits and "-._~": what Subversion leaves as it is


def canonical_url(url: str) -> str:
    """The URL as Subversion itself spells it: percent-encoded, lower-case host, no final slash.

    Raises ``RepositoryError`` where it is not a URL.
    """
    match = URL.fullmatch(url.strip())
    if match is None:
        raise RepositoryError(
            url, "not a URL", "Write a folder of this machine as file:///path/to/repository."
        )
    scheme = match["scheme"].lower()
    if scheme not in SCHEMES and not scheme.startswith("svn+"):
        raise RepositoryError(
            url, "Subversion has no such scheme", f"Known are {', '.join(SCHEMES)}, svn+ssh."
        )
    user, at, host = match["authority"].rpartition("@")
    host = host.lower().removesuffix(f":{DEFAULT_PORTS.get(scheme, '')}").removesuffix(":")
    path = quote(unquote_to_bytes(match["path"]), safe=UNQUOTED)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join([f"{scheme}://{user}{at}{host}", *parts])


def join(url: str, path: str) -> str:
    """The URL of a path below a canonical URL."""
    return f"{url}/{quote(path, safe=UNQUOTED)}" if path else url


def path_below(root: str, url: str) -> str:
    """The decoded path from one canonical URL to another that is below it or the same."""
    return unquote(url[len(root) :].strip("/"))


def same_server(url: str, realm: str) -> bool:
    """Whether a server that asks for a password is the one of a canonical URL, and as safe to tell.

    realm: what it calls itself, "<https://host:443> Some words". An external can lead to any other server,
    which must not get the password that was meant for this one. A server may send on to another port, from
    http to https for instance, but not from https to http.
    """
    asked = URL.match(realm.removeprefix("<"))
    own = URL.match(url)
    if asked is None or own is None or (own["scheme"] == "https" and asked["scheme"] != "https"):
        return False
    return _host(asked["authority"].partition(">")[0]) == _host(own["authority"])


def _host(authority: str) -> str:
    """The host of user@host:port, in lower case."""
    return re.sub(r":\d*$", "", authority.rpartition("@")[2]).lower()


def revision_number(url: str, revision: str) -> int:
    """A revision as Subversion's number; ``RepositoryError`` where it is none."""
    if not (revision.isascii() and revision.isdecimal()):
        raise RepositoryError(url, f"{revision!r} is not a revision", "A revision is a number, such as 1234.")
    return int(revision)


def time_of(text: str) -> datetime:
    """The time that a property svn:date tells; EPOCH for none.

    What follows the dot is a number of microseconds to Subversion, however many digits that a converter of
    repositories wrote.
    """
    seconds, _dot, microseconds = text.removesuffix("Z").partition(".")
    if not seconds:
        return EPOCH
    return datetime.fromisoformat(f"{seconds}+00:00") + timedelta(microseconds=int(microseconds or 0))


class Logged(NamedTuple):
    """A revision in the log of a folder: ``actions`` has A, D, M or R by path, decoded and from the root."""

    revision: int
    time: datetime
    actions: tuple[tuple[str, str], ...]


_KINDS: dict[str, Literal["added", "deleted", "modified"]] = {"A": "added", "R": "added", "D": "deleted"}


def log_to_changes(log: Iterable[Logged], seen: Seen, until: str, folder: str) -> Changes | None:
    """What the log of folder (a path from the root) from ``seen.revision`` on tells; None as ``changes``.

    The log comes in the order of revisions. Its first is the one that was seen unless history is another.
    """
    every = list(log)
    first = every[0] if every else None
    same = first is not None and (str(first.revision), first.time) == (seen.revision, seen.time)
    if not same or len(every) > MOST_REVISIONS:
        return None
    changes: set[Change] = set()
    for each in every:
        if each.revision > int(seen.peg):
            below = _below(folder, each.actions)
            if below is None:
                return None
            changes |= below
    last = every[-1]
    return Changes(Seen(until, str(last.revision), last.time), frozenset(changes))


def log_to_changes_in(log: Iterable[Logged], folder: str) -> frozenset[Change] | None:
    """What the one revision in a log of folder, if any, changed below it; None as ``changes_in``."""
    below = [_below(folder, each.actions) for each in log]
    return None if None in below else frozenset().union(*filter(None, below))


def _below(folder: str, actions: Iterable[tuple[str, str]]) -> set[Change] | None:
    """The changes of a revision below folder; None where they do not explain why it is in folder's log.

    So it is where folder itself or one above was added or replaced, also where we may not see that.
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


def log_to_deletions(log: Sequence[Logged], paths: Collection[str], folder: str) -> dict[str, str]:
    """When each of paths below folder (a path from the root) went, as ``deletions`` tells.

    The log comes newest first. One of more than ``MOST_REVISIONS`` was cut off: then nobody knows which paths
    were there at its beginning.
    """
    every = sorted(f"{folder}/{path}".strip("/") for path in paths)
    there = set() if len(log) > MOST_REVISIONS else set(every)
    found: dict[str, str] = {}
    for each in reversed(log):
        for action, affected in (("D", "DR"), ("A", "AR")):
            for path, done in each.actions:
                for one in _at_and_below(every, path) if done in affected else ():
                    if action == "A":
                        there.add(one)
                    elif one == path or one in there:
                        found[one] = str(each.revision)
                        there.discard(one)
    start = len(folder) + 1 if folder else 0
    return {path[start:]: revision for path, revision in found.items()}


def _at_and_below(paths: Sequence[str], folder: str) -> Iterator[str]:
    """Those of sorted paths that are folder or below it."""
    if (place := bisect_left(paths, folder)) < len(paths) and paths[place] == folder:
        yield folder
    yield from paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]


class ToldByLog(ABC):
    """What ``Repository`` tells of the past, for those that can read the log of their URL's folder."""

    @property
    @abstractmethod
    def url(self) -> str:
        """See ``Repository``."""

    @abstractmethod
    def root_path(self) -> str:
        """See ``Repository``."""

    @abstractmethod
    def _log(self, first: int, last: int, limit: int) -> Iterable[Logged]:
        """The log of the URL's folder, in the order from first to last, of so many revisions at most."""

    def changes(self, seen: Seen, revision: str) -> Changes | None:
        """What was changed below the URL."""
        first, last = (revision_number(self.url, each) for each in (seen.revision, revision))
        if last < int(seen.peg):
            return None
        return log_to_changes(self._log(first, last, MOST_REVISIONS + 1), seen, revision, self.root_path())

    def changes_in(self, revision: str) -> frozenset[Change] | None:
        """What one revision changed below the URL."""
        number = revision_number(self.url, revision)
        return log_to_changes_in(self._log(number, number, 1), self.root_path())

    def deletions(self, there: Mapping[str, str], revision: str) -> Mapping[str, str]:
        """When what was at paths went."""
        first = min((revision_number(self.url, each) for each in there.values()), default=0)
        last = revision_number(self.url, revision)
        log = self._log(last, first + 1, MOST_REVISIONS + 1) if there and first < last else []
        return log_to_deletions(list(log), there, self.root_path())


@contextlib.contextmanager
def new_folder(url: str, destination: Path) -> Iterator[None]:
    """Around an export: nothing may be there before, a folder must be after, and nothing stays of a failure.

    Raises ``FileExistsError`` or, for its parent, ``FileNotFoundError`` before, and ``PathNotFoundError``
    where a file came out, as of a file's URL.
    """
    if os.path.lexists(destination):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(destination))
    if not destination.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(destination.parent))
    try:
        yield
        if destination.is_symlink() or not destination.is_dir():
            raise PathNotFoundError(url, "a file, not a folder")
    except BaseException:
        _remove(destination)
        raise


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
