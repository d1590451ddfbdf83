"""Find the tags of releases that were taken over without one, so that they are not built again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.name_use import name_use
from sdistmaker_recipe.configuration.option_types import OtherName
from sdistmaker_recipe.index.name_rules import heir_of_adopted
from sdistmaker_recipe.model import ADOPTED, Release, Tag
from sdistmaker_recipe.names import canonicalize_name, same_version


def match_adopted(
    tags: Iterable[Tag], catalog: Catalog, other_names: Sequence[OtherName] = ()
) -> dict[str, Release]:
    """Record the tags of adopted releases; the releases with their tags, by the origin that they had before.

    A tag matches a release of the same project and version if its project owns the name, or is the only one
    that is called so. ``other_names`` is the option. Raises ``StoreError``.
    """
    if not catalog.releases.has_adopted():
        return {}
    tags_by_name: defaultdict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        tags_by_name[canonicalize_name(tag.project)].append(tag)
    found: dict[str, Release] = {}
    with catalog.batch():
        for name, candidates in tags_by_name.items():
            releases = [each for each in catalog.releases.of_project(name) if each.origin.startswith(ADOPTED)]
            if not releases:
                continue
            fitting = [tag for tag in candidates if any(_fits(tag, release) for release in releases)]
            projects = {tag.project_origin for tag in fitting}
            heir = heir_of_adopted(name_use(name, catalog, other_names), projects)
            own_tags = [tag for tag in fitting if tag.project_origin == heir]
            for release in releases:
                if tag_found := _tag_of(release, own_tags, catalog):
                    found[release.origin] = catalog.releases.assign_tag(release, tag_found)
    return found


def _fits(tag: Tag, release: Release) -> bool:
    return same_version(tag.version, release.version)


def _tag_of(release: Release, tags: Iterable[Tag], catalog: Catalog) -> Tag | None:
    """The tag of a release's version without a release; of several the one that spells the version alike."""
    candidates = [tag for tag in tags if _fits(tag, release)]
    published = catalog.releases.of_tags([tag.origin for tag in candidates])
    free = (tag for tag in candidates if tag.origin not in published)
    return min(free, key=lambda tag: (tag.version != release.version, tag.origin), default=None)
