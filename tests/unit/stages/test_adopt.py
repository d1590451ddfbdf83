"""Taking over what is in an index: which file becomes which release, and what is left alone, and why."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import Catalog, archives, match_adopted, open_catalog
from sdistmaker_recipe.catalog.database import Database
from sdistmaker_recipe.catalog.former_names import FormerName
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Adoption, Site
from sdistmaker_recipe.stages import withdraw
from sdistmaker_recipe.stages.adopt import adopt, adopter
from sdistmaker_recipe.stages.adopt import adoption as module
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.vcs import Checkpoint, ProjectTags, ScanResult
from tests.support.history import tree
from tests.support.old_index import MADE, add_archive
from tests.unit.values import REPOSITORY, TIME, UUID, a_failure, a_release, a_tag


@dataclass(frozen=True)
class Index:
    folder: Path
    store: IndexStore
    catalog: Catalog

    def add(self, path: str, name: str, version: str, **more: str) -> str:
        """Write an archive; its digest."""
        return sha256(add_archive(self.folder / path, name, version, **more))

    def adopt(self, *, wanted: bool = False, change: bool = True) -> Adoption:
        last = ScanState(self.catalog)
        return adopt(self.store, self.catalog, last, is_requested=wanted, change=change)

    def present(self) -> None:
        PageWriter(self.store, self.catalog, Site()).write_all()

    def releases(self) -> dict[str, str]:
        """The digest of each release's file by its path."""
        return {f"{each.project}/{each.filename}": each.sha256 for each in self.catalog.releases.all()}

    def listed(self, page: str) -> list[str]:
        return [each["filename"] for each in json.loads((self.folder / page).read_text())["files"]]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "index"
    folder.mkdir()
    with open_catalog(None) as catalog:
        yield Index(folder, IndexStore(folder, tmp_path / "aside"), catalog)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def files(adoption: Adoption) -> dict[str, str]:
    """The path of each release that was taken over, by that of the file."""
    return {each.file: f"{each.release.project}/{each.release.filename}" for each in adoption.adopted}


def reasons(adoption: Adoption) -> dict[str, str]:
    return {each.file: each.reason for each in adoption.not_adopted}


