"""The names of folders and files in the index. Pure.

The output of a build becomes a path only by way of ``sdist_filename``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sdistmaker_recipe.model import ROOT_NAMES, Release
from sdistmaker_recipe.names import (
    canonicalize_name,
    is_known_version,
    normalised_version,
    same_version,
    version_key,
)

if TYPE_CHECKING:
    from packaging.version import Version

ROOT_PAGES = ("index.html", "index.json")
ABOUT_PAGE = "about.html"
"""The page for people, in the root and in each project's folder. Installers get ``index.html``."""
PROJECT_PAGES = ("index.html", "index.json", ABOUT_PAGE)
"""The pages of each project."""
FAILED_PAGE = "failed.html"
FEED_FILE = "releases.atom"
STATIC_FILES = ("style.css", "search.js", "feed.css")
LOGO_FILES = tuple(name for name in ROOT_NAMES if name.startswith("logo."))
"""The names that the logo can have; an index has one at most."""
ROOT_FILES = (*ROOT_PAGES, ABOUT_PAGE, FAILED_PAGE, FEED_FILE, *STATIC_FILES)
"""The files of ``ROOT_NAMES`` that runs write. Each has a dot, so none is a normalised project name."""
RELEASE_PAGE_MARK = b"Made by sdistmaker_recipe"
"""Text of the footer in ``base.html``. A file without it is no page of a release, whatever its name."""
METADATA_SUFFIX = ".metadata"
"""Added to an archive's name for the core metadata file that is served beside it (PEP 658)."""

