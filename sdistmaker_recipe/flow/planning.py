"""Plan: what the scan found is compared with the catalog and the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import archives, match_adopted
from sdistmaker_recipe.flow import lifecycle, selection
from sdistmaker_recipe.flow.lifecycle import MissingTags
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.flow.reserved_names import NamesToReserve, select_names_to_reserve
from sdistmaker_recipe.flow.scanning import Scanned
from sdistmaker_recipe.flow.twins import known_twins, published_elsewhere
from sdistmaker_recipe.model import Adoption, Failure, Plan, Release, Tag
from sdistmaker_recipe.stages import adopt
from sdistmaker_recipe.stages import plan as plan_stage

if TYPE_CHECKING:
    from sdistmaker_recipe.flow.verification import Verifier


class Planned(NamedTuple):
    """What the run will do.

    ``projects_to_check`` are the projects whose files may be missing. ``verifier`` has compared the whole
    index with the catalog; it is None if nobody asked for that. ``twins`` are the releases that projects of
    other repositories keep, by the origins of the tags that may build them too.
    """

    scanned: Scanned
    plan: Plan
    adoption: Adoption
    missing_tags: MissingTags
    projects_to_check: frozenset[str]
    names_to_reserve: NamesToReserve
    verifier: Verifier | None
    twins: Mapping[str, Release] = {}


def plan(scanned: Scanned, run: Run) -> Planned:
    """Decide what to build and what becomes of releases.

    First take over archives that are new in the index, and look for missing files and tags. Raises
    ``StoreError``.
    """
    adoption, verifier = _adopt(run), _verify(run)
    missing_tags = lifecycle.find_missing_tags(
        scanned.scans, run.sources, run.catalog, run.configuration, run.options_digest
    )
    lost = verifier.lost if verifier else frozenset()
    projects_to_check = selection.find_projects_to_check(
        run.store, run.catalog, every=run.context.full_scan
    ) | {release.project for release in lost}
    tags = _tags_to_consider(scanned, projects_to_check, run)
    match_adopted.match_adopted(tags, run.catalog, run.configuration.other_names)
    releases = run.catalog.releases.of_tags({tag.origin for tag in tags})
    twins = published_elsewhere(
        [tag for tag in tags if tag.origin not in releases],
        run.scan_state,
        run.catalog,
        run.configuration.other_names,
        {release.origin for release, _revision in missing_tags.deleted.values()},
    )
    state = plan_stage.CatalogState(
        releases=releases,
        failures=_failures(missing_tags, run),
        missing_files=_missing_files(releases.values(), adoption, lost, run),
        published_elsewhere=known_twins(tags, twins, run.catalog),
        releases_without_tag=lifecycle.releases_without_tag(missing_tags, run.configuration),
    )
    new_plan = plan_stage.plan(tags, state, run.configuration, __version__)
    published = [(tag, releases[tag.origin]) for tag in tags if tag.origin in releases]
    changes = lifecycle.find_release_changes(
        new_plan, published, missing_tags, run.catalog, run.configuration
    )
    return Planned(
        scanned=scanned,
        plan=new_plan._replace(release_changes=changes, wheels=_wheels(projects_to_check, verifier, run)),
        adoption=adoption,
        missing_tags=missing_tags,
        projects_to_check=projects_to_check,
        names_to_reserve=select_names_to_reserve(
            scanned.scans, run.scan_state, run.options_digest, new_plan.build
        ),
        verifier=verifier,
        twins=twins,
    )


def is_empty_first_run(planned: Planned, run: Run) -> bool:
    """Whether nothing was found, now or ever: an option is wrong rather than an index wanted."""
    return bool(planned.scanned.nothing_found) and not (
        planned.names_to_reserve
        or planned.plan.build
        or planned.adoption.adopted
        or planned.verifier
        or run.catalog.private_names.all()
    )


def _adopt(run: Run) -> Adoption:
    return adopt.adopt(
        run.store,
        run.catalog,
        run.scan_state,
        is_requested=run.context.adopt,
        change=not run.context.dry_run,
        other_names=run.configuration.other_names,
    )


def _verify(run: Run) -> Verifier | None:
    """Compare the whole index with the catalog if that was asked for."""
    if not run.context.verify:
        return None
    # Few runs verify.
    from sdistmaker_recipe.flow.verification import Verifier

    verifier = Verifier(run.writer, change=not run.context.dry_run)
    verifier.verify()
    return verifier


def _wheels(projects_to_check: frozenset[str], verifier: Verifier | None, run: Run) -> tuple[Release, ...]:
    """The published releases that get a wheel."""
    is_due = run.context.wheels_for_all or run.catalog.wheels.releases_to_retry()
    if not (projects_to_check or verifier or is_due):
        return ()
    # Most runs build no wheel of what is published.
    from sdistmaker_recipe.flow import wheels

    damaged = verifier.releases_with_lost_wheels if verifier else frozenset()
    return wheels.releases_to_build(projects_to_check, damaged, run)


def _tags_to_consider(scanned: Scanned, projects_to_check: frozenset[str], run: Run) -> Sequence[Tag]:
    # A dry run, and a run that reports on every tag, plan all tags.
    if run.context.dry_run or run.context.tell_all:
        return [tag for scan in scanned.scans for tag in run.scan_state.tags(scan)]
    return selection.select_tags(
        scanned.scans,
        run.scan_state,
        run.catalog,
        projects_to_check,
        run.options_digest,
        newest=run.configuration.newest,
    )


def _failures(missing_tags: MissingTags, run: Run) -> dict[str, Failure]:
    failures = [] if run.context.retry_failed else run.catalog.failures.all()
    return lifecycle.failures_that_hold(failures, missing_tags, run.catalog)


def _missing_files(
    releases: Iterable[Release], adoption: Adoption, lost: frozenset[Release], run: Run
) -> set[str]:
    """The origins of the releases whose files are to be built again."""
    missing_files = {release.origin for release in releases if _is_missing(release, run)}
    # In a dry run adopted files have no second name yet, so they look missing and are not.
    missing_files -= {adopted.release.origin for adopted in adoption.adopted}
    return missing_files | {release.origin for release in lost}


def _is_missing(release: Release, run: Run) -> bool:
    """Whether a release has lost its file, and no other name of the file gives it back."""
    if run.store.has_file(release.project, release.filename):
        return False
    find = archives.find_copy if run.context.dry_run else archives.restore
    return not find(release, run.store, run.catalog)
