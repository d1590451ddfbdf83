"""Globs of project names, as the option ``reserved`` has them: ``*``, ``?`` and ``[a-c]``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Compiled when the first glob is read, because most indexes reserve no names.
_GLOB = r"(?:\[!?[A-Za-z0-9._-]+\]|[A-Za-z0-9._*?-])+"
_TOKEN = r"\[!?[A-Za-z0-9._-]+\]|[*?]|[A-Za-z0-9]+|[._-]+"
_WILDCARDS = {"*": ".*", "?": "."}


def is_glob(text: str) -> bool:
    """Whether text is a project name or a glob of project names."""
    if not re.fullmatch(_GLOB, text):
        return False
    try:
        re.compile(glob_pattern(text, normalised=False))
    except re.error:  # a range from z to a
        return False
    return True


def glob_pattern(glob: str, *, normalised: bool) -> str:
    """The regular expression for a glob; it is to match all of a name in lower case.

    With ``normalised`` it is for normalised names (PEP 503): a run of ``.``, ``_`` and ``-`` in the glob then
    means one ``-``.
    """
    return "".join(_translated(token, normalised) for token in re.findall(_TOKEN, glob.lower()))


def any_glob_pattern(globs: Iterable[str], *, normalised: bool) -> str:
    """The regular expression that matches what any of the globs matches: see ``glob_pattern``."""
    return "|".join(glob_pattern(glob, normalised=normalised) for glob in globs)


def _translated(token: str, normalised: bool) -> str:  # noqa: FBT001
    if token in _WILDCARDS:
        return _WILDCARDS[token]
    if token.startswith("["):
        return _character_class(token[1:-1], normalised)
    if token[0] in "._-":
        return "-" if normalised else token.replace(".", r"\.")
    return token


def _character_class(inner: str, normalised: bool) -> str:  # noqa: FBT001
    parts = re.findall(r"[a-z0-9]-[a-z0-9]|.", inner.removeprefix("!"))
    separators = "".join(sorted(set(parts) & set("._-"), key="._-".index))
    if normalised and separators:
        separators = "-"
    others = "".join(part for part in parts if part not in "._-")
    return f"[{'^' if inner.startswith('!') else ''}{others}{separators}]"
