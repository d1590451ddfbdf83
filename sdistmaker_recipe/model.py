"""The frozen values that travel between the stages.

Only plain values cross a process border: a job names a repository's URL, a path and a revision, never an
open handle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import quote, unquote


class Tag(NamedTuple):
    """A tag that names a release, as the scan found it.

    ``repository`` is the configured URL (never ``repository-on-server``), ``project_path`` and ``path``
    are relative to it, ``version`` is what the tag's name says, ``revision`` the last that changed the
    tag and ``time`` (UTC) that revision's commit time. ``origin`` names the tag whatever URL it is reached
    by: the repository's UUID and the path from the repository's root.
    """

    repository: str
    project_path: str
    name: str
    path: str
    version: str
    revision: str
    time: datetime
    origin: str

    @property
    def project(self) -> str:
        """The project's name: the last part of its path, or of the URL where the URL is the project."""
        return project_name(self.repository, self.project_path)

    @property
    def project_origin(self) -> str:
        """Names the tag's project whatever URL it is reached by."""
        return self.origin.rpartition("/tags/")[0]

    @property
    def url(self) -> str:
        """The tag's own URL, percent-encoded."""
        return f"{self.repository}/{quote(self.path)}".rstrip("/")


def repository_of(origin: str) -> str:
    """The UUID of the repository that an origin, of a tag or of what is scanned, begins with."""
    return origin.partition("/")[0]


