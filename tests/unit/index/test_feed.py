"""The Atom feed, read back as XML."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.index.feed import atom_feed
from sdistmaker_recipe.model import Site
from tests.unit.values import TIME, a_release

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = Site("Acme packages", "https://packages.example.com/simple/")
RELEASES = [
    a_release("2.0", upload_time=TIME + timedelta(days=1), summary="Keeps books"),
    a_release("1.0"),
]


def parsed(releases=RELEASES, site=SITE) -> ET.Element:
    return ET.fromstring(atom_feed(releases, site).encode())


def texts(element: ET.Element, name: str) -> list[str | None]:
    return [each.text for each in element.iter(f"{ATOM}{name}")]


def links(element: ET.Element) -> dict[str | None, str]:
    return {each.get("rel"): each.get("href", "") for each in element.findall(f"{ATOM}link")}


class TestFeed:
    def test_has_what_rfc_4287_requires(self):
        root = parsed()
        assert root.tag == f"{ATOM}feed"
        for element in (root, *root.findall(f"{ATOM}entry")):
            for required in ("id", "title", "updated"):
                assert len(element.findall(f"{ATOM}{required}")) == 1, required
        assert root.findtext(f"{ATOM}author/{ATOM}name") == "Acme packages"
        assert all("alternate" in links(each) for each in root.findall(f"{ATOM}entry"))

    def test_names_itself_and_the_page_for_people(self):
        assert links(parsed()) == {
            "self": "https://packages.example.com/simple/releases.atom",
            "alternate": "https://packages.example.com/simple/about.html",
        }

    def test_has_an_entry_for_each_release_in_the_order_given(self):
        entries = parsed().findall(f"{ATOM}entry")
        assert [each.findtext(f"{ATOM}title") for each in entries] == ["acme.ledger 2.0", "acme.ledger 1.0"]
        assert [each.findtext(f"{ATOM}summary") for each in entries] == [
            "Keeps books",
            "acme_ledger-1.0.tar.gz",
        ]
        address = "https://packages.example.com/simple/acme-ledger/about.html"
        assert [links(each)["alternate"] for each in entries] == [address] * 2

    def test_says_which_releases_are_yanked(self):
        root = parsed([a_release("2.0", yanked=""), a_release("1.0"), a_release("0.9", yanked="Loses data")])
        assert texts(root, "title")[1:] == [
            "acme.ledger 2.0 (yanked)",
            "acme.ledger 1.0",
            "acme.ledger 0.9 (yanked)",
        ]

    def test_was_updated_with_its_newest_release(self):
        root = parsed(RELEASES[::-1])
        assert root.findtext(f"{ATOM}updated") == "2012-03-05T05:06:07Z"
        assert texts(root, "updated")[1:] == ["2012-03-04T05:06:07Z", "2012-03-05T05:06:07Z"]

    def test_gives_times_in_utc(self):
        summer = datetime(2012, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
        assert parsed([a_release(upload_time=summer)]).findtext(f"{ATOM}updated") == "2012-06-30T22:30:00Z"

    def test_has_a_style_for_browsers(self):
        lines = atom_feed(RELEASES, SITE).splitlines()
        assert lines[1] == '<?xml-stylesheet type="text/css" href="feed.css"?>'

    def test_of_nothing_is_a_feed(self):
        root = parsed([])
        assert root.findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"
        assert not root.findall(f"{ATOM}entry")

    def test_ids_are_addresses_that_stay_whatever_else_changes(self):
        (before,) = parsed([a_release("1.0")]).findall(f"{ATOM}entry")
        moved = Site("Other", "https://other.example.com/")
        (after,) = parsed([a_release("1.0", summary="new")], moved).findall(f"{ATOM}entry")
        assert before.findtext(f"{ATOM}id") == after.findtext(f"{ATOM}id")
        ids = texts(parsed(), "id")
        assert len(set(ids)) == 3
        assert all(urlsplit(each or "").scheme == "urn" for each in ids)

    def test_has_addresses_relative_to_its_own_where_the_index_has_none(self):
        root = parsed(site=Site())
        here = "http://localhost/simple/releases.atom"
        assert urljoin(here, links(root)["self"]) == here
        (entry, _) = root.findall(f"{ATOM}entry")
        assert urljoin(here, links(entry)["alternate"]) == "http://localhost/simple/acme-ledger/about.html"

    @pytest.mark.parametrize("base", ["https://example.com/x", "https://example.com/x/"])
    def test_takes_the_address_of_the_index_with_and_without_final_slash(self, base):
        assert links(parsed(site=Site("a", base)))["self"] == "https://example.com/x/releases.atom"


ODD = st.text(st.characters(codec=None), max_size=30)


@given(ODD, ODD, ODD, ODD)
def test_any_text_stays_text(name, summary, title, origin):
    release = a_release(name=name, summary=summary, origin=origin)
    root = parsed([release], Site(title))
    assert {each.tag for each in root.iter()} == {
        f"{ATOM}{each}"
        for each in ("feed", "title", "id", "updated", "author", "name", "link", "entry", "summary")
    }


def test_markup_in_a_summary_is_shown_not_used():
    root = parsed([a_release(summary="<script>alert(1)</script> & more")])
    assert texts(root, "summary") == ["<script>alert(1)</script> & more"]