class TestTaken:
    @pytest.mark.parametrize(
        ("path", "name", "version", "taken"),
        [
            ("acme/acme-1.0.tar.gz", "acme", "1.0", "acme/acme-1.0.tar.gz"),
            (
                "Acme.Ledger/Acme.Ledger-1.0.tar.gz",
                "Acme.Ledger",
                "1.0",
                "acme-ledger/acme_ledger-1.0.tar.gz",
            ),
            ("My_Pkg/My_Pkg-1.0.zip", "My_Pkg", "1.0", "my-pkg/my_pkg-1.0.zip"),
            ("my-pkg/my-pkg-1.0.tar.gz", "my-pkg", "1.0", "my-pkg/my_pkg-1.0.tar.gz"),
            ("acme/acme-1.0.tgz", "acme", "1.0", "acme/acme-1.0.tar.gz"),
            ("acme/acme-1.0-beta2.tar.gz", "acme", "1.0-beta2", "acme/acme-1.0b2.tar.gz"),
            ("acme/acme-1.0dev-r1234.tar.gz", "acme", "1.0dev-r1234", "acme/acme-1.0dev-r1234.tar.gz"),
            ("downloads/acme-1.0.tar.gz", "acme", "1.0", "acme/acme-1.0.tar.gz"),
        ],
    )
    def test_by_the_name_that_clients_look_for_and_the_one_it_has(self, index, path, name, version, taken):
        digest = index.add(path, name, version)
        adoption = index.adopt()
        assert (files(adoption), adoption.not_adopted) == ({path: taken}, ())
        assert index.releases() == {taken: digest}
        for each in (path, taken):
            assert sha256((index.folder / each).read_bytes()) == digest

    def test_where_the_file_belongs_to_another_account(self, index, monkeypatch):
        def refuse(path: Path, _times: tuple[float, float]) -> None:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))

        index.add("my-pkg/my-pkg-1.0.tar.gz", "my-pkg", "1.0")
        monkeypatch.setattr(os, "utime", refuse)
        assert files(index.adopt()) == {"my-pkg/my-pkg-1.0.tar.gz": "my-pkg/my_pkg-1.0.tar.gz"}

    def test_with_what_its_metadata_says(self, index):
        more = "Requires-Python: >=2.6\n\nAll about it.\n"
        index.add("acme/acme-1.0.tar.gz", "Acme", "1.0", metadata="2.2", more=more)
        index.add("acme/acme-1.1.tar.gz", "Acme", "1.1")
        index.adopt()
        final, other = index.catalog.releases.of_project("acme")
        assert (final.name, final.version, final.requires_python, final.summary) == (
            "Acme",
            "1.0",
            ">=2.6",
            "old",
        )
        metadata = index.catalog.releases.metadata(final.sha256)
        assert metadata.endswith(b"All about it.\n")
        assert (final.sdist.metadata_sha256, other.sdist.metadata_sha256) == (sha256(metadata), "")
        assert (final.sdist.upload_time, final.sdist.size) == (
            MADE,
            (index.folder / "acme/acme-1.0.tar.gz").stat().st_size,
        )
        assert (final.origin, final.tag_url) == ("adopted:acme/acme-1.0.tar.gz", "")
        assert index.catalog.pages.stale() == {"acme", ""}

    def test_with_what_our_own_page_said_of_it(self, index):
        digests = [index.add(f"acme/acme-1.{minor}.tar.gz", "acme", f"1.{minor}") for minor in range(4)]
        told: list[dict[str, object]] = [
            {"yanked": "tag deleted in r7"},
            {"yanked": True},
            {"yanked": False, "upload-time": "not a time"},
            {"upload-time": "2020-01-02T03:04:05.678900Z"},
        ]
        page = [
            {
                "filename": f"acme-1.{minor}.tar.gz",
                "hashes": {"sha256": digest},
                "upload-time": "2020-01-02T03:04:05.678900Z",
                **told[minor],
            }
            for minor, digest in enumerate(digests)
        ]
        listing = index.folder / "acme/index.json"
        listing.write_text(json.dumps({"files": [page[0], page[1], page[3]]}))
        index.adopt()
        releases = index.catalog.releases.of_project("acme")
        assert [each.yanked for each in releases] == ["tag deleted in r7", "", None, None]
        assert [each.tag_deleted_in for each in releases] == ["7", None, None, None]
        time = datetime(2020, 1, 2, 3, 4, 5, 678900, tzinfo=timezone.utc)
        assert [each.sdist.upload_time for each in releases] == [time, time, MADE, time]

    @pytest.mark.parametrize(
        "page", ["", "[]", "{}", '{"files": 1}', '{"files": [1]}', '{"files": [{}]}', "[" * 100_000, "\xff"]
    )
    def test_where_the_page_is_none_of_ours(self, index, page):
        index.add("acme/acme-1.0.tar.gz", "acme", "1.0")
        (index.folder / "acme/index.json").write_text(page, "latin-1")
        assert len(index.adopt().adopted) == 1

    def test_once(self, index):
        index.add("Acme.Ledger/Acme.Ledger-1.0.tar.gz", "Acme.Ledger", "1.0")
        index.adopt()
        index.present()
        before = tree(index.folder)
        assert index.adopt(wanted=True) == Adoption()
        index.present()
        assert tree(index.folder) == before