def project_name(repository: str, project_path: str) -> str:
    """The name of the project at project_path in the repository with this URL."""
    path = project_path or unquote(repository)
    return path.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What all jobs of a run share, as plain values.

    ``scratch``, ``output`` (for archives) and ``environments`` are folders, ``timeout`` is in seconds for one
    tag, ``python`` the interpreter that builds ("" for the one that runs this), ``pythons`` those tried where
    it does not do (none: all that are found); ``include_versioned_files``, ``verify_builds`` and
    ``unbuildable`` are the options of these names, ``sandbox`` says whether bubblewrap holds builds,
    ``helper_environment`` are the environment variables of trusted helper programs, never of a build;
    ``verbose`` lets helpers print live, ``has_many_builds`` says that each process builds more than one tag.
    """

    scratch: Path
    output: Path
    environments: Path
    timeout: float
    python: str = ""
    pythons: tuple[str, ...] = ()
    include_versioned_files: str = "auto"
    verify_builds: str = "auto"
    unbuildable: str = "report"
    sandbox: bool = False
    helper_environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    verbose: bool = False
    has_many_builds: bool = True


class BuildJob(NamedTuple):
    """One tag to build: read from ``source`` (a repository URL) with ``vcs`` at ``peg`` revision.

    ``toolchain`` names the rung of the ladder to try first, ``pin`` is what the option toolchain says of the
    project: an interpreter and constraints. All jobs of a run have so many ``connections`` at one
    time, any number where that is 0. ``exported`` is where the tag's files may be already, for the
    first who takes them; None, or a path that is not there, where whoever builds has to export the tag.
    """

    tag: Tag
    source: str
    vcs: str
    peg: str
    settings: BuildSettings
    toolchain: str = ""
    pin: tuple[str, ...] = ()
    connections: int = 0
    exported: Path | None = None


class About(NamedTuple):
    """What core metadata says of a project to people, each value one printable line or "".

    ``links`` are labels with http or https addresses; ``description`` is text in ``content_type``.
    """

    summary: str = ""
    author: str = ""
    license: str = ""
    links: tuple[tuple[str, str], ...] = ()
    description: str = ""
    content_type: str = ""


class Built(NamedTuple):
    """A source distribution made from a tag.

    ``name`` and ``version`` are the built metadata's own. ``archive`` is a path where the disk is shared,
    else the bytes. ``metadata`` is the archive's PKG-INFO, ``requires_python`` its Requires-Python
    (core metadata 1.2) or "", ``about`` what it says to people; ``metadata_is_final`` says that installing
    changes nothing of it (PEP 643). ``toolchain`` names the rung of the ladder that built it, ``installed``
    what was installed for it, ``left_out`` the tag's files that are not in the archive.
    """

    tag: Tag
    name: str
    version: str
    archive: Path | bytes
    sha256: str
    size: int
    metadata: bytes
    requires_python: str
    toolchain: str
    about: About
    metadata_is_final: bool = False
    installed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Attempt(NamedTuple):
    """A toolchain that was tried, and why it did not do, in one sentence."""

    toolchain: str
    reason: str


class Failed(NamedTuple):
    """A tag that did not build: the reason in one sentence, and all that the build printed.

    ``lasting`` is false where another try may do better though nothing changed, as after a lost network.
    ``names`` are those that metadata gave before the build failed.
    """

    tag: Tag
    reason: str
    log: str = ""
    lasting: bool = True
    attempts: tuple[Attempt, ...] = ()
    names: tuple[str, ...] = ()


Outcome: TypeAlias = Built | Failed


class Skipped(NamedTuple):
    """A tag that is not built, and why."""

    tag: Tag
    reason: str


class Failure(NamedTuple):
    """A failure as the catalog remembers it; ``fingerprint`` is of all that could change the outcome.

    One that is not ``lasting`` is tried again in each run. ``project`` (normalised), ``tag`` and ``revision``
    are what people know the tag by.
    """

    origin: str
    fingerprint: str
    reason: str
    log_file: Path
    lasting: bool = True
    project: str = ""
    tag: str = ""
    revision: str = ""


class StillFailing(NamedTuple):
    """A tag that failed in an earlier run, with nothing changed since."""

    tag: Tag
    failure: Failure


class Release(NamedTuple):
    """A published file: what pages and clients need to know of it.

    ``name`` is the metadata's own spelling, ``project`` the normalised one (PEP 503) that names the folder,
    ``filename`` the archive in it, ``upload_time`` (UTC) the one of PEP 700, ``origin`` that of the tag.
    ``metadata_sha256`` is the digest of the core metadata file served beside the archive (PEP 714), "" where
    none may be; ``yanked`` is why the release was yanked (PEP 592), "" for no reason given, None where it was
    not; ``summary`` is that of the metadata. ``deleted`` is the revision in which the tag was deleted, ""
    where nobody knows it, None while the tag is there; ``moved_to`` is where the tag was when it was last
    reported to be at another revision than ``revision``.
    """

    project: str
    name: str
    version: str
    filename: str
    sha256: str
    size: int
    requires_python: str
    upload_time: datetime
    origin: str
    tag_url: str
    revision: str
    toolchain: str
    metadata_sha256: str = ""
    yanked: str | None = None
    summary: str = ""
    deleted: str | None = None
    moved_to: str = ""

    def is_at(self, revision: str) -> bool:
        """Whether the tag is at the revision that it was made from, or was last reported to be at."""
        return revision in (self.revision, self.moved_to)


class ReleaseChange(NamedTuple):
    """What becomes of a published release, and why; ``release`` is as it will be.

    It is yanked (or for another reason than before), restored, removed, its tag has moved, or, with ``note``,
    something is remembered that does not show.
    """

    release: Release
    action: Literal["yank", "restore", "remove", "moved", "note"]
    reason: str = ""


class Plan(NamedTuple):
    """What a run will do: tags to build, those left alone, failures that still stand, turns of releases."""

    build: tuple[Tag, ...] = ()
    skip: tuple[Skipped, ...] = ()
    failing: tuple[StillFailing, ...] = ()
    release_changes: tuple[ReleaseChange, ...] = ()


ROOT_NAMES = (
    "about.html",
    "failed.html",
    "favicon.ico",
    "index.html",
    "index.json",
    "releases.atom",
    "robots.txt",
    "search.js",
    "style.css",
)
"""Files in the root of an index, never taken for names of projects, whether they are there or not."""

ADOPTED = "adopted:"
"""Begins the origin of a release that was taken over and that no tag is known for; folder and file follow."""


class Adopted(NamedTuple):
    """A release that was taken over from ``file``, a path in the index."""

    file: str
    release: Release


class NotAdopted(NamedTuple):
    """A file of the index that was not taken over, and why."""

    file: str
    reason: str


class Adoption(NamedTuple):
    """What became of the files that were there before us."""

    taken: tuple[Adopted, ...] = ()
    left: tuple[NotAdopted, ...] = ()


class Finding(NamedTuple):
    """Something in the index that is not as the catalog has it, at the path ``file``.

    ``outcome`` is "repaired", "repairable" where a run that may change something would do it, "broken" where
    nothing here can make it good, and "told" where nothing has to be.
    """

    file: str
    problem: str
    outcome: Literal["repaired", "repairable", "broken", "told"]


class Verification(NamedTuple):
    """What was found in an index of which so many files were compared with the catalog."""

    files: int
    findings: tuple[Finding, ...] = ()


class ListedProject(NamedTuple):
    """A project on the root page: the normalised name, its own spelling, the newest version, its summary."""

    project: str
    name: str
    version: str
    summary: str = ""


class Site(NamedTuple):
    """What all pages of an index share.

    ``base_url`` is the index's address where it is known, ``browse_url`` the option of that name (see
    ``index.text.tag_link``).
    """

    title: str = "Python packages"
    base_url: str = ""
    browse_url: str = ""


class ProjectStatus(NamedTuple):
    """A project's status marker (PEP 792), such as ``archived``, and why it has it."""

    status: str = "active"
    reason: str = ""


class Published(NamedTuple):
    """A release that this run added; ``took_over`` is the URL of the deleted tag that it was of before.

    ``kept`` says that its file was published already, of that tag or of none.
    """

    release: Release
    tag: Tag
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    took_over: str = ""
    kept: bool = False


class Rejected(NamedTuple):
    """A built tag that was not published, or a tag that failed: the reason, and the file with the log.

    ``again`` says that the run before reported the same.
    """

    tag: Tag
    reason: str
    log_file: Path
    attempts: tuple[Attempt, ...] = ()
    again: bool = False


class Report(NamedTuple):
    """All that a run did; ``dry_run`` when it stopped after the plan, ``adoption`` what it took over.

    ``verification`` is what it found out about the index, where that was asked for.

    ``releases`` and ``projects`` count what the index now holds; ``errors`` are of repositories that could
    not be read while others were.
    """

    destination: Path
    plan: Plan
    published: tuple[Published, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    releases: int = 0
    projects: int = 0
    dry_run: bool = False
    adoption: Adoption = Adoption()
    verification: Verification | None = None
