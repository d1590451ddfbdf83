"""The pages for people, read back by a parser of HTML 5."""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import jinja2
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sdistmaker_recipe import __version__
from sdistmaker_recipe.index import description, page_templates, web_pages
from sdistmaker_recipe.index.layout import ROOT_FILES, STATIC_FILES
from sdistmaker_recipe.index.release_page import render_release_page
from sdistmaker_recipe.index.web_pages import FailedTag, ProjectPage, RootPage
from sdistmaker_recipe.model import ListedProject, Logo, ProjectDetails, ProjectStatus, Site
from sdistmaker_recipe.names import is_prerelease
from tests.unit.values import TIME, UUID, a_file, a_release

SITE = Site("Acme packages")
ABOUT = ProjectDetails(
    summary="Keeps <books>",
    author="Ledger Team",
    license="BSD-3-Clause",
    links=(("Issues", "https://trac.example.com/"),),
)
ROOT = RootPage(
    projects=(
        ListedProject("acme", "Acme", "2.0", "All of <it>"),
        ListedProject("acme-ledger", "acme.ledger", "1.0"),
    ),
    releases=1234,
    latest=(a_release("1.0"), a_release("0.9", upload_time=TIME - timedelta(days=1))),
    failed=2,
)
PROJECT = ProjectPage("acme-ledger", (a_release("2.0"), a_release("1.0")), ABOUT, "<p>Hello</p>")
DEPENDENT = ProjectDetails(
    maintainer="House Keepers",
    keywords=("books", "money"),
    requirements=(
        "Chameleon>=2",
        'mock; python_version < "3" and extra == "test"',
        "pytest ; extra == 'test'",
        'x; extra == "a" or os_name == "nt"',
        'Jinja2 (<3) ; (sys_platform != "win32") and extra == "Docs_all"',
    ),
    extras=("test", "docs-all", "empty"),
    classifiers=(
        "Framework :: Zope",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python",
        "Private",
    ),
)
FAILED = (
    FailedTag("acme-ledger", "0.3", "17", "no <setup.py>"),
    FailedTag("acme", "1.0", "18", "SyntaxError"),
    FailedTag("acme-ledger", "0.2", "16", "SyntaxError"),
)


def parsed(html: str) -> Element:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def root(value: RootPage = ROOT, site: Site = SITE) -> Element:
    return parsed(web_pages.render_root_page(value, site))


def project(site: Site = SITE, **changes) -> Element:
    return parsed(web_pages.render_project_page(PROJECT._replace(**changes), site))


def failed(*tags: FailedTag, published: frozenset[str] = frozenset()) -> Element:
    return parsed(web_pages.render_failed_page(tags, published, SITE))


