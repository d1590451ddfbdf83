"""What the catalog knows of releases that are withdrawn, and of those that are on their way out.

A release that is removed is first taken out of the catalog, and stands in a list until its file is gone too;
so a run that breaks off leaves no file behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.model import Release

_KEY = "WHERE project = ? AND filename = ?"


class Removal(NamedTuple):
    """A file of a release that is no longer published; the file may still be there."""

    project: str
    filename: str
    name: str
    version: str
    sha256: str
    kind: str = "sdist"


class WithdrawalState(NamedTuple):
    """What decides whether a release is withdrawn, and how it is; see ``model.Release``."""

    project: str
    filename: str
    version: str
    origin: str
    tag_deleted_in: str | None
    yanked: str | None


class Withdrawals:
    """What becomes of releases; every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def withdrawn(self) -> list[WithdrawalState]:
        """The releases that are yanked, or whose tag was deleted."""
        return self._standings("yanked IS NOT NULL OR tag_deleted_in IS NOT NULL")

    def of(self, projects: Iterable[str]) -> list[WithdrawalState]:
        """All releases of the projects with these normalised names."""
        return [each for project in projects for each in self._standings("project = ?", project)]

    def record(self, releases: Iterable[Release]) -> None:
        """Record whether tags were deleted and why releases are yanked; pages that say so are owed."""
        with self._catalog.batch():
            for each in releases:
                key = (each.project, each.filename)
                query = f"SELECT project FROM release {_KEY} AND yanked IS NOT ?"
                owed = self._catalog.rows(query, [*key, each.yanked])
                self._owe(project for (project,) in owed)
                values = (each.tag_deleted_in, each.yanked, *key)
                self._catalog.change(f"UPDATE release SET tag_deleted_in = ?, yanked = ? {_KEY}", [values])

    def record_moves(self, releases: Iterable[Release]) -> None:
        """Record where moved tags were when that was reported."""
        rows = [(each.tag_moved_to, each.project, each.filename) for each in releases]
        self._catalog.change(f"UPDATE release SET tag_moved_to = ? {_KEY}", rows)

    def take_out(self, releases: Iterable[Release]) -> None:
        """Publish releases no longer; their files are to be removed once no page names them."""
        with self._catalog.batch():
            for each in releases:
                rows = [
                    (each.project, file.filename, each.name, each.version, file.sha256, file.kind)
                    for file in each.files
                ]
                self._catalog.change("INSERT OR REPLACE INTO file_to_remove VALUES (?, ?, ?, ?, ?, ?)", rows)
                self._catalog.change(f"DELETE FROM release {_KEY}", [(each.project, each.filename)])
                unused = "NOT EXISTS (SELECT 1 FROM release_file AS file WHERE file.sha256 = metadata.sha256)"
                digests = [(file.sha256,) for file in each.files]
                self._catalog.change(f"DELETE FROM metadata WHERE sha256 = ? AND {unused}", digests)
                self._owe([each.project])

    def removals(self) -> list[Removal]:
        """The releases that were taken out and whose files may still be there, by project."""
        columns = ", ".join(Removal._fields)
        query = f"SELECT {columns} FROM file_to_remove ORDER BY project, filename"
        return [Removal(*row) for row in self._catalog.rows(query)]

    def removed(self, removals: Iterable[Removal]) -> None:
        """The files of these are gone."""
        rows = [(each.project, each.filename) for each in removals]
        self._catalog.change(f"DELETE FROM file_to_remove {_KEY}", rows)

    def _standings(self, chosen: str, *values: str) -> list[WithdrawalState]:
        query = (
            f"SELECT project, filename, version, origin, tag_deleted_in, yanked FROM release WHERE {chosen}"
        )
        return [WithdrawalState(*row) for row in self._catalog.rows(query, values)]

    def _owe(self, projects: Iterable[str]) -> None:
        rows = [(each,) for project in projects for each in (project, "")]
        self._catalog.change("INSERT OR IGNORE INTO stale_page VALUES (?)", rows)
