"""The folders of the index: private names, and which folders changed."""

from __future__ import annotations

import hashlib
import os

import pytest

from sdistmaker_recipe.index.store import IndexStore
from tests.unit.index.store_content import NAME, NEW, OLD, files


def test_the_index_may_be_a_link(index, tmp_path):
    (tmp_path / "real").mkdir()
    index.folder.symlink_to("real")
    index.prepare()
    index.write_pages({"index.html": "root", "acme/index.html": "page"})
    index.add_archive("acme", NAME, NEW)
    index.link_archive("acme", NAME, "Acme", NAME)
    index.mark_private(["ledger"])
    assert index.is_page_current("index.html", "root")
    assert index.has_pages("", ("index.html",))
    assert set(index.folders()) == {"acme", "Acme", "ledger"}
    index.remove_files("acme", [NAME])
    assert files(tmp_path / "real").keys() == {"index.html", "acme/index.html", f"Acme/{NAME}"}
    assert index.folder.is_symlink()


class TestPrivateNames:
    def test_have_an_empty_folder_and_may_be_marked_again(self, index):
        index.mark_private(["acme"])
        index.mark_private(["acme"])
        assert list((index.folder / "acme").iterdir()) == []

    def test_are_taken_back(self, index):
        index.mark_private(["acme"])
        index.unmark_private("acme")
        assert not (index.folder / "acme").exists()

    def test_are_not_taken_back_where_anything_is_published(self, index):
        index.add_archive("acme", NAME, NEW)
        index.unmark_private("acme")
        assert files(index.folder) == {f"acme/{NAME}": NEW}

    def test_have_folders_whatever_is_there_already(self, index):
        index.add_archive("acme", NAME, NEW)
        index.mark_private(["acme", "ledger"])
        assert set(index.folders()) == {"acme", "ledger"}

    def test_that_never_were_are_taken_back_without_a_word(self, index):
        index.unmark_private("acme")


WAYS = {
    "add": lambda index: index.add_archive("acme", "acme-2.0.tar.gz", NEW),
    "add to a new folder": lambda index: index.add_archive("ledger", NAME, NEW),
    "replace": lambda index: index.replace_archive("acme", NAME, NEW),
    "remove": lambda index: index.remove_files("acme", [NAME]),
    "link": lambda index: index.link_archive("acme", NAME, "Acme", NAME),
    "link in place of a file": lambda index: index.link_archive(
        "acme", NAME, "Acme.Other", NAME, hashlib.sha256(OLD).hexdigest()
    ),
    "quarantine": lambda index: index.quarantine("acme", NAME),
    "quarantine a folder": lambda index: index.quarantine("", "acme"),
    "page": lambda index: index.write_pages({"index.html": "root", "acme/index.html": "page"}),
    "page in a new folder": lambda index: index.write_pages({"ledger/index.html": "page"}),
    "mark": lambda index: index.mark_private(["acme", "ledger"]),
    "unmark": lambda index: index.unmark_private("empty"),
}


@pytest.mark.parametrize("way", WAYS)
def test_tells_the_folders_in_which_it_made_or_removed_something(index, way):
    index.add_archive("acme", NAME, NEW)
    index.add_archive("Acme.Other", NAME, OLD)
    index.add_archive("untouched", NAME, NEW)
    index.mark_private(["empty"])
    for name in index.folders():
        os.utime(index.folder / name, ns=(1, 1))
    again = IndexStore(index.folder)
    before = again.folders()
    WAYS[way](again)
    now = again.folders()
    changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    assert changed
    assert changed <= again.changed_folders
    assert not again.changed_folders & {"", "untouched"}
    assert again.folders(again.changed_folders) == {
        name: time for name, time in now.items() if name in again.changed_folders
    }


def test_a_file_of_the_root_is_removed_and_of_no_folder_told(index):
    index.write_pages({"index.html": "root", "about.html": "about"})
    index.remove_files("", ["about.html"])
    assert files(index.folder).keys() == {"index.html"}
    assert index.changed_folders == set()


def test_of_folders_that_are_none_no_time_is_told(index, tmp_path):
    index.mark_private(["acme"])
    (index.folder / "link").symlink_to(tmp_path)
    (index.folder / "file").write_bytes(OLD)
    assert index.folders(["acme", "link", "file", "gone"]).keys() == {"acme"}
