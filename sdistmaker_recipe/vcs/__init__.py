"""Version control systems behind one protocol: ``Repository``, asked for release tags and their changes.

A repository shows projects, each with tags. Project paths are decoded text relative to the repository's URL,
separated by ``/`` and never begun by it; ``""`` is the URL itself. ``model.tag_path`` makes the path of a tag
from the project's path and the tag's name, for every system; ``TagPlace`` is for tags that are elsewhere.
Revisions are text in the system's own spelling: "1234" in Subversion, an object id in git.

``open_repository`` opens a backend by its name, and imports it only then.

The systems:

* ``backends``: the backends by their names, and by the schemes of URLs.
* ``subversion``: Subversion by libsvn or the svn program.
* ``git``: git by its program.
* ``mercurial``: Mercurial by its program.
* ``plugin_guard``: report errors in a plug-in with its name.

For systems that list all their tags at once, such as git and Mercurial:

* ``listed_repository``: what the repositories of these systems have in common.
* ``tag_rows``: compare a listing of tags with the last one; each tag is asked for its commit and time once.
* ``tag_explanation``: what a scan makes of a tag or a repository, in words.
* ``repository_folder``: the repositories below a folder of this machine.
* ``server_caches``: what was fetched from servers: locks, and removal of what nobody needs any more.
* ``background``: ask several servers at a time.
* ``program_errors``: what the messages of a program mean.
* ``allowed_hosts``: which hosts a tag may name in what it includes.

For all systems:

* ``tag_filter``: which projects and tags the options want, and the version that a tag's name says.
* ``subdirectories``: which folders of one tree are projects.
* ``tag_export``: export the tag of a build job, within ``connection_limit``: so many connections at one time.
* ``new_folder``: a new folder for an export, or nothing.
* ``retry``: ask again after a transient error.
* ``shown_url``: URLs as messages may show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

from sdistmaker_recipe.model import RepositorySettings

if TYPE_CHECKING:
    from sdistmaker_recipe.model import Tag
    from sdistmaker_recipe.vcs.tag_filter import TagFilter

PROJECT = "project"
"""The value of a remembered row whose key is the path of a project; see ``PreviousScan``."""

Presence: TypeAlias = Literal["there", "gone", "unknown"]
"""Whether a tag is in a repository; "unknown" if the repository does not say."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a server may ask for. A door reads it from the environment; it is never written anywhere."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)


class Checkpoint(NamedTuple):
    """How far a scan has read: up to ``revision``.

    ``last_change`` is the last revision up to there that changed anything below the URL, and
    ``last_change_time`` (UTC) its commit time. They tell whether the repository's history continues from
    here, or was restored from a backup and took another course. A system that has no such revision repeats
    ``revision``, with a time that never changes. Equal checkpoints mean that nothing changed.
    """

    revision: str
    last_change: str
    last_change_time: datetime


class ReleaseTag(NamedTuple):
    """A tag that names a release, within its project; the fields are those of ``model.Tag``."""

    name: str
    version: str
    revision: str
    time: datetime


class TagPlace(NamedTuple):
    """Where a project has tags: the path of each is ``before``, the tag's name, and ``after``."""

    before: str
    after: str = ""

    def path_of(self, name: str) -> str:
        """The path of the tag with this name."""
        return f"{self.before}{name}{self.after}"


class ProjectTags(NamedTuple):
    """The project at ``path``, and its release tags.

    Where ``deleted`` is None, ``tags`` are all tags of the project. Otherwise ``tags`` are those that are new
    or have moved, ``deleted`` names those that are gone, and all others are as they were.

    ``place`` is where these tags are, None for the usual place, that of ``model.tag_path``. A project may
    have tags in several places, even with one name: each place has a value of its own, with ``deleted``.
    """

    path: str
    tags: tuple[ReleaseTag, ...] = ()
    deleted: tuple[str, ...] | None = None
    place: TagPlace | None = None

    def path_of(self, name: str) -> str:
        """The path of the tag with this name; "" where it is in the usual place."""
        return self.place.path_of(name) if self.place else ""


class ScanResult(NamedTuple):
    """The projects that a repository has, or those that changed, up to ``checkpoint``.

    Apply it in this order: ``gone_projects`` (paths) are no longer there, nor are their tags;
    ``dropped_rows`` (keys) are to be forgotten; then ``projects`` and ``rows`` (keys with values) are as they
    are now. A project can be in both lists: it went, and another one took its place.

    The server refused to let us read ``forbidden_paths``. Nothing is known of them. ``unreadable`` are
    repositories of a folder that could not be read, by their paths, each with the reason and the cure. What
    was found in them before stays as it was. ``lost_tags`` are tags of readable repositories that could not
    be read, likewise by the paths of the repositories.
    """

    checkpoint: Checkpoint
    projects: tuple[ProjectTags, ...] = ()
    gone_projects: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    dropped_rows: tuple[str, ...] = ()
    forbidden_paths: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()
    lost_tags: tuple[tuple[str, str], ...] = ()


class PreviousScan(NamedTuple):
    """What the scan before left: its checkpoint, and the rows to compare with, which are read when called.

    The rows are the backend's own: the catalog keeps those of each ``ScanResult`` without reading them. To
    them it adds one row for each project, of the project's path and the value ``PROJECT``. A backend uses
    neither that value nor the path of a project as a key.
    """

    checkpoint: Checkpoint
    rows: Callable[[], Mapping[str, str]]


