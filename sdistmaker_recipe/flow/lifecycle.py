"""What becomes of releases whose tags were deleted, came back or moved, and of those that options withdraw.

It is found out before anything is built, so that a new tag can take over the release of one that is gone, as
where a folder was moved; what is to be removed goes only after that. Whether a release is yanked follows from
its tag and the options alone: no run has to know what the one before did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import GoneTag, LastScan, Scan
from sdistmaker_recipe.catalog.withdrawals import Withdrawals, WithdrawalState
from sdistmaker_recipe.configuration.option_types import Yank
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index import yanking
from sdistmaker_recipe.model import Failure, Plan, Published, Rejected, Release, ReleaseChange, Tag
from sdistmaker_recipe.names import canonicalize_name, canonicalize_version, same_version
from sdistmaker_recipe.stages import plan, report, withdraw
from sdistmaker_recipe.stages.scan import Source

Key: TypeAlias = tuple[str, str]
"""A release's project and file name."""


class MissingTags(NamedTuple):
    """What is known before a plan is made.

    ``deleted`` has the releases whose tags are newly found to be deleted, with the revisions in which they
    were, ``gone`` those of earlier runs that are to be removed, ``doubts`` the tags, by the number of their
    scan, of which it is not known whether they are gone, ``standings`` all that were withdrawn before.
    """

    deleted: Mapping[Key, tuple[Release, str]]
    gone: frozenset[Key]
    doubts: Mapping[int, tuple[GoneTag, ...]]
    standings: Mapping[Key, WithdrawalState]


def look(
    scans: Sequence[Scan],
    sources: Iterable[Source],
    catalog: Catalog,
    configuration: Configuration,
    options_digest: str,
) -> MissingTags:
    """Find the releases whose tags were deleted; of a repository that could not be read there is none.

    Raises ``StoreError``.
    """
    repositories = {source.url: source.repository for source in sources}
    last, standings = LastScan(catalog), {_key(each): each for each in Withdrawals(catalog).withdrawn()}
    deleted: dict[Key, tuple[Release, str]] = {}
    gone: set[Key] = set()
    doubts: dict[int, tuple[GoneTag, ...]] = {}
    for scan in scans:
        found = withdraw.find_deleted(scan, repositories[scan.url], last, catalog, options_digest)
        deleted |= {_key(release): (release, revision) for release, revision in found.releases}
        doubts[scan.number] = found.doubts
        if configuration.deleted_tags == "remove":
            before = [each for each in standings.values() if each.deleted]
            gone |= {_key(each) for each in withdraw.still_deleted(scan, repositories[scan.url], before)}
    return MissingTags(deleted, frozenset(gone), doubts, standings)


def orphans(missing_tags: MissingTags, configuration: Configuration) -> frozenset[tuple[str, str]]:
    """The releases without a tag for ``plan.CatalogState``: by their name and that of the tag's folder.

    They matter only where an option leaves out tags that could take them over.
    """
    if configuration.prereleases and not configuration.newest:
        return frozenset()
    standings = [each for each in missing_tags.standings.values() if each.deleted is not None]
    every = [*standings, *(_standing(release) for release, _revision in missing_tags.deleted.values())]
    return frozenset((name, canonicalize_version(each.version)) for each in every for name in _names(each))


def standing_failures(
    failures: Iterable[Failure], missing_tags: MissingTags, catalog: Catalog
) -> dict[str, Failure]:
    """The failures that stand, by origin: not those of tags whose file another tag had that is gone now.

    Raises ``StoreError``.
    """
    found: dict[str, Failure] = {}
    for failure in failures:
        key = yanking.clashing(failure.reason)
        release = catalog.release(*key) if key else None
        if key is None or (release and release.deleted is None and key not in missing_tags.deleted):
            found[failure.origin] = failure
    return found


def find_release_changes(
    planned: Plan,
    known: Iterable[tuple[Tag, Release]],
    missing_tags: MissingTags,
    catalog: Catalog,
    configuration: Configuration,
) -> tuple[ReleaseChange, ...]:
    """What becomes of releases, where ``planned`` is to be built; ``known`` are tags with their releases.

    Raises ``StoreError``.
    """
    building = {*planned.build, *(each.tag for each in planned.known_failures)}
    there = [(tag, release) for tag, release in known if tag not in building]
    deleted: dict[Key, str | None] = {key: revision for key, (_, revision) in missing_tags.deleted.items()}
    deleted |= {_key(release): None for _tag, release in there if release.deleted is not None}
    standings = {
        **missing_tags.standings,
        **{key: _standing(release) for key, (release, _) in missing_tags.deleted.items()},
    }
    lines = yanking.lines_by_project(configuration)
    standings |= {_key(each): each for each in Withdrawals(catalog).of(lines)}
    release_changes: list[ReleaseChange] = []
    for key, before in sorted(standings.items()):
        now = deleted.get(key, before.deleted)
        of_project = lines.get(before.project, ())
        why = yanking.yanked(before.version, now, of_project, configuration.deleted_tags)
        # Without a revision: a backup that was restored, maybe, which lacks tags that nobody deleted.
        leaves = bool(now) and configuration.deleted_tags == "remove"
        leaves = leaves and (key in missing_tags.gone or key in missing_tags.deleted)
        if leaves or (now, why) != (before.deleted, before.yanked):
            release = catalog.release(*key)
            release_changes += [_release_change(release, now, why, leaves=leaves)] if release else []
    return (*release_changes, *_moves(there))