def text(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def by_class(page: Element, name: str) -> list[Element]:
    return [each for each in page.iter() if name in (each.get("class") or "").split()]


def links(page: Element) -> dict[str, str]:
    return {text(each): each.get("href") or "" for each in page.iter("a")}


def rows(page: Element) -> list[list[str]]:
    return [[text(cell) for cell in row] for body in page.iter("tbody") for row in body]


PAGES = {
    "root": web_pages.render_root_page(ROOT, SITE),
    "empty root": web_pages.render_root_page(RootPage(), SITE),
    "project": web_pages.render_project_page(PROJECT, SITE),
    "release": render_release_page([a_release("1.0", python="python2.7")], SITE),
    "failed": web_pages.render_failed_page(FAILED, {"acme-ledger"}, SITE),
    "dependent": web_pages.render_project_page(PROJECT._replace(details=DEPENDENT), SITE),
    "many failed": web_pages.render_failed_page(FAILED[1:2] * 7, {"acme-ledger"}, SITE),
}


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
class TestEveryPage:
    def test_is_html_5_for_screens_of_any_width(self, html):
        assert html.startswith("<!DOCTYPE html>\n")
        assert html.endswith("</html>\n")
        page = parsed(html)
        assert page.get("lang") == "en"
        names = {each.get("name"): each.get("content") for each in page.iter("meta")}
        assert names["viewport"] == "width=device-width, initial-scale=1"
        assert text(page.find(".//title")).endswith("Acme packages")

    def test_says_in_its_head_what_it_is_about(self, html):
        (description,) = [
            each.get("content") for each in parsed(html).iter("meta") if each.get("name") == "description"
        ]
        assert re.search("Acme packages|acme.ledger", description)
        assert len(description) > 20

    def test_needs_nothing_from_elsewhere_and_nothing_inline(self, html):
        page = parsed(html)
        for each in page.iter():
            assert each.tag != "style"
            assert not [name for name in each.attrib if name.startswith("on") or name == "style"]
        assert [(each.get("src"), each.text) for each in page.iter("script")] in (
            [("search.js", None)],
            [("../search.js", None)],
        )
        for each in page.iter("link"):
            assert each.get("href", "").startswith("data:image/") or each.get("href", "").removeprefix(
                "../"
            ) in ("style.css", "releases.atom")
        assert not {"img", "iframe", "object", "embed", "base"} & {each.tag for each in page.iter()}

    def test_tells_no_other_site_where_its_reader_came_from(self, html):
        assert [
            each.get("content") for each in parsed(html).iter("meta") if each.get("name") == "referrer"
        ] == ["no-referrer"]

    def test_has_landmarks_one_main_heading_and_a_way_past_the_first(self, html):
        page = parsed(html)
        count = Counter(each.tag for each in page.iter())
        assert (count["main"], count["h1"], count["header"], count["nav"]) == (1, 1, 1, 1)
        (skip,) = by_class(page, "skip")
        assert skip.get("href") == "#main"
        assert page.find(".//main").get("id") == "main"
        assert next(page.iter("a")) is skip

    def test_names_each_id_once_and_labels_by_those_that_are_there(self, html):
        page = parsed(html)
        ids = Counter(each.get("id") for each in page.iter() if each.get("id"))
        assert set(ids.values()) == {1}
        named = {
            each.get(name) for each in page.iter() for name in ("aria-labelledby", "aria-describedby", "for")
        }
        assert named - {None} <= set(ids)

    def test_has_headings_without_a_gap(self, html):
        levels = [int(each.tag[1]) for each in parsed(html).iter() if re.fullmatch("h[1-6]", each.tag)]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))

    def test_leads_to_files_that_are_there(self, html):
        for address in links(parsed(html)).values():
            path = urlsplit(address).path.removeprefix("../")
            assert (
                not urlsplit(address).path
                or urlsplit(address).scheme
                or (
                    path in ROOT_FILES
                    or re.fullmatch(
                        r"[a-z0-9-]+/about\.html|acme_ledger-[0-9.]+\.tar\.gz|about-[0-9.]+\.html", path
                    )
                )
            ), address


@pytest.mark.parametrize(
    ("page", "description"),
    [
        (root(), "Acme packages: 1,234 releases of 2 projects"),
        (project(), "acme.ledger: Keeps <books>"),
        (project(details=ProjectDetails()), "acme.ledger: all releases, and how to install them"),
        (parsed(PAGES["release"]), "acme.ledger 1.0: its files, and how to install it"),
        (failed(*FAILED), "The tags of Acme packages that do not build, and why"),
    ],
)
def test_the_description_of_a_page_is_one_line_for_search_engines(page, description):
    (found,) = [each.get("content") for each in page.iter("meta") if each.get("name") == "description"]
    assert found == description


class TestFooter:
    def test_says_when_what_the_page_shows_was_last_updated(self):
        releases = (
            a_release("2.0", upload_time=TIME),
            a_release("1.0", upload_time=TIME + timedelta(days=30)),
        )
        for page, date in {
            project(releases=releases): "2012-04-03",
            root(): "2012-03-04",
        }.items():
            (footer,) = page.iter("footer")
            assert text(footer) == f"Last update {date} Made by sdistmaker_recipe {__version__}"

    def test_says_the_version_where_no_date_is_known(self):
        for page in (failed(*FAILED), root(RootPage())):
            assert text(page.find(".//footer")) == f"Made by sdistmaker_recipe {__version__}"


class TestLogo:
    def test_is_beside_the_title_and_says_nothing_of_its_own(self):
        for page, address in {
            root(site=SITE._replace(logo=Logo("logo.svg", b""))): "logo.svg",
            project(SITE._replace(logo=Logo("logo.svg", b""))): "../logo.svg",
        }.items():
            (picture,) = page.iter("img")
            assert (picture.get("src"), picture.get("alt")) == (address, "")
            assert text(by_class(page, "home")[0]) == "Acme packages"