class TestSeveralOfOneRelease:
    @pytest.mark.parametrize("first", ["our own", "of another tool"])
    def test_second_names_of_ours_are_no_other_names(self, index, monkeypatch, first):
        folder = "acme-ledger" if first == "our own" else "Acme.Ledger"
        index.add(f"{folder}/{folder.replace('acme-', 'acme_')}-1.0.tar.gz", "Acme.Ledger", "1.0")
        index.adopt()
        index.present()
        assert index.catalog.former_names.of_project("acme-ledger") == []
        assert len(list(index.folder.glob("*/*-1.0.tar.gz"))) == 3
        monkeypatch.setattr(archives, "read_archive", None)
        assert index.adopt(wanted=True) == Adoption()
        assert index.catalog.former_names.of_project("acme-ledger") == []

    def test_second_names_where_files_cannot_have_two_are_no_other_names(self, index):
        index.add("acme-ledger/acme_ledger-1.0.tar.gz", "Acme.Ledger", "1.0")
        (index.folder / "Acme.Ledger").mkdir()
        for name in ("Acme.Ledger-1.0.tar.gz", "Acme.Ledger-1.0.0.tar.gz"):
            shutil.copy(
                index.folder / "acme-ledger/acme_ledger-1.0.tar.gz", index.folder / "Acme.Ledger" / name
            )
        assert len(index.adopt().adopted) == 1
        names = index.catalog.former_names.of_project("acme-ledger")
        assert [each.filename for each in names] == ["Acme.Ledger-1.0.0.tar.gz"]

    def test_second_names_in_folders_that_were_there_are_not_read_again(self, index, monkeypatch):
        index.add("My_Pkg/My_Pkg-1.0.tar.gz", "My_Pkg", "1.0")
        index.adopt()
        index.add("my-pkg/my_pkg-1.1.tar.gz", "My_Pkg", "1.1")
        index.adopt(wanted=True)
        index.present()
        assert (index.folder / "My_Pkg/My_Pkg-1.1.tar.gz").exists()
        monkeypatch.setattr(archives, "read_archive", None)
        assert index.adopt(wanted=True) == Adoption()
        names = index.catalog.former_names.of_project("my-pkg")
        assert [each.filename for each in names] == ["My_Pkg-1.0.tar.gz"]

    def test_the_same_bytes_are_second_names(self, index):
        digest = index.add("acme-ledger/acme_ledger-1.0.tar.gz", "Acme.Ledger", "1.0")
        (index.folder / "Acme.Ledger").mkdir()
        original = index.folder / "acme-ledger/acme_ledger-1.0.tar.gz"
        (index.folder / "Acme.Ledger/Acme.Ledger-1.0.tar.gz").write_bytes(original.read_bytes())
        adoption = index.adopt()
        assert adoption.not_adopted == ()
        assert index.releases() == {"acme-ledger/acme_ledger-1.0.tar.gz": digest}

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("acme/acme-1.0.tar.gz", "acme/acme-1.0.zip"),
            ("acme/acme-1.0.tar.gz", "acme/acme-1.0.tgz"),
            ("acme/acme-1.0.tar.gz", "Acme/Acme-1.0.tar.gz"),
            ("Acme/Acme-1.0.zip", "downloads/acme-1.0.tar.gz"),
            ("acme/acme-1.0.tar.gz", "acme/acme-1.0.0.tar.gz"),
        ],
    )
    def test_the_first_is_the_release_and_the_other_stays_where_it_is(self, index, first, second):
        version = "1.0.0" if "1.0.0" in second else "1.0"
        other = index.add(second, "acme", version, more="Author: second\n")
        digest = index.add(first, "acme", "1.0")
        adoption = index.adopt()
        (path,) = files(adoption).values()
        assert list(files(adoption)) == [first]
        assert index.releases() == {path: digest}
        assert f"{path} is acme {version} already, with other content" in reasons(adoption)[second]
        index.present()
        assert sha256((index.folder / second).read_bytes()) == other
        assert index.listed("acme/index.json") == [Path(path).name]
        for page in index.folder.glob("*/index.html"):
            assert page.read_text().count("<a ") == 1 - (Path(second).parent == Path(page.parent.name)) * (
                page.parent.name == "Acme"
            )
        assert index.adopt(wanted=True) == Adoption()

    def test_what_lies_where_clients_look_comes_before_other_spellings_there(self, index):
        other = index.add("my-pkg/my-pkg-1.0.tar.gz", "my-pkg", "1.0", more="Author: other\n")
        digest = index.add("my-pkg/my_pkg-1.0.tar.gz", "my-pkg", "1.0")
        adoption = index.adopt()
        assert index.releases() == {"my-pkg/my_pkg-1.0.tar.gz": digest}
        assert list(reasons(adoption)) == ["my-pkg/my-pkg-1.0.tar.gz"]
        assert sha256((index.folder / "my-pkg/my-pkg-1.0.tar.gz").read_bytes()) == other

    def test_the_one_that_our_page_listed_comes_before_what_took_its_place(self, index):
        digest = index.add("Acme.Ledger/Acme.Ledger-1.0.tar.gz", "Acme.Ledger", "1.0")
        bad = index.add("acme-ledger/acme_ledger-1.0.tar.gz", "Acme.Ledger", "1.0", more="Author: bad\n")
        page = {"files": [{"filename": "acme_ledger-1.0.tar.gz", "hashes": {"sha256": digest}}]}
        (index.folder / "acme-ledger/index.json").write_text(json.dumps(page))
        adoption = index.adopt()
        assert index.releases() == {"acme-ledger/acme_ledger-1.0.tar.gz": digest}
        assert sha256((index.folder / "acme-ledger/acme_ledger-1.0.tar.gz").read_bytes()) == digest
        assert "is not what acme-ledger/index.json lists; is moved" in "".join(reasons(adoption).values())
        (aside,) = index.store.quarantine_folder.rglob("*.gz")
        assert sha256(aside.read_bytes()) == bad

    @pytest.mark.parametrize("change", [True, False])
    def test_what_our_page_listed_with_other_content_is_moved_aside(self, index, change):
        bad = index.add("acme/acme-1.0.tar.gz", "acme", "1.0")
        other = index.add("downloads/acme-1.0.tgz", "acme", "1.0", more="Author: another\n")
        good = index.add("acme/acme-1.1.tar.gz", "acme", "1.1")
        page = [
            {"filename": "acme-1.0.tar.gz", "hashes": {"sha256": "ab"}},
            {"filename": "acme-1.1.tar.gz", "hashes": {"sha256": good}},
        ]
        (index.folder / "acme/index.json").write_text(json.dumps({"files": page}))
        before = tree(index.folder)
        adoption = index.adopt(change=change)
        why = "its content is not what acme/index.json lists; "
        for path in ("acme/acme-1.0.tar.gz", "downloads/acme-1.0.tgz"):
            to = f"is moved to {index.store.quarantine_folder / path}" if change else "would be moved to "
            assert reasons(adoption)[path].startswith(f"{why}{to}")
        assert index.releases() == {"acme/acme-1.1.tar.gz": good}
        assert (tree(index.folder) == before) == (not change)
        aside = {path: sha256(content) for path, content in tree(index.store.quarantine_folder).items()}
        assert aside == ({"acme/acme-1.0.tar.gz": bad, "downloads/acme-1.0.tgz": other} if change else {})
        assert index.adopt(wanted=True, change=change) == (
            Adoption() if change else adoption._replace(adopted=())
        )
        assert (index.folder / "acme/index.json").exists()

    def test_a_page_that_names_nothing_that_is_there_goes(self, index):
        index.add("acme/acme-1.0.tar.gz", "acme", "1.0")
        page = {"files": [{"filename": "acme-1.0.tar.gz", "hashes": {"sha256": "ab"}}]}
        for name in ("index.json", "index.html", "about.html"):
            (index.folder / "acme" / name).write_text(json.dumps(page))
        before = tree(index.folder)
        index.adopt(change=False)
        assert tree(index.folder) == before
        index.adopt(wanted=True)
        assert tree(index.folder) == {}
        assert "acme" in index.store.folders()

    def test_our_pages_tell_what_the_archive_does_not(self, index):
        page = []
        for version, told in {
            "1.0": {"_built-by": "python2.7", "_lacks-code": True},
            "1.1": {"_built-by": "a\nb", "_lacks-code": 1},
            "1.2": {},
        }.items():
            digest = index.add(f"acme/acme-{version}.tar.gz", "acme", version)
            page.append({"filename": f"acme-{version}.tar.gz", "hashes": {"sha256": digest}, **told})
        (index.folder / "acme/index.json").write_text(json.dumps({"files": page}))
        index.adopt()
        assert [(each.python, each.lacks_code) for each in index.catalog.releases.all()] == [
            ("python2.7", True),
            ("a b", False),
            ("", False),
        ]

    def test_our_pages_can_have_listed_both_spellings_of_a_version(self, index):
        page = []
        for version in ("1.0", "1.0.0"):
            digest = index.add(f"acme/acme-{version}.tar.gz", "acme", version)
            page.append({"filename": f"acme-{version}.tar.gz", "hashes": {"sha256": digest}})
        (index.folder / "acme/index.json").write_text(json.dumps({"files": page}))
        assert len(index.adopt().adopted) == 2


