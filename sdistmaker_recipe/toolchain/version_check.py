"""Check that somebody meant the version of a built archive."""

from __future__ import annotations

import re

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

_CURE = "State the version in setup.py, setup.cfg or pyproject.toml in a new tag."


def check_version(version: str, tag: Tag, context: BuildContext) -> None:
    """Raise ``BuildError`` if nobody meant this version.

    The version of the tag's name is always meant. Another one is not if PEP 440 does not know it, or if it is
    what tools write when they find no version and no file of the tag states it.
    """
    if is_version_of_tag(version, tag):
        return
    if not is_known_version(version):
        text = (
            f"The build gives the version {version[:80]!r}. It is neither a version by PEP 440 nor what the "
            f"tag says, {tag.version}. {_CURE}"
        )
        raise BuildError(text, read_build_log(context))
    names = ("setup.py", "setup.cfg", "pyproject.toml")
    is_generated = version in _NO_VERSION or _GENERATED.search(version)
    if is_generated and not any(version in read_text(context.tree, name) for name in names):
        text = f"The build found no version: its metadata says {version}. {_CURE}"
        raise BuildError(text, read_build_log(context))


def is_version_of_tag(version: str, tag: Tag) -> bool:
    """Whether the version is the one in the tag's name, by PEP 440 or as setuptools writes other text."""
    return same_version(tag.version, version) or _safe_version(tag.version) == _safe_version(version)


def _safe_version(version: str) -> str:
    """The version as setuptools writes one that PEP 440 does not know (its ``safe_version``)."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", version.strip().replace(" ", ".")).lower()