class TestRoot:
    def test_counts_what_there_is(self):
        assert text(by_class(root(), "lead")[0]) == "1,234 releases of 2 projects, 2 failed tags"
        one = RootPage((ListedProject("a", "a", "1"),), 1, (), 0)
        assert text(by_class(root(one), "lead")[0]) == "1 release of 1 project"

    def test_leads_to_failed_tags_only_where_there_are_any(self):
        assert links(root())["2 failed tags"] == "failed.html"
        assert "failed.html" not in links(root(ROOT._replace(failed=0))).values()

    def test_lists_each_project_with_its_newest_version_and_summary(self):
        (section,) = by_class(root(), "projects")
        assert [text(each) for each in section.iter("li")] == ["Acme 2.0All of <it>", "acme.ledger 1.0"]
        assert links(section) == {"Acme": "acme/about.html", "acme.ledger": "acme-ledger/about.html"}

    def test_says_of_each_project_when_it_was_updated_and_whether_it_can_be_used(self):
        some = (
            ListedProject("acme", "Acme", "2.0", "Sums", "2026-11-30"),
            ListedProject("early", "early", "1.0b1"),
            ListedProject("gone", "gone", "1.0", is_yanked=True),
        )
        (section,) = by_class(root(ROOT._replace(projects=some)), "projects")
        assert [text(each) for each in section.iter("li")] == [
            "Acme 2.02026-11-30Sums",
            "early 1.0b1 pre-release",
            "gone 1.0 yanked",
        ]

    def test_has_controls_that_show_only_where_a_script_makes_them_work(self):
        (section,) = by_class(root(), "projects")
        groups = [each for each in section if each.get("role") == "group"]
        assert [[text(button) for button in each.iter("button")] for each in groups] == [
            ["By name", "Newest first"],
            ["Previous", "Next"],
        ]
        assert all(each.get("hidden") is not None for each in groups)

    def test_lists_the_newest_releases_with_their_dates(self):
        (section,) = by_class(root(), "latest")
        assert [text(each) for each in section.iter("li")] == [
            "acme.ledger 1.0 2012-03-04",
            "acme.ledger 0.9 2012-03-03",
        ]
        assert [each.get("href") for each in section.iter("a")] == ["acme-ledger/about.html"] * 2

    def test_says_which_of_the_newest_releases_are_yanked(self):
        latest = (a_release("2.0", yanked=""), a_release("1.0"), a_release("0.9", yanked="Loses data"))
        (section,) = by_class(root(ROOT._replace(latest=latest)), "latest")
        assert ["yanked" in text(each) for each in section.iter("li")] == [True, False, True]

    def test_has_a_search_that_shows_only_where_a_script_makes_it_work(self):
        (form,) = root().iter("form")
        assert form.get("hidden") is not None
        assert [each.get("role") for each in form.iter() if each.get("role")] == ["search", "status"]
        assert form.find(".//input").get("placeholder") == "Name, or words of the summary"
        (label,) = form.iter("label")
        assert label.get("for") == form.find(".//input").get("id")

    def test_names_the_feed(self):
        assert links(root())["Feed"] == "releases.atom"

    def test_stays_light_with_many_projects(self):
        many = tuple(ListedProject(f"acme-{n}", f"acme.{n}", "1.0", "S" * 60) for n in range(2000))
        assert len(web_pages.render_root_page(ROOT._replace(projects=many), SITE)) / 2000 < 60 + 140

    def test_of_an_empty_index_says_so(self):
        assert "Nothing is published yet." in text(root(RootPage()))


