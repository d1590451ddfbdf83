"""Check that somebody meant the version of a built archive."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta, timezone

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.names import is_known_version, same_version, version_key
from sdistmaker_recipe.toolchain.build_context import BuildContext, read_build_log
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_text
from sdistmaker_recipe.toolchain.version_control import code_of, text_states
from sdistmaker_recipe.toolchain.version_defaults import VARIABLE, default_of

_GENERATED = re.compile(r"\+(unknown|untagged|new|dirty)\b|\+(g|d)?[0-9a-f]{7,40}(\.|$)", re.IGNORECASE)
"""In a version that only version control gives: the hash of a commit, or a word for no answer."""

_DECLARING_FILES = ("setup.py", "setup.cfg", "pyproject.toml")
_TIME = r"(?:(?:\d\d){1,3}|\d{12})"
"""Hours, perhaps minutes, seconds and microseconds, right after a date."""
_EPOCH = re.compile(r"(?<!\d)(\d{10})(?:\d{3}|\d{6}|\d{9})?(?!\d)")
"""Seconds since 1970 in its group, and parts of a second."""

STATE_VERSION = "State the version in setup.py, setup.cfg or pyproject.toml in a new tag."


def check_version(
    version: str,
    tag: Tag,
    context: BuildContext,
    is_stated: Callable[[], bool] = lambda: False,
    files: Collection[str] = _DECLARING_FILES,
) -> None:
    """Raise ``BuildError`` if nobody meant this version.

    The version of the tag's name is always meant. Another one is not if PEP 440 does not know it, if code has
    it only for the case that a variable, a file or a module is missing, or if no file of the tag states it
    and it is the time of the build or what tools write when they find no version. ``is_stated`` looks into
    all files of the tag, ``files`` are their paths.
    """
    if is_version_of_tag(version, tag):
        return
    if not is_known_version(version):
        text = (
            f"The build gives the version {version[:80]!r}. It is neither a version by PEP 440 nor what the "
            f"tag says, {tag.version}. {STATE_VERSION}"
        )
        raise BuildError(text, read_build_log(context))
    if source := _source_of(version, context, is_stated, files):
        text = (
            f"The version comes from {source}: the tag says {tag.version}, its metadata {version}. "
            f"{STATE_VERSION}"
        )
        raise BuildError(text, read_build_log(context))
    if _is_for_none(version, tag) and not _is_meant(version, context, is_stated):
        text = f"The build found no version: its metadata says {version}. {STATE_VERSION}"
        raise BuildError(text, read_build_log(context))


def _source_of(
    version: str, context: BuildContext, is_stated: Callable[[], bool], files: Collection[str]
) -> str:
    """Where a version comes from that is not for this tag, as words for a message; "" for no such version."""
    default = default_of(version, code_of(context.tree, files))
    if default == VARIABLE:
        return "an environment variable that is not set"
    if default:
        return "a default, because a file, a module or a program is missing"
    is_of_clock = _is_of_clock(version, datetime.now(timezone.utc))
    return "the clock" if is_of_clock and not is_stated() else ""


def _is_for_none(version: str, tag: Tag) -> bool:
    """Whether tools write this version if they find none, and the tag says nothing like it."""
    if _GENERATED.search(version):
        return True
    is_like_tag = is_known_version(tag.version) and _release(version) == _release(tag.version)
    return is_placeholder(version) and not is_like_tag


def _is_meant(version: str, context: BuildContext, is_stated: Callable[[], bool]) -> bool:
    """Whether the tag states a version that tools write if they find none.

    0.0.1 is the first version of many projects, so it counts in any file, others where setuptools reads it.
    """
    if any(text_states(version, read_text(context.tree, name)) for name in _DECLARING_FILES):
        return True
    return _release(version) == (0, 0, 1) and is_stated()


def is_placeholder(version: str) -> bool:
    """Whether tools write this version if they find none: 0.0.0, 0.0.1 and the like, or no version.

    Its parts for development and of this place do not matter, as in 0.0.0.dev0 and 0+unknown.
    """
    release = _release(version)
    return not release or release == (0, 0, 1)


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version without zeros at its end, as PEP 440 compares them; none for other text."""
    is_known, parsed, _ = version_key(version)
    numbers = parsed.release if is_known else ()
    while numbers and not numbers[-1]:
        numbers = numbers[:-1]
    return numbers


def _is_of_clock(version: str, now: datetime) -> bool:
    """Whether the version has the date of today, anywhere on earth, or its month, or the time since 1970."""
    days = {(now + timedelta(hours=hours)).date() for hours in (-12, 0, 14)}
    if any(re.search(_date_pattern(day), version) for day in days):
        return True
    age = timedelta(days=1).total_seconds()
    return any(abs(int(seconds) - now.timestamp()) < age for seconds in _EPOCH.findall(version))


def _date_pattern(day: date) -> str:
    """A regular expression for the ways to write a day in a version, and for its year and month alone."""
    month, month_day = f"0?{day.month}", f"(?:{day:%d}{_TIME}?|{day.day})"
    alternatives = (
        f"{day:%Y}[-_.]?{month}[-_.]?{month_day}",
        f"{day:%y}[-_.]{month}[-_.]{month_day}",
        f"{day:%y%m%d}{_TIME}?",
        f"{day:%Y}[-_.]?{month}(?![-_.]\\d)",
    )
    return rf"(?<!\d)(?:{'|'.join(alternatives)})(?!\d)"


def is_version_of_tag(version: str, tag: Tag) -> bool:
    """Whether the version is the one in the tag's name, by PEP 440 or as setuptools writes other text."""
    return same_version(tag.version, version) or _safe_version(tag.version) == _safe_version(version)


def _safe_version(version: str) -> str:
    """The version as setuptools writes one that PEP 440 does not know (its ``safe_version``)."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", version.strip().replace(" ", ".")).lower()
