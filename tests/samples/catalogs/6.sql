BEGIN TRANSACTION;
CREATE TABLE description (
    project TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    html TEXT NOT NULL
);
INSERT INTO "description" VALUES('acme-ledger','dc7e8723c32413677a429098e8dcb705db85a962c05e04f0ff8408446732c1aa','');
INSERT INTO "description" VALUES('plain-tools','dc7e8723c32413677a429098e8dcb705db85a962c05e04f0ff8408446732c1aa','');
CREATE TABLE failure (
    origin TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    reason TEXT NOT NULL,
    log_file TEXT NOT NULL,
    lasting INTEGER NOT NULL
, project TEXT NOT NULL DEFAULT '', tag TEXT NOT NULL DEFAULT '', revision TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
INSERT INTO "failure" VALUES('11111111-2222-4333-8444-555555555555/acme.ledger/tags/3.0','f1','SyntaxError: print','/srv/index-state/logs/one.log',1,'acme-ledger','3.0','50');
INSERT INTO "failure" VALUES('11111111-2222-4333-8444-555555555555/other/tags/1.0','f2','The network was lost.','/srv/index-state/logs/two.log',0,'other','1.0','51');
CREATE TABLE folder (name TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "folder" VALUES('acme-ledger',1234567890123456789);
INSERT INTO "folder" VALUES('plain-tools',5);
CREATE TABLE gone_tag (
    scan INTEGER NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    peg TEXT NOT NULL,
    PRIMARY KEY (scan, project, name)
) WITHOUT ROWID;
CREATE TABLE metadata (
    sha256 TEXT PRIMARY KEY,
    content BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO "metadata" VALUES('466769272f01694ede172e11b9ab5e77c9d46321051f383610790c2416aba2a3',X'4D657461646174612D56657273696F6E3A20322E320A4E616D653A2061636D652E6C65646765720A56657273696F6E3A20312E300A53756D6D6172793A204B65657073203C626F6F6B733E2026206D6F72650A0A');
INSERT INTO "metadata" VALUES('5e8cc7bb1c1b4f9492801d55d0f59c31e09f9bc5a86e0550d2efb6332cc9e33e',X'4D657461646174612D56657273696F6E3A20322E320A4E616D653A20506C61696E5F546F6F6C730A56657273696F6E3A20302E310A53756D6D6172793A200A0A');
INSERT INTO "metadata" VALUES('6f093d9ac5dd725a3d155b983ac11f8891416356514636dc438dd6a2200d71d3',X'4D657461646174612D56657273696F6E3A20322E320A4E616D653A2061636D652E6C65646765720A56657273696F6E3A20322E307263310A53756D6D6172793A204B65657073203C626F6F6B733E2026206D6F72650A0A');
INSERT INTO "metadata" VALUES('eb0df410a18729c145c1bd77004aae54cc8768a971339a58361992e6b0fc9b43',X'4D657461646174612D56657273696F6E3A20322E320A4E616D653A2061636D652E6C65646765720A56657273696F6E3A20312E310A53756D6D6172793A204B65657073203C626F6F6B733E2026206D6F72650A0A');
INSERT INTO "metadata" VALUES('f52945259889e095d29ac724ca8523d7aa13fb1f7f91456993f6a57949ffe594',X'4D657461646174612D56657273696F6E3A20322E320A4E616D653A2061636D652E6C65646765720A56657273696F6E3A20312E312E706F7374310A53756D6D6172793A204B65657073203C626F6F6B733E2026206D6F72650A0A');
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "note" VALUES('adoption','done');
INSERT INTO "note" VALUES('pages','ee7eb841b84adf131c29695a1317130c4c42d7041172967e22b333bac4238e50');
CREATE TABLE other_name (
    folder TEXT NOT NULL,
    filename TEXT NOT NULL,
    project TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (folder, filename)
) WITHOUT ROWID;
INSERT INTO "other_name" VALUES('Plain_Tools','Plain_Tools-0.1.zip','plain-tools','5e8cc7bb1c1b4f9492801d55d0f59c31e09f9bc5a86e0550d2efb6332cc9e33e');
INSERT INTO "other_name" VALUES('downloads','ledger-1.0.tgz','acme-ledger','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd');
CREATE TABLE owed (project TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO "owed" VALUES('');
CREATE TABLE private (name TEXT PRIMARY KEY, told INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO "private" VALUES('acme-ledger',0);
INSERT INTO "private" VALUES('guess',0);
INSERT INTO "private" VALUES('plain-tools',0);
INSERT INTO "private" VALUES('secret',1);
CREATE TABLE project (
    project TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    summary TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "project" VALUES('acme-ledger','acme.ledger','1.1.post1','Keeps <books> & more');
INSERT INTO "project" VALUES('plain-tools','Plain_Tools','0.1','');
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
    toolchain TEXT NOT NULL, metadata_sha256 TEXT NOT NULL DEFAULT '', yanked TEXT, summary TEXT NOT NULL DEFAULT '', deleted TEXT, moved_to TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (project, filename)
) WITHOUT ROWID;
INSERT INTO "release" VALUES('acme-ledger','acme.ledger','1.0','acme_ledger-1.0.tar.gz','466769272f01694ede172e11b9ab5e77c9d46321051f383610790c2416aba2a3',1000,'>=3.8','2012-03-04T05:06:07.000890+00:00','11111111-2222-4333-8444-555555555555/acme.ledger/tags/1.0','https://svn.example.com/svn/acme.ledger/tags/1.0','17','setuptools==80.0','','tag deleted in r30','Keeps <books> & more','30','');
INSERT INTO "release" VALUES('acme-ledger','acme.ledger','1.1.post1','acme_ledger-1.1.post1.tar.gz','f52945259889e095d29ac724ca8523d7aa13fb1f7f91456993f6a57949ffe594',1002,'>=3.8','2012-03-06T05:06:07.000890+00:00','11111111-2222-4333-8444-555555555555/acme.ledger/tags/1.1.post1','https://svn.example.com/svn/acme.ledger/tags/1.1.post1','19','setuptools==80.0','',NULL,'Keeps <books> & more',NULL,'');
INSERT INTO "release" VALUES('acme-ledger','acme.ledger','1.1','acme_ledger-1.1.tar.gz','eb0df410a18729c145c1bd77004aae54cc8768a971339a58361992e6b0fc9b43',1001,'>=3.8','2012-03-05T05:06:07.000890+00:00','11111111-2222-4333-8444-555555555555/acme.ledger/tags/1.1','https://svn.example.com/svn/acme.ledger/tags/1.1','18','setuptools==80.0','33e57662495aa3928ab7445d3a4be58a67f3bf692a8707c769e3e868a7f151ba',NULL,'Keeps <books> & more',NULL,'40');
INSERT INTO "release" VALUES('acme-ledger','acme.ledger','2.0rc1','acme_ledger-2.0rc1.tar.gz','6f093d9ac5dd725a3d155b983ac11f8891416356514636dc438dd6a2200d71d3',1003,'>=3.8','2012-03-07T05:06:07.000890+00:00','11111111-2222-4333-8444-555555555555/acme.ledger/tags/2.0rc1','https://svn.example.com/svn/acme.ledger/tags/2.0rc1','20','setuptools==80.0','dd5fc5c8b85352546bdec6a78bba35e4dd3d2a3f6ee18e527ff831c50c76eda2',NULL,'Keeps <books> & more',NULL,'');
INSERT INTO "release" VALUES('plain-tools','Plain_Tools','0.1','Plain_Tools-0.1.zip','5e8cc7bb1c1b4f9492801d55d0f59c31e09f9bc5a86e0550d2efb6332cc9e33e',1007,'','2012-03-11T05:06:07.000890+00:00','adopted:plain-tools/Plain_Tools-0.1.zip','','24','setuptools==80.0','',NULL,'',NULL,'');
CREATE TABLE removal (
    project TEXT NOT NULL,
    filename TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL, sha256 TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (project, filename)
) WITHOUT ROWID;
INSERT INTO "removal" VALUES('acme-ledger','acme_ledger-0.9.tar.gz','acme.ledger','0.9','78e46c3f24179fce1886bf5684352f552073f78aa90927206dc9cc669e951a15');
CREATE TABLE repository (uuid TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO "repository" VALUES('11111111-2222-4333-8444-555555555555');
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
INSERT INTO "scan" VALUES(1,'https://svn.example.com/svn','11111111-2222-4333-8444-555555555555','fp','60','59','2012-03-04T05:06:07.000890+00:00','digest-of-options');
CREATE TABLE seen_folder (
    scan INTEGER NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    pending INTEGER NOT NULL,
    PRIMARY KEY (scan, path)
) WITHOUT ROWID;
INSERT INTO "seen_folder" VALUES(1,'acme.ledger','project','acme-ledger',0);
INSERT INTO "seen_folder" VALUES(1,'acme.ledger/tags','tags','',0);
CREATE TABLE seen_tag (
    scan INTEGER NOT NULL,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    revision TEXT NOT NULL,
    time TEXT NOT NULL,
    PRIMARY KEY (scan, project, name)
) WITHOUT ROWID;
INSERT INTO "seen_tag" VALUES(1,'acme.ledger','1.1','1.1','18','2012-03-04T05:06:07.000890+00:00');
INSERT INTO "seen_tag" VALUES(1,'acme.ledger','3.0','3.0','50','2012-03-04T05:06:07.000890+00:00');
CREATE TABLE size (releases INTEGER NOT NULL, projects INTEGER NOT NULL);
INSERT INTO "size" VALUES(5,2);
CREATE TABLE toolchain (project TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "toolchain" VALUES('11111111-2222-4333-8444-555555555555/acme.ledger','setuptools==80.0');
CREATE TABLE watched (name TEXT PRIMARY KEY, taken INTEGER NOT NULL, asked TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "watched" VALUES('acme-ledger',1,'2012-03-04T05:06:07.000890+00:00');
INSERT INTO "watched" VALUES('plain-tools',0,'2012-03-04T05:06:07.000890+00:00');
CREATE INDEX release_by_upload_time ON release (upload_time);
CREATE INDEX seen_folder_pending ON seen_folder (scan) WHERE pending;
CREATE INDEX seen_folder_by_name ON seen_folder (name) WHERE name != '';
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
CREATE INDEX release_withdrawn ON release (project) WHERE yanked IS NOT NULL OR deleted IS NOT NULL;
CREATE INDEX other_name_of_project ON other_name (project);
COMMIT;
PRAGMA user_version = 6;
