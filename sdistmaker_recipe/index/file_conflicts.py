"""When a tag builds a file that is published already: is that one replaced, and what is reported. Pure."""

from __future__ import annotations

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import Release
from sdistmaker_recipe.names import canonicalize_name

_CONFLICT = " was published from "


def may_replace_file(release: Release | None, revision: str, configuration: Configuration) -> bool:
    """Whether a release's file may be replaced by one that its own tag builds at this revision.

    This is so if the tag was deleted and made again, and moved-tags is replace-unpublished. In all other
    cases a published file keeps its content.
    """
    if release is None or release.tag_deleted_in is None or configuration.deleted_tags == "keep":
        return False
    return configuration.moved_tags == "replace-unpublished" and release.revision != revision


def conflict_reason(filename: str, tag_url: str, details: str) -> str:
    """Why a tag is not published: another tag, at this URL, gave a file of this name before."""
    return f"{filename}{_CONFLICT}{tag_url}{details}; the first stays."


def conflicting_file(reason: str) -> tuple[str, str] | None:
    """The project and the file name in a text of ``conflict_reason``; None for any other reason."""
    filename, separator, _rest = reason.partition(_CONFLICT)
    return (canonicalize_name(filename.partition("-")[0]), filename) if separator else None