class NothingFound(NamedTuple):
    """What a scan looked at that found no release tag, and what was missing, in the words of the system.

    ``hint`` is a sentence about what to set or do, "" for none.
    """

    looked_at: str
    hint: str = ""


class ScanExplanation(NamedTuple):
    """What a scan makes of what is at a path: one clause for each decision, with the option that made it.

    ``is_there`` is false if nothing is at the path.
    """

    is_there: bool
    reasons: tuple[str, ...]


class Repository(Protocol):
    """One repository, open to be read; to be used by one thread at a time.

    It may connect with the first question only. Every method that asks raises ``RepositoryError`` when the
    repository does not answer as it should.
    """

    @property
    def url(self) -> str:
        """The URL that it was opened with, in canonical form."""

    @property
    def is_local(self) -> bool:
        """Whether it is on a disk of this machine, so that an answer takes no time on its way."""

    @property
    def connections(self) -> int:
        """How many connections to it all processes of a run may have at one time; 0 for any number."""

    def identity(self) -> str:
        """The beginning of the origins of its tags, which is the same whatever URL it is reached by.

        Up to the first ``/`` it identifies the repository, as a UUID does. The rest is the path within the
        repository that the URL shows.
        """

    def head(self) -> str:
        """The newest revision when this was asked first; the questions about tags are answered as of it."""

    def check(self, revision: str) -> None:
        """Raise ``RepositoryError`` unless the repository answers and has in revision what its URL names."""

    def all_tags(self, tag_filter: TagFilter) -> ScanResult:
        """Every project that the filter lets through, with all its release tags."""

    def changed_tags(self, previous: PreviousScan, tag_filter: TagFilter) -> ScanResult | None:
        """What changed since the previous scan, which had the same identity and filter.

        None if the system cannot tell: then ``all_tags`` has to be asked.
        """

    def touches_tags(self, revision: str, previous: PreviousScan, tag_filter: TagFilter) -> bool:
        """Whether one commit or push can have changed what the previous scan found.

        True if the system cannot tell.
        """

    def nothing_found(self, previous: PreviousScan, tag_filter: TagFilter) -> NothingFound:
        """What the previous scan looked at, which found no release tag."""

    def explain(self, path: str, tag_filter: TagFilter) -> ScanExplanation:
        """What a scan makes of what is at a path below the URL, and which options decide it."""

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        """Whether the tags at these paths are there, whatever the filter says. Raises nothing."""

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        """The revision in which each of these tags went; tags of which the system cannot say are left out.

        The keys are the paths of tags that are gone, the values a revision in which each was there.
        """

    def tag_at_url(self, tag_filter: TagFilter) -> Tag:
        """The tag that the URL itself names. Raises ``PathNotFoundError`` if it names none."""

    def export(self, tag: Tag, revision: str, destination: Path) -> None:
        """Write the files of the tag, as they are in revision, to the new folder ``destination``.

        ``revision`` is the ``head`` of a scan that found the tag. The files are those that the system's own
        export or checkout gives, with executable bits and symbolic links. ``destination`` must not exist; its
        parent must. Raises ``PathNotFoundError`` if there is no such tag. Nothing is left of an export
        that fails.
        """

    def disconnect(self) -> None:
        """Close the connection until the next question."""

    def close(self) -> None:
        """Close the connection for good; harmless when repeated."""

    def __enter__(self) -> Repository: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@runtime_checkable
class BeginsEarly(Protocol):
    """A repository that can be asked in the background, so that several are asked at a time."""

    def begin(self) -> None:
        """Begin to ask for the newest revision; ``Repository.head`` waits for the answer."""


@runtime_checkable
class HasSubdirectories(Protocol):
    """A repository with several projects in one tree, all of which an export writes."""

    def subdirectory_of(self, tag: Tag) -> str:
        """The folder of the tag's project below the folder that an export writes; "" for that folder."""


@runtime_checkable
class PreparesExport(Protocol):
    """A repository that can fetch many tags at once."""

    def prepare_export(self, tags: Sequence[Tag]) -> None:
        """Fetch what the exports of these tags need. Raises ``RepositoryError``; exports fetch by themselves.

        Tags of other repositories are passed over.
        """


def open_repository(
    url: str,
    backend: str = "auto",
    credentials: Credentials | None = None,
    connections: int = 0,
    settings: RepositorySettings | None = None,
) -> Repository:
    """Open url with a backend by name; "auto" takes the first that works for the URL on this machine.

    ``connections`` limits how many connections there may be at one time; with 0 the backend chooses. Raises
    ``RepositoryError`` when no backend serves the URL. To open asks the server nothing: an error of the
    server, or a missing folder, shows with the first question that meets it.
    """
    from sdistmaker_recipe.vcs import backends

    return backends.open_repository(
        url, backend, credentials or Credentials(), connections, settings or RepositorySettings()
    )


def system_of(url: str, backend: str = "auto") -> str:
    """The name of the system at url: "subversion", "git", "mercurial", or the name of a plug-in."""
    from sdistmaker_recipe.vcs import backends

    return backends.system_of(url, backend)


def load_repository(folder: Path, dump: BinaryIO) -> str:
    """Make a Subversion repository in the new folder from a dump, all or nothing, and return its URL.

    Raises ``RepositoryError`` if the dump does not load or nothing on this machine can load it.
    """
    from sdistmaker_recipe.vcs import backends

    return backends.load_repository(folder, dump)
