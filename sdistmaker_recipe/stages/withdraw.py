"""Find out which tags were deleted, and remove the files of what is no longer published.

If a scan does not find a tag, an option may hide it. So the repository is asked whether the tag is there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog, former_names
from sdistmaker_recipe.catalog.former_names import FormerName, FormerNames
from sdistmaker_recipe.catalog.scan_state import GoneTag, Scan, ScanState
from sdistmaker_recipe.catalog.withdrawals import FileToRemove, WithdrawalState
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.index import layout
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Release, split_tag_path
from sdistmaker_recipe.vcs import Repository

logger = logging.getLogger(__name__)


class Deleted(NamedTuple):
    """Releases whose tags a repository no longer has, each with the revision in which its tag was deleted.

    The revision is "" where nobody knows it. Of the tags in ``unconfirmed`` the repository did not say
    whether they are gone; the next run asks again.
    """

    releases: tuple[tuple[Release, str], ...] = ()
    unconfirmed: tuple[GoneTag, ...] = ()


def find_deleted(
    scan: Scan, repository: Repository, state: ScanState, catalog: Catalog, options_digest: str
) -> Deleted:
    """The releases whose tags were deleted since a run dealt with them under options with this digest.

    Raises ``StoreError``.
    """
    is_same = scan.options_digest == options_digest
    tags = state.gone_tags(scan) if is_same else _tags_not_found(scan, state, catalog)
    by_origin = {f"{scan.origin}/{tag.path}": tag for tag in sorted(tags)}
    releases = catalog.releases.of_tags(by_origin)
    # Of these it is not known yet that their tags are gone.
    candidates = {
        tag: releases[origin]
        for origin, tag in by_origin.items()
        if origin in releases and releases[origin].tag_deleted_in is None
    }
    presence = repository.presence(tag.path for tag in candidates)
    gone = [tag for tag in candidates if presence[tag.path] == "gone"]
    unconfirmed = [tag for tag in candidates if presence[tag.path] == "unknown"]
    revisions = _deletions(repository, {tag.path: tag.last_revision for tag in gone})
    found = [(candidates[tag], revisions.get(tag.path, "")) for tag in gone]
    return Deleted(tuple(found), tuple(unconfirmed))


def still_deleted(
    scan: Scan, repository: Repository, releases: Iterable[WithdrawalState]
) -> list[WithdrawalState]:
    """The releases whose tags were in this repository and are not there now."""
    start = f"{scan.origin}/"
    paths = {
        release: release.origin.removeprefix(start)
        for release in releases
        if release.origin.startswith(start)
    }
    presence = repository.presence(paths.values())
    return [release for release, path in paths.items() if presence[path] == "gone"]


def has_files_to_remove(catalog: Catalog) -> bool:
    """Whether a run that broke off left files of releases that are published no more."""
    return bool(catalog.withdrawals.files_to_remove())


def remove_files(catalog: Catalog, store: IndexStore) -> None:
    """Remove the files of releases that no page names any more, and the pages of projects without others.

    Of a release that was replaced, the metadata goes where the new file has none to be served.

    The folder of such a project stays, so that its name is not redirected. Raises ``StoreError``.
    """
    withdrawals, names = catalog.withdrawals, catalog.former_names
    every = withdrawals.files_to_remove()
    private = catalog.private_names.all() if every else frozenset()
    for project, removals in groupby(every, lambda each: each.project):
        for folder in _remove_of(project, list(removals), catalog.releases.of_project(project), names, store):
            # One of an archive that was taken over may be that of a private name itself.
            if folder not in private:
                store.unmark_private(folder)
    if every:
        withdrawals.mark_removed(every)


def _remove_of(
    project: str,
    removals: Sequence[FileToRemove],
    releases: Sequence[Release],
    names: FormerNames,
    store: IndexStore,
) -> set[str]:
    """Do it for one project; other folders that it had, which may be empty now."""
    if not releases:
        store.remove_files(project, layout.PROJECT_PAGES)
    there = {file.filename for release in releases for file in release.files}
    gone_files = [each for each in removals if each.filename not in there]
    gone = [each for each in gone_files if each.kind == "sdist"]
    known = names.of_project(project)
    digests = {each.sha256 for each in gone} - {release.sha256 for release in releases}
    lost = [each for each in known if each.sha256 in digests]
    kept = former_names.legacy_folders(project, [each.name for each in releases], known) if releases else ()
    for folder in {*kept, *former_names.legacy_folders(project, [each.name for each in gone], known)}:
        second = [*former_names.second_names(folder, gone, known)]
        if folder not in kept:
            store.remove_files(folder, ["index.html"])
            second += former_names.second_names(folder, releases, known)
        store.remove_files(folder, second)
    for name in lost:
        store.remove_files(name.folder, [name.filename])
    for each in gone_files:
        store.remove_files(project, [f"{each.filename}{layout.METADATA_SUFFIX}", each.filename])
    names.remove(lost)
    for folder in {each.folder for each in lost} & set(kept):
        # It is known by them from now on.
        for filename, release in former_names.second_names(folder, releases, known).items():
            names.add(FormerName(folder, filename, project, release.sha256))
    replaced = {each.filename for each in removals}
    files = [file for release in releases for file in release.files]
    bare = [file.filename for file in files if file.filename in replaced and not file.metadata_sha256]
    store.remove_files(project, [f"{filename}{layout.METADATA_SUFFIX}" for filename in bare])
    written = layout.legacy_folders(each.name for each in gone)
    return {*written, *(each.folder for each in known)} - {project}


def _tags_not_found(scan: Scan, state: ScanState, catalog: Catalog) -> list[GoneTag]:
    """The tags of releases that the scan does not find, each last seen when its release was made."""
    found = []
    for origin, release in catalog.releases.of_tags(state.origins_without_tag(scan)).items():
        parts = split_tag_path(origin.removeprefix(f"{scan.origin}/"))
        if parts:
            found.append(GoneTag(*parts, release.revision))
    return found


def _deletions(repository: Repository, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
    if not last_revisions:
        return {}
    try:
        return repository.deletions(last_revisions)
    except RepositoryError as error:
        logger.debug("When tags were deleted is not known: %s", error)
        return {}
