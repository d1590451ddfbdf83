"""What becomes of releases whose tags were deleted, came back or moved, and of those that an option yanks.

It is decided before anything is built, so that a new tag can take over the release of a deleted one, as after
the move of a folder. Files are removed only after the builds. Whether a release is yanked follows from its
tag and the options alone, so no run depends on what the run before did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import GoneTag, Scan, ScanState
from sdistmaker_recipe.catalog.withdrawals import WithdrawalState
from sdistmaker_recipe.configuration.option_types import Yank
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index import file_conflicts, name_rules, yanking
from sdistmaker_recipe.model import (
    Failure,
    Plan,
    Rejected,
    Release,
    ReleaseChange,
    Tag,
    TagResult,
    project_origin,
)
from sdistmaker_recipe.names import canonicalize_name, canonicalize_version, same_version
from sdistmaker_recipe.stages import plan, report, withdraw
from sdistmaker_recipe.stages.scan import Source

Key: TypeAlias = tuple[str, str]
"""A release's project and file name."""


class MissingTags(NamedTuple):
    """What is known of tags that are gone, before a plan is made.

    ``deleted`` has the releases whose tags are newly found to be deleted, each with the revision in which its
    tag was deleted. ``to_remove`` are the releases of earlier runs that are to be removed. ``undecided`` are
    the tags of which the repository did not say whether they are gone, by the number of the scan.
    ``withdrawn`` are all releases that were withdrawn before.
    """

    deleted: Mapping[Key, tuple[Release, str]]
    to_remove: frozenset[Key]
    undecided: Mapping[int, tuple[GoneTag, ...]]
    withdrawn: Mapping[Key, WithdrawalState]


def find_missing_tags(
    scans: Sequence[Scan],
    sources: Iterable[Source],
    catalog: Catalog,
    configuration: Configuration,
    options_digest: str,
) -> MissingTags:
    """Ask the repositories that were scanned which tags of published releases were deleted.

    Raises ``StoreError``.
    """
    repositories = {source.url: source.repository for source in sources}
    scan_state = ScanState(catalog)
    withdrawn = {_key(state): state for state in catalog.withdrawals.all()}
    deleted: dict[Key, tuple[Release, str]] = {}
    to_remove: set[Key] = set()
    undecided: dict[int, tuple[GoneTag, ...]] = {}
    for scan in scans:
        repository = repositories[scan.url]
        found = withdraw.find_deleted(scan, repository, scan_state, catalog, options_digest)
        deleted |= {_key(release): (release, revision) for release, revision in found.releases}
        undecided[scan.number] = found.unconfirmed
        if configuration.deleted_tags == "remove":
            before = [state for state in withdrawn.values() if state.tag_deleted_in]
            to_remove |= {_key(state) for state in withdraw.still_deleted(scan, repository, before)}
    return MissingTags(deleted, frozenset(to_remove), undecided, withdrawn)


def releases_without_tag(
    missing_tags: MissingTags, configuration: Configuration
) -> frozenset[tuple[str, str]]:
    """The releases that another tag may take over, each by a normalised name and a canonical version.

    The name is that of the release, or that of the folder whose tag it was. Empty unless an option leaves out
    tags that could take a release over: nobody asks otherwise.
    """
    if configuration.prereleases and not configuration.newest:
        return frozenset()
    states = [state for state in missing_tags.withdrawn.values() if state.tag_deleted_in is not None]
    states += [WithdrawalState.of(release) for release, _revision in missing_tags.deleted.values()]
    return frozenset(
        (name, canonicalize_version(state.version)) for state in states for name in _names(state)
    )


def failures_that_hold(
    failures: Iterable[Failure], missing_tags: MissingTags, catalog: Catalog
) -> dict[str, Failure]:
    """The failures that still stand, by origin.

    A tag that failed because another tag had published its file is tried again once the other one is gone. If
    its name belonged to another project, it is tried again once a tag of that name is gone. Raises
    ``StoreError``.
    """
    standing: dict[str, Failure] = {}
    names_of_deleted = {project for project, _filename in missing_tags.deleted}
    for failure in failures:
        if names_of_deleted and name_rules.refused_name(failure.reason) in names_of_deleted:
            continue
        key = file_conflicts.conflicting_file(failure.reason)
        release = catalog.releases.get(*key) if key else None
        if key is None or (release and release.tag_deleted_in is None and key not in missing_tags.deleted):
            standing[failure.origin] = failure
    return standing


