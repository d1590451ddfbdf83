"""What a run has to look at, for nothing else can have changed since the run before: beginning of the flow.

A tag is looked at where its project changed in the repository, where it failed, and where its archive may be
gone; all tags are where an option changed that matters. Whether the index is as it was left is told by the
times at which files last came or went in its folders: one question for each project, however many releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import LastScan, Scan
from sdistmaker_recipe.index.layout import private_name
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.names import canonicalize_name


@dataclass(frozen=True, slots=True)
class NamesToReserve:
    """Tags and names of projects without any, to keep names private: see ``private_names.mark_guessed``."""

    tags: tuple[Tag, ...]
    untagged: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.tags or self.untagged)


def select_tags(
    scans: Sequence[Scan],
    last: LastScan,
    catalog: Catalog,
    projects_to_check: Iterable[str],
    options_digest: str,
    *,
    newest: int,
) -> list[Tag]:
    """The tags that a plan has to consider; one may be there twice.

    ``projects_to_check`` are the projects that may lack archives. ``options_digest`` is what
    ``plan.options_digest`` says; all tags of a repository
    are considered that no run has dealt with under it. ``newest`` is the option: with it a
    plan compares all tags of a project.
    """
    if _overlap(scans):
        return [tag for scan in scans for tag in last.tags(scan)]
    origins = [failure.origin for failure in catalog.failures()]
    origins += [release.origin for project in projects_to_check for release in catalog.releases_of(project)]
    tags: list[Tag] = []
    for scan in scans:
        if scan.options_digest != options_digest:
            tags += last.tags(scan)
            continue
        alone = last.tags_from(scan, origins)
        projects = {*last.pending(scan), *(tag.project_path for tag in alone if newest)}
        tags += [*last.tags_of(scan, projects), *alone]
    return tags


def select_names_to_reserve(
    scans: Sequence[Scan], last: LastScan, options_digest: str, building: Iterable[Tag]
) -> NamesToReserve:
    """The projects whose names may have to be kept private, or no longer: those that changed, or build."""
    names = {private_name(tag.project) for tag in building} - {""}
    for scan in scans:
        names |= last.names(scan, pending=scan.options_digest == options_digest)
    projects = list(last.projects_named(sorted(names)))
    untagged = tuple(name for name, tags in projects if not tags)
    return NamesToReserve(tuple(tag for _name, tags in projects for tag in tags), untagged)


def find_projects_to_check(store: IndexStore, catalog: Catalog, *, every: bool) -> frozenset[str]:
    """The projects in whose folders files came or went since the last run; with ``every``, all.

    Raises ``StoreError``.
    """
    before = catalog.folders()
    if every or not before:
        return frozenset((*catalog.projects(), *map(canonicalize_name, before)))
    now = store.folders()
    return frozenset(
        canonicalize_name(name) for name in before.keys() | now.keys() if before.get(name) != now.get(name)
    )


def _overlap(scans: Sequence[Scan]) -> bool:
    """Whether one looks at what another looks at too, so that one tag may be found twice."""
    origins = sorted(f"{scan.origin}/" for scan in scans)
    return any(below.startswith(folder) for folder, below in pairwise(origins))
