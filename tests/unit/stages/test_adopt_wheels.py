"""Taking over wheels: each belongs to the release whose source distribution is known."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Adoption, Release, Site
from sdistmaker_recipe.stages import report, withdraw
from sdistmaker_recipe.stages.adopt import adopt
from sdistmaker_recipe.stages.pages import PageWriter
from tests.support.history import tree
from tests.support.old_index import MADE, add_archive, add_wheel
from tests.unit.values import a_report

SDIST, WHEEL = "acme/acme-1.0.tar.gz", "acme/acme-1.0-py3-none-any.whl"


class Index:
    """An index of another tool."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self.folder, self.catalog = folder, catalog
        self.store = IndexStore(folder, folder.with_name("aside"))

    def add(self, *paths: str, version: str = "1.0", name: str = "acme", more: str = "") -> None:
        for path in paths:
            add = add_wheel if path.endswith(".whl") else add_archive
            add(self.folder / path, name, version, more=more)

    def adopt(self, *, again: bool = False, change: bool = True) -> Adoption:
        state = ScanState(self.catalog)
        return adopt(self.store, self.catalog, state, is_requested=again, change=change)

    def show(self) -> None:
        PageWriter(self.store, self.catalog, Site()).write_all()
        withdraw.remove_files(self.catalog, self.store)

    def release(self) -> Release:
        (release,) = self.catalog.releases.all()
        return release

    def wheels(self) -> list[str]:
        return [wheel.filename for wheel in self.release().wheels]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    (tmp_path / "index").mkdir()
    with open_catalog(None) as catalog:
        yield Index(tmp_path / "index", catalog)


def reasons(adoption: Adoption) -> dict[str, str]:
    return {each.file: each.reason for each in adoption.not_adopted}


class TestTaken:
    def test_with_its_time_and_its_metadata(self, index):
        index.add(SDIST, WHEEL)
        adoption = index.adopt()
        (wheel,) = index.release().wheels
        content = (index.folder / WHEEL).read_bytes()
        assert (wheel.filename, wheel.kind, wheel.size) == (
            "acme-1.0-py3-none-any.whl",
            "wheel",
            len(content),
        )
        assert (wheel.sha256, wheel.upload_time) == (hashlib.sha256(content).hexdigest(), MADE)
        assert [(each.file, each.wheel) for each in adoption.adopted] == [
            (SDIST, ""),
            (WHEEL, wheel.filename),
        ]
        index.show()
        assert (index.folder / f"{WHEEL}.metadata").read_text("utf-8").startswith("Metadata-Version: 2.1\n")
        assert (
            wheel.metadata_sha256
            == hashlib.sha256((index.folder / f"{WHEEL}.metadata").read_bytes()).hexdigest()
        )

    @pytest.mark.parametrize(
        "name",
        [
            "acme-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
            "acme-1.0-2-py3-none-any.whl",
            "Acme-1-py3-none-any.whl",
        ],
    )
    def test_whatever_its_tags_and_spelling(self, index, name):
        index.add(SDIST, f"acme/{name}")
        index.adopt()
        assert index.wheels() == [name]

    def test_several_of_a_release(self, index):
        names = [
            "acme-1.0-cp310-cp310-win32.whl",
            "acme-1.0-cp311-cp311-win32.whl",
            "acme-1.0-py3-none-any.whl",
        ]
        index.add(SDIST, *(f"acme/{name}" for name in names))
        index.adopt()
        assert index.wheels() == names
        assert index.catalog.wheels.releases_without("any", retry_failed=True) == []

    def test_of_a_release_that_is_published_already(self, index):
        index.add(SDIST)
        index.adopt()
        index.add(WHEEL)
        assert index.adopt().adopted == ()
        adoption = index.adopt(again=True)
        assert [each.file for each in adoption.adopted] == [WHEEL]
        assert index.adopt(again=True) == Adoption()
        assert index.catalog.former_names.of_project("acme") == []

    def test_whatever_folder_the_source_distribution_is_in(self, index):
        index.add("Acme_Tools/Acme_Tools-1.0.tar.gz", name="Acme_Tools")
        index.add("acme-tools/acme_tools-1.0-py3-none-any.whl", name="acme-tools")
        index.adopt()
        assert index.wheels() == ["acme_tools-1.0-py3-none-any.whl"]

    def test_from_a_folder_in_another_spelling_and_gone_with_its_release(self, index):
        wheel = "acme_tools-1.0-py3-none-any.whl"
        index.add("Acme_Tools/Acme_Tools-1.0.tar.gz", f"Acme_Tools/{wheel}", name="Acme_Tools")
        before = tree(index.folder)
        index.adopt()
        index.show()
        after = tree(index.folder)
        assert after[f"acme-tools/{wheel}"] == before[f"Acme_Tools/{wheel}"]
        assert before.items() <= after.items()
        assert wheel not in after["Acme_Tools/index.html"].decode()
        index.catalog.withdrawals.unpublish([index.release()])
        index.show()
        assert [path for path in tree(index.folder) if path.endswith((".whl", ".gz"))] == []

    def test_when_our_pages_are_all_that_is_left(self, index):
        """The catalog is lost: times come from the pages."""
        index.add(SDIST, WHEEL)
        index.adopt()
        index.show()
        before, files = index.release(), tree(index.folder)
        (index.folder / WHEEL).touch()
        with open_catalog(None) as catalog:
            found = Index(index.folder, catalog)
            found.adopt()
            found.show()
            assert found.release() == before
        assert tree(index.folder) == files

    def test_and_said(self, index):
        index.add(SDIST, WHEEL)
        shown = a_report(adoption=index.adopt())
        lines = [line.text for line in report.as_lines(shown, verbose=True)]
        assert f"took over {WHEEL} as a wheel of {SDIST} (no tag)" in lines
        assert "took over 2 archives, 0 with a known tag" in lines
        sdist, wheel = json.loads(report.as_json(shown, strict=False))["adopted"]
        assert (sdist["filename"], wheel["filename"]) == (SDIST.partition("/")[2], WHEEL.partition("/")[2])
        assert wheel["sha256"] == index.release().wheels[0].sha256

    def test_without_change_in_a_dry_run(self, index):
        index.add(
            "Acme_Tools/Acme_Tools-1.0.tar.gz",
            "Acme_Tools/acme_tools-1.0-py3-none-any.whl",
            name="Acme_Tools",
        )
        before = tree(index.folder)
        assert len(index.adopt(change=False).adopted) == 2
        assert tree(index.folder) == before


