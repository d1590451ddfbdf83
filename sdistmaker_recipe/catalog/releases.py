"""The releases that are published, their files, and the core metadata of these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from sdistmaker_recipe.catalog.database import Database, in_batches, insert, placeholders
from sdistmaker_recipe.catalog.failures import Failures
from sdistmaker_recipe.catalog.pages import Pages
from sdistmaker_recipe.model import ADOPTED, Release, ReleaseFile, Tag, origin_range
from sdistmaker_recipe.names import same_version

_OF_RELEASE = [field for field in Release._fields if field != "files"]
_OF_FILE = list(ReleaseFile._fields)
FILE_COLUMNS = tuple(_OF_FILE)
"""The columns of a file in the table ``release_file``, after those that name its release."""
_COLUMNS = ", ".join(
    [*(f"file.{field}" for field in _OF_FILE), *(f"release.{field}" for field in _OF_RELEASE)]
)
FILES = """
    LEFT JOIN release_file AS file ON file.project = release.project AND file.release = release.filename
"""
"""Follows ``FROM release`` in a query: as ``file`` each file of a release, or NULL in a damaged catalog."""
_BY_NAME = "ORDER BY release.project, release.filename"
_SDIST = """
    SELECT 1 FROM release_file AS file
    WHERE file.project = release.project AND file.filename = release.filename AND file.kind = 'sdist'
"""
_LATEST = """
    (
        SELECT project, release, upload_time FROM release_file WHERE kind = 'sdist'
        ORDER BY upload_time DESC, project, release LIMIT ?
    ) AS latest
    CROSS JOIN release ON release.project = latest.project AND release.filename = latest.release
"""
_BY_TIME = "ORDER BY latest.upload_time DESC, latest.project, latest.release"
# From one project to the next by the index: DISTINCT would read every release.
_PROJECTS = """
    WITH RECURSIVE found (found_project) AS (
        SELECT MIN(project) FROM release
        UNION ALL
        SELECT (SELECT MIN(project) FROM release WHERE project > found_project)
        FROM found WHERE found_project IS NOT NULL
    )
    SELECT found_project FROM found WHERE found_project IS NOT NULL