class TestLeftAlone:
    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("acme/acme-1.0-py3-none-any.whl", "not a source distribution"),
            ("acme/acme-1.0-py2.5.egg", "not a source distribution"),
            ("acme/acme-1.0.tar.bz2", "not a source distribution"),
            ("acme/acme-1.0.tar.gz", "cannot be read"),
            ("acme-1.0.tar.gz", "in the root"),
        ],
    )
    def test_what_is_no_source_distribution(self, index, path, reason):
        (index.folder / "acme").mkdir()
        (index.folder / path).write_bytes(b"something")
        adoption = index.adopt()
        assert (adoption.adopted, index.catalog.releases.all()) == ((), [])
        assert reason in reasons(adoption)[path]
        assert tree(index.folder) == {path: b"something"}

    @pytest.mark.parametrize(("name", "version"), [("other", "1.0"), ("acme", "2.0"), ("acme", "1.0.post1")])
    def test_a_file_of_another_release_than_its_name_says(self, index, name, version):
        index.add("acme/acme-1.0.tar.gz", name, version)
        assert reasons(index.adopt()) == {"acme/acme-1.0.tar.gz": f"its metadata is that of {name} {version}"}

    @pytest.mark.parametrize("name", ["../acme", "acme/x", "-", ""])
    def test_a_name_that_can_be_no_path(self, index, name):
        index.add("acme/acme-1.0.tar.gz", "acme", "1.0")
        (index.folder / "acme/acme-1.0.tar.gz").unlink()
        index.add("acme/acme-1.0.tar.gz", name or " ", "1.0")
        assert list(reasons(index.adopt())) == ["acme/acme-1.0.tar.gz"]
        assert index.catalog.releases.all() == []

    def test_what_is_no_file_of_the_index(self, index, tmp_path):
        add_archive(tmp_path / "elsewhere/acme-1.0.tar.gz", "acme", "1.0")
        (index.folder / "acme").mkdir()
        (index.folder / "acme/acme-1.0.tar.gz").symlink_to(tmp_path / "elsewhere/acme-1.0.tar.gz")
        (index.folder / "linked").symlink_to(tmp_path / "elsewhere")
        assert {reason.partition(",")[0] for reason in reasons(index.adopt()).values()} == {
            "it is a symbolic link"
        }

    def test_a_name_that_is_no_text(self, index):
        path = index.folder / os.fsdecode(b"acme\xff")
        add_archive(path / "acme-1.0.tar.gz", "acme", "1.0")
        (reason,) = reasons(index.adopt()).values()
        assert "UTF-8" in reason

    def test_what_nobody_asks_about(self, index):
        for path in (
            "acme/README",
            "acme/index.html",
            ".hidden/acme-1.0.tar.gz",
            "acme/deep/acme-1.0.tar.gz",
        ):
            (index.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (index.folder / path).write_bytes(b"something")
        assert index.adopt() == Adoption()

    def test_what_is_in_the_way_and_cannot_be_read_is_named(self, index, monkeypatch):
        real = adopter.sha256_of

        def refuse(path: Path) -> str:
            if path.name == "my_pkg-1.0.tar.gz":
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path)

        index.add("my-pkg/my-pkg-1.0.tar.gz", "my-pkg", "1.0")
        (index.folder / "my-pkg/my_pkg-1.0.tar.gz").write_text("in the way")
        monkeypatch.setattr(adopter, "sha256_of", refuse)
        with pytest.raises(StoreError, match=r"my_pkg-1\.0\.tar\.gz: Permission denied") as raised:
            index.adopt()
        assert "same account" in raised.value.hint

    def test_what_is_in_the_way_is_kept_elsewhere(self, index):
        digest = index.add("Acme/Acme-1.0.tar.gz", "Acme", "1.0")
        (index.folder / "acme").mkdir()
        (index.folder / "acme/acme-1.0.tar.gz").write_bytes(b"half of it")
        adoption = index.adopt()
        assert index.releases() == {"acme/acme-1.0.tar.gz": digest}
        assert "moved to" in reasons(adoption)["acme/acme-1.0.tar.gz"]
        assert tree(index.store.quarantine_folder) == {"acme/acme-1.0.tar.gz": b"half of it"}


