"""Pages of the index, read back by a parser of HTML and one of JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.index import pages
from tests.unit.values import a_release


class Page(HTMLParser):
    """What a client sees of a page: its links as attributes and text, its meta tags, its declarations."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[dict[str, str | None], str]] = []
        self.meta: dict[str | None, str | None] = {}
        self.declaration = ""
        self._attributes: dict[str, str | None] | None = None
        self._text = ""
        self.feed(html)
        self.close()

    def handle_decl(self, decl: str) -> None:
        self.declaration = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "meta":
            self.meta[dict(attrs).get("name")] = dict(attrs).get("content")
        if tag == "a":
            self._attributes, self._text = dict(attrs), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._attributes is not None:
            self.links.append((self._attributes, self._text))
            self._attributes = None


def project(*releases):
    return Page(pages.project_html("acme-ledger", releases))


def project_json(*releases):
    return json.loads(pages.project_json("acme-ledger", releases))


@pytest.mark.parametrize("html", [pages.root_html(["acme"]), pages.project_html("acme", [a_release()])])
class TestEveryHtmlPage:
    def test_is_html_5_in_utf_8(self, html):
        assert html.startswith("<!DOCTYPE html>\n")
        assert Page(html).declaration == "DOCTYPE html"
        assert '<meta charset="utf-8">' in html

    def test_names_the_version_of_the_repository_api_as_pep_629_and_792_ask(self, html):
        assert Page(html).meta["pypi:repository-version"] == "1.4"

    def test_ends_with_one_newline(self, html):
        assert html.endswith("</html>\n")


class TestRootHtml:
    def test_links_to_each_project_by_its_name_with_a_final_slash(self):
        page = Page(pages.root_html(["b", "acme-ledger"]))
        assert page.links == [({"href": "b/"}, "b"), ({"href": "acme-ledger/"}, "acme-ledger")]

    def test_of_an_empty_index_has_no_link(self):
        assert Page(pages.root_html([])).links == []

    def test_takes_any_iterable(self):
        assert len(Page(pages.root_html(iter(["a", "b"]))).links) == 2


class TestProjectHtml:
    def test_links_to_each_file_by_its_name_with_its_digest(self):
        (link,) = project(a_release(requires_python="")).links
        assert link == (
            {"href": f"acme_ledger-1.0.tar.gz#sha256={'ab' * 32}"},
            "acme_ledger-1.0.tar.gz",
        )

    def test_keeps_the_order_given(self):
        page = project(a_release("2.0"), a_release("10.0"), a_release("1.0"))
        assert [text for _, text in page.links] == [
            f"acme_ledger-{each}.tar.gz" for each in ("2.0", "10.0", "1.0")
        ]

    def test_has_requires_python_only_where_the_metadata_has_it(self):
        page = project(a_release("1.0", requires_python=""), a_release("2.0", requires_python=">=3.8"))
        assert [attributes.get("data-requires-python") for attributes, _ in page.links] == [None, ">=3.8"]

    def test_escapes_requires_python_as_pep_503_asks(self):
        html = pages.project_html("acme", [a_release(requires_python=">=3.8,<4")])
        assert 'data-requires-python="&gt;=3.8,&lt;4"' in html

    @given(st.text("aZ0 <>&\"'=;,.#!ü/\t", min_size=1, max_size=20))
    def test_gives_any_requires_python_back_as_it_was(self, requires_python):
        ((attributes, text),) = project(a_release(requires_python=requires_python)).links
        assert attributes["data-requires-python"] == requires_python
        assert text == "acme_ledger-1.0.tar.gz"

    @pytest.mark.parametrize("filename", ["acme-1!2.0+local.1.tar.gz", "acme-1.0-final-fix.tar.gz"])
    def test_quotes_the_file_name_in_the_address_but_not_in_the_text(self, filename):
        ((attributes, text),) = project(a_release(filename=filename)).links
        address, fragment = urldefrag(attributes["href"])
        assert "+" not in address
        assert (unquote(address), text) == (filename, filename)
        assert fragment == f"sha256={'ab' * 32}"

    def test_of_a_project_without_files_has_no_link(self):
        assert project().links == []

    def test_is_the_same_for_the_same_releases(self):
        releases = [a_release("1.0"), a_release("2.0")]
        assert pages.project_html("acme", releases) == pages.project_html("acme", tuple(releases))

    def test_never_lets_text_become_markup(self):
        html = pages.project_html("acme", [a_release(requires_python='"><script>alert(1)</script>')])
        assert "<script" not in html


class TestRootJson:
    def test_is_that_of_pep_691(self):
        assert json.loads(pages.root_json(["b", "acme-ledger"])) == {
            "meta": {"api-version": "1.4"},
            "projects": [{"name": "b"}, {"name": "acme-ledger"}],
        }

    def test_of_an_empty_index_has_no_project(self):
        assert json.loads(pages.root_json(iter([])))["projects"] == []


class TestProjectJson:
    def test_is_that_of_pep_691_with_700_and_792(self):
        assert project_json(a_release()) == {
            "meta": {"api-version": "1.4"},
            "name": "acme-ledger",
            "project-status": {"status": "active"},
            "versions": ["1.0"],
            "files": [
                {
                    "filename": "acme_ledger-1.0.tar.gz",
                    "url": "acme_ledger-1.0.tar.gz",
                    "hashes": {"sha256": "ab" * 32},
                    "size": 1234,
                    "upload-time": "2012-03-04T05:06:07.000890Z",
                    "requires-python": ">=3.8",
                }
            ],
        }

    def test_names_each_version_once(self):
        releases = [a_release("2.0"), a_release("1.0"), a_release("2.0", filename="other-2.0.tar.gz")]
        assert project_json(*releases)["versions"] == ["2.0", "1.0"]

    def test_has_no_requires_python_where_the_metadata_has_none(self):
        assert "requires-python" not in project_json(a_release(requires_python=""))["files"][0]

    def test_does_not_escape_as_html_does(self):
        assert (
            project_json(a_release(requires_python=">=3.8,<4"))["files"][0]["requires-python"] == ">=3.8,<4"
        )

    def test_gives_the_upload_time_in_utc(self):
        summer = datetime(2012, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
        assert (
            project_json(a_release(upload_time=summer))["files"][0]["upload-time"]
            == "2012-06-30T22:30:00.000000Z"
        )

    def test_quotes_the_file_name_in_the_address_only(self):
        (entry,) = project_json(a_release(filename="acme-1!2.0+local.1.tar.gz"))["files"]
        assert entry["filename"] == "acme-1!2.0+local.1.tar.gz"
        assert entry["url"] == "acme-1%212.0%2Blocal.1.tar.gz"

    def test_of_a_project_without_files_has_empty_lists(self):
        document = project_json()
        assert (document["versions"], document["files"]) == ([], [])

    def test_lists_the_same_files_as_the_html_page(self):
        releases = [a_release(version) for version in ("1.0", "2.0", "1!0.1+x")]
        listed = {(each["url"], each["hashes"]["sha256"]) for each in project_json(*releases)["files"]}
        linked = [urldefrag(attributes["href"]) for attributes, _ in project(*releases).links]
        assert listed == {(url, fragment.removeprefix("sha256=")) for url, fragment in linked}

    def test_ends_with_a_newline(self):
        assert pages.project_json("acme", []).endswith("}\n")
