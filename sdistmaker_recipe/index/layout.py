"""Where things are in the index, and what may be a name there. Pure.

No output of a build becomes a path before it passed ``release_filename``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sdistmaker_recipe.model import ROOT_NAMES, Release
from sdistmaker_recipe.names import canonicalize_name, same_version, version_key

if TYPE_CHECKING:
    from packaging.version import Version

ROOT_PAGES = ("index.html", "index.json")
ABOUT = "about.html"
"""The page for people, in the root and in each project's folder; machines get ``index.html``."""
PROJECT_FILES = ("index.html", "index.json", ABOUT)
"""The pages of each project."""
FAILED = "failed.html"
FEED = "releases.atom"
STATIC_FILES = ("style.css", "search.js")
ROOT_FILES = (*ROOT_PAGES, ABOUT, FAILED, FEED, *STATIC_FILES)
"""All of ``ROOT_NAMES`` that are written. Each holds a dot, so no normalised project name is among them."""
METADATA_SUFFIX = ".metadata"
"""Follows an archive's name where its core metadata is served beside it (PEP 658)."""

_NAME = re.compile(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
_LEGACY_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_LONGEST = 200
_LONGEST_FOLDER = 255
"""Of the name of a folder, on nearly all file systems."""
_SUFFIX = ".tar.gz"
_SUFFIXES = {".tar.gz": _SUFFIX, ".tgz": _SUFFIX, ".zip": ".zip"}


def project_folder(name: str) -> str:
    """The folder of the project with this name, as PEP 503 "Normalized Names" has it.

    Raises ``ValueError`` where the name is none of the core metadata specification.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ValueError(f"{name[:80]!r} is not a valid project name")
    return canonicalize_name(name)


def private_name(text: str) -> str:
    """The normalised name to keep private for what a folder or metadata calls a project; "" where none is.

    Where the text is no valid name it is the one that setuptools makes of it (``safe_name``), which has "-"
    for all that no name may hold.
    """
    name = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()
    return name if len(name) <= _LONGEST_FOLDER else ""


def release_filename(name: str, version: str, suffix: str = _SUFFIX) -> str:
    """The file name of a source distribution, ``{name}-{version}.tar.gz`` as PEP 625 has it.

    A version that PEP 440 does not know, as old tags have them, is kept as it is written. ``suffix`` is
    ``.zip`` for archives of that kind, which were usual before that PEP. Raises ``ValueError`` where name or
    version could not be part of a file name.
    """
    filename = f"{project_folder(name).replace('-', '_')}-{_version(version)}{suffix}"
    if len(filename) > _LONGEST:
        raise ValueError(f"{filename[:80]!r}... is too long for the name of a file")
    return filename


def archive_suffix(filename: str) -> str:
    """How the name of such a source distribution ends in the index; "" where it is none by its name.

    That is ``.tar.gz``, for ``.tgz`` too, or ``.zip``, the forms that old tools made and every client knows.
    """
    return _SUFFIXES.get(_written_suffix(filename), "")


def names_release(filename: str, name: str, version: str) -> bool:
    """Whether a source distribution of that name can be of this release, however old tools spelled it.

    They wrote the name as it is or with ``_`` for ``-``, and likewise the version (setuptools'
    ``safe_version`` and ``to_filename``).
    """
    stem = filename[: len(filename) - len(_written_suffix(filename))]
    project, written = canonicalize_name(name), _written(version)
    splits = (match.start() for match in re.finditer("-", stem))
    return any(
        canonicalize_name(stem[:at]) == project
        and (same_version(stem[at + 1 :], version) or _written(stem[at + 1 :]) == written)
        for at in splits
    )


def written_folders(names: Iterable[str]) -> tuple[str, ...]:
    """The folders beside the normalised one that clients without PEP 503 need, for all spellings of a name.

    easy_install and zc.buildout up to 3 ask for a name as it is written, with each run of anything but
    letters, digits and dots as one "-" (setuptools' ``safe_name``), and take only files of that name,
    upper and lower case aside. So a name with a dot needs a folder for each spelling in use and for its lower
    case, which people type too; any other is found in the normalised one. What is the name of one of the
    root's files gets no folder.
    """
    written = {re.sub(r"[^A-Za-z0-9.]+", "-", name) for name in names}
    spellings = written | {name.lower() for name in written}
    return tuple(sorted(each for each in spellings if "." in each and may_be_folder(each)))


def may_be_folder(name: str) -> bool:
    """Whether a folder of the index may have this name: a file of the root may not be in its place."""
    return name.lower() not in ROOT_NAMES


def written_filename(folder: str, version: str, suffix: str = _SUFFIX) -> str:
    """The name of a release's file in one of the ``written_folders``; raises ``ValueError`` if too long."""
    filename = f"{folder}-{_version(version)}{suffix}"
    if len(filename) > _LONGEST:
        raise ValueError(f"{filename[:80]!r}... is too long for the name of a file")
    return filename


def fits_written(folder: str, version: str) -> bool:
    """Whether ``written_filename`` has a name for the release; a longer one is not to be had."""
    try:
        written_filename(folder, version)
    except ValueError:
        return False
    return True


def newest_first(releases: Iterable[Release]) -> tuple[Release, ...]:
    """The releases of a project by version, newest first."""
    return tuple(sorted(releases, key=lambda each: version_key(each.version), reverse=True))


def newest(releases: Iterable[Release]) -> Release:
    """The release that an installer would choose, and whose description stands for the project.

    That is the newest by version, but yanked ones come after all others (PEP 592) and pre-releases after
    final ones (PEP 440 "Handling of pre-releases"); versions that PEP 440 does not know come last. Raises
    ``ValueError`` where there is no release.
    """
    return max(releases, key=_preference)


def _preference(release: Release) -> tuple[int, bool, bool, Version, str]:
    known, version, text = version_key(release.version)
    return known, release.yanked is None, not version.is_prerelease, version, text


def _written_suffix(filename: str) -> str:
    return next((suffix for suffix in _SUFFIXES if filename.lower().endswith(suffix)), "")


def _written(version: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", version.replace(" ", ".")).lower()


def _version(text: str) -> str:
    known, version, _text = version_key(text)
    if known:
        return str(version)
    if not _LEGACY_VERSION.fullmatch(text) or len(text) > 100:
        raise ValueError(f"{text[:80]!r} cannot be the version of a file")
    return text
