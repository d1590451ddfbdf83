"""Verify an archive by building it again, as pip does when it installs it, but with the same toolchain."""

from __future__ import annotations

import re

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import BuildSettings, Tag
from sdistmaker_recipe.toolchain.archives import archive
from sdistmaker_recipe.toolchain.archives.members import Sdist
from sdistmaker_recipe.toolchain.build_context import BuildContext, read_build_log
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag
from sdistmaker_recipe.toolchain.git_repository import make_git_repository
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_text
from sdistmaker_recipe.toolchain.ladder import Rung
from sdistmaker_recipe.toolchain.sdist_build import build_sdist
from sdistmaker_recipe.toolchain.sdist_checks import MissingFilesError
from sdistmaker_recipe.toolchain.version_check import is_version_of_tag
from sdistmaker_recipe.toolchain.version_control import needs_git, needs_vcs_metadata, states_version

_CURE = "Write both into files of a new tag, or set verify-builds = never."
_NO_REPOSITORY = (
    "It has to build without a repository too, where it is installed. Write the version into a file of the "
    "archive in a new tag, or set verify-builds = never."
)

# setup.py adds markers to the version where the archive is installed, too.
_MARKERS_IN_CODE = re.compile(r"\begg_info\b|\btag_(?:build|date|svn_revision)\b|--tag-(?:build|date)")


def needs_rebuild(
    version: str,
    tag: Tag,
    rung: Rung,
    exported: ExportedTag,
    left_out: frozenset[str],
    settings: BuildSettings,
) -> bool:
    """Whether the archive with this version has to be built again, by the option verify-builds.

    With auto it has to if files of the tag were left out, the version may come from the repository, setup.py
    may add a marker to it, or neither the tag's name nor a file states it.
    """
    if settings.verify_builds != "auto":
        return settings.verify_builds == "always"
    return (
        bool(left_out)
        or rung.has_git
        or _MARKERS_IN_CODE.search(read_text(exported.tree, "setup.py")) is not None
        or needs_vcs_metadata(exported.tree, exported.build_system, rung.requirements)
        or not (is_version_of_tag(version, tag) or states_version(version, exported))
    )


def check_rebuild(
    sdist: Sdist,
    metadata: archive.Metadata,
    rung: Rung,
    exported: ExportedTag,
    context: BuildContext,
    settings: BuildSettings,
    epoch: int,
) -> None:
    """Build the unpacked archive without what the repository told the first build.

    ``epoch`` is the value of SOURCE_DATE_EPOCH in seconds. Raises ``MissingFilesError`` if that fails, and
    ``BuildError`` if name or version come out different.
    """
    scratch = context.scratch / "verify"
    scratch.mkdir()
    tree = archive.unpack(sdist, scratch)
    again = context._replace(tree=tree, scratch=scratch, variables={"SOURCE_DATE_EPOCH": str(epoch)})
    try:
        if needs_git(exported.build_system, has_manifest="MANIFEST.in" in exported.files):
            # Its backend builds no sdist without one. No tag tells the version.
            make_git_repository(again, (), epoch)
        raw_sdist = build_sdist(rung, exported.build_system, again, settings)
        with archive.open_sdist(raw_sdist.archive, raw_sdist.tree) as rebuilt_sdist:
            rebuilt = archive.read_metadata(rebuilt_sdist)
    except BuildError as error:
        text = f"The archive does not build again: {error.reason}"
        if rung.has_git:
            text = f"{text.rstrip('.')}. {_NO_REPOSITORY}"
        raise MissingFilesError(text, error.log, is_permanent=error.is_permanent) from error
    if (rebuilt.name, rebuilt.version) != (metadata.name, metadata.version):
        found, expected = f"{rebuilt.name} {rebuilt.version}", f"{metadata.name} {metadata.version}"
        cure = _NO_REPOSITORY if rung.has_git else _CURE
        text = f"The archive builds again as {found} instead of {expected}. {cure}"
        raise BuildError(text, read_build_log(again), names=(rebuilt.name,))
