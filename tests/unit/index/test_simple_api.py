"""Pages of the index, read back by a parser of HTML and one of JSON."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import pytest
from html5lib import HTMLParser as HTMLParser5
from hypothesis import given
from hypothesis import strategies as st
from mousebender import simple
from packaging.version import Version
from pypi_simple import IndexPage, ProjectPage

from sdistmaker_recipe.index import simple_api
from sdistmaker_recipe.index.layout import sdist_filename
from sdistmaker_recipe.model import ProjectStatus
from tests.unit.values import a_release


class Page(HTMLParser):
    """What a client sees of a page: its links as attributes and text, its meta tags, its declarations."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[dict[str, str | None], str]] = []
        self.alternates: list[str | None] = []
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
        if tag == "link" and dict(attrs).get("rel") == "alternate":
            self.alternates.append(dict(attrs)["href"])
        if tag == "a":
            self._attributes, self._text = dict(attrs), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._attributes is not None:
            self.links.append((self._attributes, self._text))
            self._attributes = None


def project(*releases):
    return Page(simple_api.project_html("acme-ledger", releases))


def project_json(*releases):
    return json.loads(simple_api.project_json("acme-ledger", releases))


HTML = [
    simple_api.root_html(["acme"]),
    simple_api.project_html("acme", [a_release(yanked="<b>")], ProjectStatus("archived", "<i>")),
    simple_api.legacy_html("Acme.Ledger", [a_release()]),
]


@pytest.mark.parametrize("html", HTML, ids=["root", "project", "written"])
class TestEveryHtmlPage:
    def test_is_html_5_in_utf_8(self, html):
        assert html.startswith("<!DOCTYPE html>\n")
        assert Page(html).declaration == "DOCTYPE html"
        assert '<meta charset="utf-8">' in html

    def test_is_parsed_without_an_error(self, html):
        HTMLParser5(strict=True).parse(html)

    def test_ends_with_one_newline(self, html):
        assert html.endswith("</html>\n")


class TestRootHtml:
    def test_names_the_version_of_pep_503(self):
        assert Page(simple_api.root_html([])).meta["pypi:repository-version"] == "1.0"

    def test_names_the_page_for_people(self):
        assert Page(simple_api.root_html(["acme"])).alternates == ["about.html"]

    def test_lists_what_clients_take_from_it(self):
        projects = ["acme", "acme-ledger", "b"]
        assert IndexPage.from_html(simple_api.root_html(projects)).projects == projects
        index = simple.parse_project_index(simple_api.root_html(projects), "text/html")
        assert [each["name"] for each in index["projects"]] == projects

    def test_links_to_each_project_by_its_name_with_a_final_slash(self):
        page = Page(simple_api.root_html(["b", "acme-ledger"]))
        assert page.links == [({"href": "b/"}, "b"), ({"href": "acme-ledger/"}, "acme-ledger")]

    def test_of_an_empty_index_has_no_link(self):
        assert Page(simple_api.root_html([])).links == []

    def test_takes_any_iterable(self):
        assert len(Page(simple_api.root_html(iter(["a", "b"]))).links) == 2