def begin(planned: Plan, catalog: Catalog) -> None:
    """Record what becomes of releases; what is to be removed is yanked until ``end``.

    Raises ``StoreError``.
    """
    release_changes = [
        release_change.release
        for release_change in planned.release_changes
        if release_change.action != "moved"
    ]
    if release_changes:
        Withdrawals(catalog).record(release_changes)


def end(planned: Plan, results: Iterable[Published | Rejected], catalog: Catalog) -> None:
    """Take out what is to be removed, unless a tag took it over, or may do so once it builds.

    Raises ``StoreError``.
    """
    failed = [
        *(each.tag for each in results if isinstance(each, Rejected)),
        *(f.tag for f in planned.known_failures),
    ]
    waiting = {(canonicalize_name(tag.project), canonicalize_version(tag.version)) for tag in failed}
    leaving: list[Release] = []
    for release_change in planned.release_changes:
        if release_change.action == "remove":
            release = catalog.release(*_key(release_change.release))
            version = canonicalize_version(release_change.release.version)
            heirs = {(name, version) for name in _names(_standing(release_change.release))}
            if release is not None and release.deleted is not None and not heirs & waiting:
                leaving.append(release)
    if leaving:
        Withdrawals(catalog).take_out(leaving)


def outcome(planned: Plan, missing_tags: MissingTags, catalog: Catalog) -> tuple[ReleaseChange, ...]:
    """What became of releases in the end; that tags moved is remembered as told. Raises ``StoreError``."""
    if moved := [
        release_change.release
        for release_change in planned.release_changes
        if release_change.action == "moved"
    ]:
        Withdrawals(catalog).record_moves(moved)
    release_changes: list[ReleaseChange] = []
    for release_change in planned.release_changes:
        key = _key(release_change.release)
        release = catalog.release(*key)
        yanked = release is not None and release.yanked is not None
        if release_change.action == "remove" and release is not None:
            # It waits for a tag that may take it over.
            release_changes += (
                [release_change._replace(action="yank")]
                if yanked and key not in missing_tags.standings
                else []
            )
        elif release_change.action != "yank" or yanked:
            release_changes.append(release_change)
    return tuple(release_changes)


def unmatched(lines: Iterable[Yank], building: Iterable[Tag], catalog: Catalog) -> tuple[str, ...]:
    """Warnings of lines of the option yank that are neither of a release nor of a tag that is to be built."""
    every = list(lines)
    there = [
        (each.project, each.version) for each in Withdrawals(catalog).of({line.project for line in every})
    ]
    there += [(canonicalize_name(tag.project), tag.version) for tag in building]
    return tuple(
        f"yank: there is no release {line.project}=={line.version}"
        for line in every
        if not any(
            line.project == project and same_version(line.version, version) for project, version in there
        )
    )


def _release_change(release: Release, now: str | None, why: str | None, *, leaves: bool) -> ReleaseChange:
    """What becomes of a release that is deleted and yanked as now and why say; ``leaves`` where it goes."""
    changed = release._replace(deleted=now, yanked=why)
    if leaves:
        return ReleaseChange(changed, "remove", yanking.deletion(now or ""))
    if why == release.yanked:
        return ReleaseChange(changed, "note")
    if why is not None:
        return ReleaseChange(changed, "yank", why)
    is_back = now is None and release.deleted is not None
    return ReleaseChange(
        changed, "restore", "its tag is there again" if is_back else "no option withdraws it any more"
    )


def _moves(there: Iterable[tuple[Tag, Release]]) -> Iterator[ReleaseChange]:
    for tag, release in there:
        if not release.is_at(tag.revision):
            reason = f"{report.label(tag)}: {plan.published(tag, release)}"
            yield ReleaseChange(release._replace(moved_to=tag.revision), "moved", reason)


def _names(release: WithdrawalState) -> Iterator[str]:
    """The normalised name of a release, and that of the folder whose tag it was."""
    yield release.project
    yield canonicalize_name(release.origin.rpartition("/tags/")[0].rpartition("/")[2])


def _standing(release: Release) -> WithdrawalState:
    return WithdrawalState(
        release.project, release.filename, release.version, release.origin, release.deleted, release.yanked
    )


def _key(release: Release | WithdrawalState) -> Key:
    return release.project, release.filename