def test_names_are_on_the_disk_before_the_catalog_knows_them(index, monkeypatch):
    index.add("Acme/Acme-1.0.tar.gz", "Acme", "1.0")
    events = []
    monkeypatch.setattr(
        module, "sync_filesystem", lambda folder: events.append((folder / "acme/acme-1.0.tar.gz").exists())
    )
    batch = Catalog.batch

    @contextmanager
    def recorded(catalog):
        with batch(catalog):
            yield
        events.append("committed")

    monkeypatch.setattr(Catalog, "batch", recorded)
    index.adopt()
    assert events[:2] == [True, "committed"]


def test_a_release_that_is_removed_goes_by_a_name_in_any_folder_too(index):
    index.add("downloads/acme-1.0.tar.gz", "acme", "1.0")
    kept = index.add("downloads/acme-1.0.zip", "acme", "1.0")
    index.adopt()
    index.present()
    index.catalog.withdrawals.unpublish(index.catalog.releases.all())
    withdraw.remove_files(index.catalog, index.store)
    left = {path for path in tree(index.folder) if "acme" in path}
    assert left == {"downloads/acme-1.0.zip"}
    assert [each.sha256 for each in index.catalog.former_names.of_project("acme")] == [kept]


def test_the_folder_of_a_private_name_stays_where_a_release_had_its_file_in_it(index):
    index.add("downloads/acme-1.0.tar.gz", "acme", "1.0")
    index.adopt()
    index.present()
    assert "downloads" in index.catalog.private_names.all()
    index.catalog.withdrawals.unpublish(index.catalog.releases.all())
    withdraw.remove_files(index.catalog, index.store)
    assert index.store.is_empty("downloads")


