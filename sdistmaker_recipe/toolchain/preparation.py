"""What tags lack and a build of long ago had: the version and the files that the repository knows."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from packaging.version import InvalidVersion, Version

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.toolchain.build_system import BuildSystem
from sdistmaker_recipe.toolchain.untrusted_files import read_bytes, write_bytes

VERSIONED_FILES_VARIABLE = "SDISTMAKER_FILES"

# Since 10.0 setuptools asks Subversion no more (its changes: "Removed built-in support for subversion").
_NO_LONGER_ASKED = datetime(2014, 12, 31, tzinfo=timezone.utc)
_FROM_REPOSITORY = re.compile(
    r"\b(setuptools[-_.]scm|hatch[-_.]vcs|pbr|versioneer|setuptools[-_.]git|hgtools)\b", re.IGNORECASE
)
_BOOTSTRAPS = re.compile(r"^[ \t]*(?:from|import)\b.*\b(ez_setup|distribute_setup)\b", re.MULTILINE)
_HGTOOLS = re.compile(r"^[^#\n]*(\buse_(hg|vcs)_version\b|\bhgtools\.plugins\b)", re.MULTILINE)
_DEEPEST = 100
_MARKERS = ("tag_build", "tag_date", "tag_svn_revision")
_PARENTDIR = re.compile(r"parentdir_prefix\s*=\s*['\"]?([A-Za-z0-9._-]*)")
_ASKED_FOR_VERSION = ("setup.cfg", "pyproject.toml", "setup.py", "versioneer.py")


def version_variables(tag: Tag) -> dict[str, str]:
    """Environment variables that tell the version to what would ask the repository for it."""
    try:
        version = str(Version(tag.version))
    except InvalidVersion:
        return {}
    return {
        "SETUPTOOLS_SCM_PRETEND_VERSION": version,
        "PBR_VERSION": version,
        "PDM_BUILD_SCM_VERSION": version,
        "POETRY_DYNAMIC_VERSIONING_BYPASS": version,
    }


def tree_name(tree: Path, tag: Tag) -> str:
    """The name of a folder for the tree: versioneer takes the version from it where nothing else says it."""
    for name in _ASKED_FOR_VERSION:
        if match := _PARENTDIR.search(_text(tree, name)):
            prefix = match[1].strip("'\"")
            return f"{prefix}{tag.version}" if re.fullmatch(r"[A-Za-z0-9._+-]+", tag.version) else "tree"
    return "tree"


def needs_vcs_metadata(tree: Path, system: BuildSystem) -> bool:
    """Whether version or files may come from the repository's own data, which an export does not have."""
    declared = [*system.requires, *(_text(tree, name) for name in ("setup.py", "setup.cfg"))]
    return any(_FROM_REPOSITORY.search(text) for text in declared)


def needs_versioned_files(tree: Path, tag: Tag, system: BuildSystem) -> bool:
    """Whether an sdist of the tag had all versioned files when it was new, or nothing else says which."""
    return (
        not (tree / "MANIFEST.in").exists() or tag.time < _NO_LONGER_ASKED or needs_vcs_metadata(tree, system)
    )


def exported_files(tree: Path) -> frozenset[str]:
    """The paths of all files and symbolic links below tree, relative to it.

    Raises ``BuildError`` where folders lie deeper than what builds and packs them could follow.
    """
    return frozenset(_files_below(str(tree)))


def _files_below(top: str) -> Iterator[str]:
    # A stack, not recursion: a tag can be deeper than Python counts.
    waiting = [(top, "", 0)]
    while waiting:
        folder, prefix, depth = waiting.pop()
        if depth > _DEEPEST:
            raise BuildError(f"The tag's folders are more than {_DEEPEST} deep.")
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{prefix}{entry.name}/", depth + 1))
                else:
                    yield prefix + entry.name


def bootstrap_modules(tree: Path) -> frozenset[str]:
    """The files of modules that setup.py fetches setuptools with; it needs them wherever it is run."""
    return frozenset(f"{match[1]}.py" for match in _BOOTSTRAPS.finditer(_text(tree, "setup.py")))


def remove_development_markers(tree: Path) -> None:
    """Blank what setup.cfg would add to the version: a tag is a release, whatever trunk was set to.

    setuptools itself writes blank markers into the setup.cfg of an sdist, so the archive is the same.
    """
    text = _text(tree, "setup.cfg")
    if not any(re.search(marker.replace("_", "[-_]"), text) for marker in _MARKERS):
        return
    section = ""
    lines = []
    taken = False
    for line in io.StringIO(text, newline=""):
        taken = taken and line[:1] in (" ", "\t")  # which goes on with the value
        if match := re.match(r"\[([^]]*)\]", line):
            section = match[1].strip()
        name = line.partition("=")[0].partition(":")[0].strip().replace("-", "_")
        taken = taken or (section == "egg_info" and name in _MARKERS)
        if not taken:
            lines.append(line)
    write_bytes(tree, "setup.cfg", "".join(lines).encode("utf-8", "surrogateescape"))


def write_hgtools_version(tree: Path, tag: Tag) -> None:
    """Write the version where hgtools keeps it in an sdist: it is the tag_build of setup.cfg.

    To be called when no other marker is left there.
    """
    if not _HGTOOLS.search(_text(tree, "setup.py")):
        return
    text = _text(tree, "setup.cfg")
    section = re.search(r"^\[egg_info\].*\n?", text, re.MULTILINE)
    before, after = (text[: section.start()], text[section.end() :]) if section else (text, "")
    marker = f"[egg_info]\ntag_build = {tag.version}\n"
    if before and not before.endswith("\n"):
        before += "\n"
    write_bytes(tree, "setup.cfg", f"{before}{marker}{after}".encode("utf-8", "surrogateescape"))


def _text(tree: Path, name: str) -> str:
    return read_bytes(tree, name).decode("utf-8", "surrogateescape")
