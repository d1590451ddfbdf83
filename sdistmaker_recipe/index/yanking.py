"""Which releases are yanked (PEP 592), and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sdistmaker_recipe.configuration.option_types import Yank
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.names import same_version


def yank_reason(version: str, deleted: str | None, yanks: Iterable[Yank], deleted_tags: str) -> str | None:
    """Why a release is yanked: "" if no reason is given, None if it is not yanked.

    ``yanks`` are the lines of the option yank for its project; they count more than a deleted tag.
    ``deleted`` is as in ``Release``, ``deleted_tags`` is the option of this name.
    """
    for yank in yanks:
        if yank.version == version or same_version(yank.version, version):
            return yank.reason
    return None if deleted is None or deleted_tags == "keep" else tag_deleted_reason(deleted)


def yanks_by_project(configuration: Configuration) -> dict[str, list[Yank]]:
    """The lines of the option yank, by the normalised name of their project."""
    found: dict[str, list[Yank]] = {}
    for yank in configuration.yank:
        found.setdefault(yank.project, []).append(yank)
    return found


def tag_deleted_reason(revision: str) -> str:
    """The reason of a release whose tag was deleted in this revision, "" if the revision is not known."""
    written = f"r{revision}" if revision.isdecimal() else revision
    return f"tag deleted in {written}" if revision else "tag deleted"


def deleted_revision(reason: str | None) -> str | None:
    """The ``Release.tag_deleted_in`` in a reason of ``tag_deleted_reason``; None for any other reason."""
    match = re.fullmatch(r"tag deleted(?: in (?:r(?=\d+$))?(\S+))?", reason or "")
    return (match[1] or "") if match else None
