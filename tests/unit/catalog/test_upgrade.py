"""Catalogs that earlier versions of this package wrote open with all that they hold."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.former_names import FormerName
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.catalog.schema import SCHEMA_VERSION, STEPS
from sdistmaker_recipe.catalog.withdrawals import FileToRemove
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import ADOPTED, Failure, ListedProject, Release, ReleaseFile, Site
from sdistmaker_recipe.stages.pages import PageWriter
from tests.support.old_catalog import PAGES_OF_VERSION_6, VERSION_1, VERSION_6
from tests.unit.values import REPOSITORY, TIME, UUID, a_release

PROJECT = f"{UUID}/acme.ledger"


def write(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def digest(filename: str) -> str:
    return hashlib.sha256(filename.encode()).hexdigest()


def metadata(name: str, version: str, summary: str) -> bytes:
    return f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\nSummary: {summary}\n\n".encode()


def of_ledger(number: int, version: str, **changes: object) -> Release:
    filename, summary = f"acme_ledger-{version}.tar.gz", "Keeps <books> & more"
    text = metadata("acme.ledger", version, summary)
    file = ReleaseFile(
        filename,
        "sdist",
        sha256=digest(filename),
        size=1000 + number,
        upload_time=TIME + timedelta(days=number),
        metadata_sha256=hashlib.sha256(text).hexdigest() if number % 2 else "",
    )
    return a_release(version, summary=summary, revision=str(17 + number), files=(file,), **changes)


LEDGER = [
    of_ledger(0, "1.0", yanked="tag deleted in r30", tag_deleted_in="30"),
    of_ledger(2, "1.1.post1"),
    of_ledger(1, "1.1", tag_moved_to="40"),
    of_ledger(3, "2.0rc1"),
]
ZIP = "Plain_Tools-0.1.zip"
TOOLS = a_release(
    "0.1",
    project="plain-tools",
    name="Plain_Tools",
    filename=ZIP,
    sha256=digest(ZIP),
    size=1007,
    upload_time=TIME + timedelta(days=7),
    requires_python="",
    origin=f"{ADOPTED}plain-tools/{ZIP}",
    tag_url="",
    revision="24",
)


class TestVersion6:
    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "catalog.sqlite3"
        write(path, VERSION_6)
        return path

    @pytest.fixture
    def catalog(self, path):
        with open_catalog(path) as opened:
            yield opened

    def test_keeps_releases_and_their_metadata(self, catalog):
        assert catalog.releases.all() == [*LEDGER, TOOLS]
        assert catalog.releases.latest(2) == [TOOLS, LEDGER[3]]
        assert catalog.releases.of_tags([TOOLS.origin]) == {TOOLS.origin: TOOLS}
        assert (catalog.releases.count(), catalog.releases.projects()) == (
            (5, 2),
            ["acme-ledger", "plain-tools"],
        )
        for release in catalog.releases.all():
            text = metadata(release.name, release.version, release.summary)
            assert catalog.releases.metadata(release.sha256) == text

    def test_keeps_failures(self, catalog):
        syntax, network = "SyntaxError: print", "The network was lost."
        one, two = (Path(f"/srv/index-state/logs/{name}.log") for name in ("one", "two"))
        assert catalog.failures.all() == [
            Failure(f"{PROJECT}/tags/3.0", "f1", syntax, one, True, "acme-ledger", "3.0", "50"),
            Failure(f"{UUID}/other/tags/1.0", "f2", network, two, False, "other", "1.0", "51"),
        ]

    def test_keeps_what_is_withdrawn_and_what_is_to_be_removed(self, catalog):
        withdrawals = catalog.withdrawals
        assert [each.version for each in withdrawals.all()] == ["1.0"]
        gone = "acme_ledger-0.9.tar.gz"
        assert withdrawals.files_to_remove() == [
            FileToRemove("acme-ledger", gone, "acme.ledger", "0.9", digest(gone), "sdist")
        ]

    def test_keeps_names(self, catalog):
        assert catalog.private_names.all() == {"acme-ledger", "plain-tools", "guess", "secret"}
        assert catalog.private_names.from_metadata() == {"secret"}
        assert catalog.public_names.answers() == {"acme-ledger": (True, TIME), "plain-tools": (False, TIME)}
        names = catalog.former_names
        assert names.of_project("plain-tools") == [FormerName("Plain_Tools", ZIP, "plain-tools", digest(ZIP))]
        assert names.of_project("acme-ledger") == [
            FormerName("downloads", "ledger-1.0.tgz", "acme-ledger", "cd" * 32)
        ]

    def test_keeps_how_the_index_and_the_repository_were_left(self, catalog):
        assert catalog.pages.listed_projects() == [
            ListedProject("acme-ledger", "acme.ledger", "1.1.post1", "Keeps <books> & more"),
            ListedProject("plain-tools", "Plain_Tools", "0.1"),
        ]
        assert catalog.pages.stale() == {""}
        assert catalog.index_state.folders() == {"acme-ledger": 1234567890123456789, "plain-tools": 5}
        assert catalog.toolchains.of([PROJECT]) == {PROJECT: "setuptools==80.0"}
        assert (catalog.index_state.finished_repositories(), catalog.note("adoption")) == ({UUID}, "done")
        state = ScanState(catalog)
        scan = state.scan(REPOSITORY)
        assert (scan.options_digest, scan.checkpoint.revision) == ("digest-of-options", "60")
        assert [tag.name for tag in state.tags(scan)] == ["1.1", "3.0"]

    def test_gives_the_same_pages(self, catalog, tmp_path):
        before = {path: path.read_bytes() for path in PAGES_OF_VERSION_6.rglob("index.*")}
        assert len(before) == 8
        writer = PageWriter(
            IndexStore(tmp_path / "index"), catalog, Site(base_url="https://pypi.example.com/")
        )
        writer.write_all(catalog.releases.projects())
        now = {path: tmp_path / "index" / path.relative_to(PAGES_OF_VERSION_6) for path in before}
        assert {path: now[path].read_bytes() for path in before} == before

    def test_counts_releases_and_forgets_the_files_of_those_that_go(self, catalog):
        with catalog.batch():
            catalog.withdrawals.unpublish(LEDGER[:1])
            catalog.releases.publish(of_ledger(5, "3.0"))
        assert catalog.releases.count() == (5, 2)
        assert catalog.releases.latest(1) == [TOOLS]
        assert [
            file
            for (file,) in catalog.rows("SELECT filename FROM release_file WHERE project = 'acme-ledger'")
        ] == [each.filename for each in catalog.releases.of_project("acme-ledger")]
        catalog.check()

    def test_has_the_tables_of_a_new_file(self, path, tmp_path):
        with open_catalog(path), open_catalog(tmp_path / "new.sqlite3"):
            pass
        assert schema(path) == schema(tmp_path / "new.sqlite3")


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_each_version_keeps_a_release_with_its_metadata(tmp_path, version):
    path = tmp_path / "catalog.sqlite3"
    write(path, VERSION_1.format(uuid=UUID))
    write(path, "".join(STEPS[1:version]) + f"PRAGMA user_version = {version};")
    for _ in range(2):
        with open_catalog(path) as catalog:
            assert catalog.releases.all() == [a_release(sha256="abc")]
            assert (catalog.releases.metadata("abc"), catalog.releases.count()) == (b"Name", (1, 1))
            assert catalog.toolchains.of([PROJECT]) == {PROJECT: "setuptools==80.0"}
            catalog.check()
    with open_catalog(tmp_path / "new.sqlite3"):
        pass
    assert schema(path) == schema(tmp_path / "new.sqlite3")


def schema(path: Path) -> dict[str, tuple[str, list[tuple[str, ...]]]]:
    """The kind and the columns of each table, index and trigger of a file."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, type FROM sqlite_schema ORDER BY name").fetchall()
        return {
            name: (kind, [row[1:] for row in connection.execute(f"PRAGMA table_info({name})")])
            for name, kind in found
        }