class TestProject:
    def test_is_titled_by_the_names_own_spelling_and_the_version_that_is_installed(self):
        page = project(releases=(a_release("3.0rc1"), a_release("2.0"), a_release("1.0")))
        assert text(page.find(".//h1")) == "acme.ledger 2.0"
        assert text(by_class(page, "lead")[0]) == "Keeps <books>"

    def test_says_so_where_all_releases_are_yanked(self):
        some = (a_release("2.0", yanked=""), a_release("1.0"))
        assert text(project(releases=some).find(".//h1")) == "acme.ledger 1.0"
        assert text(project(releases=some[:1]).find(".//h1")) == "acme.ledger 2.0 yanked"

    def test_shows_each_release(self):
        release = a_release("1.0", size=12345, revision="4711", requires_python=">=3.8,<4")
        page = project(releases=(release,))
        assert rows(page) == [["1.0", "2012-03-04", ">=3.8, <4", "12.3 kB", "4711", "ab" * 32]]
        assert links(page)["1.0"] == "about-1.0.html"
        assert links(page)["12.3 kB"] == "acme_ledger-1.0.tar.gz"
        assert [text(each) for each in page.iter("thead")] == ["VersionDatePythonSizeRevisionSHA-256"]

    def test_keeps_the_order_and_folds_old_releases_away(self):
        versions = [f"{n}.0" for n in range(12, 0, -1)]
        page = project(releases=tuple(map(a_release, versions)))
        assert [row[0] for row in rows(page)] == versions
        (older,) = page.iter("details")
        assert text(older.find("summary")) == "2 older"
        assert [row[0] for row in rows(older)] == ["2.0", "1.0"]
        assert not list(project().iter("details"))

    def test_says_that_a_release_is_yanked_and_why(self):
        page = project(
            releases=(a_release("3.0"), a_release("2.0", yanked=""), a_release("1.0", yanked="<bad>"))
        )
        assert [row[0] for row in rows(page)] == ["3.0", "2.0 yanked", "1.0 yanked<bad>"]

    def test_links_to_the_tag_where_browse_url_is_given(self):
        release = a_release("1.0", origin=f"{UUID}/acme/tags/1.0", revision="4711")
        page = project(SITE._replace(browse_url="https://trac.example.com/browser"), releases=(release,))
        assert links(page)["4711"] == "https://trac.example.com/browser/acme/tags/1.0"
        assert "4711" not in links(project(releases=(release,)))
        assert "4711" not in links(
            project(SITE._replace(browse_url="javascript:alert()//"), releases=(release,))
        )

    def test_tells_how_to_install(self):
        page = project(SITE._replace(base_url="https://packages.example.com/simple"))
        pip, uv, poetry, buildout, conf = (
            code.text for code in page.iter("code") if "line" in code.get("data-copy", "")
        )
        assert poetry == (
            "poetry source add --priority=primary packages https://packages.example.com/simple/\n"
            "poetry add acme.ledger"
        )
        assert conf == "[global]\nindex-url = https://packages.example.com/simple/"
        assert pip == "pip install --index-url https://packages.example.com/simple/ acme.ledger"
        assert uv == "uv add --default-index https://packages.example.com/simple/ acme.ledger"
        assert "index = https://packages.example.com/simple/\n" in buildout
        assert buildout.endswith("\neggs = acme.ledger")
        assert not by_class(page, "hint")

    @pytest.mark.parametrize(
        ("release", "reason"),
        [
            (a_release("2.0.dev-r123"), "PEP 440 does not know this version"),
            (a_release("2010-03-05-x"), "PEP 440 does not know this version"),
            (a_release("2.0", lacks_code=True), "The archive has none of the project's Python code."),
        ],
    )
    def test_offers_no_installation_of_what_no_client_can_use(self, release, reason):
        page = project(releases=(release,))
        assert by_class(page, "install") == []
        (notice,) = by_class(page, "notice")
        assert text(notice).startswith(reason)

    def test_offers_the_installation_of_another_release_that_clients_see(self):
        page = project(releases=(a_release("2010-03-05-x"), a_release("1.0")))
        assert len(by_class(page, "install")) == 1

    def test_says_by_which_python_a_release_was_made_if_it_is_not_the_usual_one(self):
        releases = (a_release("2.0"), a_release("1.0", python="python2.7"))
        assert [row[2] for row in rows(project(releases=releases))] == [">=3.8", ">=3.8 built by python2.7"]

    def test_leaves_the_address_of_the_index_to_the_script_where_it_is_not_known(self):
        page = project()
        assert [each.text for each in by_class(page, "index")] == ["INDEX-URL"] * 5
        (hint,) = by_class(page, "hint")
        assert text(hint) == "INDEX-URL is the part of this page's address before acme-ledger/."
        assert page.find("body").get("data-top") == "../"

    def test_offers_each_digest_for_copying(self):
        labels = {
            code.get("data-copy"): code.text for code in project().iter("code") if code.get("data-copy")
        }
        assert labels["SHA-256 of 2.0"] == "ab" * 32

    def test_shows_what_the_metadata_says(self):
        (facts,) = by_class(project(), "facts")
        assert [text(each) for each in facts.iter("dt")] == ["Python", "Author", "License", "Links"]
        assert [text(each) for each in facts.iter("dd")] == [">=3.8", "Ledger Team", "BSD-3-Clause", "Issues"]
        (link,) = facts.iter("a")
        assert (link.get("href"), link.get("rel")) == ("https://trac.example.com/", "nofollow noreferrer")

    def test_shows_what_it_depends_on_by_extra(self):
        (section,) = by_class(project(details=DEPENDENT), "details")
        assert [text(each) for each in section if each.tag in ("h4", "ul", "p")] == [
            "Chameleon>=2",
            "with [test]",
            'mock; python_version < "3" pytest',
            "with [docs-all]",
            'Jinja2 (<3) ; (sys_platform != "win32")',
            "with [empty]",
            "none more",
            "with [a]",
            'x; extra == "a" or os_name == "nt"',
        ]

    def test_shows_classifiers_keywords_and_maintainers(self):
        page = project(details=DEPENDENT)
        (classifiers,) = by_class(page, "classifiers")
        assert [[text(each) for each in div] for div in classifiers] == [
            ["Framework", "Zope"],
            ["Programming Language", "Python :: 3", "Python"],
            ["Private", "Private"],
        ]
        (facts,) = by_class(page, "facts")
        shown = [[text(each) for each in div] for div in facts]
        assert shown[1:] == [["Maintainer", "House Keepers"], ["Keywords", "books, money"]]

    def test_shows_the_description_first(self):
        headings = [text(each) for each in project().iter("h2")]
        assert headings == ["Description", "Details", "Download files", "Releases"]

    def test_lists_the_files_of_the_release_that_is_installed(self):
        releases = (a_release("3.0rc1"), a_release("2.0", size=12345), a_release("1.0"))
        (files,) = by_class(project(releases=releases), "files")
        assert links(files) == {"acme_ledger-2.0.tar.gz": "acme_ledger-2.0.tar.gz"}
        assert text(files) == "acme_ledger-2.0.tar.gz Source distribution, 12.3 kB, 2012-03-04"

    def test_marks_pre_releases(self):
        releases = (a_release("2.0rc1"), a_release("1.0"), a_release("0.1.dev3", yanked="bad"))
        assert [row[0] for row in rows(project(releases=releases))] == [
            "2.0rc1 pre-release",
            "1.0",
            "0.1.dev3 pre-release yankedbad",
        ]
        assert text(project(releases=releases[:1]).find(".//h1")) == "acme.ledger 2.0rc1 pre-release"

    def test_of_yanked_releases_only_offers_no_installation(self):
        page = project(releases=(a_release("2.0", yanked=""), a_release("1.0", yanked="Loses data")))
        assert by_class(page, "install") == []
        assert text(by_class(page, "notice")[0]).startswith(
            "This release is yanked: installers choose it only"
        )
        assert "about-2.0.html" not in links(page).values()

    def test_breaks_a_long_name_where_its_parts_end(self):
        name = "acme.ledger-of_very.long--names-and.more"
        heading = project(releases=(a_release(name=name),)).find(".//h1")
        assert text(heading) == f"{name} 1.0"
        parts = [heading.text, *(each.tail for each in heading.iter("wbr"))]
        assert parts[:4] == ["acme.", "ledger-", "of_", "very."]
        assert "long--" in parts

    def test_has_no_place_for_what_is_not_known(self):
        page = project(details=ProjectDetails(), description="", releases=(a_release(requires_python=""),))
        assert not by_class(page, "lead")
        assert not by_class(page, "facts")
        assert "Description" not in text(page)

    def test_holds_the_description_as_it_is(self):
        (section,) = by_class(project(description="<h3>Use</h3><p>it</p>"), "description")
        assert [each.tag for each in section] == ["h3", "p"]

    def test_says_a_status_other_than_active(self):
        assert not by_class(project(), "notice")
        page = project(status=ProjectStatus("archived", "use <acme2>"))
        assert [text(each) for each in by_class(page, "notice")] == ["Archived. use <acme2>"]

    def test_warns(self):
        page = project(notes=("A stranger owns it.", "<b>More</b>"))
        assert [text(each) for each in by_class(page, "notice")] == [
            "Warning. A stranger owns it.",
            "Warning. <b>More</b>",
        ]

    def test_leads_to_its_failed_tags(self):
        address = links(project(failed=2))["2 failed tags"]
        file, _, fragment = address.removeprefix("../").partition("#")
        assert file == "failed.html"
        assert fragment in {each.get("id") for each in failed(*FAILED).iter()}
        assert "failed" not in text(project())


