"""Find out whether a tag asks version control for its version or its files, which an export does not have.

``docs/reference/version-control-backends.rst`` lists the tools that are known, and how each is answered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sdistmaker_recipe.names import same_version
from sdistmaker_recipe.toolchain.build_system import BuildSystem
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_escaped_text, read_text
from sdistmaker_recipe.toolchain.requirements import distribution

if TYPE_CHECKING:
    from sdistmaker_recipe.toolchain.exported_tag import ExportedTag

_FILE_FINDERS = (
    *("setuptools-scm", "hatch-vcs", "pbr", "versioneer", "setuptools-git", "hgtools"),
    *("setuptools-svn", "setuptools-subversion", "setuptools-hg", "setuptools-bzr", "setuptools-darcs"),
)
"""Tools that may add files to an sdist of setuptools because version control knows them."""

_VERSION_TOOLS = (
    *("autosemver", "better-setuptools-git-version", "calver-scm", "chronver", "dunamai"),
    *("dynamic-versioning", "even-better-setuptools-git-version", "flit-scm", "git-versioner", "gitpython"),
    *("gitversion", "gitversioned", "hatch-mpt-versioning", "hatch-vcs-tunable", "hgdistver", "katversion"),
    *("meson-python", "mesonpy", "miniver", "natcap-versioner", "param-autover", "polyversion"),
    *("poetry-dynamic-versioning", "poetry-git-version-plugin", "poetry-plugin-gitversion"),
    *("poetry-plugin-version", "poetry-setuptools-scm-plugin", "poetry-version-plugin", "pypigit-version"),
    *("pyscaffold", "scmver", "semver-setuptools-git-version", "setupmeta", "setuptools-autover"),
    *("setuptools-git-ver", "setuptools-git-version", "setuptools-git-version-cc"),
    *("setuptools-git-versioning", "setuptools-gitver", "setuptools-version-command"),
    *("uv-dynamic-versioning", "uv-workspace-dynamic-versioning", "vcs-versioning", "vcsver"),
    *("vcversioner", "version-pioneer", "versioningit", "versiontag", "very-good-setuptools-git-version"),
)
"""Tools that ask version control for the version."""

# These words are common in code, so they count only as names of build requirements.
_VERSION_TOOLS_BY_REQUIREMENT = ("get-version", "param")


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    """A pattern of these names as whole words, in any spelling (PEP 503)."""
    alternatives = "|".join(name.replace("-", "[-_.]") for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE)


_FILE_FINDER = _pattern(_FILE_FINDERS)
# A group of entry points of setuptools, in a table of pyproject.toml.
_OWN_FILE_FINDER = re.compile(r"^[^#\n]*\bsetuptools\.file_finders\b", re.MULTILINE)
_TOOL = _pattern((*_FILE_FINDERS, *_VERSION_TOOLS))
_REQUIRED_TOOL = re.compile(
    rf"(?:{'|'.join(_VERSION_TOOLS_BY_REQUIREMENT)})(?![-_.\w])".replace("-version", "[-_.]version"),
    re.IGNORECASE,
)
# Settings of pdm-backend and pdm-pep517, and of the param package's class for setup.py.
_TOOL_SETTING = re.compile(
    r"^\s*(?:version\s*=\s*\{[^}\n]*)?(?:source\s*=\s*[\"']scm[\"']|use_scm\s*=\s*true)"
    r"|\bautover\b|\b__use_git__\b",
    re.MULTILINE,
)
_BETWEEN_WORDS = r"[\"']?\s*(?:,\s*)?[\"']?"
# Options between program and command, each perhaps with a value: git -C . --no-pager describe.
_GAP = r"(?:[ \t]+|[\"']\s*,\s*[\"'])"
_OPTIONS = rf"(?:{_GAP}-[^\s\"',]+(?:{_GAP}[^-\s\"',][^\s\"',]*)?){{0,5}}?"
# Program and command, in one string or as items of a list, and libraries for Python.
_GIT_COMMAND = re.compile(
    rf"\bgit{_OPTIONS}{_BETWEEN_WORDS}"
    r"(?:describe|rev-parse|rev-list|log|tag|ls-files|ls-tree|show|status|symbolic-ref)\b"
    r"|[\"']describe[\"'\s]|(?<!def )\bdescribe\s*\(|^[ \t]*(?:import|from)[ \t]+(?:git|dulwich|pygit2)\b"
    r"|\bfrom\s+sh\s+import\b.*\bgit\b|\bsh\.git\b",
    re.MULTILINE,
)
# Only in code: in settings it is a folder to leave out.
_GIT_FOLDER = re.compile(r"[\"'/]\.git[\"'/]")
_SETTINGS_SUFFIXES = (".cfg", ".toml")
_OTHER_COMMAND = re.compile(
    rf"\bsvnversion\b|\bsvn{_BETWEEN_WORDS}info\b|\bpysvn\b|\bhg{_BETWEEN_WORDS}(?:id|identify|log|parents)\b"
    r"|\bbzr\b"
)
_DECLARING_FILES = ("setup.py", "setup.cfg")
_CODE_SUFFIXES = (".py", ".cfg", ".toml", ".build", ".in", ".txt", "")
_MAX_FOLDERS = 3
_MAX_FILES = 300
_VERSION_IN_TEXT = re.compile(r"(?:[<>=!~]=|[<>])\s*\d[\w.+!*-]*|(\d[\w.+!-]*)")
"""A version in its group, or the version that a requirement compares with."""


def has_file_finder(tree: Path, build_system: BuildSystem) -> bool:
    """Whether the tag declares a tool that adds to an sdist the files that version control knows.

    It may be such a tool itself, and build itself with its own code.
    """
    if build_system.backend_path and _OWN_FILE_FINDER.search(read_escaped_text(tree, "pyproject.toml")):
        return True
    return any(_FILE_FINDER.search(text) for text in _declarations(tree, build_system))


def needs_vcs_metadata(tree: Path, build_system: BuildSystem, installed: Iterable[str] = ()) -> bool:
    """Whether the tag declares a tool that reads the version or the files from the repository's own data.

    ``installed`` are requirements (PEP 508) of the build that the tag does not declare.
    """
    requirements = (*build_system.requires, *installed)
    has_manifest = (tree / "MANIFEST.in").exists()
    if needs_git(build_system, has_manifest=has_manifest):
        return True
    if any(_REQUIRED_TOOL.match(text.strip()) for text in requirements):
        return True
    declarations = _declarations(tree, build_system)
    texts = (*installed, *declarations, read_escaped_text(tree, "pyproject.toml"))
    return any(_TOOL.search(text) or _TOOL_SETTING.search(text) for text in texts)


def _declarations(tree: Path, build_system: BuildSystem) -> Iterator[str]:
    yield from build_system.requires
    yield from (read_escaped_text(tree, name) for name in _DECLARING_FILES)


def needs_git(build_system: BuildSystem, *, has_manifest: bool = False) -> bool:
    """Whether no sdist is built without a repository: ``meson dist`` takes the files from one.

    So does scikit-build, unless the tag has a MANIFEST.in.
    """
    if build_system.backend.partition(":")[0] == "mesonpy":
        return True
    return not has_manifest and "scikit-build" in map(distribution, build_system.requires)


def may_ask_git(exported: ExportedTag, installed: Sequence[str] = ()) -> bool:
    """Whether the tag names a tool that asks version control, or code of it runs git. Reads many files.

    For ``installed`` see ``needs_vcs_metadata``.
    """
    return needs_vcs_metadata(exported.tree, exported.build_system, installed) or any(
        _GIT_COMMAND.search(text)
        or _TOOL.search(text)
        or (not path.endswith(_SETTINGS_SUFFIXES) and _GIT_FOLDER.search(text))
        for path, text in code_of(exported.tree, exported.files)
    )


def may_ask_other_programs(exported: ExportedTag) -> bool:
    """Whether code of the tag runs a program of another version control system. Reads many files."""
    return any(_OTHER_COMMAND.search(text) for _, text in code_of(exported.tree, exported.files))


def states_version(version: str, exported: ExportedTag) -> bool:
    """Whether a file of the tag holds this version (PEP 440, in any spelling). Reads many files."""
    return any(text_states(version, text) for _, text in code_of(exported.tree, exported.files))


def text_states(version: str, text: str) -> bool:
    """Whether a text holds this version as a whole, and not only in a requirement.

    A number without a dot states only itself: 0 does not state 0.0.0.
    """
    found = {match.rstrip(".-_+!") for match in _VERSION_IN_TEXT.findall(text) if match}
    return any(each == version or ("." in each and same_version(each, version)) for each in found)


def code_of(tree: Path, files: Collection[str]) -> Iterator[tuple[str, str]]:
    """The paths and texts of those files that may have to do with the version, those at the top first."""
    paths = (
        path
        for path in sorted(files, key=lambda path: (path.count("/"), path))
        if path.count("/") <= _MAX_FOLDERS and PurePosixPath(path).suffix in _CODE_SUFFIXES
    )
    return ((path, read_text(tree, path)) for path in islice(paths, _MAX_FILES))
