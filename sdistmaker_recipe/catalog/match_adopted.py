"""Find the tags of releases that were taken over without one, so that they are not built again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.model import ADOPTED, Release, Tag
from sdistmaker_recipe.names import canonicalize_name, same_version


def recognise(tags: Iterable[Tag], catalog: Catalog) -> dict[str, Release]:
    """Find the tags that releases were made from which were taken over without one; by their origin before.

    A tag's project and version must be those of the release. Raises ``StoreError``.
    """
    if not catalog.rows("SELECT 1 FROM release WHERE origin >= ? AND origin < ? LIMIT 1", _RANGE):
        return {}
    projects: defaultdict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        projects[canonicalize_name(tag.project)].append(tag)
    found: dict[str, Release] = {}
    with catalog.batch():
        for project, theirs in projects.items():
            for release in catalog.releases_of(project):
                if release.origin.startswith(ADOPTED) and (made_of := _tag_of(release, theirs, catalog)):
                    found[release.origin] = catalog.recognise(release, made_of)
    return found


_RANGE = (ADOPTED, ADOPTED[:-1] + chr(ord(ADOPTED[-1]) + 1))


def _tag_of(release: Release, tags: Iterable[Tag], catalog: Catalog) -> Tag | None:
    """The tag that names a release; of several the one that spells the version as it does."""
    fitting = [tag for tag in tags if same_version(tag.version, release.version)]
    taken = catalog.releases_from([tag.origin for tag in fitting])
    free = (tag for tag in fitting if tag.origin not in taken)
    return min(free, key=lambda tag: (tag.version != release.version, tag.origin), default=None)
