"""Catalogs as earlier versions of this package left them: SQL that makes one."""

from __future__ import annotations

from pathlib import Path

_SAMPLES = Path(__file__).parents[1] / "samples" / "catalogs"

VERSION_6 = (_SAMPLES / "6.sql").read_text("utf-8")
"""A row of each kind, as the last version wrote them that had one file a release."""

PAGES_OF_VERSION_6 = _SAMPLES / "pages"
"""Pages that the same version wrote from it."""

VERSION_1 = """
CREATE TABLE release (
    project TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, filename TEXT NOT NULL,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, requires_python TEXT NOT NULL, upload_time TEXT NOT NULL,
    origin TEXT NOT NULL UNIQUE, tag_url TEXT NOT NULL, revision TEXT NOT NULL, toolchain TEXT NOT NULL,
    PRIMARY KEY (project, filename)
) WITHOUT ROWID;
CREATE TABLE metadata (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE failure (
    origin TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, reason TEXT NOT NULL, log_file TEXT NOT NULL,
    lasting INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE owed (project TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE toolchain (project TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE repository (uuid TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO release VALUES (
    'acme-ledger', 'acme.ledger', '1.0', 'acme_ledger-1.0.tar.gz', 'abc', 1234, '>=3.8',
    '2012-03-04T05:06:07.000890+00:00', '{uuid}/acme.ledger/tags/1.0',
    'https://svn.example.com/svn/acme.ledger/tags/1.0', '17', 'setuptools==80.0'
);
INSERT INTO metadata VALUES ('abc', X'4E616D65');
INSERT INTO failure VALUES ('{uuid}/acme.ledger/tags/2.0', 'f1', 'why', '/srv/logs/one.log', 1);
INSERT INTO toolchain VALUES ('{uuid}/acme.ledger', 'setuptools==80.0');
INSERT INTO repository VALUES ('{uuid}');
INSERT INTO note VALUES ('pages', '1');
PRAGMA user_version = 1;
"""
"""The first version of the schema; ``{uuid}`` stands for the repository's."""