def test_what_a_run_that_broke_off_left_to_be_removed_is_passed_over(index):
    digest = index.add("Acme/Acme-1.0.tar.gz", "Acme", "1.0")
    release = a_release("1.0", project="acme", sha256=digest)
    index.catalog.releases.publish(release)
    index.catalog.withdrawals.unpublish([release])
    assert index.adopt(wanted=True) == Adoption()
    assert index.catalog.releases.all() == []


class TestWhen:
    def test_an_index_with_releases_is_not_looked_at_unless_that_is_wanted(self, index):
        index.catalog.releases.publish(a_release())
        index.add("acme/acme-1.0.tar.gz", "acme", "1.0")
        assert index.adopt() == Adoption()
        assert index.adopt() == Adoption()
        assert len(index.adopt(wanted=True).adopted) == 1

    def test_an_index_is_looked_at_once(self, index):
        assert index.adopt() == Adoption()
        index.add("acme/acme-1.0.tar.gz", "acme", "1.0")
        assert index.adopt() == Adoption()

    def test_later_runs_ask_the_catalog_once(self, index, monkeypatch):
        index.adopt()
        asked = []
        monkeypatch.setattr(Database, "rows", lambda *query: asked.append(query) or [("done",)])
        index.adopt()
        assert len(asked) == 1

    def test_one_that_breaks_off_goes_on_in_the_next_run(self, index, monkeypatch):
        monkeypatch.setattr(module, "BATCH", 2)
        digests = {
            f"acme/acme-1.{minor}.tar.gz": index.add(f"Acme/Acme-1.{minor}.tar.gz", "Acme", f"1.{minor}")
            for minor in range(7)
        }
        link, calls = index.store.add_archive, []

        def break_off(*arguments):
            calls.append(arguments)
            if len(calls) == 4:
                raise StoreError("the disk is full")
            return link(*arguments)

        monkeypatch.setattr(index.store, "add_archive", break_off)
        with pytest.raises(StoreError):
            index.adopt()
        assert len(index.releases()) == 2
        adoption = index.adopt()
        assert len(adoption.adopted) == 5
        assert index.releases() == digests
        assert {each.sdist.upload_time for each in index.catalog.releases.all()} == {MADE}

    def test_without_a_change_only_the_catalog_knows(self, index):
        index.add("Acme.Ledger/Acme.Ledger-1.0.tar.gz", "Acme.Ledger", "1.0")
        (index.folder / "acme-ledger").mkdir()
        (index.folder / "acme-ledger/acme_ledger-1.0.tar.gz").write_bytes(b"half of it")
        before = tree(index.folder)
        assert len(index.adopt(change=False).adopted) == 1
        assert tree(index.folder) == before
        assert not index.store.quarantine_folder.exists()


def test_the_time_of_a_file_is_that_of_the_copy_where_there_are_no_links(index, monkeypatch):
    monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    index.add("Acme/Acme-1.0.tar.gz", "Acme", "1.0")
    index.adopt()
    assert (index.folder / "acme/acme-1.0.tar.gz").stat().st_mtime == MADE.timestamp()
    assert (index.folder / "acme/acme-1.0.tar.gz").stat().st_nlink == 1


