"""What is published already where a build belongs, and whether the build may be published then."""

from __future__ import annotations

from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index import file_conflicts
from sdistmaker_recipe.index.layout import project_folder, sdist_filename
from sdistmaker_recipe.model import ADOPTED, Built, Release, Tag, is_same_place
from sdistmaker_recipe.stages.publish import name_owners, version_rules
from sdistmaker_recipe.stages.publish.index import Index


class Earlier(NamedTuple):
    """What is published already where a build belongs.

    ``same_version`` is the release of its version. ``of_other_tag`` is the same if another tag gave it, and
    ``blocking`` if the build may not take it over. ``is_handed_over`` says that the option hand-over gives it
    to the build all the same. ``other_release`` is one of another version or name that the tag gave before.
    """

    same_version: Release | None
    of_other_tag: Release | None
    blocking: Release | None
    is_handed_over: bool
    other_release: Release | None


def find_earlier(built: Built, catalog: Catalog, configuration: Configuration) -> Earlier:
    """What is published where a build belongs. Raises ``StoreError``."""
    project, filename = project_folder(built.name), sdist_filename(built.name, built.version)
    before = catalog.releases.find(project, filename, built.version)
    of_other_tag = before if before is not None and before.origin != built.tag.origin else None
    blocking = of_other_tag if of_other_tag and not _may_be_taken_over(of_other_tag, built) else None
    return Earlier(
        same_version=before,
        of_other_tag=of_other_tag,
        blocking=blocking,
        is_handed_over=blocking is not None and version_rules.is_handed_over(blocking, built, configuration),
        other_release=_other_release(built.tag, before, catalog),
    )


def refusal(built: Built, earlier: Earlier, index: Index, configuration: Configuration) -> str:
    """Why a build is not published; "" if it may be. Raises ``StoreError``."""
    blocking, other = earlier.blocking, earlier.other_release
    if reason := name_owners.refusal(built, index.catalog, configuration):
        if blocking is None:
            return reason
        conflict = file_conflicts.conflict_reason(blocking.filename, blocking.tag_url, "")
        return f"{conflict} Also, {reason}"
    if reason := version_rules.refusal(built, earlier.same_version, configuration):
        return reason
    if other is not None and index.store.has_file(other.project, other.filename):
        return file_conflicts.second_release_reason(other, built)
    if blocking is not None and not earlier.is_handed_over:
        return version_rules.conflict_reason(blocking, built, configuration)
    return ""


def _other_release(tag: Tag, before: Release | None, catalog: Catalog) -> Release | None:
    """The release of another version or name that a tag has, if it is not ``before``."""
    if before is not None and before.origin == tag.origin:
        return None
    return catalog.releases.of_tags([tag.origin]).get(tag.origin)


def _may_be_taken_over(release: Release, built: Built) -> bool:
    """Whether another tag may take over a release: its tag is gone, not known, or the same folder."""
    is_gone = release.tag_deleted_in is not None or release.origin.startswith(ADOPTED)
    return is_gone or is_same_place(release.origin, built.tag.origin)
