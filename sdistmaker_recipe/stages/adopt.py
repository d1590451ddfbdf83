"""Take over what is in the index and not in the catalog: of other tools, or because the catalog was lost.

Nothing is built and no file is changed or removed: an archive gets a second name where its own is not the one
that clients of today look for. What is not what our own page listed by that name is moved aside.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from itertools import groupby, islice
from pathlib import Path

from sdistmaker_recipe.catalog import Catalog, archives, former_names, match_adopted, private_names
from sdistmaker_recipe.catalog.archives import ArchiveMetadata
from sdistmaker_recipe.catalog.former_names import FormerName
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.index import layout, yanking
from sdistmaker_recipe.index.atomic_files import sha256_of, sync_filesystem
from sdistmaker_recipe.index.existing_files import (
    IndexPath,
    ListedFile,
    ListedFiles,
    find_distributions,
    read_index_json,
)
from sdistmaker_recipe.index.file_status import file_status
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import ADOPTED, Adopted, Adoption, NotAdopted, Release, ReleaseFile
from sdistmaker_recipe.names import canonicalize_name

_NOTE = "adoption"
_BEGUN, _DONE = "begun", "done"
_AT_ONCE = 200
"""So many files are taken over in one transaction, which waits once for the disk."""


def adopt(store: IndexStore, catalog: Catalog, last: ScanState, *, wanted: bool, change: bool) -> Adoption:
    """Take over all archives that the catalog does not know, where that is due or ``wanted``.

    It is due once, for an index whose catalog has no release yet; where it breaks off the next run goes on.
    Without ``change`` only the catalog is changed, which is then a copy. Raises ``StoreError``.
    """
    note = catalog.note(_NOTE)
    if note == _DONE and not wanted:
        return Adoption()
    if note == "" and catalog.releases.count()[0] and not wanted:
        # Of a version that took nothing over.
        catalog.set_note(_NOTE, _DONE)
        return Adoption()
    adopter = _Adopter(store, catalog, change=change)
    every = find_distributions(store.folder)
    catalog.set_note(_NOTE, _BEGUN)
    # Before a name is asked for: whether one that is private was a guess nobody knows any more.
    private_names.reserve_existing_names(_names(every, store), catalog, store, change=change)
    files = iter(every)
    while some := list(islice(files, _AT_ONCE)):
        with catalog.batch():
            for place in some:
                adopter.take(place)
            if change:
                sync_filesystem(store.folder)
    adopter.remove_pages()
    catalog.set_note(_NOTE, _DONE)
    return Adoption(tuple(_with_tags(adopter.taken, catalog, last)), adopter.left_alone())


def _names(places: Iterable[IndexPath], store: IndexStore) -> Iterator[str]:
    """The names of folders with distributions, links too, and of projects with archives in the root."""
    for folder, some in groupby(places, lambda place: place.folder):
        if folder:
            yield folder
            continue
        for place in some:
            name, at, _version = re.split(r"(-(?=v?\d)|$)", place.filename, maxsplit=1)
            yield _told_name(store.folder / place.filename) or (name if at else "")


def _told_name(path: Path) -> str:
    """The name of the project that a file says; "" where it is no archive that can be read."""
    try:
        return archives.read_archive(path).name if file_status(path) else ""
    except (BuildError, OSError):
        return ""


def _with_tags(taken: list[Adopted], catalog: Catalog, last: ScanState) -> Iterator[Adopted]:
    names = sorted({each.release.project for each in taken})
    tags = (tag for _name, theirs in last.projects_named(names) for tag in theirs)
    known = match_adopted.match_adopted(tags, catalog)
    for each in taken:
        yield each._replace(release=known.get(each.release.origin, each.release))


class _LeftAloneError(Exception):
    """A file is not taken over, and why."""


class _NotListedError(_LeftAloneError):
    """One that our page of a project listed with other content: it must not pass for what was published."""

    def __init__(self, project: str) -> None:
        super().__init__(f"its content is not what {project}/index.json lists")
        self.project = project


class _Adopter:
    """Takes over one file after the other."""

    def __init__(self, store: IndexStore, catalog: Catalog, *, change: bool) -> None:
        self.taken: list[Adopted] = []
        self._left: dict[IndexPath, str] = {}
        self._store = store
        self._catalog = catalog
        self._names = catalog.former_names
        self._change = change
        # A run that broke off left them to be removed.
        self._leaving = {each.sha256 for each in catalog.withdrawals.files_to_remove()}
        self._listing: tuple[str, ListedFiles] = ("", {})
        self._unlisted: set[str] = set()
        self._seconds: tuple[str, dict[str, Release]] = ("", {})

    def left_alone(self) -> tuple[NotAdopted, ...]:
        """What was not taken over."""
        return tuple(NotAdopted(str(place), reason) for place, reason in self._left.items())

    def remove_pages(self) -> None:
        """Remove the pages of projects that name nothing but files that were moved away."""
        if self._change:
            for project in self._unlisted:
                if not self._catalog.releases.of_project(project):
                    self._store.remove_files(project, layout.PROJECT_PAGES)

    def take(self, place: IndexPath) -> None:
        """Take over a file, or note why not; what is known already is passed over."""
        is_known = not place.problem and (self._is_known(place) or self._is_second_name(place))
        if is_known or place in self._left:
            return
        try:
            self._take(place)
        except _NotListedError as error:
            self._left[place] = f"{error}; {self._moved_aside(place)}"
            self._unlisted.add(error.project)
        except _LeftAloneError as error:
            self._left[place] = str(error)

    def _take(self, place: IndexPath) -> None:
        if place.problem:
            raise _LeftAloneError(place.problem)
        path = self._path(place)
        told, sha256 = _examined(path)
        if sha256 in self._leaving:
            return
        own = _own_place(place, told)
        listed = self._listed(own)
        is_listed = listed is not None and listed.sha256 == sha256
        if self._is_other_name(place, own, told, sha256, is_listed=is_listed):
            return
        if listed is not None and not is_listed:
            raise _NotListedError(own.folder)
        if self._make_room(own, sha256):
            self._is_other_name(place, own, told, sha256, is_listed=False)
            return
        file = path.stat()
        self._put(place, own, file.st_mtime)
        yanked = listed.yanked if listed else None
        sdist = ReleaseFile(
            filename=own.filename,
            kind="sdist",
            sha256=sha256,
            size=file.st_size,
            upload_time=(listed.upload_time if listed else None) or _time(file.st_mtime),
            metadata_sha256=told.metadata_sha256,
        )
        release = Release(
            project=own.folder,
            name=told.name,
            version=told.version,
            files=(sdist,),
            requires_python=told.requires_python,
            origin=f"{ADOPTED}{own}",
            tag_url="",
            revision="",
            toolchain="",
            yanked=yanked,
            summary=told.details.summary,
            tag_deleted_in=yanking.deleted_revision(yanked),
        )
        self._catalog.releases.publish(release, {sha256: told.metadata})
        if place != own:
            self._note(place, release, sha256)
        self.taken.append(Adopted(str(place), release))

    def _is_known(self, place: IndexPath) -> bool:
        known = self._catalog.releases.get(place.folder, place.filename)
        return bool(known or self._names.get(place.folder, place.filename))

    def _is_second_name(self, place: IndexPath) -> bool:
        """Whether that is a name of ours for an archive that is known, which is told without reading it."""
        if self._seconds[0] != place.folder:
            self._seconds = (place.folder, self._second_names(place.folder))
        release = self._seconds[1].get(place.filename)
        return release is not None and self._store.is_same_file(
            release.project, release.filename, place.folder, place.filename
        )

    def _second_names(self, folder: str) -> dict[str, Release]:
        project = canonicalize_name(folder)
        releases, known = self._catalog.releases.of_project(project), self._names.of_project(project)
        written = former_names.legacy_folders(project, [each.name for each in releases], known)
        return former_names.second_names(folder, releases, known) if folder in written else {}

    def _note(self, place: IndexPath, release: Release, sha256: str) -> None:
        """Note where a file is, unless a release's file has that name by rule: there others may follow it."""
        by_rule = former_names.is_by_rule(place.folder, place.filename, release, release.name)
        if not by_rule or sha256 != release.sha256:
            self._names.add(FormerName(place.folder, place.filename, release.project, sha256))

    def _is_other_name(
        self, place: IndexPath, own: IndexPath, told: ArchiveMetadata, sha256: str, *, is_listed: bool
    ) -> bool:
        """Whether there is such a release; the file is one more name of its file then, or lost against it."""
        there = self._catalog.releases.find(own.folder, own.filename, told.version)
        # Our pages can have listed 1.0 and 1.0.0, where those were two tags.
        if there is None or (there.filename != own.filename and is_listed):
            return False
        self._note(place, there, sha256)
        if there.sha256 != sha256:
            taken = f"{there.project}/{there.filename}"
            raise _LeftAloneError(f"{taken} is {told.name} {told.version} already, with other content")
        return True

    def _put(self, place: IndexPath, own: IndexPath, mtime: float) -> None:
        """Give a file the name that clients look for; the one it has stays."""
        self._catalog.private_names.update([own.folder], ())
        if place == own:
            return
        if self._change:
            stored = self._store.add_archive(own.folder, own.filename, self._path(place))
            if stored.is_new:
                # Where it is a copy; should this run break off, the next one asks the copy.
                os.utime(self._path(own), (mtime, mtime))

    def _make_room(self, own: IndexPath, sha256: str) -> bool:
        """What lies where a file of ours will be is taken over or, where that cannot be, moved away.

        Whether it was taken over.
        """
        path = self._path(own)
        known = self._catalog.releases.get(own.folder, own.filename)
        is_file = self._store.has_file(own.folder, own.filename)
        if known or not self._store.path_exists(own.folder, own.filename):
            return False
        if is_file and sha256_of(path) == sha256:
            return False
        try:
            self._take(own._replace(problem="" if is_file else "it is not a file"))
        except _LeftAloneError as error:
            self._left[own] = f"{error}; it is in the way, and {self._moved_aside(own)}"
            return False
        return True

    def _moved_aside(self, place: IndexPath) -> str:
        """Move a file aside, or only say that it would be."""
        if not self._change:
            return f"would be moved to {self._store.quarantine_folder}"
        return f"is moved to {self._store.quarantine(place.folder, place.filename)}"

    def _listed(self, own: IndexPath) -> ListedFile | None:
        if self._listing[0] != own.folder:
            self._listing = (own.folder, read_index_json(self._store.folder / own.folder / "index.json"))
        return self._listing[1].get(own.filename)

    def _path(self, place: IndexPath) -> Path:
        return self._store.folder / place.folder / place.filename


def _examined(path: Path) -> tuple[ArchiveMetadata, str]:
    try:
        return archives.read_archive(path), sha256_of(path)
    except BuildError as error:
        raise _LeftAloneError(str(error)) from error
    except OSError as error:
        raise _LeftAloneError(f"it cannot be read: {error.strerror or error}") from error


def _own_place(place: IndexPath, told: ArchiveMetadata) -> IndexPath:
    """Where a release's file is in an index of ours."""
    try:
        project = layout.project_folder(told.name)
        suffix = layout.sdist_suffix(place.filename)
        filename = layout.sdist_filename(told.name, told.version, suffix)
    except ValueError as error:
        raise _LeftAloneError(f"its metadata cannot be used: {error}") from error
    if not layout.is_sdist_of(place.filename, told.name, told.version):
        raise _LeftAloneError(f"its metadata is that of {told.name} {told.version}")
    return IndexPath(project, filename)


def _time(mtime: float) -> datetime:
    try:
        return datetime.fromtimestamp(mtime, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, timezone.utc)
