"""What is published of a tag, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

ADOPTED = "adopted:"
"""Begins the origin of a release that was taken over and whose tag is not known; folder and file follow."""


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
        """Whether this is the revision that the release was made from, or that its move was reported at."""
        return revision in (self.revision, self.moved_to)


class ReleaseChange(NamedTuple):
    """What becomes of a published release, and why; ``release`` is as it will be.

    It is yanked (or for another reason than before), restored or removed, or its tag has moved. With the
    action ``note`` the catalog records something that no page shows.
    """

    release: Release
    action: Literal["yank", "restore", "remove", "moved", "note"]
    reason: str = ""
