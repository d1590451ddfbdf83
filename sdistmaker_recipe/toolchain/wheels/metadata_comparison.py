"""Compare the metadata of two builds by what it means to an installer. Pure."""

from __future__ import annotations

from collections import Counter
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from packaging.requirements import InvalidRequirement, Requirement

from sdistmaker_recipe.names import canonicalize_name

_WITHOUT_MEANING = frozenset({"metadata-version", "dynamic", "license-file", "platform"})
"""Fields that tell of the tool that wrote them, or repeat which files there are."""
_UNKNOWN = ("", "UNKNOWN")


def requires_python(metadata: bytes) -> str:
    """The value of Requires-Python, or ""."""
    return str(_parsed(metadata).get("Requires-Python") or "")


def is_same_metadata(one: bytes, other: bytes) -> bool:
    """Whether two files METADATA mean the same; the order of fields has no meaning."""
    return one == other or _meaning(one) == _meaning(other)


def _parsed(metadata: bytes) -> Message:
    return BytesParser(policy=compat32).parsebytes(metadata)


def _meaning(metadata: bytes) -> Counter[tuple[str, str]]:
    message = _parsed(metadata)
    found: Counter[tuple[str, str]] = Counter()
    for name, value in message.items():
        field, text = name.lower(), str(value).strip()
        if field not in _WITHOUT_MEANING and text not in _UNKNOWN:
            found[field, _normalised(field, text)] += 1
    description = str(message.get_payload()).strip()
    if description not in _UNKNOWN:
        found["description", description] += 1
    return found


def _normalised(field: str, text: str) -> str:
    if field == "requires-dist":
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return text
        requirement.name = canonicalize_name(requirement.name)
        return str(requirement)
    if field == "provides-extra":
        return canonicalize_name(text)
    # A description that was folded in a header.
    return "\n".join(line.strip().lstrip("|").strip() for line in text.splitlines())