def test_names_are_private_at_once(index):
    index.add("Acme.Ledger/Acme.Ledger-1.0.tar.gz", "Acme.Ledger", "1.0")
    (index.folder / "Only_Wheels").mkdir()
    (index.folder / "Only_Wheels/only_wheels-1.0-py3-none-any.whl").write_bytes(b"")
    (index.folder / "was-private").mkdir()
    (index.folder / "_icons").mkdir()
    index.add("_icons/acme-1.0.tar.gz", "acme", "1.0")
    index.adopt()
    names = {"acme", "acme-ledger", "icons", "only-wheels", "was-private"}
    assert index.catalog.private_names.all() == names
    assert "was-private" in index.catalog.private_names.from_metadata(), (
        "nobody knows any more that it was but a guess"
    )
    assert names - set(index.store.folders()) == set()


class TestPrivateNames:
    """Names of all that is in the index are private, whatever it is."""

    FOLDERS = ("My_Secret/1.0", "Docs_Only", "Empty.Dir", "Weird Name", "_under", "plain")
    NAMES = frozenset({"my-secret", "docs-only", "empty-dir", "weird-name", "under", "plain"})

    def test_of_folders_without_archives(self, index):
        for folder in self.FOLDERS:
            (index.folder / folder).mkdir(parents=True)
        index.add("My_Secret/1.0/My_Secret-1.0.tar.gz", "My_Secret", "1.0")
        (index.folder / "Docs_Only/readme.html").write_text("x")
        for other in (".hidden", "---", "favicon.ico"):
            (index.folder / other).mkdir()
        before = tree(index.folder)
        index.adopt()
        assert index.catalog.private_names.from_metadata() == self.NAMES
        assert index.catalog.private_names.all() == self.NAMES
        assert self.NAMES - set(index.store.folders()) == set()
        assert tree(index.folder) == before

    @pytest.mark.parametrize(
        ("filename", "name", "private"),
        [
            ("flat_root-1.0.tar.gz", "flat_root", "flat-root"),
            ("any-2to3-1.0.zip", "Any.2to3", "any-2to3"),
            ("flat-root-1.0.tgz", "", "flat-root"),
            ("flat-v1.0.tgz", "", "flat"),
            ("flat-1.0-beta-2.tar.gz", "", "flat"),
            ("backup.tar.gz", "", ""),
        ],
    )
    def test_of_archives_in_the_root(self, index, filename, name, private):
        if name:
            index.add(filename, name, "1.0")
        else:
            (index.folder / filename).write_bytes(b"broken")
        adoption = index.adopt()
        assert "in the root" in reasons(adoption)[filename]
        assert index.catalog.private_names.from_metadata() == {private} - {""}
        assert set(index.store.folders()) == {private} - {""}

    def test_of_what_lies_in_the_root_and_is_no_file(self, index):
        os.mkfifo(index.folder / "flat-1.0.tar.gz")
        index.adopt()
        assert index.catalog.private_names.from_metadata() == {"flat"}

    def test_without_a_change_only_in_the_catalog(self, index):
        (index.folder / "Docs_Only").mkdir()
        index.adopt(change=False)
        assert index.catalog.private_names.from_metadata() == {"docs-only"}
        assert set(index.store.folders()) == {"Docs_Only"}

    def test_not_for_good_where_only_a_guess_made_the_folder(self, index):
        index.adopt()
        index.catalog.private_names.update(["guess", "taken"], ())
        index.store.mark_private(["guess", "taken"])
        (index.folder / "taken/readme").write_text("x")
        index.store.add_archive("acme", "acme-1.0.tar.gz", b"")
        index.catalog.releases.publish(a_release(project="acme"))
        index.adopt(wanted=True)
        assert index.catalog.private_names.from_metadata() == {"taken"}

    def test_of_very_many_folders_are_kept_at_once(self, index, monkeypatch):
        for number in range(1000):
            (index.folder / f"My_Project.{number}").mkdir()
        calls = []
        for owner, name in ((IndexStore, "folders"), (Catalog, "change")):
            real = getattr(owner, name)
            monkeypatch.setattr(
                owner, name, lambda *given, real=real, name=name: calls.append(name) or real(*given)
            )
        index.adopt()
        assert len(index.store.folders()) == 2000
        assert len(calls) < 10