_NAME = re.compile(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
_LEGACY_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_WHEEL = re.compile(r"[A-Za-z0-9_.!+-]+\.whl")
_MAX_LENGTH = 200
_MAX_FOLDER_LENGTH = 255
"""The limit of nearly all file systems for a name."""
_SDIST_SUFFIX = ".tar.gz"
_SUFFIXES = {".tar.gz": _SDIST_SUFFIX, ".tgz": _SDIST_SUFFIX, ".zip": ".zip"}


def project_folder(name: str) -> str:
    """The folder of the project with this name: the normalised name (PEP 503 "Normalized Names").

    Raises ``ValueError`` if the core metadata specification does not allow the name.
    """
    if not _NAME.fullmatch(name) or len(name) > _MAX_LENGTH:
        raise ValueError(f"{name[:80]!r} is not a valid project name")
    return canonicalize_name(name)


def normalised_name_of(text: str) -> str:
    """The normalised name (PEP 503) for any text, such as the name of a folder; "" if there is none.

    Characters that are not allowed in a name become "-", as in setuptools' ``safe_name``.
    """
    name = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()
    return name if len(name) <= _MAX_FOLDER_LENGTH else ""


def sdist_filename(name: str, version: str, suffix: str = _SDIST_SUFFIX) -> str:
    """The file name of a source distribution: ``{name}-{version}.tar.gz`` (PEP 625).

    A version outside of PEP 440, as old tags have them, is kept as it is. ``suffix`` is ``.zip`` for archives
    of that format, which were usual before PEP 625. Raises ``ValueError`` if name or version cannot be part
    of a file name.
    """
    filename = f"{project_folder(name).replace('-', '_')}-{_version(version)}{suffix}"
    if len(filename) > _MAX_LENGTH:
        raise ValueError(f"{filename[:80]!r}... is too long for a file name")
    return filename


def sdist_suffix(filename: str) -> str:
    """The suffix that a source distribution gets in the index; "" if the file name is not of one.

    It is ``.tar.gz`` (for ``.tgz`` too) or ``.zip``: the formats that old tools made and every client knows.
    """
    return _SUFFIXES.get(_original_suffix(filename), "")


def is_wheel(filename: str) -> bool:
    """Whether a file is named like a wheel (binary distribution format)."""
    return filename.lower().endswith(".whl")


def has_wheel_characters(filename: str) -> bool:
    """Whether the name of a wheel has only characters that the binary distribution format uses."""
    return _WHEEL.fullmatch(filename) is not None and len(filename) <= _MAX_LENGTH


def is_sdist_of(filename: str, name: str, version: str) -> bool:
    """Whether a source distribution with this file name can be of this release.

    Old tools wrote the project's name as it is or with ``_`` for ``-``, and likewise the version (setuptools'
    ``safe_version`` and ``to_filename``).
    """
    stem = filename[: len(filename) - len(_original_suffix(filename))]
    project, safe_version = canonicalize_name(name), _safe_version(version)
    dashes = (match.start() for match in re.finditer("-", stem))
    return any(
        canonicalize_name(stem[:at]) == project
        and (same_version(stem[at + 1 :], version) or _safe_version(stem[at + 1 :]) == safe_version)
        for at in dashes
    )


def legacy_folders(names: Iterable[str]) -> tuple[str, ...]:
    """More folders of a project, given all spellings of its name, for clients that do not know PEP 503.

    easy_install and zc.buildout up to 3 ask for a name as it is written, with "-" for each run of other
    characters than letters, digits and dots (setuptools' ``safe_name``). They accept only files of that name,
    in upper or lower case. So a name with a dot needs a folder for each spelling in use, and for its lower
    case, which people type too. Any other name is found in the normalised folder. The name of a file in the
    root gets no folder.
    """
    safe_names = {re.sub(r"[^A-Za-z0-9.]+", "-", name) for name in names}
    spellings = safe_names | {name.lower() for name in safe_names}
    return tuple(sorted(name for name in spellings if "." in name and is_allowed_folder(name)))


def is_allowed_folder(name: str) -> bool:
    """Whether a folder of the index may have this name, which must not be that of a file in the root."""
    return name.lower() not in ROOT_NAMES


def legacy_filename(folder: str, version: str, suffix: str = _SDIST_SUFFIX) -> str:
    """The name of a release's file in one of the ``legacy_folders``; raises ``ValueError`` if too long."""
    filename = f"{folder}-{_version(version)}{suffix}"
    if len(filename) > _MAX_LENGTH:
        raise ValueError(f"{filename[:80]!r}... is too long for a file name")
    return filename


def has_legacy_filename(folder: str, version: str) -> bool:
    """Whether a release has a ``legacy_filename``, which it has unless that is too long."""
    try:
        legacy_filename(folder, version)
    except ValueError:
        return False
    return True


def release_page(release: Release) -> str:
    """The name of a release's page in its project's folder.

    A yanked release has none: "". Neither has one whose version cannot be part of a file name.
    """
    if release.yanked is not None:
        return ""
    try:
        return f"about-{_version(release.version)}.html"
    except ValueError:
        return ""


def is_release_page(filename: str) -> bool:
    """Whether a file in a project's folder is named like a ``release_page``; see ``RELEASE_PAGE_MARK``."""
    return filename.startswith("about-") and filename.endswith(".html")


def newest_first(releases: Iterable[Release]) -> tuple[Release, ...]:
    """The releases of a project by version, newest first."""
    return tuple(sorted(releases, key=lambda release: version_key(release.version), reverse=True))


def newest_release(releases: Iterable[Release]) -> Release:
    """The release that an installer chooses, and that the project's page describes.

    It is the newest by version, but these come later, in this order: pre-releases (PEP 440 "Handling of
    pre-releases"), yanked releases (PEP 592), and versions outside of PEP 440. Raises ``ValueError`` if there
    is no release.
    """
    return max(releases, key=_preference)


def _preference(release: Release) -> tuple[int, bool, bool, Version, str]:
    known, version, text = version_key(release.version)
    return known, release.yanked is None, not version.is_prerelease, version, text


def _original_suffix(filename: str) -> str:
    return next((suffix for suffix in _SUFFIXES if filename.lower().endswith(suffix)), "")


def _safe_version(version: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", version.replace(" ", ".")).lower()


def _version(text: str) -> str:
    if is_known_version(text):
        return normalised_version(text)
    if not _LEGACY_VERSION.fullmatch(text) or len(text) > 100:
        raise ValueError(f"{text[:80]!r} cannot be the version in a file name")
    return text
