"""What is published of a tag, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

ADOPTED = "adopted:"
"""Begins the origin of a release that was taken over and whose tag is not known; folder and file follow."""


class ReleaseFile(NamedTuple):
    """A file of a release, in the folder of its project.

    ``sha256`` is in hexadecimal, ``size`` in bytes, ``upload_time`` (UTC) as in PEP 700. ``metadata_sha256``
    is the digest of the core metadata file that is served beside the file (PEP 658 and 714), "" for none.
    """

    filename: str
    kind: Literal["sdist", "wheel"]
    sha256: str
    size: int
    upload_time: datetime
    metadata_sha256: str = ""


class Release(NamedTuple):
    """What is published of a tag. The catalog identifies it by its project and the name of its sdist.

    ``project`` is the normalised name (PEP 503), which is that of the folder, ``name`` the spelling in the
    metadata. ``files`` hold one sdist. ``origin``, ``tag_url`` and ``revision`` are of the tag, ``toolchain``
    names the rung of the ladder that built the sdist. The metadata has ``summary`` and ``requires_python``.
    ``yanked`` is why the release was yanked (PEP 592): "" for no reason given, None if it is not yanked.
    ``tag_deleted_in`` is the revision in which the tag was deleted: "" if it is not known, None while the
    tag is there. ``tag_moved_to`` is the revision of the last move of the tag that a run reported. ``python``
    and ``lacks_code`` are as in ``Built``.
    """

    project: str
    name: str
    version: str
    files: tuple[ReleaseFile, ...]
    requires_python: str
    origin: str
    tag_url: str
    revision: str
    toolchain: str
    summary: str = ""
    yanked: str | None = None
    tag_deleted_in: str | None = None
    tag_moved_to: str = ""
    python: str = ""
    lacks_code: bool = False

    @property
    def wheels(self) -> tuple[ReleaseFile, ...]:
        """The wheels: one at most that this program built, and any that were taken over."""
        return tuple(file for file in self.files if file.kind == "wheel")

    @property
    def sdist(self) -> ReleaseFile:
        """The source distribution."""
        return next(file for file in self.files if file.kind == "sdist")

    @property
    def filename(self) -> str:
        """The name of the sdist: with the project it identifies the release."""
        return self.sdist.filename

    @property
    def sha256(self) -> str:
        """The digest of the sdist: second names of the sdist are recognised by it."""
        return self.sdist.sha256

    def is_at(self, revision: str) -> bool:
        """Whether this is the revision that the release was made from, or that its move was reported at."""
        return revision in (self.revision, self.tag_moved_to)


class MissingWheel(NamedTuple):
    """Why a release has no wheel, as the catalog remembers it.

    ``project`` and ``filename`` identify the release. ``sha256`` is the digest of the sdist that was tried,
    ``program_version`` the version of this package that tried it. ``reason``, ``is_failure`` and
    ``is_permanent`` are as in ``NoWheel``. ``log_file`` is None unless the build failed.
    """

    project: str
    filename: str
    sha256: str
    program_version: str
    reason: str
    is_failure: bool = False
    is_permanent: bool = True
    log_file: Path | None = None


class ReleaseChange(NamedTuple):
    """What becomes of a published release, and why; ``release`` is as it will be.

    It is yanked (or for another reason than before), restored or removed, or its tag has moved. With the
    action ``note`` the catalog records something that no page shows.
    """

    release: Release
    action: Literal["yank", "restore", "remove", "moved", "note"]
    reason: str = ""