class TestRelease:
    def shown(self, *releases, site=SITE):
        return parsed(render_release_page(releases, site))

    def test_shows_its_files_with_their_digests(self):
        wheel = a_file("acme_ledger-1.0-py3-none-any.whl", sha256="cd" * 32, size=999)
        release = a_release("1.0")
        (files,) = by_class(self.shown(release._replace(files=(*release.files, wheel))), "files")
        assert [text(each) for each in files] == [
            f"acme_ledger-1.0.tar.gz Source distribution, 1.23 kB, 2012-03-04 SHA-256 {'ab' * 32}",
            f"acme_ledger-1.0-py3-none-any.whl Wheel, 999 B, 2012-03-04 SHA-256 {'cd' * 32}",
        ]
        assert [each.get("href") for each in files.iter("a")] == [release.filename, wheel.filename]

    def test_may_have_several_archives(self):
        page = self.shown(a_release("1.0"), a_release("1.0", filename="acme_ledger-1.0.zip"))
        (files,) = by_class(page, "files")
        assert list(links(files)) == ["acme_ledger-1.0.tar.gz", "acme_ledger-1.0.zip"]

    def test_tells_how_to_install_this_version(self):
        page = self.shown(a_release("1.0-RC1"), site=SITE._replace(base_url="https://p.example.com"))
        lines = [each.text for each in page.iter("code") if "line" in each.get("data-copy", "")]
        assert lines[0] == "pip install --index-url https://p.example.com/ acme.ledger==1.0rc1"
        assert [line.endswith("acme.ledger==1.0rc1") for line in lines] == [True] * 4 + [False]
        assert text(page.find(".//h1")) == "acme.ledger 1.0-RC1 pre-release"

    def test_offers_no_installation_of_what_no_client_can_use(self):
        for release in (a_release("2010-03-05-x"), a_release(lacks_code=True)):
            page = self.shown(release)
            assert (by_class(page, "install"), len(by_class(page, "notice"))) == ([], 1)

    def test_says_what_is_known_of_it(self):
        release = a_release(
            python="python2.7", summary="Keeps <books>", revision="4711", origin=f"{UUID}/a/tags/1.0"
        )
        page = self.shown(release, site=SITE._replace(browse_url="https://trac.example.com/browser"))
        (facts,) = by_class(page, "facts")
        assert [[text(each) for each in div] for div in facts] == [
            ["Python", ">=3.8"],
            ["Built by", "python2.7"],
            ["Revision", "4711"],
        ]
        assert links(facts) == {"4711": "https://trac.example.com/browser/a/tags/1.0"}
        assert text(by_class(page, "lead")[0]) == "Keeps <books>"
        assert links(page)["Description and all releases"] == "about.html"