class TestFoldersInAnotherSpelling:
    def test_get_a_page_of_all_releases(self, index):
        index.add("My_Pkg/My_Pkg-1.0.tar.gz", "My_Pkg", "1.0")
        index.adopt()
        index.store.add_archive("my-pkg", "my_pkg-2.0.tar.gz", b"new")
        new = a_release("2.0", project="my-pkg", name="My_Pkg", sha256=sha256(b"new"))
        index.catalog.releases.publish(new)
        index.present()
        page = (index.folder / "My_Pkg/index.html").read_text()
        assert page.count("<a ") == 2
        assert (index.folder / "My_Pkg/My_Pkg-2.0.tar.gz").read_bytes() == b"new"

    def test_that_are_of_no_project_get_none(self, index):
        index.add("downloads/acme-1.0.tar.gz", "acme", "1.0")
        index.adopt()
        index.present()
        assert [path.name for path in (index.folder / "downloads").iterdir()] == ["acme-1.0.tar.gz"]


class TestRecognise:
    RELEASE = a_release(origin="adopted:acme-ledger/acme_ledger-1.0.tar.gz", tag_url="", revision="")

    @pytest.fixture(autouse=True)
    def _adopted(self, index):
        index.catalog.releases.publish(self.RELEASE)
        index.catalog.pages.mark_written(["acme-ledger", ""])

    def test_the_tag_of_a_release(self, index):
        tag = a_tag("1.0", project="Acme_Ledger")
        index.catalog.failures.add(a_failure(tag))
        assert list(match_adopted.match_adopted([a_tag("2.0"), tag], index.catalog)) == [self.RELEASE.origin]
        (release,) = index.catalog.releases.all()
        assert (release.origin, release.tag_url, release.revision) == (tag.origin, tag.url, tag.revision)
        assert index.catalog.failures.all() == []
        assert index.catalog.pages.stale() >= {"acme-ledger", ""}
        assert match_adopted.match_adopted([tag], index.catalog) == {}

    def test_the_one_that_spells_the_version_as_the_release_does(self, index):
        tags = [a_tag("1.0.0"), a_tag("1.0"), a_tag("1")]
        match_adopted.match_adopted(tags, index.catalog)
        assert list(index.catalog.releases.of_tags([tag.origin for tag in tags])) == [tags[1].origin]

    @pytest.mark.parametrize("tag", [a_tag("1.1"), a_tag("1.0", project="acme")])
    def test_no_tag_of_another_release(self, index, tag):
        assert match_adopted.match_adopted([tag], index.catalog) == {}
        assert index.catalog.releases.all() == [self.RELEASE]

    def test_no_tag_that_has_a_release(self, index):
        tag = a_tag("1.0")
        index.catalog.releases.publish(a_release("1.0", filename="another.tar.gz", origin=tag.origin))
        assert match_adopted.match_adopted([tag], index.catalog) == {}

    def test_no_tag_of_another_project_than_the_one_that_publishes_under_the_name(self, index):
        own, other = a_tag("1.0", project="z/acme.ledger"), a_tag("1.0", project="a/acme.ledger")
        index.catalog.releases.publish(a_release("1.1", origin=f"{own.project_origin}/tags/1.1"))
        assert match_adopted.match_adopted([other], index.catalog) == {}
        assert match_adopted.match_adopted([other, own], index.catalog)
        assert index.catalog.releases.get("acme-ledger", self.RELEASE.filename).origin == own.origin

    def test_none_of_several_projects_of_that_name(self, index):
        tags = [a_tag("1.0", project=f"{folder}/acme.ledger") for folder in "ab"]
        assert match_adopted.match_adopted(tags, index.catalog) == {}
        found = ScanResult(Checkpoint("20", "20", TIME), (ProjectTags("b/acme.ledger", ()),))
        ScanState(index.catalog).replace(REPOSITORY, UUID, "options", found)
        assert match_adopted.match_adopted(tags[:1], index.catalog) == {}, "the other one may be the owner"


def test_other_names_are_known_by_path_project_and_folder(index):
    names = index.catalog.former_names
    one, two = (
        FormerName("Acme", "Acme-1.0.zip", "acme", "ab"),
        FormerName("misc", "acme-1.zip", "acme", "cd"),
    )
    for each in (two, one):
        names.add(each)
    assert names.of_project("acme") == [one, two]
    assert names.in_folder("misc") == {"acme-1.zip": two}
    assert (names.get("Acme", "Acme-1.0.zip"), names.get("Acme", "acme-1.zip")) == (one, None)
