"""Find out which tags were deleted, and remove the files of what is no longer published.

That a tag is not seen says little, for an option may hide it: the repository is asked whether it is there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple, TypeAlias

from sdistmaker_recipe.catalog import Catalog, former_names
from sdistmaker_recipe.catalog.former_names import FormerName, FormerNames
from sdistmaker_recipe.catalog.scan_state import GoneTag, LastScan, Scan
from sdistmaker_recipe.catalog.withdrawals import Removal, Withdrawals, WithdrawalState
from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.index import layout
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Release
from sdistmaker_recipe.vcs import Repository

logger = logging.getLogger(__name__)

Presence: TypeAlias = Literal["there", "gone", "doubt"]


class Deleted(NamedTuple):
    """Releases whose tags a repository no longer has, each with the revision in which its tag was deleted.

    Of the tags in ``doubts`` it did not say; they are looked at again in the next run.
    """

    releases: tuple[tuple[Release, str], ...] = ()
    doubts: tuple[GoneTag, ...] = ()


class Paths:
    """Tells whether something is at paths of a repository in a revision, with few questions."""

    def __init__(self, repository: Repository, peg: str) -> None:
        self._repository = repository
        self._peg = peg
        self._names: dict[str, frozenset[str]] = {}
        self._known: dict[str, Presence] = {}

    def presence(self, path: str) -> Presence:
        """Whether a folder is at path, or whether that is not to be learnt."""
        above = _above(path)
        if (known := next((self._known[each] for each in above if each in self._known), None)) is not None:
            return known
        folder, _slash, name = path.rpartition("/")
        if folder not in self._names:
            found = self._ask_for_names(folder)
            if found != "there":
                return self._climb(folder, found)
        # What we may not read is not listed either.
        return "there" if name in self._names[folder] else self._ask(path)

    def _ask_for_names(self, folder: str) -> Presence:
        try:
            entries = self._repository.entries(folder, self._peg)
        except PathNotFoundError:
            return "gone"
        except RepositoryError as error:
            return _doubt(error)
        self._names[folder] = frozenset(entry.name for entry in entries if entry.is_folder)
        return "there"

    def _ask(self, path: str) -> Presence:
        try:
            return "there" if self._repository.entry(path, self._peg).is_folder else "gone"
        except PathNotFoundError:
            return "gone"
        except RepositoryError as error:
            return _doubt(error)

    def _climb(self, folder: str, found: Presence) -> Presence:
        """Note the highest folder of which the same is to be said, so that it is asked once."""
        parent = folder.rpartition("/")[0]
        while parent and self._ask(parent) == found:
            folder, parent = parent, parent.rpartition("/")[0]
        self._known[folder] = found
        return found


def find_deleted(
    scan: Scan, repository: Repository, last: LastScan, catalog: Catalog, options_digest: str
) -> Deleted:
    """The releases whose tags were deleted since a run dealt with them under this outlook.

    Raises ``StoreError``.
    """
    tags = last.gone(scan) if scan.options_digest == options_digest else _unseen(scan, last, catalog)
    by_origin = {f"{scan.origin}/{tag.path}": tag for tag in sorted(tags)}
    releases = catalog.releases_from(by_origin)
    paths = Paths(repository, scan.seen.peg)
    gone: list[GoneTag] = []
    doubts: list[GoneTag] = []
    for origin, tag in by_origin.items():
        if origin in releases and releases[origin].deleted is None:
            presence = paths.presence(tag.path)
            (gone if presence == "gone" else doubts if presence == "doubt" else []).append(tag)
    revisions = _deletions(repository, {tag.path: tag.peg for tag in gone}, scan.seen.peg)
    found = [(releases[f"{scan.origin}/{tag.path}"], revisions.get(tag.path, "")) for tag in gone]
    return Deleted(tuple(found), tuple(doubts))


def still_deleted(
    scan: Scan, repository: Repository, releases: Iterable[WithdrawalState]
) -> list[WithdrawalState]:
    """Those of releases whose tags were in this repository and are not there now."""
    start = f"{scan.origin}/"
    paths = Paths(repository, scan.seen.peg)
    own = [each for each in releases if each.origin.startswith(start)]
    return [each for each in own if paths.presence(each.origin[len(start) :]) == "gone"]


def has_files_to_remove(catalog: Catalog) -> bool:
    """Whether a run that broke off left files of releases that are published no more."""
    return bool(Withdrawals(catalog).removals())


def remove_files(catalog: Catalog, store: IndexStore) -> None:
    """Remove the files of releases that no page names any more, and the pages of projects without others.

    Of a release that was replaced, the metadata goes where the new file has none to be served.

    The folder of such a project stays, so that its name is not redirected. Raises ``StoreError``.
    """
    withdrawals, names = Withdrawals(catalog), FormerNames(catalog)
    every = withdrawals.removals()
    private = catalog.private_names() if every else frozenset()
    for project, removals in groupby(every, lambda each: each.project):
        for folder in _remove_of(project, list(removals), catalog.releases_of(project), names, store):
            # One of an archive that was taken over may be that of a private name itself.
            if folder not in private:
                store.unmark_private(folder)
    if every:
        withdrawals.removed(every)


def _remove_of(
    project: str,
    removals: Sequence[Removal],
    releases: Sequence[Release],
    names: FormerNames,
    store: IndexStore,
) -> set[str]:
    """Do it for one project; other folders that it had, which may be empty now."""
    if not releases:
        store.remove_files(project, layout.PROJECT_FILES)
    there = {release.filename for release in releases}
    gone = [each for each in removals if each.filename not in there]
    known = names.of_project(project)
    digests = {each.sha256 for each in gone} - {release.sha256 for release in releases}
    lost = [each for each in known if each.sha256 in digests]
    kept = former_names.written_folders(project, [each.name for each in releases], known) if releases else ()
    for folder in {*kept, *former_names.written_folders(project, [each.name for each in gone], known)}:
        second = [*former_names.second_names(folder, gone, known)]
        if folder not in kept:
            store.remove_files(folder, ["index.html"])
            second += former_names.second_names(folder, releases, known)
        store.remove_files(folder, second)
    for name in lost:
        store.remove_files(name.folder, [name.filename])
    for each in gone:
        store.remove_files(project, [f"{each.filename}{layout.METADATA_SUFFIX}", each.filename])
    names.forget(lost)
    for folder in {each.folder for each in lost} & set(kept):
        # It is known by them from now on.
        for filename, release in former_names.second_names(folder, releases, known).items():
            names.add(FormerName(folder, filename, project, release.sha256))
    replaced = {each.filename for each in removals}
    bare = [each.filename for each in releases if each.filename in replaced and not each.metadata_sha256]
    store.remove_files(project, [f"{filename}{layout.METADATA_SUFFIX}" for filename in bare])
    written = layout.written_folders(each.name for each in gone)
    return {*written, *(each.folder for each in known)} - {project}


def _unseen(scan: Scan, last: LastScan, catalog: Catalog) -> list[GoneTag]:
    origins = last.unseen(scan)
    found = []
    for origin, release in catalog.releases_from(origins).items():
        folder, _slash, name = origin[len(scan.origin) + 1 :].rpartition("/")
        if folder == "tags" or folder.endswith("/tags"):
            project = folder.removesuffix("tags").removesuffix("/")
            found.append(GoneTag(project, name, release.revision))
    return found


def _deletions(repository: Repository, gone: dict[str, str], peg: str) -> dict[str, str]:
    if not gone:
        return {}
    try:
        return dict(repository.deletions(gone, peg))
    except RepositoryError as error:
        logger.debug("When tags were deleted is not known: %s", error)
        return {}


def _above(path: str) -> list[str]:
    """The folders above path, from the top."""
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _doubt(error: RepositoryError) -> Presence:
    logger.debug("Whether a tag was deleted is not known: %s", error)
    return "doubt"
