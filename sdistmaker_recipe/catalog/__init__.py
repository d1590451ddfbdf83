"""The catalog: an SQLite file in the state folder.

It holds the releases that are published, the failures that are remembered, the toolchains that worked, the
projects whose pages are still to be written, what the last scan saw (see ``scan_state``), under which names
archives were there before us (``other_names``), and how the index was left. Every change is one transaction.
"""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sdistmaker_recipe.errors import SAME_ACCOUNT, CatalogDamagedError, StoreError
from sdistmaker_recipe.model import Failure, ListedProject, Release, ReleaseFile, Tag, origin_range

_FIRST = """
CREATE TABLE release (
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    filename TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    requires_python TEXT NOT NULL,
    upload_time TEXT NOT NULL,
    origin TEXT NOT NULL UNIQUE,
    tag_url TEXT NOT NULL,
    revision TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    PRIMARY KEY (project, filename)
) WITHOUT ROWID;
CREATE TABLE metadata (
    sha256 TEXT PRIMARY KEY,
    content BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE failure (
    origin TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    reason TEXT NOT NULL,
    log_file TEXT NOT NULL,
    lasting INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE owed (project TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE toolchain (project TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE repository (uuid TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_SECOND = """
ALTER TABLE release ADD COLUMN metadata_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE release ADD COLUMN yanked TEXT;
ALTER TABLE release ADD COLUMN summary TEXT NOT NULL DEFAULT '';
CREATE INDEX release_by_upload_time ON release (upload_time);
DELETE FROM failure;
ALTER TABLE failure ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE failure ADD COLUMN tag TEXT NOT NULL DEFAULT '';
ALTER TABLE failure ADD COLUMN revision TEXT NOT NULL DEFAULT '';
CREATE TABLE project (
    project TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    summary TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE description (
    project TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    html TEXT NOT NULL
);
CREATE TABLE private (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE watched (name TEXT PRIMARY KEY, taken INTEGER NOT NULL, asked TEXT NOT NULL) WITHOUT ROWID;
INSERT OR REPLACE INTO note SELECT 'unread metadata', 'yes' WHERE EXISTS (SELECT 1 FROM release);
"""
_THIRD = """
CREATE TABLE scan (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    peg TEXT NOT NULL,
    revision TEXT NOT NULL,
    time TEXT NOT NULL,
    outlook TEXT NOT NULL
);
CREATE TABLE seen_folder (
    scan INTEGER NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    pending INTEGER NOT NULL,
    PRIMARY KEY (scan, path)
) WITHOUT ROWID;
CREATE INDEX seen_folder_pending ON seen_folder (scan) WHERE pending;
CREATE INDEX seen_folder_by_name ON seen_folder (name) WHERE name != '';
CREATE TABLE seen_tag (
    scan INTEGER NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    revision TEXT NOT NULL,
    time TEXT NOT NULL,
    PRIMARY KEY (scan, project, name)
) WITHOUT ROWID;
CREATE TABLE folder (name TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE size (releases INTEGER NOT NULL, projects INTEGER NOT NULL);
INSERT INTO size SELECT COUNT(*), COUNT(DISTINCT project) FROM release;
CREATE TRIGGER release_added AFTER INSERT ON release BEGIN
    UPDATE size SET
        releases = releases + 1,
        projects = projects
            + ((SELECT COUNT(*) FROM (SELECT 1 FROM release WHERE project = NEW.project LIMIT 2)) = 1);
END;
CREATE TRIGGER release_removed AFTER DELETE ON release BEGIN
    UPDATE size SET
        releases = releases - 1,
        projects = projects - NOT EXISTS (SELECT 1 FROM release WHERE project = OLD.project);
END;
"""
_FOURTH = """
ALTER TABLE release ADD COLUMN deleted TEXT;
ALTER TABLE release ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
CREATE INDEX release_withdrawn ON release (project) WHERE yanked IS NOT NULL OR deleted IS NOT NULL;
CREATE TABLE gone_tag (
    scan INTEGER NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    peg TEXT NOT NULL,
    PRIMARY KEY (scan, project, name)
) WITHOUT ROWID;
CREATE TABLE removal (
    project TEXT NOT NULL,
    filename TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (project, filename)
) WITHOUT ROWID;
"""
_FIFTH = """
CREATE TABLE other_name (
    folder TEXT NOT NULL,
    filename TEXT NOT NULL,
    project TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (folder, filename)
) WITHOUT ROWID;
CREATE INDEX other_name_of_project ON other_name (project);
ALTER TABLE removal ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
"""
_SIXTH = """
ALTER TABLE private ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
"""
_SEVENTH = """
CREATE TABLE release_file (
    project TEXT NOT NULL,
    release TEXT NOT NULL,
    filename TEXT NOT NULL,
    kind TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    upload_time TEXT NOT NULL,
    metadata_sha256 TEXT NOT NULL,
    PRIMARY KEY (project, release, filename)
) WITHOUT ROWID;
INSERT INTO release_file
    SELECT project, filename, filename, 'sdist', sha256, size, upload_time, metadata_sha256 FROM release;
CREATE UNIQUE INDEX release_file_by_name ON release_file (project, filename);
CREATE INDEX sdist_by_upload_time ON release_file (upload_time) WHERE kind = 'sdist';
CREATE TABLE new_release (
    project TEXT NOT NULL,
    filename TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    requires_python TEXT NOT NULL,
    origin TEXT NOT NULL UNIQUE,
    tag_url TEXT NOT NULL,
    revision TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    summary TEXT NOT NULL,
    yanked TEXT,
    tag_deleted_in TEXT,
    tag_moved_to TEXT NOT NULL,
    PRIMARY KEY (project, filename)
) WITHOUT ROWID;
INSERT INTO new_release
    SELECT project, filename, name, version, requires_python, origin, tag_url, revision, toolchain, summary,
        yanked, deleted, moved_to
    FROM release;
DROP TABLE release;
ALTER TABLE new_release RENAME TO release;
CREATE INDEX release_withdrawn ON release (project) WHERE yanked IS NOT NULL OR tag_deleted_in IS NOT NULL;
ALTER TABLE size RENAME TO release_count;
CREATE TRIGGER release_added AFTER INSERT ON release BEGIN
    UPDATE release_count SET
        releases = releases + 1,
        projects = projects
            + ((SELECT COUNT(*) FROM (SELECT 1 FROM release WHERE project = NEW.project LIMIT 2)) = 1);
END;
CREATE TRIGGER release_removed AFTER DELETE ON release BEGIN
    UPDATE release_count SET
        releases = releases - 1,
        projects = projects - NOT EXISTS (SELECT 1 FROM release WHERE project = OLD.project);
    DELETE FROM release_file WHERE project = OLD.project AND release = OLD.filename;
END;
ALTER TABLE removal RENAME TO file_to_remove;
ALTER TABLE file_to_remove ADD COLUMN kind TEXT NOT NULL DEFAULT 'sdist';
ALTER TABLE failure RENAME COLUMN lasting TO is_permanent;
ALTER TABLE owed RENAME TO stale_page;
ALTER TABLE project RENAME TO listed_project;
ALTER TABLE private RENAME TO private_name;
ALTER TABLE private_name RENAME COLUMN told TO from_metadata;
ALTER TABLE watched RENAME TO public_name;
ALTER TABLE public_name RENAME COLUMN taken TO is_taken;
ALTER TABLE public_name RENAME COLUMN asked TO asked_at;
ALTER TABLE toolchain RENAME COLUMN project TO project_origin;
ALTER TABLE repository RENAME TO finished_repository;
ALTER TABLE folder RENAME TO index_folder;
ALTER TABLE scan RENAME COLUMN outlook TO options_digest;
ALTER TABLE other_name RENAME TO former_name;
DROP INDEX other_name_of_project;
CREATE INDEX former_name_of_project ON former_name (project);
"""
_STEPS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH)
"""What leads from each version of the schema to the next."""
SCHEMA_VERSION = len(_STEPS)

_OF_RELEASE = [field for field in Release._fields if field != "files"]
_OF_FILE = list(ReleaseFile._fields)
_COLUMNS = ", ".join(
    [*(f"file.{field}" for field in _OF_FILE), *(f"release.{field}" for field in _OF_RELEASE)]
)
_FILES = """
    LEFT JOIN release_file AS file ON file.project = release.project AND file.release = release.filename
"""
_BY_NAME = "ORDER BY release.project, release.filename"
_SDIST = """
    SELECT 1 FROM release_file AS file
    WHERE file.project = release.project AND file.filename = release.filename AND file.kind = 'sdist'
"""
_BY_TIME = "ORDER BY latest.upload_time DESC, latest.project, latest.release"
_LATEST = """
    (
        SELECT project, release, upload_time FROM release_file WHERE kind = 'sdist'
        ORDER BY upload_time DESC, project, release LIMIT ?
    ) AS latest
    CROSS JOIN release ON release.project = latest.project AND release.filename = latest.release
"""
_FAILURE = ", ".join(Failure._fields)
_BESIDE = "origin > ? AND origin < ?"
_HAS_RELEASE = "EXISTS (SELECT 1 FROM release WHERE release.project = each.project)"
_LISTED = ", ".join(ListedProject._fields)
_PROJECTS = """
    WITH RECURSIVE found (it) AS (
        SELECT MIN(project) FROM release
        UNION ALL SELECT (SELECT MIN(project) FROM release WHERE project > it) FROM found WHERE it IS NOT NULL
    )
    SELECT it FROM found WHERE it IS NOT NULL
"""
"""From one project to the next by the index; DISTINCT would read every release."""
_AT_ONCE = 500


class Catalog:
    """An open catalog; every method raises ``StoreError`` when the file cannot be used."""

    def __init__(self, connection: sqlite3.Connection, path: Path | str) -> None:
        self._connection = connection
        self._path = path
        self._in_batch = False

    def releases(self) -> list[Release]:
        """Every published release, by project and file name."""
        return self._releases()

    def failures(self) -> list[Failure]:
        """Every remembered failure."""
        return [_failure(row) for row in self.rows(f"SELECT {_FAILURE} FROM failure")]

    def releases_of(self, project: str) -> list[Release]:
        """The published releases of the project with this normalised name, by file name."""
        return self._releases("WHERE release.project = ?", [project])

    def release(self, project: str, filename: str) -> Release | None:
        """The release with this file name in a project."""
        chosen = "WHERE release.project = ? AND release.filename = ?"
        return next(iter(self._releases(chosen, [project, filename])), None)

    def projects(self) -> list[str]:
        """The normalised names of all projects with a release, sorted."""
        return [name for (name,) in self.rows(_PROJECTS)]

    def former_projects(self) -> frozenset[str]:
        """The normalised names of projects that had pages and have no release any more."""
        query = f"SELECT project FROM listed_project AS each WHERE NOT {_HAS_RELEASE}"
        return frozenset(name for (name,) in self.rows(query))

    def releases_from(self, origins: Collection[str]) -> dict[str, Release]:
        """The published releases of the tags with these origins, by origin."""
        found: list[Release] = []
        for some, places in _some_at_once(origins):
            found += self._releases(f"WHERE release.origin IN ({places})", some, order="")
        return {release.origin: release for release in found}

    def releases_but_of(self, repositories: Collection[str]) -> list[Release]:
        """The releases whose tags are, or were, in none of the repositories with these UUIDs."""
        places = ", ".join("?" for _ in repositories)
        uuid = "substr(origin, 1, instr(origin, '/') - 1)"
        return self._releases(f"WHERE {uuid} NOT IN ({places})", list(repositories))

    def size(self) -> tuple[int, int]:
        """How many releases there are, and of how many projects."""
        ((releases, projects),) = self.rows("SELECT releases, projects FROM release_count")
        return releases, projects

    def metadata(self, sha256: str) -> bytes:
        """The PKG-INFO of the archive with this digest; empty where it is not known."""
        content: bytes = self._value("SELECT content FROM metadata WHERE sha256 = ?", [sha256], b"")
        return content

    def latest(self, count: int) -> list[Release]:
        """So many releases that were uploaded last, newest first."""
        return self._releases(
            values=[count],
            source=_LATEST,
            order="ORDER BY latest.upload_time DESC, latest.project, latest.release",
        )

    def publish(
        self, release: Release, metadata: Mapping[str, bytes] = MappingProxyType({}), *, instead_of: str = ""
    ) -> None:
        """Record a release, and that its pages are stale; forget a failure of its tag.

        It takes the place of what was published of its tag, and of the tag with the origin ``instead_of``.
        ``metadata`` holds the core metadata of its files (PKG-INFO), by the SHA-256 of the file.
        """
        key = (release.project, release.filename)
        files = [(*key, *map(_text, file)) for file in release.files]
        values = [release.filename, *(getattr(release, field) for field in _OF_RELEASE)]
        with self._transaction() as connection:
            connection.execute("DELETE FROM release WHERE origin IN (?, ?)", (release.origin, instead_of))
            connection.execute(_insert("release", ["filename", *_OF_RELEASE]), values)
            connection.executemany(_insert("release_file", ["project", "release", *_OF_FILE]), files)
            connection.executemany("INSERT OR IGNORE INTO metadata VALUES (?, ?)", metadata.items())
            _forget_failure(release.origin, connection)
            _claim_failures(release, connection)
            _owe((release.project, ""), connection)

    def tell_metadata(self, release: Release) -> None:
        """Record what metadata says of a published release, which a catalog of the first version lacks."""
        key, sdist = (release.project, release.filename), release.sdist
        with self.batch():
            where = "WHERE project = ? AND filename = ?"
            self.change(f"UPDATE release SET summary = ? {where}", [(release.summary, *key)])
            self.change(
                f"UPDATE release_file SET metadata_sha256 = ? {where}", [(sdist.metadata_sha256, *key)]
            )

    def recognise(self, release: Release, tag: Tag) -> Release:
        """Record the tag that a release was made from; a failure of it is forgotten, and pages are owed."""
        known = release._replace(origin=tag.origin, tag_url=tag.url, revision=tag.revision)
        with self._transaction() as connection:
            connection.execute(
                "UPDATE release SET origin = ?, tag_url = ?, revision = ? WHERE project = ? AND filename = ?",
                (known.origin, known.tag_url, known.revision, known.project, known.filename),
            )
            _forget_failure(known.origin, connection)
            _claim_failures(known, connection)
            _owe((known.project, ""), connection)
        return known

    def change_origins(self, changes: Iterable[tuple[Release, Release]]) -> None:
        """Record other origins and revisions of releases, each told before and after; pages are owed."""
        rows = [
            (after.origin, after.revision, after.tag_moved_to, before.origin) for before, after in changes
        ]
        owed = "INSERT OR IGNORE INTO stale_page SELECT project FROM release WHERE origin = ?"
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE release SET origin = ?, revision = ?, tag_moved_to = ? WHERE origin = ?", rows
            )
            for origin, *_rest in rows:
                _forget_failure(origin, connection)
            connection.executemany(owed, [row[:1] for row in rows])

    def remember(self, failure: Failure) -> None:
        """Record a failure in place of an older one of the same tag, and that pages are owed.

        It is of the project as which tags beside it were published; where none was, of the one that it names.
        """
        query = f"""
            SELECT release.project FROM release {_FILES} WHERE {_BESIDE}
            ORDER BY file.kind, file.upload_time DESC LIMIT 1
        """
        project = self._value(query, origin_range(failure.origin), failure.project)
        failure = failure._replace(project=project)
        values = [str(value) if isinstance(value, Path) else value for value in failure]
        places = ", ".join("?" for _ in values)
        with self._transaction() as connection:
            connection.execute(f"INSERT OR REPLACE INTO failure ({_FAILURE}) VALUES ({places})", values)
            _owe((failure.project, ""), connection)

    def forget_failures(self, origins: Iterable[str]) -> None:
        """Forget the failures of tags that are gone; pages are owed."""
        with self._transaction() as connection:
            for origin in origins:
                _forget_failure(origin, connection)
                _owe([""], connection)

    def failure(self, origin: str) -> Failure | None:
        """The remembered failure of the tag with this origin."""
        rows = self.rows(f"SELECT {_FAILURE} FROM failure WHERE origin = ?", [origin])
        return _failure(rows[0]) if rows else None

    def owed(self) -> frozenset[str]:
        """The projects whose pages were not written since the last change."""
        return frozenset(name for (name,) in self.rows("SELECT project FROM stale_page"))

    def paid(self, projects: Iterable[str]) -> None:
        """Record that the pages of projects are written; "" stands for the root page."""
        self.change("DELETE FROM stale_page WHERE project = ?", [(each,) for each in projects])

    def listed(self) -> list[ListedProject]:
        """What the root page says of each project, by name; of those whose pages were written."""
        query = f"SELECT {_LISTED} FROM listed_project AS each WHERE {_HAS_RELEASE} ORDER BY 1"
        return [ListedProject(*row) for row in self.rows(query)]

    def list_project(self, listed: ListedProject) -> None:
        """Record what the root page shall say of a project."""
        self.change(f"INSERT OR REPLACE INTO listed_project ({_LISTED}) VALUES (?, ?, ?, ?)", [listed])

    def description(self, project: str, digest: str) -> str | None:
        """The HTML that was kept for a project, if with this digest of what it is made from."""
        query = "SELECT html FROM description WHERE project = ? AND digest = ?"
        html: str | None = self._value(query, [project, digest], None)
        return html

    def keep_description(self, project: str, digest: str, html: str) -> None:
        """Keep the HTML of a project's description, which is slow to make, in place of an older one."""
        self.change("INSERT OR REPLACE INTO description VALUES (?, ?, ?)", [(project, digest, html)])

    def private_names(self) -> frozenset[str]:
        """The normalised names that are kept from the public index."""
        return frozenset(name for (name,) in self.rows("SELECT name FROM private_name"))

    def told_names(self) -> frozenset[str]:
        """Those of the private names that metadata gave of which nothing was published."""
        return frozenset(name for (name,) in self.rows("SELECT name FROM private_name WHERE from_metadata"))

    def names_of_metadata(self, names: Collection[str]) -> frozenset[str]:
        """Those of these normalised names that metadata gave: of what is or was published, or was refused."""
        known = "SELECT name, from_metadata FROM private_name UNION ALL SELECT project, 1 FROM listed_project"
        query = f"SELECT project AS name, 1 AS from_metadata FROM release UNION ALL {known}"
        found: set[str] = set()
        for some, places in _some_at_once(names):
            those = f"SELECT DISTINCT name FROM ({query}) WHERE from_metadata AND name IN ({places})"
            found |= {name for (name,) in self.rows(those, some)}
        return frozenset(found)

    def keep_told_names(self, names: Iterable[str]) -> None:
        """Record names that metadata gave: they stay private for good."""
        insert = "INSERT INTO private_name (name, from_metadata) VALUES (?, 1)"
        known = "ON CONFLICT DO UPDATE SET from_metadata = 1"
        self.change(f"{insert} {known}", [(name,) for name in names])

    def set_private_names(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Record names that are kept from the public index from now on, and guesses that no longer are."""
        with self._transaction() as connection:
            new, old = [(name,) for name in added], [(name,) for name in removed]
            connection.executemany("INSERT OR IGNORE INTO private_name (name) VALUES (?)", new)
            connection.executemany("DELETE FROM private_name WHERE name = ? AND NOT from_metadata", old)

    def watched(self) -> dict[str, tuple[bool, datetime]]:
        """Of each name that the public index was asked for, whether it is taken there, and when that was."""
        rows = self.rows("SELECT name, is_taken, asked_at FROM public_name")
        return {name: (bool(taken), datetime.fromisoformat(asked)) for name, taken, asked in rows}

    def watch(self, answers: Mapping[str, bool], asked: datetime) -> None:
        """Record answers of the public index; pages are owed where one is another than before."""
        before = {name: taken for name, (taken, _) in self.watched().items()}
        changed = [name for name, taken in answers.items() if before.get(name, False) != taken]
        with self._transaction() as connection:
            rows = [(name, taken, _text(asked)) for name, taken in answers.items()]
            connection.executemany("INSERT OR REPLACE INTO public_name VALUES (?, ?, ?)", rows)
            _owe(changed, connection)

    def toolchains(self, origins: Collection[str]) -> dict[str, str]:
        """By origin: of a tag the toolchain that built it, of a project the one that last built anything."""
        found: dict[str, str] = {}
        for some, places in _some_at_once(origins):
            found |= self.rows(
                f"SELECT project_origin, name FROM toolchain WHERE project_origin IN ({places})", some
            )
            found |= self.rows(f"SELECT origin, toolchain FROM release WHERE origin IN ({places})", some)
        return found

    def remember_toolchain(self, project: str, name: str) -> None:
        """Record the toolchain that built something of the project with this origin."""
        if self._value("SELECT name FROM toolchain WHERE project_origin = ?", [project], None) != name:
            self.change("INSERT OR REPLACE INTO toolchain VALUES (?, ?)", [(project, name)])

    def repositories(self) -> frozenset[str]:
        """The UUIDs of repositories that a whole run has finished."""
        return frozenset(name for (name,) in self.rows("SELECT uuid FROM finished_repository"))

    def finish(self, uuid: str) -> None:
        """Record that a run has finished a repository."""
        self.change("INSERT OR IGNORE INTO finished_repository VALUES (?)", [(uuid,)])

    def note(self, name: str) -> str:
        """What was last noted under a name; "" where nothing was."""
        value: str = self._value("SELECT value FROM note WHERE name = ?", [name], "")
        return value

    def set_note(self, name: str, value: str) -> None:
        """Note a value under a name."""
        self.change("INSERT OR REPLACE INTO note VALUES (?, ?)", [(name, value)])

    def folders(self) -> dict[str, int]:
        """The index's folders as the last run left them: their mtime in ns, by name."""
        return dict(self.rows("SELECT name, mtime_ns FROM index_folder"))

    def knows_folders(self) -> bool:
        """Whether it is recorded how a run left the index's folders."""
        return bool(self.rows("SELECT 1 FROM index_folder LIMIT 1"))

    def remember_folders(self, folders: Mapping[str, int], of: Collection[str] | None = None) -> None:
        """Record how a run leaves the index's folders, all or those ``of`` these names; others are gone."""
        before = self.folders()
        if gone := [(name,) for name in before if name not in folders and (of is None or name in of)]:
            self.change("DELETE FROM index_folder WHERE name = ?", gone)
        if changed := [row for row in folders.items() if before.get(row[0]) != row[1]]:
            self.change("INSERT OR REPLACE INTO index_folder VALUES (?, ?)", changed)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a query finds."""
        with self._errors():
            return self._connection.execute(query, values).fetchall()

    def change(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each row of values."""
        with self._transaction() as connection:
            connection.executemany(statement, rows)

    def check(self) -> None:
        """Read all of the file; raises ``CatalogDamagedError`` where anything in it is damaged."""
        found = [line for (line,) in self.rows("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise CatalogDamagedError(f"{self._path}: {found[0]}", _HINT)
        with self._errors():
            if missing := _missing(self._connection):
                raise CatalogDamagedError(f"{self._path}: there is no {missing[0]}", _HINT)
        for name, version in self.rows(f"SELECT name, version FROM release WHERE NOT EXISTS ({_SDIST})"):
            raise CatalogDamagedError(f"{self._path}: no sdist of {name} {version} is known", _HINT)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """All changes made in the context are one transaction: of none anything stays after an error."""
        with self._transaction():
            before, self._in_batch = self._in_batch, True
            try:
                yield
            finally:
                self._in_batch = before

    def _releases(
        self, chosen: str = "", values: Sequence[Any] = (), source: str = "release", order: str = _BY_NAME
    ) -> list[Release]:
        """The releases that a part of a query chooses, each with its files, the sdist first."""
        try:
            with self._errors():
                query = f"SELECT {_COLUMNS} FROM {source} {_FILES} {chosen} {order}"
                return _grouped(self._connection.execute(query, values))
        except (ValueError, TypeError) as error:
            raise CatalogDamagedError(f"{self._path}: {error}", _HINT) from error

    def _value(self, query: str, values: Sequence[Any], default: Any) -> Any:  # noqa: ANN401  # any column
        """The one value that a query finds; default where it finds none."""
        return next((value for (value,) in self.rows(query, values)), default)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._errors(), nullcontext() if self._in_batch else self._connection:
            yield self._connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _store_error(self._path, error, self._connection) from error


_HINT = "The catalog can be moved away: the next run makes a new one. What is published stays."


@contextmanager
def open_catalog(path: Path | None, *, as_copy: bool = False) -> Iterator[Catalog]:
    """The catalog at path, made when it is not there; None gives an empty one in memory.

    With ``as_copy`` it is a copy in memory, and the file stays as it is. Raises ``StoreError`` where it
    cannot be opened or was written by a newer version of this package, ``CatalogDamagedError`` where it is
    no catalog.
    """
    name = ":memory:" if path is None else str(path)
    try:
        connection = sqlite3.connect(":memory:" if as_copy else name)
        if path is not None and as_copy:
            # To read what a run that was killed left half written, SQLite must be able to take that back.
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as original:
                original.backup(connection)
    except sqlite3.Error as error:
        raise _store_error(name, error) from error
    with closing(connection):
        _prepare(connection, name)
        yield Catalog(connection, name)


def _prepare(connection: sqlite3.Connection, name: str) -> None:
    try:
        version = _version(connection)
        if version < SCHEMA_VERSION:
            _upgrade(connection)
    except sqlite3.Error as error:
        raise _store_error(name, error, connection) from error
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{name}: is of version {version}, this program knows version {SCHEMA_VERSION}",
            "A newer sdistmaker_recipe wrote it: use that one.",
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(connection: sqlite3.Connection) -> None:
    """Lead the schema from its version to ours, in one transaction that no other program shares."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for step in _STEPS[_version(connection) :]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, each on lines of its own; a trigger holds others."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _missing(connection: sqlite3.Connection) -> list[str]:
    """The columns that a catalog of its version has and this one lacks."""
    with closing(sqlite3.connect(":memory:")) as complete:
        for step in _STEPS[: _version(connection)]:
            complete.executescript(step)
        return sorted(_columns(complete) - _columns(connection))


def _columns(connection: sqlite3.Connection) -> set[str]:
    names = (
        "SELECT it.name || '.' || each.name FROM sqlite_master AS it JOIN pragma_table_info(it.name) AS each"
    )
    return {name for (name,) in connection.execute(f"{names} WHERE it.type = 'table'")}


_OF_DAMAGE = ("malformed", "not a database", "Could not decode")
_OF_SCHEMA = ("no such table", "no such column", "has no column named", "values were supplied")


def _store_error(
    path: Path | str, error: sqlite3.Error, connection: sqlite3.Connection | None = None
) -> StoreError:
    damaged = any(words in str(error) for words in _OF_DAMAGE)
    if connection and not damaged and any(words in str(error) for words in _OF_SCHEMA):
        # Else a mistake of this program's, which another catalog would not mend.
        with suppress(sqlite3.Error):
            damaged = bool(_missing(connection))
    if damaged:
        return CatalogDamagedError(f"{path}: {error}", _HINT)
    # To move the file away is no good advice where the disk is what failed.
    of_the_disk = any(word in str(error) for word in ("disk", "readonly", "locked", "unable to open"))
    # SQLite does not say why a file cannot be opened.
    refused = Path(path).is_file() and not os.access(path, os.R_OK | os.W_OK)
    return StoreError(f"{path}: {error}", SAME_ACCOUNT if refused else "" if of_the_disk else _HINT)


def _some_at_once(values: Collection[str]) -> Iterator[tuple[list[str], str]]:
    """As many of the values as a statement is given, and the places for them there."""
    every = list(values)
    for some in (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)):
        yield some, ", ".join("?" for _ in some)


def _owe(projects: Iterable[str], connection: sqlite3.Connection) -> None:
    """Record that the pages of projects are to be written; "" stands for the root page."""
    connection.executemany("INSERT OR IGNORE INTO stale_page VALUES (?)", [(each,) for each in projects])


def _claim_failures(release: Release, connection: sqlite3.Connection) -> None:
    """Failures of tags beside that of a release are of its project; pages on which they were are owed."""
    values = (release.project, *origin_range(release.origin))
    where = f"WHERE project != ? AND {_BESIDE}"
    connection.execute(f"INSERT OR IGNORE INTO stale_page SELECT project FROM failure {where}", values)
    connection.execute(f"UPDATE failure SET project = ? {where}", (release.project, *values))


def _forget_failure(origin: str, connection: sqlite3.Connection) -> None:
    """Forget a failure; the page of the project that it was on is to be written."""
    connection.execute(
        "INSERT OR IGNORE INTO stale_page SELECT project FROM failure WHERE origin = ?", (origin,)
    )
    connection.execute("DELETE FROM failure WHERE origin = ?", (origin,))


def _failure(row: tuple[Any, ...]) -> Failure:
    origin, fingerprint, reason, log_file, is_permanent, *known_by = row
    return Failure(origin, fingerprint, reason, Path(log_file), bool(is_permanent), *known_by)


def _text(value: Any) -> Any:  # noqa: ANN401  # any column
    return value.astimezone(timezone.utc).isoformat() if isinstance(value, datetime) else value


def _grouped(rows: Iterable[tuple[Any, ...]]) -> list[Release]:
    """Releases in the order of rows, each of a file and its release; the sdist comes first in ``files``.

    Raises ``ValueError`` or ``TypeError`` where a value is damaged or a release has no sdist.
    """
    found: list[Release] = []
    others: defaultdict[str, list[ReleaseFile]] = defaultdict(list)
    time, file_of, release_of = datetime.fromisoformat, ReleaseFile._make, Release._make
    # A scan of everything reads thousands: slices of the rows, or calls of the classes, take a third longer.
    for (
        filename, kind, sha256, size, upload_time, metadata_sha256,
        project, name, version, requires_python, origin, tag_url, revision, toolchain, summary,
        yanked, tag_deleted_in, tag_moved_to,
    ) in rows:  # fmt: skip
        file = file_of((filename, kind, sha256, size, time(upload_time), metadata_sha256))
        if kind == "sdist":
            of_tag = (requires_python, origin, tag_url, revision, toolchain, summary)
            withdrawn = (yanked, tag_deleted_in, tag_moved_to)
            found.append(release_of((project, name, version, (file,), *of_tag, *withdrawn)))
        else:
            others[origin].append(file)
    if not others:
        return found
    if lost := others.keys() - {release.origin for release in found}:
        raise ValueError(f"no sdist is known of the release of {min(lost)}")
    return [
        release._replace(files=(*release.files, *sorted(others.get(release.origin, ())))) for release in found
    ]


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)})"
