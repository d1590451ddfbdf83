"""A job to build a tag, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.model.tags import Tag


@dataclass(frozen=True, slots=True)
class RepositorySettings:
    """What a backend may need to know of a repository beside its URL.

    ``known_as`` is the URL that users know it by, "" for the URL that it is opened with. ``cache`` is a
    folder for what the backend keeps from one run to the next, None for nothing. ``submodules`` and
    ``externals`` are the options of these names. ``has_subdirectories`` is true if the option subdirectory is
    set.
    """

    known_as: str = ""
    cache: Path | None = None
    submodules: tuple[str, ...] = ("same-host",)
    externals: str = "same-host"
    has_subdirectories: bool = False


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What all jobs of a run share, as plain values.

    ``scratch``, ``output`` (for archives) and ``environments`` are folders. ``memory`` is one in memory, for
    the builds of small tags, None for no such folder. ``timeout`` is in seconds for one tag. ``python`` is
    the interpreter that builds ("": the one that runs this program), ``pythons`` are those to try where that
    one fails (none: all that are found). ``include_versioned_files``, ``verify_builds`` and ``unbuildable``
    are the options of these names. ``sandbox`` is true if builds run in bubblewrap. ``helper_environment``
    holds environment variables of trusted helper programs; no build gets them. ``private_names`` (normalised)
    are never installed unless a tag or an option asks for them. ``wheels`` is the option of this name: with
    "pure" a wheel is built beside each sdist. With ``verbose``, helpers print live. ``has_many_builds`` is
    true if each process builds more than one tag.
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
    private_names: frozenset[str] = frozenset()
    helper_environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    verbose: bool = False
    has_many_builds: bool = True
    wheels: str = "none"
    memory: Path | None = None


class BuildJob(NamedTuple):
    """One tag to build: read from ``source`` (a repository URL) with ``vcs`` at ``peg`` revision.

    ``repository_settings`` are those that the repository was scanned with. ``subdirectory`` is the folder of
    the project below the tag's files, "" for all of them.
    ``toolchain`` names the rung of the ladder to try first: the ladder is the list of toolchains that are
    tried one after the other; with ``is_rebuild`` it built this very tag before. ``pin`` is the project's
    line of the option toolchain: an interpreter and constraints. ``requires`` are its requirements (PEP 508)
    in the option build-requires. ``connections`` is how many connections all jobs of a run may use at the
    same time; 0 is any number. ``exported`` is a folder that may already hold the tag's files; the first job
    that needs it takes it. Where it is None or not there, the build exports the tag.
    """

    tag: Tag
    source: str
    vcs: str
    peg: str
    settings: BuildSettings
    toolchain: str = ""
    pin: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    connections: int = 0
    exported: Path | None = None
    is_rebuild: bool = False
    repository_settings: RepositorySettings = RepositorySettings()
    subdirectory: str = ""


class ProjectDetails(NamedTuple):
    """The part of core metadata that people read; each value is one printable line or "".

    ``links`` are labels with http or https addresses; ``description`` is text in ``content_type``.
    ``maintainer`` is "" if it is the author. ``requirements`` are those of Requires-Dist, as written.
    """

    summary: str = ""
    author: str = ""
    license: str = ""
    links: tuple[tuple[str, str], ...] = ()
    description: str = ""
    content_type: str = ""
    maintainer: str = ""
    keywords: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()


class BuiltWheel(NamedTuple):
    """A wheel made from the source distribution of a release.

    ``filename`` is its name in the index (binary distribution format), ``archive`` a path where the disk is
    shared, else the bytes. ``metadata`` is its file METADATA, ``requires_python`` the Requires-Python in it.
    """

    filename: str
    archive: Path | bytes
    sha256: str
    size: int
    metadata: bytes
    requires_python: str = ""


class NoWheel(NamedTuple):
    """Why a release has no wheel, in one sentence.

    With ``is_failure`` the build of the wheel failed, and ``log`` is all that it printed. Else a wheel would
    not install the same as the sdist everywhere, as one with compiled parts. ``is_permanent`` is false if
    another try may succeed though nothing changed, as after a lost network.
    """

    reason: str
    log: str = ""
    is_failure: bool = False
    is_permanent: bool = True


class Built(NamedTuple):
    """A source distribution made from a tag.

    ``name`` and ``version`` are those of the built metadata. ``archive`` is a path where the disk is shared,
    else the bytes. ``metadata`` is the archive's PKG-INFO, ``requires_python`` its Requires-Python (core
    metadata 1.2) or "", ``details`` its part for people. ``metadata_is_final`` is true if an installation
    changes none of it (PEP 643). ``toolchain`` names the rung of the ladder that built it, ``installed``
    lists what was installed for the build, ``left_out`` the tag's files that are not in the archive.
    ``python`` names the Python that built it, such as python2.7, "" for the usual one. ``lacks_code`` is true
    if the archive has none of the tag's Python code. ``wheel`` is made from the archive; None if none
    was asked for.
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
    details: ProjectDetails
    metadata_is_final: bool = False
    installed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    python: str = ""
    lacks_code: bool = False
    wheel: BuiltWheel | NoWheel | None = None


class Attempt(NamedTuple):
    """A toolchain that was tried, and why it failed, in one sentence."""

    toolchain: str
    reason: str


class Failed(NamedTuple):
    """A tag that did not build: the reason in one sentence, and all that the build printed.

    ``is_permanent`` is false if another try may succeed though nothing changed, as after a lost network.
    ``names`` are the project names in metadata that was read before the build failed.
    """

    tag: Tag
    reason: str
    log: str = ""
    is_permanent: bool = True
    attempts: tuple[Attempt, ...] = ()
    names: tuple[str, ...] = ()


Outcome: TypeAlias = Built | Failed


class WheelJob(NamedTuple):
    """A published source distribution that gets a wheel.

    ``project`` and ``filename`` identify its release, ``sdist`` is its file. ``toolchain`` names the rung of
    the ladder that built it, "" if that is not known. ``settings``, ``pin`` and ``requires`` are as in
    ``BuildJob``.
    """

    project: str
    filename: str
    sdist: Path
    settings: BuildSettings
    toolchain: str = ""
    pin: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()


class WheelOutcome(NamedTuple):
    """What became of a ``WheelJob``: ``project`` and ``filename`` are those of the job."""

    project: str
    filename: str
    wheel: BuiltWheel | NoWheel