"""
_ADOPTED_RANGE = (ADOPTED, ADOPTED[:-1] + chr(ord(ADOPTED[-1]) + 1))


class Releases:
    """The published releases. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, database: Database, failures: Failures, pages: Pages) -> None:
        self._database = database
        self._failures = failures
        self._pages = pages

    def all(self) -> list[Release]:
        """Every release, by project and file name."""
        return self._select()

    def of_project(self, project: str) -> list[Release]:
        """The releases of the project with this normalised name, by file name."""
        return self._select("WHERE release.project = ?", [project])

    def get(self, project: str, filename: str) -> Release | None:
        """The release of a project whose sdist has this name."""
        condition = "WHERE release.project = ? AND release.filename = ?"
        return next(iter(self._select(condition, [project, filename])), None)

    def find(self, project: str, filename: str, version: str) -> Release | None:
        """The release of a project whose sdist has this name; else the one of the same version (PEP 440)."""
        if release := self.get(project, filename):
            return release
        query = "SELECT filename, version FROM release WHERE project = ?"
        for name, known_version in self._database.rows(query, [project]):
            if same_version(known_version, version):
                return self.get(project, name)
        return None

    def origins_by_name(self) -> list[tuple[str, str, bool]]:
        """The project, the origin and whether the tag is there, of every release."""
        query = "SELECT project, origin, tag_deleted_in IS NULL FROM release ORDER BY project, origin"
        return [(project, origin, bool(is_there)) for project, origin, is_there in self._database.rows(query)]

    def sources_of(self, project: str) -> list[tuple[str, str, bool]]:
        """The origin, the tag's URL and whether the tag is there, of each release of a project.

        The one that was uploaded first comes first.
        """
        query = f"""
            SELECT origin, tag_url, tag_deleted_in IS NULL FROM release {FILES}
            WHERE release.project = ? AND file.kind = 'sdist' ORDER BY file.upload_time, origin
        """
        rows = self._database.rows(query, [project])
        return [(origin, tag_url, bool(is_there)) for origin, tag_url, is_there in rows]

    def use_of(self, project: str, origin: str) -> tuple[bool, bool]:
        """Whether a project has releases of tags beside this one or of itself, and whether it has others."""
        found = [False, False]
        for place, condition in enumerate(("", "NOT")):
            query = (
                f"SELECT 1 FROM release WHERE project = ? AND {condition} (origin > ? AND origin < ?) LIMIT 1"
            )
            found[place] = bool(self._database.rows(query, [project, *origin_range(origin)]))
        return found[0], found[1]

    def of_tags(self, origins: Collection[str]) -> dict[str, Release]:
        """The releases of the tags with these origins, by origin."""
        found: list[Release] = []
        for batch, places in in_batches(origins):
            found += self._select(f"WHERE release.origin IN ({places})", batch, order="")
        return {release.origin: release for release in found}

    def of_other_repositories(self, uuids: Collection[str]) -> list[Release]:
        """The releases whose tags are, or were, in none of the repositories with these UUIDs."""
        uuid = "substr(origin, 1, instr(origin, '/') - 1)"
        return self._select(f"WHERE {uuid} NOT IN ({placeholders(len(uuids))})", list(uuids))

    def latest(self, count: int) -> list[Release]:
        """The releases whose sdists were uploaded last, so many, the last one first."""
        return self._select(values=[count], source=_LATEST, order=_BY_TIME)

    def has_adopted(self) -> bool:
        """Whether a release was taken over and its tag is not known."""
        query = "SELECT 1 FROM release WHERE origin >= ? AND origin < ? LIMIT 1"
        return bool(self._database.rows(query, _ADOPTED_RANGE))

    def count(self) -> tuple[int, int]:
        """The number of releases, and of projects that have one."""
        ((releases, projects),) = self._database.rows("SELECT releases, projects FROM release_count")
        return releases, projects

    def projects(self) -> list[str]:
        """The normalised names of all projects that have a release, sorted."""
        return self._database.column(_PROJECTS)

    def former_projects(self) -> frozenset[str]:
        """The normalised names of projects that had pages and have no release any more."""
        query = """
            SELECT project FROM listed_project AS listed
            WHERE NOT EXISTS (SELECT 1 FROM release WHERE release.project = listed.project)
        """
        return frozenset(self._database.column(query))

    def metadata(self, sha256: str) -> bytes:
        """The core metadata of the file with this digest; empty if it is not known."""
        content: bytes = self._database.value("SELECT content FROM metadata WHERE sha256 = ?", [sha256], b"")
        return content

    def publish(
        self, release: Release, metadata: Mapping[str, bytes] = MappingProxyType({}), *, instead_of: str = ""
    ) -> None:
        """Record a release, in place of what was published of its tag; forget a failure of the tag.

        It also replaces the release of the tag with the origin ``instead_of``. ``metadata`` is the core
        metadata of its files, by the SHA-256 of the file. Pages are marked stale.
        """
        key = (release.project, release.filename)
        files = [(*key, *file_row(file)) for file in release.files]
        values = [release.filename, *(getattr(release, field) for field in _OF_RELEASE)]
        with self._database.batch():
            origins = [(release.origin,), (instead_of,)]
            self._database.change("DELETE FROM release WHERE origin = ?", origins)
            self._database.change(insert("release", ["filename", *_OF_RELEASE]), [values])
            self._database.change(insert("release_file", ["project", "release", *_OF_FILE]), files)
            self._database.change(insert("metadata", ["sha256", "content"], "OR IGNORE"), metadata.items())
            self._settle_failures(release)

    def set_metadata(self, release: Release) -> None:
        """Record the summary of a release and the digests of its metadata.

        A catalog of the first version has neither.
        """
        condition = "WHERE project = ? AND filename = ?"
        digests = [(file.metadata_sha256, release.project, file.filename) for file in release.files]
        with self._database.batch():
            values = (release.summary, release.project, release.filename)
            self._database.change(f"UPDATE release SET summary = ? {condition}", [values])
            self._database.change(f"UPDATE release_file SET metadata_sha256 = ? {condition}", digests)

    def assign_tag(self, release: Release, tag: Tag) -> Release:
        """Record the tag that a release belongs to, and forget a failure of the tag; the release then.

        Pages are marked stale.
        """
        changed = release._replace(origin=tag.origin, tag_url=tag.url, revision=tag.revision, tag_moved_to="")
        statement = """
            UPDATE release SET origin = ?, tag_url = ?, revision = ?, tag_moved_to = ''
            WHERE project = ? AND filename = ?
        """
        values = (changed.origin, changed.tag_url, changed.revision, changed.project, changed.filename)
        with self._database.batch():
            self._database.change(statement, [values])
            self._settle_failures(changed)
        return changed

    def change_origins(self, changes: Iterable[tuple[Release, Release]]) -> None:
        """Record other origins and revisions of releases, from pairs of a release before and after.

        Pages are marked stale.
        """
        values = [
            (after.origin, after.revision, after.tag_moved_to, before.origin) for before, after in changes
        ]
        origins = [row[:1] for row in values]
        statement = "UPDATE release SET origin = ?, revision = ?, tag_moved_to = ? WHERE origin = ?"
        stale = "INSERT OR IGNORE INTO stale_page SELECT project FROM release WHERE origin = ?"
        with self._database.batch():
            self._database.change(statement, values)
            self._failures.forget(origin for (origin,) in origins)
            self._database.change(stale, origins)

    def check(self) -> None:
        """Raise ``CatalogDamagedError`` if a release has no sdist."""
        query = f"SELECT name, version FROM release WHERE NOT EXISTS ({_SDIST}) LIMIT 1"
        for name, version in self._database.rows(query):
            raise self._database.damage(f"no sdist of {name} {version} is known")

    def _settle_failures(self, release: Release) -> None:
        self._failures.forget([release.origin])
        self._failures.assign_project(release)
        self._pages.mark_stale([release.project, ""])

    def _select(
        self, condition: str = "", values: Sequence[Any] = (), source: str = "release", order: str = _BY_NAME
    ) -> list[Release]:
        """The releases that the parts of a query choose."""
        query = f"SELECT {_COLUMNS} FROM {source} {FILES} {condition} {order}"
        return self._database.read(_releases, query, values)