def find_release_changes(
    planned: Plan,
    published: Iterable[tuple[Tag, Release]],
    missing_tags: MissingTags,
    catalog: Catalog,
    configuration: Configuration,
) -> tuple[ReleaseChange, ...]:
    """What becomes of releases; ``published`` are the tags of the plan that have a release, with it.

    Raises ``StoreError``.
    """
    to_build = {*planned.build, *(still.tag for still in planned.known_failures)}
    staying = [(tag, release) for tag, release in published if tag not in to_build]
    deleted: dict[Key, str | None] = {key: revision for key, (_, revision) in missing_tags.deleted.items()}
    deleted |= {_key(release): None for _tag, release in staying if release.tag_deleted_in is not None}
    lines = yanking.yanks_by_project(configuration)
    states = {
        **missing_tags.withdrawn,
        **{key: WithdrawalState.of(release) for key, (release, _) in missing_tags.deleted.items()},
        **{_key(state): state for state in catalog.withdrawals.of_projects(lines)},
    }
    changes: list[ReleaseChange] = []
    for key, before in sorted(states.items()):
        now = deleted.get(key, before.tag_deleted_in)
        lines_of_project = lines.get(before.project, ())
        reason = yanking.yank_reason(before.version, now, lines_of_project, configuration.deleted_tags)
        # If no revision is known, the repository may be a restored backup that lacks tags nobody deleted.
        is_removed = (
            bool(now)
            and configuration.deleted_tags == "remove"
            and (key in missing_tags.to_remove or key in missing_tags.deleted)
        )
        if is_removed or (now, reason) != (before.tag_deleted_in, before.yanked):
            release = catalog.releases.get(*key)
            changes += [_change(release, now, reason, is_removed=is_removed)] if release else []
    return (*changes, *_moves(staying))


def record_changes(planned: Plan, catalog: Catalog) -> None:
    """Record what becomes of releases. A release that is to be removed is yanked until then.

    Raises ``StoreError``.
    """
    if changed := [change.release for change in planned.release_changes if change.action != "moved"]:
        catalog.withdrawals.record(changed)


def remove_releases(planned: Plan, results: Iterable[TagResult], catalog: Catalog) -> None:
    """Take the releases that are to be removed out of the catalog.

    A release stays if a tag took it over, or if a tag failed that may take it over once it builds. Raises
    ``StoreError``.
    """
    failed = [result.tag for result in results if isinstance(result, Rejected)]
    failed += [still.tag for still in planned.known_failures]
    awaited = {(canonicalize_name(tag.project), canonicalize_version(tag.version)) for tag in failed}
    removed: list[Release] = []
    for change in planned.release_changes:
        if change.action == "remove":
            release = catalog.releases.get(*_key(change.release))
            version = canonicalize_version(change.release.version)
            heirs = {(name, version) for name in _names(WithdrawalState.of(change.release))}
            if release is not None and release.tag_deleted_in is not None and not heirs & awaited:
                removed.append(release)
    if removed:
        catalog.withdrawals.unpublish(removed)


def final_changes(planned: Plan, missing_tags: MissingTags, catalog: Catalog) -> tuple[ReleaseChange, ...]:
    """What became of releases after the builds. A tag that moved is recorded, so it is reported once.

    Raises ``StoreError``.
    """
    if moved := [change.release for change in planned.release_changes if change.action == "moved"]:
        catalog.withdrawals.record_moves(moved)
    changes: list[ReleaseChange] = []
    for change in planned.release_changes:
        key = _key(change.release)
        release = catalog.releases.get(*key)
        is_yanked = release is not None and release.yanked is not None
        if change.action == "remove" and release is not None:
            # It waits for a tag that may take it over.
            if is_yanked and key not in missing_tags.withdrawn:
                changes.append(change._replace(action="yank"))
        elif change.action != "yank" or is_yanked:
            changes.append(change)
    return tuple(changes)


def unmatched_yank_lines(
    lines: Iterable[Yank], tags_to_build: Iterable[Tag], catalog: Catalog
) -> tuple[str, ...]:
    """Warnings about lines of the option yank that match no release and no tag that is to be built."""
    lines = list(lines)
    states = catalog.withdrawals.of_projects({line.project for line in lines})
    known = [(state.project, state.version) for state in states]
    known += [(canonicalize_name(tag.project), tag.version) for tag in tags_to_build]
    return tuple(
        f"yank: there is no release {line.project}=={line.version}"
        for line in lines
        if not any(
            line.project == project and same_version(line.version, version) for project, version in known
        )
    )


def _change(release: Release, deleted: str | None, reason: str | None, *, is_removed: bool) -> ReleaseChange:
    """The change of a release whose tag is deleted in that revision, and that is yanked for that reason."""
    changed = release._replace(tag_deleted_in=deleted, yanked=reason)
    if is_removed:
        return ReleaseChange(changed, "remove", yanking.tag_deleted_reason(deleted or ""))
    if reason == release.yanked:
        return ReleaseChange(changed, "note")
    if reason is not None:
        return ReleaseChange(changed, "yank", reason)
    is_back = deleted is None and release.tag_deleted_in is not None
    why = "its tag is there again" if is_back else "no option withdraws it any more"
    return ReleaseChange(changed, "restore", why)


def _moves(published: Iterable[tuple[Tag, Release]]) -> Iterator[ReleaseChange]:
    for tag, release in published:
        if not release.is_at(tag.revision):
            reason = f"{report.label(tag)}: {plan.published(tag, release)}"
            yield ReleaseChange(release._replace(tag_moved_to=tag.revision), "moved", reason)


def _names(state: WithdrawalState) -> Iterator[str]:
    """The normalised name of a release, and that of the folder whose tag it was."""
    yield state.project
    yield canonicalize_name(project_origin(state.origin).rpartition("/")[2])


def _key(release: Release | WithdrawalState) -> Key:
    return release.project, release.filename
