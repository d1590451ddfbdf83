"""Give a tag's build the version and the files that a checkout would tell it and an export does not."""

from __future__ import annotations

import io
import re
from datetime import datetime, timezone
from pathlib import Path

from packaging.version import InvalidVersion, Version

from sdistmaker_recipe.model import BuildJob, Tag
from sdistmaker_recipe.toolchain.archives.files_only import read_name
from sdistmaker_recipe.toolchain.build_system import BuildSystem
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_escaped_text, read_text, write_bytes
from sdistmaker_recipe.toolchain.ladder import Rung
from sdistmaker_recipe.toolchain.version_control import has_file_finder

FILES_VARIABLE = "SDISTMAKER_FILES"
"""Names the file with the list of versioned files for ``shims/sdistmaker_files.py``."""

_VERSION_VARIABLES = {
    "SETUPTOOLS_SCM_PRETEND_VERSION": "{version}",
    "VCS_VERSIONING_PRETEND_VERSION": "{version}",
    "PBR_VERSION": "{version}",
    "PDM_BUILD_SCM_VERSION": "{version}",
    "PDM_PEP517_SCM_VERSION": "{version}",
    "POETRY_DYNAMIC_VERSIONING_BYPASS": "{version}",
    "UV_DYNAMIC_VERSIONING_BYPASS": "{version}",
    "GITVERSIONED__VERSION": "{version}",
    "DV_NEW_VERSION": "{version}",
    "PYPIGIT_VERSION": "{version}",
    # setupmeta parses the output of git describe.
    "SCM_DESCRIBE": "v{version}-0-g0000000",
    # If one variable of git-versioner is set, it wants all of them.
    "GIT_VERSIONER_VERSION": "{version}",
    "GIT_VERSIONER_VERSION_SHORT": "{version}",
    "GIT_VERSIONER_VERSION_PY": "{version}",
    "GIT_VERSIONER_VERSION_PY_SHORT": "{version}",
    "GIT_VERSIONER_ON_TAG": "True",
    "GIT_VERSIONER_DIRTY": "False",
}
_POLYVERSION = re.compile(r"\bpolyversion\b")
# setuptools 10.0 no longer asks Subversion (its changes: "Removed built-in support for subversion").
_LAST_WITH_SUBVERSION = datetime(2014, 12, 31, tzinfo=timezone.utc)
_BOOTSTRAP_IMPORT = re.compile(r"^[ \t]*(?:from|import)\b.*\b(ez_setup|distribute_setup)\b", re.MULTILINE)
_HGTOOLS = re.compile(r"^[^#\n]*(\buse_(hg|vcs)_version\b|\bhgtools\.plugins\b)", re.MULTILINE)
_DATE = re.compile(r"(?<!\d)(?:19|20)\d{6}(?!\d)")
_REVISION = re.compile(r"(?<![a-z])r(\d+)$", re.IGNORECASE)
_DEVELOPMENT_MARKERS = ("tag_build", "tag_date", "tag_svn_revision")


def prepare_tree(tree: Path, tag: Tag) -> None:
    """Change setup.cfg so that the build gets the tag's version."""
    write_hgtools_version(tree, tag)


def version_variables(tag: Tag, tree: Path) -> dict[str, str]:
    """Environment variables with the tag's version, for tools that would ask the repository for it.

    Empty if the version does not follow PEP 440. Tools that do not know a variable ignore it.
    """
    try:
        version = str(Version(tag.version))
    except InvalidVersion:
        return {}
    variables = {name: value.format(version=version) for name, value in _VERSION_VARIABLES.items()}
    # polyversion names its variable by the project, so it is set for projects that mention polyversion.
    if any(
        _POLYVERSION.search(read_text(tree, name)) for name in ("pyproject.toml", "setup.cfg", "setup.py")
    ):
        variables[f"{read_name(tree) or tag.project}_VERSION"] = version
    return variables