def _releases(rows: Iterable[tuple[Any, ...]]) -> list[Release]:
    """The releases in rows of ``_COLUMNS``, one row for each file; the sdist comes first in ``files``.

    Raises ``ValueError`` or ``TypeError`` if a value is damaged or a release has no sdist.
    """
    found: list[Release] = []
    others: defaultdict[str, list[ReleaseFile]] = defaultdict(list)
    parse, make_file, make_release = datetime.fromisoformat, ReleaseFile._make, Release._make
    # Some runs read thousands of releases. Slices of rows, or calls of the classes, take a third longer.
    for (
        filename, kind, sha256, size, upload_time, metadata_sha256,
        project, name, version, requires_python, origin, tag_url, revision, toolchain, summary,
        yanked, tag_deleted_in, tag_moved_to, python, lacks_code,
    ) in rows:  # fmt: skip
        file = make_file((filename, kind, sha256, size, parse(upload_time), metadata_sha256))
        if kind == "sdist":
            found.append(make_release((
                project, name, version, (file,), requires_python, origin, tag_url, revision, toolchain,
                summary, yanked, tag_deleted_in, tag_moved_to, python, lacks_code != 0,
            )))  # fmt: skip
        else:
            others[origin].append(file)
    if not others:
        return found
    if incomplete := others.keys() - {release.origin for release in found}:
        raise ValueError(f"no sdist is known of the release of {min(incomplete)}")
    return [
        release._replace(files=(*release.files, *sorted(others.get(release.origin, ())))) for release in found
    ]


def file_row(file: ReleaseFile) -> tuple[Any, ...]:
    """The values of a file in ``FILE_COLUMNS``."""
    return tuple(map(_text, file))


def _text(value: Any) -> Any:  # noqa: ANN401  # any column
    return value.astimezone(timezone.utc).isoformat() if isinstance(value, datetime) else value
