"""Writing the pages of what is published: which files, in what order, and which are left alone."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index import core_metadata, description, layout, simple_api, store
from sdistmaker_recipe.index.file_conflicts import conflict_reason
from sdistmaker_recipe.index.store import Content, IndexStore
from sdistmaker_recipe.model import Failure, Logo, ProjectDetails, Release, Site
from sdistmaker_recipe.stages.pages import PageWriter, project_files
from sdistmaker_recipe.stages.pages import writer as writer_module
from sdistmaker_recipe.stages.pages.writer import renderer_version
from sdistmaker_recipe.vcs import Checkpoint, ScanResult
from tests.support.old_catalog import VERSION_1
from tests.unit.values import TIME, UUID, a_failure, a_release, a_tag, with_sdist

METADATA = b"Metadata-Version: 2.2\nName: acme.ledger\nVersion: 1.0\nSummary: Sums\n\nAll *about* sums.\n"
LONG_AGO = 10**9


class Recorder(IndexStore):
    """The store, which keeps the paths of each call that writes pages, in their order."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.written: list[list[str]] = []

    def write_pages(self, pages: Mapping[str, Content]) -> None:
        self.written.append(list(pages))
        super().write_pages(pages)


def fail(folder: Path) -> None:
    raise StoreError(f"{folder}: No space left on device")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[PageWriter]:
    with open_catalog(None) as catalog:
        yield PageWriter(Recorder(tmp_path / "index"), catalog, Site(browse_url="https://svn.example.com/"))


def add(
    writer: PageWriter, version: str = "1.0", project: str = "acme-ledger", *, final: bool = False, **changes
) -> Release:
    """Publish a release, all but its pages."""
    release = a_release(version, project=project, **changes)
    stored = writer.store.add_archive(project, release.filename, f"{project} {version}".encode())
    digest = hashlib.sha256(METADATA).hexdigest() if final else ""
    release = with_sdist(release, sha256=stored.sha256, size=stored.size, metadata_sha256=digest)
    writer.catalog.releases.publish(release, {stored.sha256: METADATA})
    return release


def rendered_otherwise(writer: PageWriter, patch: pytest.MonkeyPatch, name: str, value: str) -> PageWriter:
    """The same in a run that renders descriptions with something else."""
    patch.setattr(simple_api, name, value)
    return replace(writer, renderer=renderer_version())


def files(writer: PageWriter) -> set[str]:
    folder = writer.store.folder
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def read(writer: PageWriter, path: str) -> str:
    return (writer.store.folder / path).read_text("utf-8")


def rewritten(
    writer: PageWriter,
    projects: tuple[str, ...] | None = None,
    projects_to_check: frozenset[str] = frozenset(),
) -> set[str]:
    """The files that a call writes, though all are there; of some projects, or of all that need it."""
    for path in files(writer):
        os.utime(writer.store.folder / path, (LONG_AGO, LONG_AGO))
    if projects is None:
        writer.write_all(projects_to_check)
    else:
        writer.write_projects(projects)
    return {path for path in files(writer) if (writer.store.folder / path).stat().st_mtime != LONG_AGO}


def of_project(project: str, version: str = "1.0") -> set[str]:
    """The pages of a project, and that of one release."""
    return {f"{project}/{name}" for name in (*layout.PROJECT_PAGES, f"about-{version}.html")}


class TestMissingRoot:
    def test_is_written_with_the_projects_that_have_pages(self, writer):
        add(writer, project="acme-ledger")
        writer.write_projects(["acme-ledger"])
        add(writer, project="acme-late")
        writer.write_missing_root()
        assert set(layout.ROOT_FILES) <= files(writer)
        assert "acme-ledger" in read(writer, "index.html")
        assert "acme-late" not in read(writer, "index.html")

    def test_is_not_written_again(self, writer):
        writer.write_missing_root()
        before = len(writer.store.written)
        writer.write_missing_root()
        assert len(writer.store.written) == before


