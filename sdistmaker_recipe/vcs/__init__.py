"""Version control systems behind one seam: the ``Repository`` protocol.

A backend is opened by name with ``open_repository`` and imported only then. Paths are decoded text,
separated and never begun by ``/``, relative to the repository's URL; ``""`` is the URL itself. Revisions
are opaque text in the system's own spelling ("1234" in Subversion).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, NamedTuple, Protocol


class Entry(NamedTuple):
    """A child of a listed folder.

    ``revision`` is the last one that changed the child or anything below it, ``time`` (UTC) that
    revision's commit time. Subversion's documentation calls them created_rev and time of a dirent.
    """

    name: str
    is_folder: bool
    revision: str
    time: datetime


class Seen(NamedTuple):
    """How far somebody has looked: up to revision ``peg``.

    ``revision`` is the last up to there that changed the URL's folder or anything below it, ``time`` (UTC)
    its commit time. These two tell whether a repository goes on from what was seen, or was restored from a
    backup and went another way.
    """

    peg: str
    revision: str
    time: datetime


class Change(NamedTuple):
    """What a commit did at a path: ``added`` also where something was replaced or copied there.

    What is below an added or deleted path came or went with it, and is not told of one by one.
    """

    path: str
    kind: Literal["added", "deleted", "modified"]


class Changes(NamedTuple):
    """Changes, in no order and each once, and how far they reach."""

    seen: Seen
    changes: frozenset[Change]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a server may ask for, read by a door from the environment; never written anywhere."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)


class Repository(Protocol):
    """A connection to one repository; to be used by one thread at a time.

    It may be made with the first question only. Every method raises ``RepositoryError`` when the repository
    does not answer as it should.
    """

    @property
    def url(self) -> str:
        """The URL it was opened with, in canonical form: percent-encoded, without a final slash."""

    def uuid(self) -> str:
        """What identifies the repository, whatever URL it is reached by."""

    def root_path(self) -> str:
        """Where the URL is within the repository: its decoded path from the root, "" at the root."""

    def head(self) -> str:
        """The newest revision, or the one that was it when this was asked first."""

    def entries(self, path: str, revision: str) -> Sequence[Entry]:
        """The children of the folder at path in revision, sorted by name; symbolic links are files.

        Raises ``PathNotFoundError`` where no folder is at path.
        """

    def entry(self, path: str, revision: str) -> Entry:
        """The file or folder at path itself (its ``name`` is path's last part, "" for the URL's own).

        Raises ``PathNotFoundError`` where nothing is at path.
        """

    def changes(self, seen: Seen, revision: str) -> Changes | None:
        """What was changed below the URL after what was seen, up to and with revision, in one question.

        None where the system cannot say, where there is too much to tell, where the folder was put in place
        of another, or where its history is not the one that was seen: then all of it has to be looked at.
        """

    def changes_in(self, revision: str) -> frozenset[Change] | None:
        """What one revision changed below the URL, in one question; nothing is what it did not touch.

        None where the folder itself, or one above it, was put there in this revision. Raises
        ``PathNotFoundError`` where the folder is not there in it.
        """

    def deletions(self, there: Mapping[str, str], revision: str) -> Mapping[str, str]:
        """When what was at each path went, in one question: the last revision up to and with ``revision``.

        ``there`` has the paths, each with a revision in which it was there; none is any more. What went with
        a folder above went then. One of which the system cannot say when it went is left out; of one that
        went and came back with folders above the answer may be the revision in which the last of these went.
        """

    def export(self, path: str, revision: str, destination: Path) -> None:
        """Write the folder at path in revision as the new folder ``destination``.

        Externals, keywords, line ends, executable bits and symbolic links come out as the system's own
        export gives them, and files carry the time of their last change. ``destination`` must not exist;
        its parent must. Raises ``PathNotFoundError`` where no folder is at path; nothing stays of an export
        that fails.
        """

    def disconnect(self) -> None:
        """Give the connection back until the next question."""

    def close(self) -> None:
        """Give the connection back for good; harmless when repeated."""

    def __enter__(self) -> Repository: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


def open_repository(url: str, backend: str = "auto", credentials: Credentials | None = None) -> Repository:
    """Open url with a backend by name; "auto" takes the first that works for the URL on this machine.

    Raises ``RepositoryError`` when no backend serves the URL. Whether a server answers there, and has such a
    folder, the first question tells that needs to know it: to open costs nothing.
    """
    from sdistmaker_recipe.vcs import backends

    return backends.open_repository(url, backend, credentials or Credentials())


def load_repository(folder: Path, dump: BinaryIO) -> str:
    """Make a Subversion repository at the new folder from a dump, all or nothing, and return its URL.

    Raises ``RepositoryError`` where the dump does not load or nothing on this machine can load it.
    """
    from sdistmaker_recipe.vcs import backends

    return backends.load_repository(folder, dump)
