"""The tables of the catalog, as steps from each version of the schema to the next.

A step is never changed once a release of this package had it. SQLite may be as old as 3.34, which cannot drop
a column: such a step makes the table anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

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
_EIGHTH = """
ALTER TABLE release ADD COLUMN python TEXT NOT NULL DEFAULT '';
ALTER TABLE release ADD COLUMN lacks_code INTEGER NOT NULL DEFAULT 0;
"""
_NINTH = """
ALTER TABLE listed_project ADD COLUMN updated_at TEXT NOT NULL DEFAULT '';
ALTER TABLE listed_project ADD COLUMN is_yanked INTEGER NOT NULL DEFAULT 0;
"""
_TENTH = """
CREATE TABLE new_seen_tag (
    scan INTEGER NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    version TEXT NOT NULL,
    revision TEXT NOT NULL,
    time TEXT NOT NULL,
    PRIMARY KEY (scan, project, name, path)
) WITHOUT ROWID;
INSERT INTO new_seen_tag SELECT scan, project, name, '', version, revision, time FROM seen_tag;
DROP TABLE seen_tag;
ALTER TABLE new_seen_tag RENAME TO seen_tag;
CREATE TABLE new_gone_tag (
    scan INTEGER NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    peg TEXT NOT NULL,
    PRIMARY KEY (scan, project, name, path)
) WITHOUT ROWID;
INSERT INTO new_gone_tag SELECT scan, project, name, '', peg FROM gone_tag;
DROP TABLE gone_tag;
ALTER TABLE new_gone_tag RENAME TO gone_tag;
"""
_ELEVENTH = """
CREATE TABLE missing_wheel (
    project TEXT NOT NULL,
    filename TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    program_version TEXT NOT NULL,
    reason TEXT NOT NULL,
    is_failure INTEGER NOT NULL,
    is_permanent INTEGER NOT NULL,
    log_file TEXT,
    PRIMARY KEY (project, filename)
) WITHOUT ROWID;
CREATE INDEX missing_wheel_to_retry ON missing_wheel (project) WHERE NOT is_permanent;
"""
STEPS = (
    *(_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH),
    *(_SEVENTH, _EIGHTH, _NINTH, _TENTH, _ELEVENTH),
)
"""SQL that leads from each version of the schema to the next."""
SCHEMA_VERSION = len(STEPS)


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of a catalog's schema; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(connection: sqlite3.Connection) -> None:
    """Lead a catalog from its version of the schema to ours, in one transaction."""
    # At once the only writer: another program may be about to do the same.
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for step in STEPS[schema_version(connection) :]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def missing_columns(connection: sqlite3.Connection) -> list[str]:
    """The columns, as ``table.column``, that a catalog of its version has and this one lacks."""
    with closing(sqlite3.connect(":memory:")) as complete:
        for step in STEPS[: schema_version(connection)]:
            complete.executescript(step)
        return sorted(_columns(complete) - _columns(connection))


def damaged_value(connection: sqlite3.Connection) -> str:
    """The first column that holds a value of another type than its own, as TABLE.COLUMN; "" if none does.

    A text must be UTF-8, and a time in the form of ISO 8601. Reads every row.
    """
    for column in sorted(_columns(connection)):
        table, _dot, name = column.partition(".")
        ((declared, may_be_null),) = connection.execute(
            'SELECT type, NOT "notnull" FROM pragma_table_info(?) WHERE name = ?', (table, name)
        )
        # As bytes, because SQLite itself hands on any bytes as text.
        query = f'SELECT typeof("{name}"), CAST("{name}" AS BLOB) FROM "{table}"'
        if not all(
            _is_sound(declared, name, kind, content, may_be_null=bool(may_be_null))
            for kind, content in connection.execute(query)
        ):
            return column
    return ""


def _is_sound(declared: str, name: str, kind: str, content: bytes | None, *, may_be_null: bool) -> bool:
    if content is None:
        return may_be_null
    if kind != declared.lower():
        return False
    if declared != "TEXT":
        return True
    try:
        text = content.decode()
        if text and name.endswith(("time", "_at")):
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, each of which begins on a line of its own; a trigger holds others."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _columns(connection: sqlite3.Connection) -> set[str]:
    query = """
        SELECT item.name || '.' || column.name
        FROM sqlite_master AS item JOIN pragma_table_info(item.name) AS column WHERE item.type = 'table'
    """
    return {name for (name,) in connection.execute(query)}