class TestFailedTags:
    def test_are_shown_by_project_with_their_reasons(self):
        page = failed(*FAILED)
        assert text(by_class(page, "lead")[0]).startswith("3 tags. ")
        assert [text(each) for each in page.iter("h2")] == ["acme-ledger", "acme"]
        assert [text(each) for each in page.iter("dt")] == [
            "0.3 at revision 17",
            "0.2 at revision 16",
            "1.0 at revision 18",
        ]
        assert [text(each) for each in page.iter("dd")] == ["no <setup.py>", "SyntaxError", "SyntaxError"]

    def test_of_a_project_with_the_same_reason_are_one_paragraph(self):
        reason = "no setup.py in acme/tags/{0}; version {0} is not 1.0"
        tags = [FailedTag("acme", f"v0.{n}", str(n), reason.format(f"0.{n}")) for n in (1, 2, 10)]
        page = failed(*tags, FailedTag("acme", "v0.11", "11", "SyntaxError"), tags[0]._replace(project="b"))
        assert [[text(each) for each in div] for div in page.iter("div") if div.find("dt") is not None] == [
            *[["v0.1 at revision 1", "v0.2 at revision 2", "v0.10 at revision 10", tags[2].reason]],
            ["v0.11 at revision 11", "SyntaxError"],
            ["v0.1 at revision 1", tags[0].reason],
        ]

    def test_that_are_many_with_the_same_reason_are_folded_away(self):
        page = failed(
            *(FailedTag("acme", f"1.{n}", str(n), "SyntaxError", f"https://e.com/{n}") for n in range(6))
        )
        (term,) = page.iter("dt")
        assert text(term.find(".//summary")) == "6 tags (1.0 … 1.5)"
        assert [text(each) for each in term.iter("li")] == [f"1.{n} at revision {n}" for n in range(6)]
        assert [each.get("href") for each in term.iter("a")] == [f"https://e.com/{n}" for n in range(6)]
        assert [text(each) for each in page.iter("dd")] == ["SyntaxError"]
        assert text(by_class(page, "lead")[0]).startswith("6 tags. ")

    def test_may_be_of_a_project_whose_name_is_none(self):
        names = ['a b"><script>', "a-b-script-", "a  b", "\x00", "é" * 500]
        page = failed(*(FailedTag(name, "1", "2", "3") for name in names))
        shown = [text(each) for each in page.iter("h2")]
        assert shown == [names[0], names[1], "a b", "unnamed", "é" * 197 + "..."]
        ids = [each.get("id") for each in page.iter("h2")]
        assert len(set(ids)) == len(names)
        assert all(re.fullmatch("[!-~]+", each) for each in ids)

    def test_lead_to_the_page_of_a_project_that_has_one(self):
        page = failed(*FAILED, published=frozenset({"acme-ledger"}))
        assert [link.get("href") for each in page.iter("h2") for link in each] == ["acme-ledger/about.html"]

    def test_lead_to_the_tag_where_its_address_is_known(self):
        page = failed(FailedTag("acme", "1.0", "18", "why", "https://svn.example.com/acme/tags/1.0"))
        (link,) = page.findall(".//dt//a")
        assert (text(link), link.get("href")) == ("18", "https://svn.example.com/acme/tags/1.0")

    def test_of_which_no_revision_is_known(self):
        assert [text(each) for each in failed(FailedTag("acme", "1.0", "", "why")).iter("dt")] == ["1.0"]

    def test_may_be_none(self):
        page = failed()
        assert text(by_class(page, "lead")[0]).startswith("None")
        assert not list(page.iter("h2"))