class TestProjectHtml:
    def test_names_the_version_that_pep_792_asks_for(self):
        assert project(a_release()).meta["pypi:repository-version"] == "1.4"

    def test_names_the_page_for_people_so_that_easy_install_does_not_search_it(self):
        html = simple_api.project_html("acme", [a_release()])
        (address,) = Page(html).alternates
        assert address.startswith("about.html#")
        # What setuptools' package_index takes for an address, in whatever tag; without a fragment it is
        # a page whose links are taken for releases.
        addresses = re.findall(r"""href\s*=\s*['"]?([^'"> ]+)""", html, re.IGNORECASE)
        assert len(addresses) == 2
        assert all("#" in each for each in addresses)

    def test_says_that_a_release_is_yanked_and_why(self):
        reason = 'no "tests" & <more>'
        page = project(a_release("3"), a_release("2", yanked=""), a_release("1", yanked=reason))
        assert [attributes.get("data-yanked") for attributes, _ in page.links] == [None, "", reason]

    def test_names_core_metadata_only_where_it_is_served(self):
        page = project(a_release("2", metadata_sha256="cd" * 32), a_release("1"))
        digest = f"sha256={'cd' * 32}"
        assert [attributes.get("data-core-metadata") for attributes, _ in page.links] == [digest, None]
        assert [attributes.get("data-dist-info-metadata") for attributes, _ in page.links] == [digest, None]

    def test_has_the_status_of_pep_792_but_for_active_projects(self):
        assert "pypi:project-status" not in project(a_release()).meta
        html = simple_api.project_html("acme", [], ProjectStatus("archived", 'use "acme2"'))
        assert Page(html).meta["pypi:project-status"] == "archived"
        assert Page(html).meta["pypi:project-status-reason"] == 'use "acme2"'

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
        html = simple_api.project_html("acme", [a_release(requires_python=">=3.8,<4")])
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
        assert simple_api.project_html("acme", releases) == simple_api.project_html("acme", tuple(releases))

    def test_never_lets_text_become_markup(self):
        html = simple_api.project_html("acme", [a_release(requires_python='"><script>alert(1)</script>')])
        assert "<script" not in html


class TestRootJson:
    def test_is_that_of_pep_691(self):
        assert json.loads(simple_api.root_json(["b", "acme-ledger"])) == {
            "meta": {"api-version": "1.4"},
            "projects": [{"name": "b"}, {"name": "acme-ledger"}],
        }

    def test_of_an_empty_index_has_no_project(self):
        assert json.loads(simple_api.root_json(iter([])))["projects"] == []


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

    def test_has_what_metadata_yanking_and_status_add(self):
        releases = [a_release("2", yanked="wrong"), a_release("1", yanked="", metadata_sha256="cd" * 32)]
        document = json.loads(
            simple_api.project_json("acme", releases, ProjectStatus("archived", "use acme2"))
        )
        assert document["project-status"] == {"status": "archived", "reason": "use acme2"}
        assert [each["yanked"] for each in document["files"]] == ["wrong", True]
        assert [each.get("core-metadata") for each in document["files"]] == [None, {"sha256": "cd" * 32}]

    def test_has_what_a_lost_catalog_is_made_again_from_under_private_keys(self):
        releases = [a_release("2", python="python2.7"), a_release("1", lacks_code=True), a_release("0")]
        files = project_json(*releases)["files"]
        private = [{name: value for name, value in each.items() if name.startswith("_")} for each in files]
        assert private == [{"_built-by": "python2.7"}, {"_lacks-code": True}, {}]

    def test_names_each_version_once(self):
        releases = [a_release("2.0"), a_release("1.0"), a_release("2.0", filename="other-2.0.tar.gz")]
        assert project_json(*releases)["versions"] == ["2.0", "1.0"]

    def test_names_versions_as_their_files_do(self):
        releases = [a_release("1.0-beta1"), a_release("v1.00"), a_release("1.0b1"), a_release("2009-q3 x")]
        assert project_json(*releases)["versions"] == ["1.0b1", "1.0", "2009-q3 x"]

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
        assert simple_api.project_json("acme", []).endswith("}\n")


