"""A connection to a Subversion repository, and the values that it answers with.

Paths are decoded text relative to the connection's URL, separated by ``/`` and never begun by it; ``""`` is
the URL itself. Revisions are numbers as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Protocol

from sdistmaker_recipe.vcs import Checkpoint


class Entry(NamedTuple):
    """A child of a listed folder.

    ``revision`` is the last one that changed the child or anything below it, ``time`` (UTC) that
    revision's commit time. Subversion's documentation calls them created_rev and time of a dirent.
    """

    name: str
    is_folder: bool
    revision: str
    time: datetime


class Change(NamedTuple):
    """What a commit did at a path: ``added`` also where something was replaced or copied there.

    What came or went with an added or deleted folder has no change of its own.
    """

    path: str
    kind: Literal["added", "deleted", "modified"]


class Changes(NamedTuple):
    """The changes up to a checkpoint, in no order and each once."""

    checkpoint: Checkpoint
    changes: frozenset[Change]


class Connection(Protocol):
    """A connection to one repository; to be used by one thread at a time.

    It may be made with the first question only. Every method raises ``RepositoryError`` when the repository
    does not answer as it should.
    """

    @property
    def url(self) -> str:
        """The URL it was opened with, in canonical form: percent-encoded, without a final slash."""

    def uuid(self) -> str:
        """The UUID of the repository, which is the same whatever URL it is reached by."""

    def root_path(self) -> str:
        """Where the URL is within the repository: its decoded path from the root, "" at the root."""

    def head(self) -> str:
        """The newest revision; it may be the one that was the newest when this was asked first."""

    def entries(self, path: str, revision: str) -> Sequence[Entry]:
        """The children of the folder at path in revision, sorted by name; symbolic links are files.

        Raises ``PathNotFoundError`` if no folder is at path.
        """

    def entry(self, path: str, revision: str) -> Entry:
        """The file or folder at path itself (its ``name`` is path's last part, "" for the URL's own).

        Raises ``PathNotFoundError`` if nothing is at path.
        """

    def changes(self, checkpoint: Checkpoint, revision: str) -> Changes | None:
        """What was changed below the URL after the checkpoint, up to and with revision, in one question.

        None if everything has to be listed instead: Subversion cannot say, there are too many revisions,
        the folder was put in place of another, or its history is not the one of the checkpoint.
        """

    def changes_in(self, revision: str) -> frozenset[Change] | None:
        """What one revision changed below the URL, in one question; empty if it changed nothing there.

        None if the folder itself, or one above it, was put there in this revision. Raises
        ``PathNotFoundError`` if the folder is not there in it.
        """

    def deletions(self, last_revisions: Mapping[str, str], revision: str) -> Mapping[str, str]:
        """The revision in which each path went, up to and with ``revision``, in one question.

        The keys of ``last_revisions`` are paths that are gone, the values a revision in which each was there.
        A path went with the folder above it, if that went. Paths of which Subversion cannot say when they
        went are left out. If a path went and came back with folders above, the answer may be the revision in
        which the last of these went.
        """

    def export(self, path: str, revision: str, destination: Path) -> None:
        """Write the folder at path in revision as the new folder ``destination``.

        Externals, keywords, line ends, executable bits and symbolic links come out as svn export gives them,
        and files carry the time of their last change. ``destination`` must not exist; its parent must. Raises
        ``PathNotFoundError`` if no folder is at path, and ``ExternalRefusedError`` if the settings do
        not follow an external. Nothing is left of an export that fails.
        """

    def disconnect(self) -> None:
        """Close the connection until the next question."""

    def close(self) -> None:
        """Close the connection for good; harmless when repeated."""

    def __enter__(self) -> Connection: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Connections(NamedTuple):
    """Connections to one repository: the first, how many there may be, and how to open another."""

    first: Connection
    limit: int = 1
    open_another: Callable[[], Connection] | None = None
