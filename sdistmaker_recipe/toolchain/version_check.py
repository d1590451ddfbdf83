"""Check that somebody meant the version of a built archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.names import is_known_version, same_version
from sdistmaker_recipe.toolchain.build_context import BuildContext, read_build_log
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_text

_NO_VERSION = ("0.0.0", "0+unknown")
"""What setuptools and versioneer write if they find no version."""
_GENERATED = re.compile(
    r"\+(unknown|untagged|new|dirty)\b|\+(g|d)?[0-9a-f]{7,40}(\.|$)|0\.0\.0\.post\d+\.dev0", re.IGNORECASE
)
"""In a version that only version control gives: the hash of a commit, or a word for no answer."""

_CALL_FOR_VARIABLE = re.compile(r"\b(?:environ\.get|getenv)\s*\([^()]*\)")
_READS_ENVIRONMENT = re.compile(r"\b(?:environ|getenv)\b")
_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(1[0-2]|0?[1-9])[-_.]?([12]\d|3[01]|0?[1-9])(?!\d)")

STATE_VERSION = "State the version in setup.py, setup.cfg or pyproject.toml in a new tag."


def check_version(
    version: str, tag: Tag, context: BuildContext, is_stated: Callable[[], bool] = lambda: False
) -> None:
    """Raise ``BuildError`` if nobody meant this version.

    The version of the tag's name is always meant. Another one is not if PEP 440 does not know it, if setup.py
    has it for an environment variable that is not set, or if no file of the tag states it and it is the date
    of the build or what tools write when they find no version. ``is_stated`` looks into all files of the tag.
    """
    if is_version_of_tag(version, tag):
        return
    if not is_known_version(version):
        text = (
            f"The build gives the version {version[:80]!r}. It is neither a version by PEP 440 nor what the "
            f"tag says, {tag.version}. {STATE_VERSION}"
        )
        raise BuildError(text, read_build_log(context))
    names = ("setup.py", "setup.cfg", "pyproject.toml")
    texts = [read_text(context.tree, name) for name in names]
    if _is_default_of_environment(version, texts[0]):
        text = (
            "The version comes from an environment variable that is not set: the tag says "
            f"{tag.version}, its metadata {version}. {STATE_VERSION}"
        )
        raise BuildError(text, read_build_log(context))
    if _is_date_of_build(version, datetime.now(timezone.utc)) and not is_stated():
        text = (
            f"The version comes from the clock: the tag says {tag.version}, its metadata {version}. "
            f"{STATE_VERSION}"
        )
        raise BuildError(text, read_build_log(context))
    is_generated = version in _NO_VERSION or _GENERATED.search(version)
    if is_generated and not any(version in text for text in texts):
        text = f"The build found no version: its metadata says {version}. {STATE_VERSION}"
        raise BuildError(text, read_build_log(context))


def _is_default_of_environment(version: str, setup_py: str) -> bool:
    """Whether setup.py states the version only where it reads a variable, for the case that there is none."""
    stated = re.compile(rf"['\"]{re.escape(version)}['\"]")
    lines = _CALL_FOR_VARIABLE.sub("environ", setup_py).splitlines()
    others = "\n".join(line for line in lines if not _READS_ENVIRONMENT.search(line))
    return bool(stated.search(setup_py)) and not stated.search(others)


def _is_date_of_build(version: str, now: datetime) -> bool:
    """Whether the version has the date of today, anywhere on earth."""
    near = {(now + timedelta(hours=hours)).date() for hours in (-12, 0, 14)}
    dates = {tuple(map(int, match.groups())) for match in _DATE.finditer(version)}
    return any((day.year, day.month, day.day) in dates for day in near)


def is_version_of_tag(version: str, tag: Tag) -> bool:
    """Whether the version is the one in the tag's name, by PEP 440 or as setuptools writes other text."""
    return same_version(tag.version, version) or _safe_version(tag.version) == _safe_version(version)


def _safe_version(version: str) -> str:
    """The version as setuptools writes one that PEP 440 does not know (its ``safe_version``)."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", version.strip().replace(" ", ".")).lower()
