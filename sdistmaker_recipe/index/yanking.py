"""Which releases are withdrawn, and why: yanked, as PEP 592 calls it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sdistmaker_recipe.configuration.option_types import Yank
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import Release
from sdistmaker_recipe.names import canonicalize_name, same_version

_CLASH = " was published from "


def yanked(version: str, deleted: str | None, lines: Iterable[Yank], deleted_tags: str) -> str | None:
    """Why a release is yanked, "" for no reason given, None where it is not.

    ``deleted`` is as in ``Release``, ``lines`` are those of the option yank of its project, which win over
    what became of the tag, ``deleted_tags`` is the option of this name.
    """
    for line in lines:
        if line.version == version or same_version(line.version, version):
            return line.reason
    return None if deleted is None or deleted_tags == "keep" else deletion(deleted)


def lines_by_project(configuration: Configuration) -> dict[str, list[Yank]]:
    """The lines of the option yank, by the normalised name of their project."""
    found: dict[str, list[Yank]] = {}
    for line in configuration.yank:
        found.setdefault(line.project, []).append(line)
    return found


def deletion(revision: str) -> str:
    """How a release is marked whose tag was deleted in this revision, "" where nobody knows."""
    return f"tag deleted in r{revision}" if revision else "tag deleted"


def deleted_in(yanked: str | None) -> str | None:
    """What ``deletion`` made its mark of, as ``Release.deleted`` has it; None where a mark is none of it."""
    match = re.fullmatch(r"tag deleted(?: in r(\S+))?", yanked or "")
    return (match[1] or "") if match else None


def is_replaced(release: Release | None, revision: str, configuration: Configuration) -> bool:
    """Whether the file of a release gives way to that of its own tag, made again at this revision.

    The one case in which other bytes come under a published name.
    """
    if release is None or release.deleted is None or configuration.deleted_tags == "keep":
        return False
    return configuration.moved_tags == "replace-unpublished" and release.revision != revision


def clash(filename: str, tag_url: str, why: str) -> str:
    """Why a tag is not published that builds a file that another tag gave already."""
    return f"{filename}{_CLASH}{tag_url}{why}; the first stays."


def clashing(reason: str) -> tuple[str, str] | None:
    """The project and the file name of which ``clash`` speaks, None where a reason is another."""
    filename, is_one, _rest = reason.partition(_CLASH)
    return (canonicalize_name(filename.partition("-")[0]), filename) if is_one else None
