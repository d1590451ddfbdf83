"""A release tag, as a scan finds it, and the notation of tags, which is the same for every system.

The usual place of a tag below its repository's URL is ``PROJECT/tags/NAME``, where PROJECT is the project's
path. Its origin is the repository's identity, followed by that path.

A tag may be elsewhere, as the option layout says: in ``tags/PROJECT/NAME``, for instance. Then its origin is
``PROJECT/tags//PATH`` after the repository's identity, where PATH is the path from the repository's root. So
an origin tells the project and the place of its tag, whatever the option says by then.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, unquote

TAGS = "tags"
_ELSEWHERE = f"/{TAGS}//"
"""Stands before the path of a tag that is not in its usual place. No path holds two slashes in a row."""


class Tag(NamedTuple):
    """A tag that names a release.

    ``repository`` is the configured URL (never ``repository-on-server``). ``project_path`` and ``path`` are
    relative to it. ``version`` is the version in the tag's name. ``revision`` is the last one that changed
    the tag, ``time`` (UTC) its commit time. ``origin`` identifies the tag whatever its URL; ``tag_origin``
    makes it.
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
        """The project's name: the last part of its path, or of the URL where the URL is the project.

        Where the URL is that of the tag, the project is the folder above ``tags``.
        """
        is_tag = not self.path and not self.project_path
        above = split_tag_path(self.repository) if is_tag else None
        return project_name(above[0] if above else self.repository, self.project_path)

    @property
    def project_origin(self) -> str:
        """The origin of the tag's project: it identifies the project whatever its URL."""
        return project_origin(self.origin)

    @property
    def url(self) -> str:
        """The tag's own URL, percent-encoded."""
        return f"{self.repository}/{quote(self.path)}".rstrip("/")


def repository_of(origin: str) -> str:
    """The UUID of the repository in an origin, be it the origin of a tag, a project or a scan."""
    return origin.partition("/")[0]


def project_name(repository: str, project_path: str) -> str:
    """The name of the project at project_path in the repository with this URL.

    A URL that names a git repository often ends with ``.git``, and one in the form of scp may have no slash.
    """
    if project_path:
        return project_path.rstrip("/").rpartition("/")[2]
    name = unquote(repository).rstrip("/").rpartition("/")[2]
    return (name if "://" in repository else name.rpartition(":")[2]).removesuffix(".git")


def tag_path(project_path: str, name: str) -> str:
    """The usual place of a tag below its repository's URL."""
    return f"{project_path}/{TAGS}/{name}" if project_path else f"{TAGS}/{name}"


def split_tag_path(path: str) -> tuple[str, str] | None:
    """The project's path and the name of the tag at path; None if path is not the usual place of a tag."""
    project_path, separator, name = f"/{path}".rpartition(f"/{TAGS}/")
    return (project_path[1:], name) if separator else None


def tag_origin(identity: str, project_path: str, name: str, path: str) -> str:
    """The origin of the tag at path in a repository with this identity; see ``vcs.Repository.identity``."""
    if path == tag_path(project_path, name):
        return f"{identity}/{path}"
    project = f"{identity}/{project_path}".rstrip("/")
    return f"{project}{_ELSEWHERE}{_below_root(identity, path)}"


def project_origin(origin: str) -> str:
    """The origin of a tag's project, from that of the tag; "" if origin is not that of a tag."""
    project, separator, _path = origin.partition(_ELSEWHERE)
    return project if separator else origin.rpartition(f"/{TAGS}/")[0]


def path_in_repository(origin: str) -> str:
    """The path from the repository's root of the tag with this origin."""
    _project, separator, path = origin.partition(_ELSEWHERE)
    return path if separator else origin.partition("/")[2]


def is_same_place(one: str, other: str) -> bool:
    """Whether two origins are of one folder, which the option layout may give to different projects."""
    return repository_of(one) == repository_of(other) and path_in_repository(one) == path_in_repository(other)


def project_and_path(origin: str, identity: str) -> tuple[str, str] | None:
    """The paths of the project and of the tag with this origin, below the URL of a repository.

    None if the origin is not that of a tag in the repository with this identity.
    """
    start, project = f"{identity}/", project_origin(origin)
    path, root = path_in_repository(origin), _below_root(identity, "")
    if not (f"{project}/".startswith(start) and path.startswith(root)):
        return None
    return project.removeprefix(identity).strip("/"), path[len(root) :]


def origin_range(origin: str) -> tuple[str, str]:
    """The two texts between which the origins of all tags sort that are of the same project as this one."""
    start = f"{project_origin(origin)}/{TAGS}"
    return f"{start}/", f"{start}0"  # "0" comes after "/"


def _below_root(identity: str, path: str) -> str:
    """The path from the repository's root of what is at path below the repository's URL."""
    root = identity.partition("/")[2]
    return f"{root}/{path}" if root else path
