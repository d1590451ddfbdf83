"""The tags that failed to build, until they are published or gone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sdistmaker_recipe.catalog.database import Database, insert
from sdistmaker_recipe.catalog.pages import Pages
from sdistmaker_recipe.model import Failure, Release, origin_range

_COLUMNS = ", ".join(Failure._fields)
_IN_RANGE = "origin > ? AND origin < ?"
_STALE = "INSERT OR IGNORE INTO stale_page SELECT project FROM failure"


class Failures:
    """The recorded failures. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, database: Database, pages: Pages) -> None:
        self._database = database
        self._pages = pages

    def all(self) -> list[Failure]:
        """Every failure."""
        return [_failure(row) for row in self._database.rows(f"SELECT {_COLUMNS} FROM failure")]

    def get(self, origin: str) -> Failure | None:
        """The failure of the tag with this origin."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM failure WHERE origin = ?", [origin])
        return _failure(rows[0]) if rows else None

    def add(self, failure: Failure) -> None:
        """Record a failure in place of an older one of the same tag; pages are marked stale.

        If other tags of the same project are published, the failure gets their project's name: metadata may
        name it otherwise than its folder.
        """
        query = f"""
            SELECT release.project
            FROM release LEFT JOIN release_file AS file
                ON file.project = release.project AND file.filename = release.filename
            WHERE {_IN_RANGE} ORDER BY file.upload_time DESC LIMIT 1
        """
        project = self._database.value(query, origin_range(failure.origin), failure.project)
        failure = failure._replace(project=project)
        values = [str(value) if isinstance(value, Path) else value for value in failure]
        with self._database.batch():
            self._database.change(insert("failure", Failure._fields, "OR REPLACE"), [values])
            self._pages.mark_stale([failure.project, ""])

    def remove(self, origins: Iterable[str]) -> None:
        """Forget the failures of tags that are gone; pages are marked stale."""
        gone = list(origins)
        with self._database.batch():
            self.forget(gone)
            self._pages.mark_stale([""] if gone else [])

    def forget(self, origins: Iterable[str]) -> None:
        """Forget the failures of tags, if they have some; the pages of their projects are marked stale."""
        rows = [(origin,) for origin in origins]
        with self._database.batch():
            self._database.change(f"{_STALE} WHERE origin = ?", rows)
            self._database.change("DELETE FROM failure WHERE origin = ?", rows)

    def assign_project(self, release: Release) -> None:
        """Give failures of other tags of the same project the name under which this release is published.

        The pages of the projects that had them before are marked stale.
        """
        values = (release.project, *origin_range(release.origin))
        condition = f"WHERE project != ? AND {_IN_RANGE}"
        with self._database.batch():
            self._database.change(f"{_STALE} {condition}", [values])
            statement = f"UPDATE failure SET project = ? {condition}"
            self._database.change(statement, [(release.project, *values)])


def _failure(row: tuple[Any, ...]) -> Failure:
    origin, fingerprint, reason, log_file, is_permanent, *known_by = row
    return Failure(origin, fingerprint, reason, Path(log_file), bool(is_permanent), *known_by)