class TestLeftAlone:
    def test_without_a_source_distribution(self, index):
        index.add(WHEEL)
        index.add("acme/acme-2.0.tar.gz", version="2.0")
        assert reasons(index.adopt()) == {
            WHEEL: "it is not a source distribution, and there is none of acme 1.0, as a wheel needs"
        }

    def test_in_the_folder_of_another_project_that_is_in_another_index(self, index):
        index.add(SDIST)
        index.add("acme/other-1.0-py3-none-any.whl", name="other")
        assert list(reasons(index.adopt())) == ["acme/other-1.0-py3-none-any.whl"]

    @pytest.mark.parametrize(("name", "version"), [("other", "1.0"), ("acme", "2.0")])
    def test_with_the_metadata_of_something_else(self, index, name, version):
        index.add(SDIST)
        index.add(WHEEL, name=name, version=version)
        assert reasons(index.adopt())[WHEEL] == f"its metadata is that of {name} {version}"
        assert index.wheels() == []

    @pytest.mark.parametrize(
        ("content", "reason"), [(b"", "The wheel cannot be read"), (b"PK", "The wheel cannot be read")]
    )
    def test_that_is_damaged(self, index, content, reason):
        index.add(SDIST)
        (index.folder / WHEEL).write_bytes(content)
        assert reasons(index.adopt())[WHEEL].startswith(reason)

    def test_that_is_cut_off_within_a_member(self, index):
        index.add(SDIST, WHEEL)
        content = bytearray((index.folder / WHEEL).read_bytes())
        content[60] ^= 0xFF
        (index.folder / WHEEL).write_bytes(content)
        assert reasons(index.adopt())[WHEEL].startswith("The wheel cannot be read")

    def test_without_metadata(self, index):
        index.add(SDIST)
        with zipfile.ZipFile(index.folder / WHEEL, "w") as archive:
            archive.writestr("acme/METADATA", "Name: acme")
        assert reasons(index.adopt())[WHEEL] == "The wheel has no METADATA."

    @pytest.mark.parametrize(
        "name",
        [
            "acme-1.0.whl",
            'acme-1.0-py3-none-any".whl',
            "acme-1.0-py3-none-<b>.whl",
            "acme-1.0-py3-none-äny.whl",
            "acme-1.0-py3-none-any.WHL",
            f"acme-1.0-py3-none-{'any' * 70}.whl",
        ],
    )
    def test_of_a_name_that_is_no_wheels(self, index, name):
        index.add(SDIST)
        (index.folder / "acme" / name).write_bytes(b"")
        assert "its name is not that of a wheel" in reasons(index.adopt())[f"acme/{name}"]

    def test_of_other_content_than_the_published_one(self, index):
        wheel = "acme_tools-1.0-py3-none-any.whl"
        index.add("acme-tools/acme_tools-1.0.tar.gz", f"acme-tools/{wheel}", name="acme-tools")
        index.add(f"Acme_Tools/{wheel}", name="acme-tools", more="Summary: other\n")
        assert reasons(index.adopt()) == {
            f"Acme_Tools/{wheel}": f"acme-tools/{wheel} is published already, with other content"
        }

    def test_of_other_content_than_our_page_lists(self, index):
        """It must not pass for the published one: it goes into quarantine."""
        index.add(SDIST, WHEEL)
        index.adopt()
        index.show()
        index.add(WHEEL, more="Summary: other\n")
        with open_catalog(None) as catalog:
            found = Index(index.folder, catalog)
            adoption = found.adopt()
            assert "its content is not what acme/index.json lists; is moved to" in reasons(adoption)[WHEEL]
            assert found.wheels() == []
        assert list(tree(index.store.quarantine_folder)) == [WHEEL]