class TestSize:
    @pytest.mark.parametrize(
        ("size", "shown"),
        [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (12345, "12.3 kB"),
            (999_499, "999 kB"),
            (999_999, "1 MB"),
            (2_500_000, "2.5 MB"),
            (3 * 10**9, "3 GB"),
            (4321 * 10**9, "4,321 GB"),
        ],
    )
    def test_is_short(self, size, shown):
        assert rows(project(releases=(a_release(size=size),)))[0][3] == shown


class TestStaticFiles:
    def test_are_all_there_and_name_nothing_elsewhere(self):
        found = page_templates.static_files()
        assert tuple(found) == STATIC_FILES
        for content in found.values():
            assert "//" not in re.sub(r"^\s*// .*$", "", content, flags=re.MULTILINE)
            assert "@import" not in content
            assert "url(" not in content

    def test_know_light_and_dark(self):
        style = page_templates.static_files()["style.css"]
        assert "prefers-color-scheme: dark" in style
        colours = [set(re.findall(r"--[a-z-]+(?=: #)", part)) for part in style.split("@media")[:2]]
        assert colours[0] == colours[1]

    def test_give_enough_contrast(self):
        """WCAG 2.1, 1.4.3: 4.5 to 1 for text, on each ground that it stands on."""
        for part in page_templates.static_files()["style.css"].split("@media")[:2]:
            colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part))
            for ground, inks in {
                "paper": ("ink", "soft", "accent", "warn"),
                "sheet": ("ink", "soft", "accent", "warn"),
                "warn-sheet": ("ink", "warn", "accent"),
            }.items():
                for ink in inks:
                    assert contrast(colours[ground], colours[ink]) >= 4.5, (ground, ink)

    def test_style_what_pages_hold(self):
        style = page_templates.static_files()["style.css"]
        used = {
            name
            for html in PAGES.values()
            for each in parsed(html).iter()
            for name in (each.get("class") or "").split()
        }
        used |= {"notice", "yanked", "badge", "more", "copy"}
        assert not {name for name in used - {"index"} if f".{name}" not in style}

    def test_use_no_class_that_a_description_may_use(self):
        style = page_templates.static_files()["style.css"]
        own = "\n".join(line for line in style.splitlines() if not line.startswith(".description"))
        assert not [
            name
            for name in re.findall(r"\.([a-z][a-z-]*)(?=[^}]*\{)", own)
            if description._KEPT_CLASS.fullmatch(name) and name != "literal"
        ]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


ODD = st.text(st.characters(codec=None), max_size=25) | st.sampled_from(
    [
        '"><script>alert(1)</script>',
        "</style><b>",
        "' onload='x",
        "{{ 7*7 }}",
        "javascript:alert(1)",
        "]]>",
        "&lt;b&gt;",
    ]
)


