"""Names of projects and versions, as PEP 503 and PEP 440 compare them. Pure.

All of it is done by ``packaging``, which is imported when the first name or version is looked at: a run that
finds nothing to do looks at none, and would wait for that import longer than for anything else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version


def canonicalize_name(name: str) -> str:
    """The normalised name of a project (PEP 503 "Normalized Names")."""
    from packaging import utils

    return utils.canonicalize_name(name)


def canonicalize_version(version: str) -> str:
    """A version without what makes no difference, such as zeros at its end; else the text itself."""
    from packaging import utils

    return utils.canonicalize_version(version)


@lru_cache(maxsize=4096)
def version_key(text: str) -> tuple[int, Version, str]:
    """Sorts versions as PEP 440 does; those it does not know come first, by their text."""
    from packaging.version import InvalidVersion, Version

    try:
        return 1, Version(text), text
    except InvalidVersion:
        return 0, Version("0"), text


def normalised_version(text: str) -> str:
    """A version as PEP 440 normalises it, which clients know it by; one that it does not know, as it is."""
    known, version, _text = version_key(text)
    return str(version) if known else text


def same_version(one: str, other: str) -> bool:
    """Whether two versions are the same: 1.0 and 1.0.0 are (PEP 440 "Version comparison")."""
    known, version, _text = version_key(one)
    other_known, other_version, _other = version_key(other)
    return version == other_version if known and other_known else one == other
