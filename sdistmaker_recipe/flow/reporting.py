"""Report: what the steps gave becomes one ``Report``."""

from __future__ import annotations

from sdistmaker_recipe.flow import lifecycle
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.flow.publishing import Results
from sdistmaker_recipe.model import Plan, Published, Rejected, Report, Skipped

_PLACE = "destination"
"""The note in the catalog: the place of the index when it was last looked at."""


def report(results: Results, run: Run) -> Report:
    """All that the run did, or would do. Raises ``StoreError``."""
    planned, scanned = results.planned, results.planned.scanned
    skipped = tuple(result for result in results.tags if isinstance(result, Skipped))
    plan = planned.plan._replace(release_changes=results.release_changes, skip=(*planned.plan.skip, *skipped))
    releases, projects = run.catalog.releases.count()
    return Report(
        destination=run.configuration.destination,
        plan=plan,
        published=tuple(result for result in results.tags if isinstance(result, Published)),
        rejected=tuple(result for result in results.tags if isinstance(result, Rejected)),
        warnings=(
            *_place_warnings(run),
            *scanned.warnings,
            *results.warnings,
            *_warnings(plan, results, run),
        ),
        errors=scanned.errors,
        nothing_found=scanned.nothing_found,
        releases=releases,
        projects=projects,
        dry_run=run.context.dry_run,
        adoption=planned.adoption,
        verification=results.verification,
        wheels=tuple(results.wheels),
        cluster=run.configuration.scheduler if run.configuration.executor == "dask" else "",
        workers=results.workers,
    )


def _place_warnings(run: Run) -> tuple[str, ...]:
    """Warnings about the place of the index. Each place is looked at in one run only."""
    place = str(run.configuration.destination)
    if run.catalog.note(_PLACE) == place:
        return ()
    # Most runs do not need this import.
    from sdistmaker_recipe.flow import destination

    run.catalog.set_note(_PLACE, place)
    return destination.dangers(run.configuration)


def _warnings(plan: Plan, results: Results, run: Run) -> tuple[str, ...]:
    """Warnings about tags that moved, and about lines of the option yank that match no release.

    The lines are only checked if they may be new, or if all tags are planned.
    """
    moved = tuple(change.reason for change in plan.release_changes if change.action == "moved")
    scans = results.planned.scanned.scans
    is_new = any(scan.options_digest != run.options_digest for scan in scans)
    if not (is_new or run.context.dry_run or run.context.tell_all):
        return moved
    tags_to_build = plan.build if run.context.dry_run else ()
    return (*moved, *lifecycle.unmatched_yank_lines(run.configuration.yank, tags_to_build, run.catalog))