class TestProject:
    def test_gets_its_pages_and_no_other_does(self, writer):
        add(writer, project="alpha")
        add(writer, project="beta")
        writer.write_projects(["alpha", "unknown"])
        assert files(writer) == {"alpha/alpha-1.0.tar.gz", "beta/beta-1.0.tar.gz"} | of_project("alpha")
        assert writer.catalog.pages.stale() == {"", "beta"}
        assert [(each.project, each.version) for each in writer.catalog.pages.listed_projects()] == [
            ("alpha", "1.0")
        ]

    def test_has_metadata_before_a_page_names_it(self, writer):
        release = add(writer, final=True)
        add(writer, "2.0")
        writer.write_projects(["acme-ledger"])
        ((first, *others),) = writer.store.written
        assert first == f"acme-ledger/{release.filename}.metadata"
        assert set(others) >= of_project("acme-ledger")
        assert read(writer, first).encode() == METADATA
        entries = json.loads(read(writer, "acme-ledger/index.json"))["files"]
        named = {each["filename"]: each.get("core-metadata") for each in entries}
        assert named == {
            release.filename: {"sha256": hashlib.sha256(METADATA).hexdigest()},
            "acme_ledger-2.0.tar.gz": None,
        }

    def test_gets_metadata_back_that_is_missing_only(self, writer):
        release = add(writer, final=True)
        writer.write_projects(["acme-ledger"])
        path = f"acme-ledger/{release.filename}.metadata"
        (writer.store.folder / path).unlink()
        assert rewritten(writer, ("acme-ledger",)) == {path}
        assert rewritten(writer, ("acme-ledger",)) == set()

    def test_has_a_folder_for_each_written_name_with_the_same_archives(self, writer):
        add(writer, "1.0", name="acme.ledger")
        add(writer, "2.0", name="Acme.Ledger")
        writer.write_projects(["acme-ledger"])
        archives = writer.store.folder / "acme-ledger"
        for folder in ("acme.ledger", "Acme.Ledger"):
            links = read(writer, f"{folder}/index.html")
            for version in ("1.0", "2.0"):
                name = f"{folder}-{version}.tar.gz"
                linked = writer.store.folder / folder / name
                assert linked.samefile(archives / f"acme_ledger-{version}.tar.gz")
                assert f'href="{name}#sha256={sha256(linked)}"' in links
            assert not (writer.store.folder / folder / "index.json").exists()

    def test_without_a_dot_has_no_other_folder(self, writer):
        add(writer, project="plain", name="Plain")
        writer.write_projects(["plain"])
        assert {path.name for path in writer.store.folder.iterdir()} == {"plain"}

    def test_shows_releases_by_time_to_programs_and_by_version_to_people(self, writer):
        for day, version in enumerate(["2.0", "1.0", "10.0"], start=1):
            add(writer, version, upload_time=datetime(2020, 1, day, tzinfo=timezone.utc))
        writer.write_projects(["acme-ledger"])
        assert json.loads(read(writer, "acme-ledger/index.json"))["versions"] == ["2.0", "1.0", "10.0"]
        page = read(writer, "acme-ledger/about.html")
        places = [page.index(f">{version}</a>") for version in ("10.0", "2.0", "1.0")]
        assert places == sorted(places)

    def test_tells_people_of_failed_tags_and_of_the_tag_in_the_repository(self, writer):
        add(writer)
        writer.catalog.failures.add(a_failure(a_tag("0.9"))._replace(project="acme-ledger", tag="0.9"))
        writer.write_projects(["acme-ledger"])
        page = read(writer, "acme-ledger/about.html")
        assert "1 failed tag" in page
        assert 'href="https://svn.example.com/acme.ledger/tags/1.0"' in page

    @pytest.mark.parametrize(
        ("taken", "asked", "warned"), [(True,) * 3, (False, True, False), (True, False, False)]
    )
    def test_warns_of_a_name_that_is_taken_where_that_is_watched(self, writer, taken, asked, warned):
        writer = replace(writer, warns_of_public_names=taken)
        add(writer)
        writer.catalog.public_names.record({"acme-ledger": asked}, datetime.now(timezone.utc))
        writer.write_projects(["acme-ledger"])
        assert (
            "The public index has a project of this name" in read(writer, "acme-ledger/about.html")
        ) is warned

    def test_has_its_description_rendered_once(self, writer, monkeypatch):
        calls = []
        real = description.render_description
        monkeypatch.setattr(
            description, "render_description", lambda metadata: calls.append(1) or real(metadata)
        )
        add(writer)
        for _ in range(2):
            writer.write_projects(["acme-ledger"])
        assert "<em>about</em>" in read(writer, "acme-ledger/about.html")
        assert len(calls) == 1
        for number, (name, value) in enumerate(
            (("DESCRIPTION_FORMAT", "other"), ("MARKDOWN_MODULE", "no_such_module"))
        ):
            monkeypatch.setattr(simple_api, name, value)
            replace(writer, renderer=renderer_version()).write_projects(["acme-ledger"])
            assert len(calls) == 2 + number

    def test_takes_what_was_read_of_its_newest_release_already(self, writer, monkeypatch):
        add(writer, version="1.0")
        newest = add(writer, version="2.0")
        monkeypatch.setattr(core_metadata, "project_details", fail)
        writer.write_projects(["acme-ledger"], {newest.sha256: ProjectDetails(author="Read before")})
        assert "Read before" in read(writer, "acme-ledger/about.html")

    def test_is_still_owed_where_its_pages_cannot_be_written(self, writer, monkeypatch):
        add(writer)
        monkeypatch.setattr(store, "sync_filesystem", fail)
        with pytest.raises(StoreError):
            writer.write_projects(["acme-ledger"])
        assert writer.catalog.pages.stale() == {"", "acme-ledger"}

    def test_is_listed_with_its_newest_file_and_yanked_if_all_of_it_is(self, writer):
        day = datetime(2026, 11, 30, 23, 59, tzinfo=timezone.utc)
        add(writer, "2.0", project="alpha")
        add(writer, "1.0", project="alpha", upload_time=day)
        add(writer, "2.0", project="beta", yanked="")
        add(writer, "1.0", project="beta", yanked="why")
        writer.write_projects(["alpha", "beta"])
        listed = [each[2:] for each in writer.catalog.pages.listed_projects()]
        assert listed == [("2.0", "", "2026-11-30", False), ("2.0", "", "2012-03-04", True)]

    def test_may_be_one_of_very_many(self, writer, monkeypatch):
        monkeypatch.setattr(project_files, "BATCH", 2)
        for project in "abcde":
            add(writer, project=project)
        writer.write_projects("abcde")
        assert [len(paths) for paths in writer.store.written] == [8, 8, 4]
        assert writer.catalog.pages.stale() == {""}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def complete(writer: PageWriter) -> PageWriter:
    """An index of two projects whose pages are all written."""
    add(writer, project="alpha")
    add(writer, project="beta")
    writer.write_all()
    writer.store.written.clear()
    return writer


