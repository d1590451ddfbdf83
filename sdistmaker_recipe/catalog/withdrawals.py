"""Which releases are withdrawn, and which files are to be removed.

A release that is removed leaves the catalog first. Its files stay in a list until they are gone, so that a
run that breaks off leaves no file behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sdistmaker_recipe.catalog.database import Database, insert
from sdistmaker_recipe.catalog.pages import Pages
from sdistmaker_recipe.model import Release, ReleaseFile

_KEY = "WHERE project = ? AND filename = ?"
FORGET_METADATA = """
    DELETE FROM metadata WHERE sha256 = ?
        AND NOT EXISTS (SELECT 1 FROM release_file AS file WHERE file.sha256 = metadata.sha256)
"""
"""The statement that removes the metadata of a file with this digest, unless another file has the same."""


class FileToRemove(NamedTuple):
    """A file of a release that is no longer published; the file may be gone already.

    ``name`` and ``version`` are those of the release, ``kind`` as in ``model.ReleaseFile``.
    """

    project: str
    filename: str
    name: str
    version: str
    sha256: str
    kind: str = "sdist"

    @staticmethod
    def of(release: Release, file: ReleaseFile) -> FileToRemove:
        """The file of a release, to be removed."""
        return FileToRemove(
            release.project, file.filename, release.name, release.version, file.sha256, file.kind
        )


class WithdrawalState(NamedTuple):
    """The part of a release that decides whether it is withdrawn: see ``model.Release``."""

    project: str
    filename: str
    version: str
    origin: str
    tag_deleted_in: str | None
    yanked: str | None

    @staticmethod
    def of(release: Release) -> WithdrawalState:
        """The state of a release."""
        return WithdrawalState(
            release.project,
            release.filename,
            release.version,
            release.origin,
            release.tag_deleted_in,
            release.yanked,
        )


class Withdrawals:
    """Releases that are withdrawn. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, database: Database, pages: Pages) -> None:
        self._database = database
        self._pages = pages

    def all(self) -> list[WithdrawalState]:
        """The releases that are yanked, or whose tag was deleted."""
        return self._select("yanked IS NOT NULL OR tag_deleted_in IS NOT NULL")

    def of_projects(self, projects: Iterable[str]) -> list[WithdrawalState]:
        """The state of all releases, also of those not withdrawn, of projects with these normalised names."""
        return [state for project in projects for state in self._select("project = ?", project)]

    def record(self, releases: Iterable[Release]) -> None:
        """Record when tags were deleted and why releases are yanked; changed pages are marked stale."""
        with self._database.batch():
            for release in releases:
                key = (release.project, release.filename)
                query = f"SELECT project FROM release {_KEY} AND yanked IS NOT ?"
                for project in self._database.column(query, [*key, release.yanked]):
                    self._pages.mark_stale([project, ""])
                values = (release.tag_deleted_in, release.yanked, *key)
                self._database.change(f"UPDATE release SET tag_deleted_in = ?, yanked = ? {_KEY}", [values])

    def record_moves(self, releases: Iterable[Release]) -> None:
        """Record the revisions to which tags moved, once that is reported."""
        rows = [(release.tag_moved_to, release.project, release.filename) for release in releases]
        self._database.change(f"UPDATE release SET tag_moved_to = ? {_KEY}", rows)

    def unpublish(self, releases: Iterable[Release]) -> None:
        """Take releases out of the catalog; their files are to be removed once no page names them."""
        with self._database.batch():
            for release in releases:
                files = [FileToRemove.of(release, file) for file in release.files]
                self._database.change(insert("file_to_remove", FileToRemove._fields, "OR REPLACE"), files)
                for table in ("release", "missing_wheel"):
                    self._database.change(
                        f"DELETE FROM {table} {_KEY}", [(release.project, release.filename)]
                    )
                self._database.change(FORGET_METADATA, [(file.sha256,) for file in files])
                self._pages.mark_stale([release.project, ""])

    def files_to_remove(self) -> list[FileToRemove]:
        """The files of unpublished releases that may still be there, by project."""
        columns = ", ".join(FileToRemove._fields)
        query = f"SELECT {columns} FROM file_to_remove ORDER BY project, filename"
        return [FileToRemove(*row) for row in self._database.rows(query)]

    def mark_removed(self, files: Iterable[FileToRemove]) -> None:
        """Record that these files are gone."""
        rows = [(file.project, file.filename) for file in files]
        self._database.change(f"DELETE FROM file_to_remove {_KEY}", rows)

    def _select(self, condition: str, *values: str) -> list[WithdrawalState]:
        columns = ", ".join(WithdrawalState._fields)
        query = f"SELECT {columns} FROM release WHERE {condition}"
        return [WithdrawalState(*row) for row in self._database.rows(query, values)]
