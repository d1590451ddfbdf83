"""Check which files of the tag a built archive has: those that its build reads, and Python code at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.names import same_version
from sdistmaker_recipe.toolchain.build_context import BuildContext, read_build_log
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag
from sdistmaker_recipe.toolchain.ladder import Rung
from sdistmaker_recipe.toolchain.version_check import is_placeholder
from sdistmaker_recipe.toolchain.version_control import (
    may_ask_git,
    may_ask_other_programs,
    states_version,
)

_NAMED_FILES = 5
_NO_CODE = {
    "setup.py",
    "bootstrap.py",
    "ez_setup.py",
    "distribute_setup.py",
    "versioneer.py",
    "conf.py",
    "conftest.py",
}
_NO_CODE_FOLDERS = {"tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks"}


class MissingFilesError(BuildError):
    """The archive lacks files of the tag without which it does not build again."""


class VersionControlError(BuildError):
    """The version of the metadata is not the tag's, and probably comes from version control.

    ``is_placeholder`` says that the version is one that tools write if they find none.
    """

    def __init__(self, version: str, tag: Tag, log: str, *, has_git: bool) -> None:
        where = "a git repository of its files gives no other" if has_git else "an export has none"
        cure = "State the version in a file of a new tag."
        super().__init__(
            f"The version comes from version control, and {where}: the tag says {tag.version}, its metadata "
            f"{version}. {cure}",
            log,
        )
        self.version = version
        self.is_placeholder = is_placeholder(version)


def check_files(
    left_out: Collection[str], needed: Collection[str], context: BuildContext, *, by_setuptools: bool = True
) -> None:
    """Raise ``MissingFilesError`` if a file that the build needs was left out of the archive.

    ``by_setuptools`` says that setuptools may have written it: other backends read no MANIFEST.in.
    """
    if missing := sorted(path for path in set(left_out) & set(needed) if not _is_made_anew(path)):
        names = ", ".join(missing[:_NAMED_FILES])
        them = "it" if len(missing) == 1 else "them"
        cure = f"Add {them} to MANIFEST.in in a new tag, or set include-versioned-files = always."
        if not by_setuptools:
            cure = f"Let the build backend include {them} in a new tag: see its settings in pyproject.toml."
        text = f"The build reads {names}, which the archive lacks. {cure}"
        raise MissingFilesError(text, read_build_log(context))


def _is_made_anew(path: str) -> bool:
    """Whether setuptools makes this file in each build, or removes it if it is one of an earlier version."""
    return any(folder.endswith(".egg-info") for folder in path.split("/")[:-1])


def check_version_source(
    version: str,
    rung: Rung,
    installed: Sequence[str],
    exported: ExportedTag,
    tag: Tag,
    context: BuildContext,
) -> None:
    """Raise ``VersionControlError`` if the version is not the tag's, and may come from version control.

    ``rung`` is the one that built this version, with ``installed`` distributions. The next rungs show where
    the version comes from.
    """
    if rung.takes_version or same_version(tag.version, version):
        return
    asks = rung.has_git or may_ask_git(exported, installed)
    if not asks and may_ask_other_programs(exported):
        asks = is_placeholder(version) or not states_version(version, exported)
    if asks:
        raise VersionControlError(version, tag, read_build_log(context), has_git=rung.has_git)


def lacks_code(files: Collection[str], archived: Collection[str]) -> bool:
    """Whether the tag has Python code, and an archive with these files has none.

    Scripts that build, tests, documentation and examples do not count.
    """
    return any(map(_is_code, files)) and not any(map(_is_code, archived))


def _is_code(path: str) -> bool:
    *folders, name = path.split("/")
    if name in _NO_CODE or not _NO_CODE_FOLDERS.isdisjoint(folders):
        return False
    return name.endswith((".py", ".pyx", ".so", ".pyd"))
