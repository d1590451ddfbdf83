"""Where things are in the index, and what may be a name there. Pure.

No output of a build becomes a path before it passed ``release_filename``.
"""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT_PAGES = ("index.html", "index.json")
PROJECT_PAGES = ("index.html", "index.json")

_NAME = re.compile(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
_LEGACY_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_LONGEST = 200


def project_folder(name: str) -> str:
    """The folder of the project with this name, as PEP 503 "Normalized Names" has it.

    Raises ``ValueError`` where the name is none of the core metadata specification.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ValueError(f"{name[:80]!r} is not a valid project name")
    return str(canonicalize_name(name))


def release_filename(name: str, version: str) -> str:
    """The file name of a source distribution, ``{name}-{version}.tar.gz`` as PEP 625 has it.

    A version that PEP 440 does not know, as old tags have them, is kept as it is written. Raises
    ``ValueError`` where name or version could not be part of a file name.
    """
    filename = f"{project_folder(name).replace('-', '_')}-{_version(version)}.tar.gz"
    if len(filename) > _LONGEST:
        raise ValueError(f"{filename[:80]!r}... is too long for the name of a file")
    return filename


def same_version(one: str, other: str) -> bool:
    """Whether two versions are the same: 1.0 and 1.0.0 are (PEP 440 "Version comparison")."""
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _version(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion:
        if not _LEGACY_VERSION.fullmatch(text) or len(text) > 100:
            raise ValueError(f"{text[:80]!r} cannot be the version of a file") from None
        return text
