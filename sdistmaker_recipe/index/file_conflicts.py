"""When a tag builds a file that is published already: is that one replaced, and what is reported. Pure."""

from __future__ import annotations

from urllib.parse import unquote

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import TAGS, Built, Release, Tag, project_origin
from sdistmaker_recipe.names import canonicalize_name, same_version

_CONFLICT = " was published from "


def may_replace_file(release: Release | None, revision: str, configuration: Configuration) -> bool:
    """Whether a release's file may be replaced by one that its own tag builds at this revision.

    This is so if the tag was deleted and made again, and moved-tags is replace-unpublished. In all other
    cases a published file keeps its content.
    """
    if release is None or release.tag_deleted_in is None or configuration.deleted_tags == "keep":
        return False
    return configuration.moved_tags == "replace-unpublished" and release.revision != revision


def is_better_named(tag: Tag, former: Release, former_version: str | None) -> bool:
    """Whether the name of the tag is the version of a release more than that of the tag it was made from.

    ``former_version`` is the version that the name of the other tag says. For the version 2.0, ``2.0`` is
    better than ``2.0b1`` and than ``v2.0``. No two tags are each better than the other.
    """
    if not same_version(tag.version, former.version):
        return False
    if former_version is None or not same_version(former_version, former.version):
        return True
    return name_rank(tag.name, former.version) < name_rank(tag_name(former), former.version)


def name_rank(name: str, version: str) -> int:
    """How well the name of a tag says a version: 0 if it is the version, 1 if another spelling of it."""
    return 0 if name == version else 1 if same_version(name, version) else 2


def tag_name(release: Release) -> str:
    """The name of the tag that a release was made from, without folders.

    The tag of a project that is in a folder of a tree has the path of that folder.
    """
    path = unquote(release.tag_url)
    project = project_origin(release.origin).partition("/")[2].split("/")
    while project and path.endswith(f"/{project[-1]}") and TAGS in path.split("/")[:-2]:
        path = path.removesuffix(f"/{project.pop()}")
    return path.rpartition("/")[2]


def conflict_reason(filename: str, tag_url: str, details: str) -> str:
    """Why a tag is not published: another tag, at this URL, gave a file of this name before."""
    return f"{filename}{_CONFLICT}{tag_url}{details}; the first stays."


def second_release_reason(release: Release, built: Built) -> str:
    """Why a tag that is made again is not published: ``release``, which it gave before, is another one."""
    return (
        f"this tag gave {release.filename}, which stays, and a tag gives one release. "
        f"Now it builds {built.name} {built.version}: make a new tag for that."
    )


def conflicting_file(reason: str) -> tuple[str, str] | None:
    """The project and the file name in a text of ``conflict_reason``; None for any other reason."""
    filename, separator, _rest = reason.partition(_CONFLICT)
    return (canonicalize_name(filename.partition("-")[0]), filename) if separator else None
