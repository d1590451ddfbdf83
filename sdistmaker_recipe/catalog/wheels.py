"""The wheels of releases that were published before, and why a release has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sdistmaker_recipe.catalog.database import Database, insert
from sdistmaker_recipe.catalog.pages import Pages
from sdistmaker_recipe.catalog.releases import FILE_COLUMNS, Releases, file_row
from sdistmaker_recipe.catalog.withdrawals import FORGET_METADATA, FileToRemove
from sdistmaker_recipe.model import MissingWheel, Release, ReleaseFile

_COLUMNS = ", ".join(f"missing.{field}" for field in MissingWheel._fields)
# Of a release that is gone, or was made again with another sdist, nothing is known.
_PRESENT = """
    FROM missing_wheel AS missing JOIN release_file AS sdist
        ON sdist.project = missing.project AND sdist.filename = missing.filename
            AND sdist.release = missing.filename AND sdist.sha256 = missing.sha256
"""
_WITHOUT_WHEEL = f"""
    SELECT project, filename FROM release
    WHERE NOT EXISTS (
        SELECT 1 FROM release_file AS file
        WHERE file.project = release.project AND file.release = release.filename AND file.kind = 'wheel'
    ) AND NOT EXISTS (
        SELECT 1 {_PRESENT}
        WHERE missing.project = release.project AND missing.filename = release.filename
            AND missing.program_version = ? AND missing.is_permanent AND NOT (missing.is_failure AND ?)
    )
    ORDER BY project, filename
"""


class Wheels:
    """Wheels of published releases. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, database: Database, releases: Releases, pages: Pages) -> None:
        self._database = database
        self._releases = releases
        self._pages = pages

    def releases_without(self, program_version: str, *, retry_failed: bool) -> list[Release]:
        """The releases of which this version of the program has not tried to make a wheel, by name.

        With ``retry_failed`` also those whose wheel failed.
        """
        keys = self._database.rows(_WITHOUT_WHEEL, [program_version, retry_failed])
        found = (self._releases.get(project, filename) for project, filename in keys)
        return [release for release in found if release]

    def releases_to_retry(self) -> list[Release]:
        """The releases whose wheel failed, and may be made though nothing changed."""
        query = f"SELECT missing.project, missing.filename {_PRESENT} WHERE NOT missing.is_permanent"
        found = (self._releases.get(project, filename) for project, filename in self._database.rows(query))
        return [release for release in found if release]

    def owner(self, project: str, filename: str) -> str:
        """The name of the sdist whose release has a file of this name, its sdist or another; "" for none."""
        query = "SELECT release FROM release_file WHERE project = ? AND filename = ?"
        owner: str = self._database.value(query, [project, filename], "")
        return owner

    def add(self, release: Release, wheel: ReleaseFile, metadata: bytes) -> Release:
        """Record a wheel of a release, in place of one with its name; the release then.

        Pages are marked stale.
        """
        key = (release.project, release.filename)
        former = [file for file in release.wheels if file.filename == wheel.filename]
        with self._database.batch():
            changed = self._forget(release, former)
            columns = ["project", "release", *FILE_COLUMNS]
            self._database.change(insert("release_file", columns), [(*key, *file_row(wheel))])
            columns = ["sha256", "content"]
            self._database.change(insert("metadata", columns, "OR IGNORE"), [(wheel.sha256, metadata)])
            self.forget_missing([release])
            self._pages.mark_stale([release.project, ""])
        return changed._replace(files=(*changed.files, wheel))

    def remove(self, release: Release, wheels: Iterable[ReleaseFile]) -> Release:
        """Forget wheels whose files are gone; the release then.

        Their metadata files are to be removed once no page names them. Pages are marked stale.
        """
        gone = list(wheels)
        files = [FileToRemove.of(release, file) for file in gone]
        with self._database.batch():
            self._database.change(insert("file_to_remove", FileToRemove._fields, "OR REPLACE"), files)
            return self._forget(release, gone)

    def _forget(self, release: Release, gone: Sequence[ReleaseFile]) -> Release:
        keys = [(release.project, file.filename) for file in gone]
        with self._database.batch():
            self._database.change("DELETE FROM release_file WHERE project = ? AND filename = ?", keys)
            self._database.change(FORGET_METADATA, [(file.sha256,) for file in gone])
            self._pages.mark_stale([release.project, ""] if gone else [])
        return release._replace(files=tuple(file for file in release.files if file not in gone))

    def record_missing(self, missing: MissingWheel) -> None:
        """Record why a release has no wheel; the page of failures is marked stale."""
        values = [str(value) if isinstance(value, Path) else value for value in missing]
        with self._database.batch():
            self._database.change(insert("missing_wheel", MissingWheel._fields, "OR REPLACE"), [values])
            self._pages.mark_stale([""])

    def forget_missing(self, releases: Iterable[Release]) -> None:
        """Forget why these releases had no wheel."""
        keys = [(release.project, release.filename) for release in releases]
        self._database.change("DELETE FROM missing_wheel WHERE project = ? AND filename = ?", keys)

    def missing(self, release: Release) -> MissingWheel | None:
        """Why a release has no wheel; None if that is not known."""
        query = f"SELECT {_COLUMNS} {_PRESENT} WHERE missing.project = ? AND missing.filename = ?"
        rows = self._database.rows(query, [release.project, release.filename])
        return _missing(rows[0]) if rows else None

    def failed(self) -> list[MissingWheel]:
        """The wheels that failed to build, by release."""
        order = "ORDER BY missing.project, missing.filename"
        query = f"SELECT {_COLUMNS} {_PRESENT} WHERE missing.is_failure {order}"
        return [_missing(row) for row in self._database.rows(query)]


def _missing(row: tuple[object, ...]) -> MissingWheel:
    missing = MissingWheel._make(row)
    log_file = missing.log_file and Path(missing.log_file)
    return missing._replace(
        is_failure=bool(missing.is_failure), is_permanent=bool(missing.is_permanent), log_file=log_file
    )
