"""Which tag gets a version: a pre-release tag no final one, and the tag of that name rather than another."""

from __future__ import annotations

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index import file_conflicts
from sdistmaker_recipe.model import Built, Release, Tag
from sdistmaker_recipe.names import is_prerelease, same_version
from sdistmaker_recipe.toolchain.version_check import is_version_of_tag
from sdistmaker_recipe.vcs.tag_filter import TagFilter


def version_mismatch(built: Built) -> str:
    """A warning if the metadata has another version than the tag says; else ""."""
    if is_version_of_tag(built.version, built.tag):
        return ""
    return f"the tag says version {built.tag.version}, its metadata {built.version}"


def refusal(built: Built, before: Release | None, configuration: Configuration) -> str:
    """Why a build is not published because its version is not the tag's; "" if it may be.

    ``before`` is what is published of that version. A file of the same tag that was lost is made again.
    """
    mismatch = version_mismatch(built)
    if mismatch and configuration.version_mismatch == "refuse":
        return f"{mismatch}, and version-mismatch is refuse."
    is_of_this_tag = before is not None and before.origin == built.tag.origin
    is_final = is_prerelease(built.tag.version) and not is_prerelease(built.version)
    if is_final and not is_of_this_tag and configuration.version_mismatch != "publish-final":
        return (
            f"{mismatch}, and a pre-release tag publishes no final version. Make a tag {built.version} for "
            "the final version, or a new pre-release tag whose metadata says so. To publish this tag as "
            f"{built.version} all the same, set version-mismatch = publish-final."
        )
    return ""


def reason_to_wait(rightful: Tag, built: Built) -> str:
    """Why a build is not published while another tag, whose name is this version, may still build."""
    why = f"the tag {rightful.name} has that version, and may build in the next run"
    return f"{version_mismatch(built)}, and {why}."


def conflict_reason(former: Release, built: Built, configuration: Configuration) -> str:
    """Why a build is not published: another tag has published this version; and what to do."""
    mismatch = version_mismatch(built)
    details = f"{_other_version(former, built, configuration)} ({mismatch})" if mismatch else ""
    reason = file_conflicts.conflict_reason(former.filename, former.tag_url, details)
    if not _is_better_named(built, former, configuration):
        return reason
    return (
        f"{reason} To replace it by a build of this tag, set hand-over = {former.project}=={former.version}: "
        "the file changes, so pinned hashes will refuse it."
    )


def is_handed_over(former: Release, built: Built, configuration: Configuration) -> bool:
    """Whether the option hand-over gives the release of another tag to this tag, with its own file."""
    is_named = any(
        line.project == former.project and same_version(line.version, former.version)
        for line in configuration.hand_over
    )
    return is_named and _is_better_named(built, former, configuration)


def _other_version(former: Release, built: Built, configuration: Configuration) -> str:
    """Words about the tag of a release if its name says another version too; else ""."""
    said = _version_of_former(former, built, configuration)
    return "" if said is None or same_version(said, former.version) else f" though that tag says {said}"


def _is_better_named(built: Built, former: Release, configuration: Configuration) -> bool:
    former_version = _version_of_former(former, built, configuration)
    return file_conflicts.is_better_named(built.tag, former, former_version)


def _version_of_former(former: Release, built: Built, configuration: Configuration) -> str | None:
    tags = TagFilter.of(built.tag.repository, configuration)
    return tags.version_of(built.tag.project, file_conflicts.tag_name(former))
