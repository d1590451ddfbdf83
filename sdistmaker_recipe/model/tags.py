"""A release tag, as a scan finds it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, unquote


class Tag(NamedTuple):
    """A tag that names a release.

    ``repository`` is the configured URL (never ``repository-on-server``). ``project_path`` and ``path`` are
    relative to it. ``version`` is the version in the tag's name. ``revision`` is the last one that changed
    the tag, ``time`` (UTC) its commit time. ``origin`` identifies the tag whatever its URL: the UUID of the
    repository and the path from the repository's root.
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
        """The origin of the tag's project: it identifies the project whatever its URL."""
        return self.origin.rpartition("/tags/")[0]

    @property
    def url(self) -> str:
        """The tag's own URL, percent-encoded."""
        return f"{self.repository}/{quote(self.path)}".rstrip("/")


def repository_of(origin: str) -> str:
    """The UUID of the repository in an origin, be it the origin of a tag, a project or a scan."""
    return origin.partition("/")[0]


def project_name(repository: str, project_path: str) -> str:
    """The name of the project at project_path in the repository with this URL."""
    path = project_path or unquote(repository)
    return path.rstrip("/").rpartition("/")[2]
