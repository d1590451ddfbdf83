"""Find out which tags were deleted, and remove the files of what is no longer published.

If a scan does not find a tag, an option may hide it. So the repository is asked whether the tag is there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog, former_names
from sdistmaker_recipe.catalog.former_names import FormerName
from sdistmaker_recipe.catalog.scan_state import GoneTag, Scan, ScanState
from sdistmaker_recipe.catalog.withdrawals import FileToRemove, WithdrawalState
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.index import layout
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Release, project_and_path
from sdistmaker_recipe.vcs import Repository

logger = logging.getLogger(__name__)


class Deleted(NamedTuple):
    """Releases whose tags a repository no longer has, each with the revision in which its tag was deleted.

    The revision is "" if nobody knows it. Of the tags in ``unconfirmed`` the repository did not say
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
    by_origin = {tag.origin(scan.origin): tag for tag in sorted(tags)}
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
    paths = {
        release: found[1]
        for release in releases
        if (found := project_and_path(release.origin, scan.origin)) is not None
    }
    presence = repository.presence(paths.values())
    return [release for release, path in paths.items() if presence[path] == "gone"]


def has_files_to_remove(catalog: Catalog) -> bool:
    """Whether a run that broke off left files of releases that are no longer published."""
    return bool(catalog.withdrawals.files_to_remove())


def remove_files(catalog: Catalog, store: IndexStore) -> None:
    """Remove files of unpublished releases, which no page names, and the pages of projects without releases.

    The folder of such a project stays as the marker of its name. If a release was replaced and the new file
    has no metadata to serve, the former metadata file is removed. Raises ``StoreError``.
    """
    files = catalog.withdrawals.files_to_remove()
    if not files:
        return
    private = catalog.private_names.all()
    for project, files_of_project in groupby(files, lambda file: file.project):
        for folder in _remove_files_of(project, list(files_of_project), catalog, store):
            # A folder of a project that was taken over may be the marker of another private name.
            if folder not in private:
                store.unmark_private(folder)
    catalog.withdrawals.mark_removed(files)


def _remove_files_of(
    project: str, files: Sequence[FileToRemove], catalog: Catalog, store: IndexStore
) -> set[str]:
    """Remove files of one project; the folders beside its own, which may be empty now."""
    releases = catalog.releases.of_project(project)
    if not releases:
        store.remove_files(project, layout.PROJECT_PAGES)
        store.remove_release_pages(project, store.release_pages(project))
    published = {file.filename: file for release in releases for file in release.files}
    gone = [file for file in files if file.filename not in published]
    gone_sdists = [file for file in gone if file.kind == "sdist"]
    former = catalog.former_names.of_project(project)
    folders = {name.folder for name in former}
    wheels = {file.sha256 for file in gone if file.kind == "wheel"}
    _remove_former_names([name for name in former if name.sha256 in wheels], catalog, store)
    _remove_second_names(project, gone_sdists, releases, catalog, store)
    for file in gone:
        store.remove_files(project, [f"{file.filename}{layout.METADATA_SUFFIX}", file.filename])
    replaced = [published[file.filename] for file in files if file.filename in published]
    without_metadata = [file.filename for file in replaced if not file.metadata_sha256]
    store.remove_files(project, [f"{filename}{layout.METADATA_SUFFIX}" for filename in without_metadata])
    return {*layout.legacy_folders(file.name for file in gone_sdists), *folders} - {project}


def _remove_second_names(
    project: str,
    gone: Sequence[FileToRemove],
    releases: Sequence[Release],
    catalog: Catalog,
    store: IndexStore,
) -> None:
    """Remove the second names of sdists that are gone, and folders' pages that no release needs any more."""
    former = catalog.former_names.of_project(project)
    digests = {file.sha256 for file in gone} - {release.sha256 for release in releases}
    gone_names = [name for name in former if name.sha256 in digests]
    needed = _legacy_folders(project, releases, former) if releases else set()
    for folder in needed | _legacy_folders(project, gone, former):
        second_names = [*former_names.second_names(folder, gone, former)]
        if folder not in needed:
            store.remove_files(folder, ["index.html"])
            second_names += former_names.second_names(folder, releases, former)
        store.remove_files(folder, second_names)
    _remove_former_names(gone_names, catalog, store)
    for folder in {name.folder for name in gone_names} & needed:
        # Only the removed names made this a folder with a page: from now on its second names do.
        for filename, release in former_names.second_names(folder, releases, former).items():
            catalog.former_names.add(FormerName(folder, filename, project, release.sha256))


def _remove_former_names(names: Sequence[FormerName], catalog: Catalog, store: IndexStore) -> None:
    for name in names:
        store.remove_files(name.folder, [name.filename])
    catalog.former_names.remove(names)


def _legacy_folders(
    project: str, releases: Iterable[Release | FileToRemove], former: Iterable[FormerName]
) -> set[str]:
    return {*former_names.legacy_folders(project, [release.name for release in releases], former)}


def _tags_not_found(scan: Scan, state: ScanState, catalog: Catalog) -> list[GoneTag]:
    """The tags of releases that the scan does not find, each last seen when its release was made."""
    releases = catalog.releases.of_tags(state.origins_without_tag(scan))
    tags = (GoneTag.of_origin(origin, scan.origin, release.revision) for origin, release in releases.items())
    return [tag for tag in tags if tag]


def _deletions(repository: Repository, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
    if not last_revisions:
        return {}
    try:
        return repository.deletions(last_revisions)
    except RepositoryError as error:
        logger.debug("When tags were deleted is not known: %s", error)
        return {}