class TestAll:
    def test_has_every_file(self, complete):
        assert files(complete) == {
            *layout.ROOT_FILES,
            *(f"{each}/{each}-1.0.tar.gz" for each in ("alpha", "beta")),
            *of_project("alpha"),
            *of_project("beta"),
        }
        assert complete.catalog.pages.stale() == frozenset()

    def test_without_a_release_has_a_root(self, writer):
        writer.write_all()
        assert files(writer) == set(layout.ROOT_FILES)
        assert "Nothing is published yet." in read(writer, "about.html")

    def test_again_touches_and_renders_nothing(self, complete):
        assert rewritten(complete) == set()
        assert complete.store.written == []

    def test_a_new_release_touches_its_project_and_the_root(self, complete):
        add(complete, "2.0", project="alpha")
        touched = rewritten(complete)
        assert touched == of_project("alpha", "2.0") | {"about.html", "releases.atom"}

    def test_a_new_project_is_on_all_root_pages(self, complete):
        add(complete, project="gamma")
        touched = rewritten(complete)
        assert touched == of_project("gamma") | {
            "index.html",
            "index.json",
            "about.html",
            "releases.atom",
        }
        assert "gamma" in read(complete, "about.html")

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"yanked": "bad"}, "about-1.0.html"),
            ({"version": "1.0.post1"}, "about-1.0.html"),
        ],
    )
    def test_a_release_that_is_gone_or_yanked_has_no_page(self, complete, change, path):
        (release,) = complete.catalog.releases.of_project("alpha")
        complete.catalog.releases.publish(release._replace(**change))
        touched = rewritten(complete)
        assert f"alpha/{path}" not in files(complete)
        assert "beta/about-1.0.html" in files(complete)
        assert not [name for name in touched if name.startswith("beta/")]

    def test_a_file_that_is_only_named_like_a_page_is_moved_away(self, complete, caplog):
        (release,) = complete.catalog.releases.of_project("alpha")
        (complete.store.folder / "alpha/about-us.html").write_text("by somebody")
        complete.catalog.releases.publish(release._replace(version="1.0.post1"))
        complete.write_all()
        assert not {"alpha/about-us.html", "alpha/about-1.0.html"} & files(complete)
        aside = complete.store.quarantine_folder / "alpha"
        assert [(path.name, path.read_text()) for path in aside.iterdir()] == [
            ("about-us.html", "by somebody")
        ]
        assert "alpha/about-us.html was in the way" in caplog.text

    def test_archives_of_one_version_share_a_page(self, complete):
        add(complete, "1.0.0", project="alpha", filename="alpha-1.0.zip")
        add(complete, "1.0+local.2", project="alpha")
        add(complete, "2010-03-05-x", project="alpha")
        complete.write_all()
        pages = {path for path in files(complete) if path.startswith("alpha/about")}
        assert pages == {
            f"alpha/about{end}.html" for end in ("", "-1.0", "-1.0.0", "-1.0+local.2", "-2010-03-05-x")
        }

    @pytest.mark.parametrize("path", ["beta/index.json", "beta/about.html", "index.html", "search.js"])
    @pytest.mark.parametrize("how", ["missing", "empty"])
    def test_a_page_that_is_not_there_is_written_again(self, complete, path, how):
        page = complete.store.folder / path
        content = page.read_bytes()
        page.unlink() if how == "missing" else page.write_bytes(b"")
        assert rewritten(complete, projects_to_check=frozenset({"beta"})) == {path}
        assert page.read_bytes() == content

    def test_what_was_owed_when_a_run_broke_off_is_written(self, complete):
        complete.catalog.public_names.record({"beta": True}, datetime.now(timezone.utc))
        watching = replace(complete, warns_of_public_names=True)
        watching.write_all()
        assert "The public index has" in read(complete, "beta/about.html")
        complete.catalog.public_names.record({"beta": False}, datetime.now(timezone.utc))
        assert rewritten(watching) == {"beta/about.html"}
        assert complete.catalog.pages.stale() == frozenset()

    def test_a_failure_is_shown_until_it_is_forgotten(self, complete):
        failure = a_failure(a_tag("3.0"), reason="no such luck")
        failure = failure._replace(project="alpha", tag="3.0", revision="17")
        complete.catalog.failures.add(failure)
        pages_of_it = {"about.html", "failed.html", "alpha/about.html"}
        assert rewritten(complete) == pages_of_it
        failed = read(complete, "failed.html")
        assert "no such luck" in failed
        assert 'href="alpha/about.html"' in failed
        assert 'href="https://svn.example.com/acme.ledger/tags/3.0"' in failed
        complete.catalog.failures.remove([failure.origin])
        assert rewritten(complete) == pages_of_it
        assert "no such luck" not in read(complete, "failed.html")
        assert "failed tag" not in read(complete, "about.html") + read(complete, "alpha/about.html")
        assert complete.catalog.pages.stale() == frozenset()

    @pytest.mark.parametrize("first", ["failure", "release"])
    def test_a_failure_is_of_the_project_as_which_tags_beside_it_are_published(self, complete, first):
        origins = [a_tag(version, project="folder").origin for version in ("0.9", "1.0")]
        failure = Failure(origins[0], "f", "why", Path("log"), project="folder", tag="0.9")

        def fail() -> None:
            complete.catalog.failures.add(failure)
            complete.write_all()

        if first == "failure":
            fail()
        add(complete, "9.0", project="alpha", origin=origins[1])
        if first == "release":
            fail()
        complete.write_all()
        assert 'href="../failed.html#project-alpha">1 failed tag<' in read(complete, "alpha/about.html")
        failed = read(complete, "failed.html")
        assert 'id="project-alpha"' in failed
        assert "folder" not in failed
        complete.catalog.failures.remove([failure.origin])
        complete.write_all()
        assert "failed tag" not in read(complete, "alpha/about.html")

    def test_releases_of_a_catalog_of_the_first_version_tell_their_metadata_too(self, tmp_path):
        path = tmp_path / "catalog.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(VERSION_1.format(uuid=UUID))
            connection.execute("UPDATE metadata SET content = ?", [METADATA])
            connection.commit()
        for _ in range(2):
            with open_catalog(path) as catalog:
                writer = PageWriter(Recorder(tmp_path / "index"), catalog, Site())
                writer.write_all()
                (release,) = catalog.releases.all()
                digest = hashlib.sha256(METADATA).hexdigest()
                assert release == a_release(sha256="abc", summary="Sums", metadata_sha256=digest)
                assert catalog.note("unread metadata") == ""
                assert "Sums" in read(writer, "about.html")
                assert f"{release.filename}.metadata" in {
                    path.name for path in writer.store.folder.rglob("*")
                }

    def test_reasons_name_tags_by_their_path_and_no_address(self, complete):
        url = "file:///srv/secret/svn/group"
        ScanState(complete.catalog).replace(url, f"{UUID}/group", "f", ScanResult(Checkpoint("1", "1", TIME)))
        reason = conflict_reason("a-1.tar.gz", f"{url}/acme/tags/1.0", "")
        complete.catalog.failures.add(a_failure(a_tag(project="folder"), reason=reason))
        complete.write_all()
        page = read(complete, "failed.html")
        assert "a-1.tar.gz was published from group/acme/tags/1.0; the first stays." in page
        assert "secret" not in page

    def test_failures_are_listed_by_version(self, complete):
        for name in ("1.10", "release-1.9", "v1.2", "trunk", "1.10b1"):
            failure = a_failure(a_tag(name, project="py2"), reason=f"why {name}")
            complete.catalog.failures.add(failure._replace(project="py2", tag=name))
        complete.write_all()
        page = read(complete, "failed.html")
        names = ("trunk", "v1.2", "release-1.9", "1.10b1", "1.10")
        places = [page.index(f"<dt>{name}</dt>") for name in names]
        assert places == sorted(places)

    def test_a_failure_of_what_has_no_release_is_paid_for_by_the_root(self, complete):
        complete.catalog.failures.add(a_failure(a_tag())._replace(project="<odd>", tag="1.0"))
        assert rewritten(complete) == {"about.html", "failed.html"}
        assert complete.catalog.pages.stale() == frozenset()

    @pytest.mark.parametrize(
        "change",
        [
            lambda writer, _: replace(writer, site=Site(base_url="https://packages.example.com/")),
            lambda writer, _: replace(writer, site=Site(browse_url="https://trac.example.com/")),
            lambda writer, _: replace(writer, site=writer.site._replace(title="Acme packages")),
            lambda writer, patch: patch.setattr(writer_module, "__version__", "next") or writer,
            lambda writer, patch: patch.setattr(simple_api, "PAGE_FORMAT", "next") or writer,
            lambda writer, patch: rendered_otherwise(writer, patch, "DESCRIPTION_FORMAT", "next"),
            lambda writer, patch: rendered_otherwise(writer, patch, "MARKDOWN_MODULE", "no_such_module"),
            lambda writer, _: replace(writer, warns_of_public_names=True),
        ],
        ids=[
            "index-url",
            "browse-url",
            "site-title",
            "version",
            "format",
            "renderer",
            "markdown",
            "check-public",
        ],
    )
    def test_are_made_again_once_when_their_look_changes(self, complete, change, monkeypatch):
        changed = change(complete, monkeypatch)
        changed.write_all()
        made = {path for paths in complete.store.written for path in paths}
        assert made == of_project("alpha") | of_project("beta") | set(layout.ROOT_FILES)
        complete.store.written.clear()
        changed.write_all()
        assert {path for paths in complete.store.written for path in paths} == set()

    def test_show_the_logo_of_today(self, complete):
        def show(logo: Logo | None) -> PageWriter:
            shown = replace(complete, site=complete.site._replace(logo=logo))
            shown.write_all()
            complete.store.written.clear()
            shown.write_all()
            assert complete.store.written == []
            return shown

        pages = ("about.html", "failed.html", "alpha/about.html")
        for content in (b"<svg/>", b"<svg >"):
            show(Logo("logo.svg", content))
            assert (complete.store.folder / "logo.svg").read_bytes() == content
            assert all('logo.svg" alt="">' in read(complete, page) for page in pages)
        shown = show(Logo("logo.png", b"picture"))
        assert {path for path in files(complete) if path.startswith("logo")} == {"logo.png"}
        assert '<img class="logo" src="../logo.png" alt="">' in read(complete, "alpha/about.html")
        (complete.store.folder / "logo.png").unlink()
        assert rewritten(shown) == {"logo.png"}
        show(None)
        assert not {path for path in files(complete) if path.startswith("logo")}
        assert "<img" not in "".join(read(complete, page) for page in pages)

    def test_are_made_again_until_that_succeeds(self, complete, monkeypatch):
        changed = replace(complete, site=Site(base_url="https://packages.example.com/"))
        with monkeypatch.context() as broken:
            broken.setattr(store, "sync_filesystem", fail)
            with pytest.raises(StoreError):
                changed.write_all()
        assert "https://packages.example.com/" not in read(complete, "releases.atom")
        changed.write_all()
        assert "https://packages.example.com/" in read(complete, "releases.atom")