def marker_variables(tag: Tag) -> dict[str, str]:
    """Environment variables for ``shims/sdistmaker_markers.py``: the tag's version, and values for markers.

    The date and the revision that setuptools adds to a version are those in the tag's name, or else of the
    tag itself.
    """
    date, revision = _DATE.search(tag.version), _REVISION.search(tag.version)
    return {
        "SDISTMAKER_VERSION": tag.version,
        "SDISTMAKER_DATE": date[0] if date else f"{tag.time:%Y%m%d}",
        "SDISTMAKER_REVISION": revision[1] if revision else tag.revision,
    }


def versioned_files_variables(
    rung: Rung, exported: ExportedTag, scratch: Path, job: BuildJob
) -> dict[str, str]:
    """The environment variable that makes setuptools add all files of the tag; empty if it shall not."""
    if not adds_versioned_files(rung, exported, job):
        return {}
    listing = scratch / "files.txt"
    listing.write_text("".join(f"{path}\n" for path in sorted(exported.files)), "utf-8", "surrogateescape")
    return {FILES_VARIABLE: str(listing)}


def adds_versioned_files(rung: Rung, exported: ExportedTag, job: BuildJob) -> bool:
    """Whether the archive gets all files of the tag, by the option include-versioned-files."""
    if job.settings.include_versioned_files != "auto":
        return job.settings.include_versioned_files == "always"
    return rung.has_versioned_files or needs_versioned_files(exported.tree, job.tag, exported.build_system)


def may_add_versioned_files(rung: Rung, exported: ExportedTag, job: BuildJob) -> bool:
    """Whether the rung was tried without all files of the tag, and the option allows to add them."""
    return job.settings.include_versioned_files == "auto" and not adds_versioned_files(rung, exported, job)


def needs_versioned_files(tree: Path, tag: Tag, build_system: BuildSystem) -> bool:
    """Whether setuptools added all versioned files when the tag was new, or nothing else lists the files."""
    return (
        not (tree / "MANIFEST.in").exists()
        or tag.time < _LAST_WITH_SUBVERSION
        or has_file_finder(tree, build_system)
    )


def bootstrap_modules(tree: Path) -> frozenset[str]:
    """The file names of the modules that setup.py imports to download setuptools.

    They have to be in the archive: setup.py imports them wherever it runs.
    """
    matches = _BOOTSTRAP_IMPORT.finditer(read_escaped_text(tree, "setup.py"))
    return frozenset(f"{match[1]}.py" for match in matches)


def remove_development_markers(tree: Path) -> None:
    """Remove from setup.cfg the suffixes that setuptools adds to the version."""
    text = read_escaped_text(tree, "setup.cfg")
    if not any(re.search(marker.replace("_", "[-_]"), text) for marker in _DEVELOPMENT_MARKERS):
        return
    section = ""
    kept_lines = []
    is_marker = False
    for line in io.StringIO(text, newline=""):
        # An indented line continues the value of the line before.
        is_marker = is_marker and line[:1] in (" ", "\t")
        if match := re.match(r"\[([^]]*)\]", line):
            section = match[1].strip()
        name = line.partition("=")[0].partition(":")[0].strip().replace("-", "_")
        is_marker = is_marker or (section == "egg_info" and name in _DEVELOPMENT_MARKERS)
        if not is_marker:
            kept_lines.append(line)
    write_bytes(tree, "setup.cfg", "".join(kept_lines).encode("utf-8", "surrogateescape"))


def write_hgtools_version(tree: Path, tag: Tag) -> None:
    """If setup.py uses hgtools, write the version into setup.cfg as hgtools does in an sdist: as tag_build.

    Any other tag_build is removed.
    """
    if not _HGTOOLS.search(read_escaped_text(tree, "setup.py")):
        return
    remove_development_markers(tree)
    text = read_escaped_text(tree, "setup.cfg")
    section = re.search(r"^\[egg_info\].*\n?", text, re.MULTILINE)
    before, after = (text[: section.start()], text[section.end() :]) if section else (text, "")
    marker = f"[egg_info]\ntag_build = {tag.version}\n"
    if before and not before.endswith("\n"):
        before += "\n"
    write_bytes(tree, "setup.cfg", f"{before}{marker}{after}".encode("utf-8", "surrogateescape"))
