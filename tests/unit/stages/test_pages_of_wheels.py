"""A release with a wheel beside its sdist: each page that lists files shows both, and metadata of both."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Release, Site
from sdistmaker_recipe.stages.pages import PageWriter
from tests.unit.values import TIME, a_file, a_release

SDIST, WHEEL, OLD = "acme_ledger-1.0.tar.gz", "acme_ledger-1.0-py3-none-any.whl", "acme_ledger-0.9.tar.gz"
LATER = TIME + timedelta(days=1)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def release(sdist: bytes, wheel: bytes, **changes: object) -> Release:
    """A release of two files of this core metadata."""
    files = (
        a_file(SDIST, sha256="aa" * 32, metadata_sha256=sha256(sdist) if sdist else ""),
        a_file(WHEEL, sha256="bb" * 32, size=99, upload_time=LATER, metadata_sha256=sha256(wheel)),
    )
    return a_release(files=files, **changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index with such a release, and an older one."""
    with open_catalog(None) as catalog:
        store = IndexStore(tmp_path)
        for name in (SDIST, WHEEL, OLD):
            store.add_archive("acme-ledger", name, name.encode())
        catalog.releases.publish(a_release("0.9", upload_time=TIME - timedelta(days=1)))
        found = release(b"of the sdist", b"of the wheel", yanked="bad")
        catalog.releases.publish(found, {"aa" * 32: b"of the sdist", "bb" * 32: b"of the wheel"})
        PageWriter(store, catalog, Site()).write_all()
    return tmp_path


def read(folder: Path, path: str) -> str:
    return (folder / path).read_text("utf-8")


def test_html_links_to_each_file_in_the_order_of_releases(folder):
    links = re.findall(r'<a href="([^"]+)"([^>]*)>([^<]+)</a>', read(folder, "acme-ledger/index.html"))
    assert [(address, name) for address, _, name in links] == [
        (f"{OLD}#sha256={'ab' * 32}", OLD),
        (f"{SDIST}#sha256={'aa' * 32}", SDIST),
        (f"{WHEEL}#sha256={'bb' * 32}", WHEEL),
    ]
    for (_, attributes, _), content in zip(links[1:], (b"of the sdist", b"of the wheel"), strict=True):
        digest = f'="sha256={sha256(content)}"'
        assert f"data-core-metadata{digest} data-dist-info-metadata{digest}" in attributes
        assert 'data-requires-python="&gt;=3.8" data-yanked="bad"' in attributes


def test_json_has_an_entry_for_each_file_and_names_the_version_once(folder):
    page = json.loads(read(folder, "acme-ledger/index.json"))
    assert page["versions"] == ["0.9", "1.0"]
    old, sdist, wheel = page["files"]
    assert (old["filename"], old["hashes"]) == (OLD, {"sha256": "ab" * 32})
    assert "core-metadata" not in old
    assert sdist == {
        "filename": SDIST,
        "url": SDIST,
        "hashes": {"sha256": "aa" * 32},
        "size": 1234,
        "upload-time": "2012-03-04T05:06:07.000890Z",
        "requires-python": ">=3.8",
        "core-metadata": {"sha256": sha256(b"of the sdist")},
        "yanked": "bad",
    }
    assert wheel == {
        **sdist,
        "filename": WHEEL,
        "url": WHEEL,
        "hashes": {"sha256": "bb" * 32},
        "size": 99,
        "upload-time": "2012-03-05T05:06:07.000890Z",
        "core-metadata": {"sha256": sha256(b"of the wheel")},
    }


def test_metadata_is_beside_each_file_that_has_some(folder):
    found = {path.name: path.read_bytes() for path in folder.rglob("*.metadata")}
    assert found == {f"{SDIST}.metadata": b"of the sdist", f"{WHEEL}.metadata": b"of the wheel"}


def test_the_wheel_may_have_metadata_where_the_sdist_has_none(tmp_path):
    with open_catalog(None) as catalog:
        catalog.releases.publish(release(b"", b"of the wheel"), {"bb" * 32: b"of the wheel"})
        PageWriter(IndexStore(tmp_path), catalog, Site()).write_all()
    assert [path.name for path in tmp_path.rglob("*.metadata")] == [f"{WHEEL}.metadata"]


def test_the_page_for_people_has_a_row_for_each_file(folder):
    page = read(folder, "acme-ledger/about.html")
    rows = re.findall(r'<th scope="row">(?:<a href="[^"]+">)?([^<\n]+)', page)
    assert [row.strip() for row in rows] == ["1.0", "1.0 (wheel)", "0.9"]
    assert re.findall(r'<td><a href="([^"]+)" title="[^"]+" download>', page) == [SDIST, WHEEL, OLD]
    assert re.findall(r'data-copy="(SHA-256[^"]*)">(..)', page) == [
        ("SHA-256 of 1.0", "aa"),
        ("SHA-256 of 1.0 (wheel)", "bb"),
        ("SHA-256 of 0.9", "ab"),
    ]
    assert page.count("<p>bad</p>") == 2


def test_the_page_for_people_counts_older_releases_and_not_files(tmp_path):
    with open_catalog(None) as catalog:
        for number in range(12):
            name = f"acme_ledger-{number}"
            files = (a_file(f"{name}.tar.gz"), a_file(f"{name}-py3-none-any.whl"))
            catalog.releases.publish(a_release(str(number), files=files))
        PageWriter(IndexStore(tmp_path), catalog, Site()).write_all()
    page = read(tmp_path, "acme-ledger/about.html")
    assert "<summary>2 older</summary>" in page
    assert page.partition("<details>")[0].count(" download>") == 20


def test_the_feed_has_one_entry_for_each_release(folder):
    feed = read(folder, "releases.atom")
    assert re.findall(r"<title>(acme[^<]*)</title>", feed) == ["acme.ledger 1.0 (yanked)", "acme.ledger 0.9"]
    assert "<updated>2012-03-04T05:06:07Z</updated>" in feed


def test_folders_for_old_clients_have_sdists_only(folder):
    page = read(folder, "acme.ledger/index.html")
    assert re.findall(r'href="([^"#]+)#', page) == ["acme.ledger-0.9.tar.gz", "acme.ledger-1.0.tar.gz"]
    assert {path.name for path in (folder / "acme.ledger").iterdir()} == {
        "index.html",
        "acme.ledger-0.9.tar.gz",
        "acme.ledger-1.0.tar.gz",
    }