NUMBERS = st.lists(st.integers(0, 99), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
SUFFIXES = st.sampled_from(["", "rc1", "+l.1"])
VERSIONS = st.builds("{}{}{}".format, st.sampled_from(["", "1!"]), NUMBERS, SUFFIXES)
# One line of printable characters, as a reason is when it is on a page.
REASONS = st.text("aZ0 <>&\"'=;,.#!\u00fc\u4e2d/%\\", max_size=20).map(lambda text: " ".join(text.split()))
RELEASES = st.builds(
    lambda version, requires, yanked, metadata, size: a_release(
        version,
        filename=sdist_filename("acme-ledger", version),
        requires_python=requires,
        yanked=yanked,
        metadata_sha256=metadata,
        size=size,
    ),
    VERSIONS,
    st.sampled_from(["", ">=3.8", ">=2.7,!=3.0.*,<4", "~=3.9"]),
    st.none() | REASONS,
    st.sampled_from(["", "cd" * 32]),
    st.integers(0, 2**40),
)
STATUSES = st.builds(ProjectStatus, st.sampled_from(["active", "archived", "quarantined"]), REASONS)


def seen(package, *, html: bool):
    """What pypi-simple saw of a file."""
    return (
        package.filename,
        package.digests,
        package.requires_python or "",
        (package.yanked_reason or "") if package.is_yanked else None,
        (package.metadata_digests or {}).get("sha256", ""),
        *(() if html else (package.size, package.upload_time)),
    )


def meant(release, *, html: bool):
    """What is to be seen."""
    return (
        release.filename,
        {"sha256": release.sha256},
        release.requires_python,
        release.yanked,
        release.sdist.metadata_sha256,
        *(() if html else (release.sdist.size, release.sdist.upload_time)),
    )


A_PROJECT = given(st.lists(RELEASES, max_size=4), STATUSES)


class TestClients:
    """pypi-simple and mousebender read the pages as they are meant."""

    @A_PROJECT
    def test_pypi_simple_reads_html(self, releases, status):
        page = ProjectPage.from_html("acme-ledger", simple_api.project_html("acme-ledger", releases, status))
        assert [seen(each, html=True) for each in page.packages] == [
            meant(each, html=True) for each in releases
        ]
        assert all(Version(each.version) for each in page.packages)
        assert (page.status or "active", page.status_reason or "") == (status.status, status.reason)

    @A_PROJECT
    def test_pypi_simple_reads_json(self, releases, status):
        document = simple_api.project_json("acme-ledger", releases, status)
        page = ProjectPage.from_json_data(json.loads(document))
        assert [seen(each, html=False) for each in page.packages] == [
            meant(each, html=False) for each in releases
        ]
        assert (page.status, page.status_reason or "") == (status.status, status.reason)
        assert page.repository_version == "1.4"

    @A_PROJECT
    def test_mousebender_reads_the_same_from_both(self, releases, status):
        html = simple_api.project_html("acme-ledger", releases, status)
        # It knows PEP 792, but not yet in HTML.
        with pytest.warns(simple.APIVersionWarning):
            from_html = simple.parse_project_details(html, "text/html", "acme-ledger")
        text = simple_api.project_json("acme-ledger", releases, status)
        from_json = simple.parse_project_details(text, simple.ACCEPT_JSON_V1, "acme-ledger")
        only_html, only_json = {"dist-info-metadata"}, {"size", "upload-time"}
        assert [
            {key: value for key, value in each.items() if key not in only_html} for each in from_html["files"]
        ] == [
            {key: value for key, value in each.items() if key not in only_json} for each in from_json["files"]
        ]
        assert from_html["name"] == from_json["name"] == "acme-ledger"


class TestWrittenHtml:
    def test_links_to_files_in_the_folder_itself_by_its_spelling(self):
        releases = [a_release("2.0", requires_python=""), a_release("1.0-final", yanked="old")]
        first, second = Page(simple_api.legacy_html("Acme.Ledger", releases)).links
        digest = f"#sha256={'ab' * 32}"
        assert first == ({"href": f"Acme.Ledger-2.0.tar.gz{digest}"}, "Acme.Ledger-2.0.tar.gz")
        assert second[0] == {
            "href": f"Acme.Ledger-1.0-final.tar.gz{digest}",
            "data-requires-python": ">=3.8",
            "data-yanked": "old",
        }

    def test_names_no_core_metadata_for_there_is_none_in_the_folder(self):
        assert "metadata" not in simple_api.legacy_html("Acme.Ledger", [a_release(metadata_sha256="cd" * 32)])


ODD = st.text(st.characters(codec=None), max_size=30)


@given(ODD, ODD, ODD)
def test_any_reason_leaves_pages_that_can_be_written_and_parsed(reason, yanked, status):
    releases, marker = [a_release(yanked=yanked)], ProjectStatus("archived", reason + status)
    html = simple_api.project_html("acme", releases, marker)
    HTMLParser5(strict=True).parse(html.encode().decode())
    assert [attributes["href"] for attributes, _ in Page(html).links] == [
        f"acme_ledger-1.0.tar.gz#sha256={'ab' * 32}"
    ]
    assert json.loads(simple_api.project_json("acme", releases, marker).encode())["files"][0]["yanked"]
