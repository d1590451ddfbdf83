"""Check a built archive: it needs all files that its build reads, and a real version."""

from __future__ import annotations

from collections.abc import Collection

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.names import same_version
from sdistmaker_recipe.toolchain.build_context import BuildContext, read_build_log
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_text

_PLACEHOLDER_VERSIONS = ("0.0.0", "0+unknown")
"""What setuptools and versioneer write if they find no version."""

_NAMED_FILES = 5


class MissingFilesError(BuildError):
    """The archive lacks files of the tag without which it does not build again."""


def check_files(left_out: Collection[str], needed: Collection[str], context: BuildContext) -> None:
    """Raise ``MissingFilesError`` if a file that the build needs was left out of the archive."""
    if missing := sorted(set(left_out) & set(needed)):
        names = ", ".join(missing[:_NAMED_FILES])
        them = "it" if len(missing) == 1 else "them"
        cure = f"Add {them} to MANIFEST.in in a new tag, or set include-versioned-files = always."
        text = f"The build reads {names}, which the archive lacks. {cure}"
        raise MissingFilesError(text, read_build_log(context))


def check_version(version: str, tag: Tag, context: BuildContext) -> None:
    """Raise ``BuildError`` if the version is the one that a build backend writes if it finds none.

    Such a version is accepted if the tag has it too, or a file of the tag states it.
    """
    if version not in _PLACEHOLDER_VERSIONS or same_version(tag.version, version):
        return
    names = ("setup.py", "setup.cfg", "pyproject.toml")
    if not any(version in read_text(context.tree, name) for name in names):
        cure = "State the version in setup.py, setup.cfg or pyproject.toml in a new tag."
        text = f"The build found no version: its metadata says {version}. {cure}"
        raise BuildError(text, read_build_log(context))