def shape(page: Element) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a page and the names of their attributes."""
    return [(each.tag, tuple(sorted(each.attrib))) for each in page.iter()]


FEW = settings(max_examples=25)


class TestAnyText:
    @FEW
    @given(ODD, ODD, ODD, ODD)
    def test_stays_text_on_a_projects_page(self, one, two, three, four):
        def page(first: str, second: str, third: str, fourth: str) -> Element:
            release = a_release(
                yanked=f"x{first}",
                requires_python=f"x{second}",
                revision=f"x{third}",
                origin=f"{UUID}/{fourth}",
            )
            return project(
                Site(f"x{first}", browse_url="https://example.com/"),
                releases=(release,),
                details=ProjectDetails(
                    f"x{one}", f"x{second}", f"x{third}", ((f"x{fourth}", "https://example.com/"),)
                ),
                status=ProjectStatus(f"x{first}", second),
                notes=(third,),
            )

        html = page(one, two, three, four)
        assert shape(html) == shape(page("a", "b", "c", "d"))
        for each in html.iter("a"):
            assert not unquote(each.get("href", "")).lower().startswith("javascript")

    @FEW
    @given(ODD, ODD, ODD, ODD)
    def test_stays_text_on_the_page_of_a_release(self, one, two, three, four):
        def page(first: str, second: str, third: str, fourth: str) -> Element:
            release = a_release(
                python=f"x{first}", requires_python=f"x{second}", summary=f"x{third}", revision=f"x{fourth}"
            )
            return parsed(render_release_page([release], Site(f"x{first}")))

        assert shape(page(one, two, three, four)) == shape(page("a", "b", "c", "d"))

    @FEW
    @given(ODD, ODD, ODD)
    def test_stays_text_in_the_details_of_a_project(self, one, two, three):
        def page(first: str, second: str, third: str) -> Element:
            return project(
                details=ProjectDetails(
                    maintainer=f"x{first}",
                    keywords=(f"x{second}",),
                    requirements=(f"x{third}",),
                    extras=(f"x{second}",),
                    classifiers=(f"x{third}",),
                )
            )

        assert shape(page(one, two, three)) == shape(page("a", "b", "c"))

    @FEW
    @given(ODD, ODD, ODD)
    def test_stays_text_on_the_root_page(self, one, two, three):
        # A pre-release has a badge.
        assume(not is_prerelease(f"x{two}"))

        def page(first: str, second: str, third: str) -> Element:
            latest = (a_release(name=f"x{first}"),)
            return root(
                RootPage((ListedProject("a", f"x{first}", f"x{second}", f"x{third}"),), 1, latest, 1),
                Site(f"x{one}"),
            )

        assert shape(page(one, two, three)) == shape(page("a", "b", "c"))

    @FEW
    @given(ODD, ODD, ODD, ODD)
    def test_stays_text_on_the_page_of_failed_tags(self, one, two, three, four):
        page = failed(FailedTag(one, two, f"x{three}", four))
        assert shape(page) == shape(failed(FailedTag("a", "b", "c", "d")))

    @FEW
    @given(ODD, ODD)
    def test_leaves_pages_that_can_be_written(self, one, two):
        web_pages.render_failed_page([FailedTag(one, two, one, two)], (), Site(one)).encode()
        notes, status = (one,), ProjectStatus(two, one)
        release = a_release(yanked=two, requires_python=one, revision=two, origin=f"{UUID}/{one}")
        web_pages.render_project_page(
            PROJECT._replace(releases=(release,), notes=notes, status=status), Site(two)
        ).encode()


def test_pages_depend_on_nothing_but_what_is_given():
    assert web_pages.render_project_page(PROJECT, SITE) == web_pages.render_project_page(
        PROJECT._replace(), SITE
    )
    assert web_pages.render_root_page(ROOT, SITE) == web_pages.render_root_page(ROOT._replace(), SITE)


class TestCompiledTemplates:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        page_templates._environment.cache_clear()
        yield tmp_path / f"_jinja2-cache-{os.getuid()}"
        page_templates._environment.cache_clear()

    def test_are_kept_for_the_next_process(self, folder, monkeypatch):
        page = web_pages.render_root_page(ROOT, SITE)
        assert folder.stat().st_mode & 0o777 == 0o700
        page_templates._environment.cache_clear()
        monkeypatch.setattr(jinja2.Environment, "_generate", None)
        assert web_pages.render_root_page(ROOT, SITE) == page

    @pytest.mark.parametrize("left", [0, 20, 25, 30, 60, -9])
    def test_are_made_again_where_they_are_damaged(self, folder, left):
        page = web_pages.render_root_page(ROOT, SITE)
        kept = {path: path.read_bytes() for path in folder.iterdir()}
        for path, content in kept.items():
            path.write_bytes(content[:left])
        page_templates._environment.cache_clear()
        assert web_pages.render_root_page(ROOT, SITE) == page
        assert {path: path.read_bytes() for path in folder.iterdir()} == kept

    def test_are_not_kept_where_that_is_not_safe(self, folder):
        folder.symlink_to(folder.parent / "elsewhere", target_is_directory=True)
        assert "<html" in web_pages.render_root_page(ROOT, SITE)
        assert list(folder.parent.iterdir()) == [folder]

    def test_are_not_kept_where_they_cannot_be(self, folder):
        page_templates._environment()
        folder.rmdir()
        assert "<html" in web_pages.render_root_page(ROOT, SITE)
