"""Publish: what is built gets its place in the index, and releases that are withdrawn lose theirs.

The order of the steps keeps each promise to the readers of the index. A name is private before anything of it
is built. A page is written after the files that it names. A file is removed after the pages that named it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from sdistmaker_recipe.flow import lifecycle
from sdistmaker_recipe.flow.building import Builds
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.flow.planning import Planned
from sdistmaker_recipe.flow.reserved_names import (
    find_names_on_public_index,
    reserve_names,
    update_guessed_names,
)
from sdistmaker_recipe.flow.scanning import Scanned
from sdistmaker_recipe.index import name_rules
from sdistmaker_recipe.index.atomic_files import at_end
from sdistmaker_recipe.model import (
    ReleaseChange,
    TagResult,
    Verification,
    WheelResult,
    WorkerUse,
)
from sdistmaker_recipe.stages import withdraw
from sdistmaker_recipe.stages.publish import write_server_configurations


class Results(NamedTuple):
    """What was done: the result of each tag, what became of releases, warnings, and who built."""

    planned: Planned
    tags: Sequence[TagResult]
    release_changes: tuple[ReleaseChange, ...]
    warnings: tuple[str, ...] = ()
    verification: Verification | None = None
    wheels: Sequence[WheelResult] = ()
    workers: tuple[WorkerUse, ...] = ()


def publish(builds: Builds, run: Run) -> Results:
    """Publish the builds as they come, then bring pages and web server configurations up to date.

    If the run breaks off, what is built by then is published, and its pages are written. Raises
    ``SdistmakerError``.
    """
    planned = builds.planned
    if not planned.scanned.errors:
        _forget_failures_of_gone_tags(planned.scanned, run)
    lifecycle.record_changes(planned.plan, run.catalog)
    _remove_withdrawn_files(run)
    tags, wheels, warnings = ((), (), ()) if _is_idle(planned, run) else _publish_all(builds, run)
    write_server_configurations(run.server_configurations)
    changes = lifecycle.final_changes(planned.plan, planned.missing_tags, run.catalog)
    warnings += _warn_of_mixed_names(tags, run)
    _settle(planned, run)
    workers = builds.cluster.workers if builds.cluster else ()
    warnings += builds.cluster.faults if builds.cluster else ()
    return Results(planned, tags, changes, warnings, _finish_verification(planned), wheels, workers)


def publish_nothing(planned: Planned) -> Results:
    """The results of a dry run, which stops after the plan."""
    return Results(planned, (), planned.plan.release_changes, verification=_finish_verification(planned))


def _publish_all(
    builds: Builds, run: Run
) -> tuple[Sequence[TagResult], Sequence[WheelResult], tuple[str, ...]]:
    """The results of tags and of wheels, and warnings about names that the public index has too."""
    # A run without news does not need these imports.
    from sdistmaker_recipe.flow.batches import open_batches
    from sdistmaker_recipe.flow.wheels import WheelBatches

    planned = builds.planned
    # Before anything is built: no client may ask the public index for a new name meanwhile.
    reserve_names(planned.names_to_reserve, run)
    if planned.plan.build:
        run.writer.mark_empty_index_current()
    batches = open_batches(planned, run)
    wheels = WheelBatches(run, Counter(release.project for release in planned.plan.wheels))
    with at_end(partial(_write_pages, planned, run)):
        with builds.outcomes as outcomes, at_end(batches.finish):
            for outcome in outcomes:
                batches.add(outcome)
        with builds.wheels as wheel_outcomes, at_end(wheels.publish):
            for wheel_outcome in wheel_outcomes:
                wheels.add(wheel_outcome)
        warnings = find_names_on_public_index(planned.names_to_reserve, run)
        lifecycle.remove_releases(planned.plan, batches.results, run.catalog)
    withdraw.remove_files(run.catalog, run.store)
    _remember_folders(planned, run)
    return batches.results, wheels.results, warnings


def _write_pages(planned: Planned, run: Run) -> None:
    run.writer.write_all(planned.projects_to_check)
    update_guessed_names(planned.names_to_reserve, run)


def _warn_of_mixed_names(tags: Sequence[TagResult], run: Run) -> tuple[str, ...]:
    """Warnings about names of several projects: looked for once, and when something was published."""
    start = name_rules.start_of_warned_note(run.configuration.other_names)
    if not tags and run.catalog.note(name_rules.WARNED_NOTE).startswith(start):
        return ()
    # A run without news does not need this import.
    from sdistmaker_recipe.stages.publish import name_owners

    return name_owners.warn_of_mixed_names(run.catalog, run.configuration)


def _forget_failures_of_gone_tags(scanned: Scanned, run: Run) -> None:
    failed = [failure.origin for failure in run.catalog.failures.all()]
    there = {tag.origin for scan in scanned.scans for tag in run.scan_state.tags_from(scan, failed)}
    if gone := [origin for origin in failed if origin not in there]:
        run.catalog.failures.remove(gone)


def _remove_withdrawn_files(run: Run) -> None:
    """Remove files that a broken-off run left: a new archive may need the name of one of them."""
    if withdraw.has_files_to_remove(run.catalog):
        run.writer.write_all()
        withdraw.remove_files(run.catalog, run.store)


def _is_idle(planned: Planned, run: Run) -> bool:
    """Whether nothing changed that concerns the index."""
    has_work = (
        planned.plan.build
        or planned.plan.wheels
        or planned.names_to_reserve
        or planned.projects_to_check
        or planned.plan.release_changes
        or run.configuration.check_public
    )
    return not has_work and run.writer.has_nothing_to_write()


def _remember_folders(planned: Planned, run: Run) -> None:
    """Record when files last came or went in the folders of the index, for the next run to compare."""
    changed = run.store.changed_folders
    if planned.projects_to_check or not run.catalog.index_state.has_folders():
        run.catalog.index_state.set_folders(run.store.folders())
    else:
        run.catalog.index_state.set_folders(run.store.folders(changed), changed)


def _settle(planned: Planned, run: Run) -> None:
    """Record that this run dealt with everything that its scans saw."""
    for scan in planned.scanned.scans:
        undecided = planned.missing_tags.undecided[scan.number]
        run.scan_state.settle(scan, run.options_digest, undecided)
    if not planned.scanned.errors:
        scanned = {scan.uuid for scan in planned.scanned.scans}
        for uuid in scanned - run.catalog.index_state.finished_repositories():
            run.catalog.index_state.finish_repository(uuid)


def _finish_verification(planned: Planned) -> Verification | None:
    return planned.verifier.finish() if planned.verifier else None
