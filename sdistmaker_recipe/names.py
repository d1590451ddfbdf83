"""Names of projects and versions: normalised (PEP 503) and compared (PEP 440). Pure.

The library ``packaging`` does the work. It is imported when the first name or version is compared, because
the import is slow and a run that finds nothing to do compares none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version


def canonicalize_name(name: str) -> str:
    """The normalised name of a project (PEP 503 "Normalized Names")."""
    from packaging import utils

    return utils.canonicalize_name(name)


def canonicalize_version(version: str) -> str:
    """The version without zeros at its end and the like (PEP 440); other text is returned as it is."""
    from packaging import utils

    return utils.canonicalize_version(version)


@lru_cache(maxsize=4096)
def version_key(text: str) -> tuple[int, Version, str]:
    """A key that sorts versions as PEP 440 does; versions outside of PEP 440 come first, by their text."""
    from packaging.version import InvalidVersion, Version

    try:
        return 1, Version(text), text
    except InvalidVersion:
        return 0, Version("0"), text


def is_known_version(text: str) -> bool:
    """Whether PEP 440 knows the version; current clients ignore files of other versions."""
    return bool(version_key(text)[0])


_PRERELEASE_WORD = re.compile(
    r"(?<![a-z])(?:alpha|beta|rc|cr|dev|devel|pre|preview|prerelease|snapshot|nightly|milestone|m\d+|candidate"
    r"|unstable|test|testing|trial|experimental|wip)(?![a-z])",
    re.IGNORECASE,
)


def is_prerelease(text: str) -> bool:
    """Whether a version is a pre-release or a development version, by PEP 440 or by a usual word for it."""
    is_known, version, _text = version_key(text)
    return version.is_prerelease if is_known else _PRERELEASE_WORD.search(text) is not None


_VERSION_IN_TAG = re.compile(r"(?:^|[-_vV])([0-9].*)")


def version_in_tag(tag: str) -> str:
    """The version in the name of a tag, such as 1.0 in v1.0 or release-1.0; the whole name if it has none."""
    match = _VERSION_IN_TAG.search(tag)
    return match[1] if match else tag


@lru_cache(maxsize=4096)
def normalised_version(text: str) -> str:
    """The version as PEP 440 normalises it and clients know it; other text is returned as it is."""
    is_known, version, _text = version_key(text)
    return str(version) if is_known else text


def same_version(one: str, other: str) -> bool:
    """Whether two versions are the same, as 1.0 and 1.0.0 are (PEP 440 "Version comparison")."""
    is_known, version, _text = version_key(one)
    is_other_known, other_version, _other = version_key(other)
    return version == other_version if is_known and is_other_known else one == other
