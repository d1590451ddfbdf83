"""Find the tags of releases that were taken over without one, so that they are not built again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.model import ADOPTED, Release, Tag
from sdistmaker_recipe.names import canonicalize_name, same_version


def match_adopted(tags: Iterable[Tag], catalog: Catalog) -> dict[str, Release]:
    """Record the tags of adopted releases; the releases with their tags, by the origin that they had before.

    A tag matches a release of the same project and version. Raises ``StoreError``.
    """
    if not catalog.releases.has_adopted():
        return {}
    tags_by_project: defaultdict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        tags_by_project[canonicalize_name(tag.project)].append(tag)
    found: dict[str, Release] = {}
    with catalog.batch():
        for project, candidates in tags_by_project.items():
            for release in catalog.releases.of_project(project):
                if release.origin.startswith(ADOPTED) and (
                    tag_found := _tag_of(release, candidates, catalog)
                ):
                    found[release.origin] = catalog.releases.assign_tag(release, tag_found)
    return found


def _tag_of(release: Release, tags: Iterable[Tag], catalog: Catalog) -> Tag | None:
    """The tag of a release's version without a release; of several the one that spells the version alike."""
    candidates = [tag for tag in tags if same_version(tag.version, release.version)]
    published = catalog.releases.of_tags([tag.origin for tag in candidates])
    free = (tag for tag in candidates if tag.origin not in published)
    return min(free, key=lambda tag: (tag.version != release.version, tag.origin), default=None)
