"""Which tags a plan has to consider, and which projects may have lost files: only what can have changed.

A tag is considered if its project changed in the repository, if it failed before, or if its archive may be
missing. All tags are considered after a change of an option that matters to the plan. The modification times
of its folders tell whether the index is as the last run left it: one question a project.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.names import canonicalize_name


def select_tags(
    scans: Sequence[Scan],
    scan_state: ScanState,
    catalog: Catalog,
    projects_to_check: Iterable[str],
    options_digest: str,
    *,
    newest: int,
) -> list[Tag]:
    """The tags that a plan has to consider; one tag may be there twice.

    ``options_digest`` is that of ``stages.plan``: all tags of a repository are considered that no run has
    dealt with under it. With the option ``newest`` a plan compares all tags of a project. Raises
    ``StoreError``.
    """
    if _overlap(scans):
        return [tag for scan in scans for tag in scan_state.tags(scan)]
    origins = [failure.origin for failure in catalog.failures.all()]
    origins += [
        release.origin for project in projects_to_check for release in catalog.releases.of_project(project)
    ]
    tags: list[Tag] = []
    for scan in scans:
        if scan.options_digest != options_digest:
            tags += scan_state.tags(scan)
            continue
        single_tags = scan_state.tags_from(scan, origins)
        projects = {*scan_state.pending_projects(scan), *(tag.project_path for tag in single_tags if newest)}
        tags += [*scan_state.tags_of(scan, projects), *single_tags]
    return tags


def find_projects_to_check(store: IndexStore, catalog: Catalog, *, every: bool) -> frozenset[str]:
    """The projects in whose folders files came or went since the last run; with ``every``, all projects.

    Raises ``StoreError``.
    """
    before = catalog.index_state.folders()
    if every or not before:
        return frozenset((*catalog.releases.projects(), *map(canonicalize_name, before)))
    now = store.folders()
    changed = (name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return frozenset(map(canonicalize_name, changed))


def _overlap(scans: Sequence[Scan]) -> bool:
    """Whether one scan covers the place of another, so that both find the same tag."""
    origins = sorted(f"{scan.origin}/" for scan in scans)
    return any(inner.startswith(outer) for outer, inner in pairwise(origins))
