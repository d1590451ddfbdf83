"""The pages for people in a real browser: made by the command, shown by Apache, opened by Chromium.

Each visit fails on a request to elsewhere, an answer that is an error, a message on the console (of the
content security policy too), an exception in a script, and a dialog.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from tests.support.commands import Commands
from tests.support.history import History
from tests.support.httpd import Httpd, make_passable
from tests.support.process import LOOPBACK
from tests.support.requirements import find, wish

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NAME = "packages.example.com"
BROWSE = "https://svn.example.com/viewvc/{path}?pathrev={revision}"
LONG = f"acme-{'verylong' * 14}"
EVIL = "<script>alert(1)</script>"
EVIL_FOLDER = "<img src=x onerror=alert(1)>"
EVIL_TAG = "1.0<script>alert(1)<script>"

LEDGER = """\
acme.ledger
===========

Keeps *books*. See `Usage`_ and `the manual <https://docs.example.com/ledger>`_.

.. image:: https://ci.example.com/badge.svg
   :alt: Build passes

Usage
-----

.. code-block:: python

    book = Book("a line of code that is a good deal longer than the screen of a telephone", currency="EUR")

======== =============================== ==========================================
Account  What is booked on it            Where a clerk has to look for the receipts
======== =============================== ==========================================
1200     Travel by train and by aircraft In the third drawer, below the typewriters
======== =============================== ==========================================
"""
INJECTING = """\
# <img src=x onerror=alert(1)> heading

<script>alert(1)</script>
<style>body { display: none }</style>
<iframe src="https://evil.example.com/"></iframe>
<img src="https://evil.example.com/pixel.png" onload="alert(1)">
<a href="javascript:alert(1)" onclick="alert(1)">press me</a>
<h1 id="main" class="banner">fake</h1>
<form action="https://evil.example.com/"><input name="q" id="q" autofocus></form>

[also](javascript:alert%281%29) ![picture](https://evil.example.com/picture.png)

```html
<script>alert(1)</script>
```
"""
SETUP = "from setuptools import setup\nsetup(**{!r})\n"


def project(name: str, version: str, readme: str = "", **more: Any) -> dict[str, str]:
    """The files of a project with one module and this metadata."""
    module = re.sub("[^a-z]", "_", name.lower())
    metadata = {"name": name, "version": version, "long_description": readme, "py_modules": [module]}
    return {"setup.py": SETUP.format({**metadata, **more}), f"{module}.py": f"version = {version!r}\n"}


def fill(history: History) -> None:
    """Commit projects of all kinds, and tags that fail."""
    for minor in range(12):
        files = project(
            "acme.ledger",
            f"1.{minor}",
            LEDGER,
            description="Double-entry bookkeeping",
            author="Ledger Team",
            python_requires=">=3.8",
            install_requires=[
                "Chameleon>=2",
                "a-requirement-with-a-name-of-many-parts[and-an-extra]>=1.0,<2",
            ],
            extras_require={"test": ["mock"]},
            classifiers=["Programming Language :: Python :: 3", "License :: OSI Approved :: BSD License"],
            keywords="books money",
            project_urls={"Manual": "https://docs.example.com/ledger"},
        )
        history.add_tag("acme.ledger", f"1.{minor}", files)
    history.add_tag("acme.ledger", "2.0", {"setup.py": f"raise RuntimeError({EVIL + ' & <b>'!r})\n"})
    for name in ("acme-invoice", "acme-invoice-print", "acme-payroll", LONG):
        history.add_tag(name, "1.0", project(name, "1.0", description=f"{name.capitalize()} of the house"))
    evil = project(
        "evil",
        "1.0",
        INJECTING,
        long_description_content_type="text/markdown",
        description=f"{EVIL} summary",
        author=f"{EVIL_FOLDER} author",
        license=f"{EVIL} license",
        url="javascript:alert(1)",
        project_urls={EVIL: "https://docs.example.com/?q=<script>'\"", "Also": "JaVaScript:alert(1)"},
    )
    history.add_tag("evil", "1.0", evil)
    # A project whose path reads <script>alert(1)</script>, and one whose folder does something by itself.
    history.add_tag(EVIL, "1.0", project("acme-script", "1.0"))
    history.add_tag(EVIL_FOLDER, EVIL_TAG, {"setup.py": f"raise RuntimeError({EVIL!r})\n"})
    history.add_tag(EVIL_FOLDER, "2.0", project(EVIL_FOLDER, "2.0"))


@pytest.fixture(scope="module")
def index(commands_of_module: Commands) -> Path:
    """An index made by the command from a real repository."""
    wish(["chromium"], ["playwright", "axe_playwright_python"])
    history = History(commands_of_module.folder / "repository")
    fill(history)
    report = commands_of_module.report(
        *("--repository", history.url, "--destination", "index", "--browse-url", BROWSE)
    )
    assert [(each["project"], each["tag"]) for each in report["failed"]] == [
        (EVIL_FOLDER, EVIL_TAG),
        (EVIL_FOLDER, "2.0"),
        ("acme.ledger", "2.0"),
    ]
    return commands_of_module.folder / "index"


@pytest.fixture(scope="module")
def port(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where Apache shows the index by the configuration that the command wrote."""
    snippet = index.with_name("index-apache.conf")
    modules = re.findall("a2enmod (.*)", snippet.read_text("utf-8"))
    folder = tmp_path_factory.mktemp("apache")
    make_passable(index)
    with Httpd(folder, f'Include "{snippet}"', " ".join(modules).split()) as server:
        yield server.port


@pytest.fixture(scope="module")
def chromium(index: Path) -> Iterator[Browser]:
    """A browser that reaches nothing but this machine."""
    from playwright.sync_api import sync_playwright

    rules = f"MAP {NAME} {LOOPBACK}, MAP * ~NOTFOUND, EXCLUDE {LOOPBACK}"
    environment = {"HOME": str(index.with_name("browser")), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=find("chromium"), env=environment, args=[f"--host-resolver-rules={rules}"]
        )
        yield browser
        browser.close()


@dataclass(frozen=True)
class Visitor:
    """Opens pages of one site, and knows what must not happen meanwhile."""

    browser: Browser
    site: str

    @contextmanager
    def visit(self, path: str = "/", **options: Any) -> Iterator[Page]:
        """The page at path; fails at the end if anything happened that must not."""
        context = self.browser.new_context(base_url=self.site, **options)
        context.set_default_timeout(20_000)
        trouble: list[str] = []
        self._listen(context, trouble)
        try:
            page = context.new_page()
            page.goto(path)
            yield page
        finally:
            context.close()
        assert trouble == []

    def _listen(self, context: BrowserContext, trouble: list[str]) -> None:
        def seen_dialog(dialog: Any) -> None:
            trouble.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        def seen_request(request: Any) -> None:
            if not request.url.startswith((f"{self.site}/", "data:")):
                trouble.append(f"request: {request.url}")

        def seen_response(response: Any) -> None:
            if response.status >= 400:
                trouble.append(f"answer: {response.status} {response.url}")

        context.on("dialog", seen_dialog)
        context.on("request", seen_request)
        context.on("response", seen_response)
        context.on("console", lambda message: trouble.append(f"console: {message.text}"))
        context.on("weberror", lambda error: trouble.append(f"exception: {error.error}"))


Visit = Callable[..., AbstractContextManager["Page"]]


@pytest.fixture(scope="module")
def visit(chromium: Browser, port: int) -> Visit:
    """Opens a page by the machine's address, which a browser trusts as it trusts https."""
    return Visitor(chromium, f"http://{LOOPBACK}:{port}").visit


def texts(page: Page, selector: str) -> list[str]:
    """The text of each such element that can be seen, white space made one."""
    found = [each for each in page.locator(selector).all() if each.is_visible()]
    return [" ".join(each.inner_text().split()) for each in found]


def clipboard(page: Page) -> str:
    return page.evaluate("navigator.clipboard.readText()")


class TestSearch:
    def test_finds_while_typing_and_goes_there(self, visit: Visit) -> None:
        with visit() as page:
            assert len(texts(page, ".projects li")) == 7
            assert texts(page, ".latest h2") == ["Newest releases"]
            page.locator("#q").focus()
            page.keyboard.type("INVOICE")
            assert texts(page, ".projects li a") == ["acme-invoice", "acme-invoice-print"]
            assert texts(page, "#found") == ["2 projects found"]
            assert texts(page, ".latest h2") == []
            page.keyboard.press("Enter")
            page.wait_for_url("**/acme-invoice/about.html")
            assert texts(page, "h1") == ["acme-invoice 1.0"]
            page.go_back()
            assert page.locator("#q").input_value() == "INVOICE"
            assert texts(page, "#found") == ["2 projects found"]

    def test_knows_any_spelling_and_words_of_the_summary(self, visit: Visit) -> None:
        with visit("/?q=Acme_Ledger") as page:
            assert texts(page, ".projects li a") == ["acme.ledger"]
            page.locator("#q").fill("bookkeeping double")
            assert texts(page, ".projects li a") == ["acme.ledger"]
            page.locator("#q").fill(EVIL)
            assert texts(page, ".projects li a") == ["evil"]
            page.locator("#q").fill("nothing of the kind")
            assert texts(page, ".projects li a") == []
            assert texts(page, "#found") == ["No projects found"]
            assert texts(page, "h2") == []

    def test_forgives_a_typo(self, visit: Visit) -> None:
        with visit() as page:
            for typed, found in {
                "ledgr": ["acme.ledger"],
                "bokkeeping": ["acme.ledger"],
                "payrlol": ["acme-payroll"],
                "acme_invoise-prnit": ["acme-invoice-print"],
                "evli": ["evil"],
                "evx": [],
                "ledxxr": [],
            }.items():
                page.locator("#q").fill(typed)
                assert texts(page, ".projects li a") == found, typed
            page.locator("#q").fill("payrlol")
            assert texts(page, "#found") == ["1 similar project found"]
            page.keyboard.press("Enter")
            page.wait_for_url("**/acme-payroll/about.html")

    def test_arrows_walk_through_what_was_found(self, visit: Visit) -> None:
        with visit() as page:
            page.locator("#q").focus()
            page.keyboard.type("invoice")
            for key, focused in (
                ("ArrowDown", "acme-invoice"),
                ("ArrowDown", "acme-invoice-print"),
                ("ArrowDown", "acme-invoice-print"),
                ("ArrowUp", "acme-invoice"),
                ("ArrowUp", ""),
            ):
                page.keyboard.press(key)
                assert page.evaluate("document.activeElement.textContent") == focused
            assert page.evaluate("document.activeElement.id") == "q"
            page.keyboard.press("ArrowDown")
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            page.wait_for_url("**/acme-invoice-print/about.html")

    def test_no_letter_alone_is_a_command(self, visit: Visit) -> None:
        """WCAG 2.1.4: who speaks to the computer, or hits keys by chance, triggers none."""
        with visit() as page:
            for key in "/?sfqj":
                page.keyboard.press(key)
            assert page.evaluate("document.activeElement.tagName") == "BODY"
            assert page.locator("#q").input_value() == ""

    def test_escape_ends_it(self, visit: Visit) -> None:
        with visit("/?q=invoice") as page:
            page.locator("#q").press("Escape")
            assert page.locator("#q").input_value() == ""
            assert len(texts(page, ".projects li")) == 7
            assert "?" not in page.url


class TestList:
    def test_is_by_name_or_newest_first(self, visit: Visit) -> None:
        with visit() as page:
            by_name = texts(page, ".projects li a")
            assert by_name == sorted(by_name, key=lambda name: name.replace(".", "-"))
            page.get_by_role("button", name="Newest first").click()
            dates = texts(page, ".projects time")
            assert dates == sorted(dates, reverse=True)
            assert sorted(texts(page, ".projects li a")) == sorted(by_name)
            assert page.url.endswith("?sort=newest")
            page.reload()
            assert texts(page, ".order [aria-pressed=true]") == ["Newest first"]
            page.get_by_role("button", name="By name").click()
            assert texts(page, ".projects li a") == by_name
            assert "?" not in page.url

    def test_of_very_many_projects_has_pages(self, visit: Visit, index: Path) -> None:
        about = index / "about.html"
        written = about.read_text("utf-8")
        items = "".join(
            f'<li><a href="p-{n:03}/about.html">p-{n:03}</a> <time>2020-01-{n % 28 + 1:02}</time></li>'
            for n in range(450)
        )
        about.write_text(re.sub("(?s)<ul>.*?</ul>", f"<ul>{items}</ul>", written), "utf-8")
        try:
            with visit() as page:
                assert texts(page, ".pages span") == ["Page 1 of 3"]
                assert page.get_by_role("button", name="Previous").is_disabled()
                for number, count in ((2, 200), (3, 50)):
                    page.get_by_role("button", name="Next").click()
                    assert texts(page, ".pages span") == [f"Page {number} of 3"]
                    assert page.locator(".projects li").count() == count
                assert page.get_by_role("button", name="Next").is_disabled()
                assert page.url.endswith("?page=3")
                page.reload()
                assert page.locator(".projects li a").first.inner_text() == "p-400"
                page.locator("#q").fill("p-00")
                assert (page.locator(".projects li").count(), texts(page, ".pages")) == (10, [])
                assert texts(page, "#found") == ["10 projects found"]
            with visit(java_script_enabled=False) as page:
                assert page.locator(".projects li").count() == 450
                assert texts(page, "button") == []
        finally:
            about.write_text(written, "utf-8")


class TestCopying:
    def test_the_lines_name_this_index(self, visit: Visit) -> None:
        with visit("/acme-ledger/", permissions=["clipboard-read", "clipboard-write"]) as page:
            address = page.url.removesuffix("acme-ledger/")
            for tool, what, copied in (
                ("pip", "line for pip", f"pip install --index-url {address} acme.ledger"),
                ("uv", "line for uv", f"uv add --default-index {address} acme.ledger"),
                ("pip.conf", "lines for pip.conf", f"[global]\nindex-url = {address}"),
                (
                    "Poetry",
                    "lines for Poetry",
                    f"poetry source add --priority=primary packages {address}\npoetry add acme.ledger",
                ),
            ):
                page.locator(".install label").get_by_text(tool, exact=True).click()
                assert len(texts(page, ".install code")) == 1
                page.get_by_role("button", name=f"Copy {what}", exact=True).click()
                page.get_by_text(f"Copied {what}", exact=True).wait_for()
                assert clipboard(page) == copied
            page.keyboard.press("Shift+Tab")
            page.keyboard.press("ArrowRight")
            page.get_by_role("button", name="Copy lines for buildout").press("Enter")
            page.get_by_text("Copied lines for buildout").wait_for()
            lines = clipboard(page).splitlines()
            assert (lines[:2], lines[-1]) == (["[buildout]", f"index = {address}"], "eggs = acme.ledger")

    def test_a_hash_is_copied_whole(self, visit: Visit, index: Path) -> None:
        with visit("/acme-ledger/", permissions=["clipboard-read", "clipboard-write"]) as page:
            page.get_by_role("button", name="Copy SHA-256 of 1.11").click()
            page.get_by_text("Copied SHA-256 of 1.11").wait_for()
            archive = index / "acme-ledger" / "acme_ledger-1.11.tar.gz"
            assert clipboard(page) == hashlib.sha256(archive.read_bytes()).hexdigest()

    def test_a_hash_is_short_where_it_can_be_copied(self, visit: Visit) -> None:
        with visit("/acme-ledger/") as page:
            assert page.locator("td code").first.bounding_box()["width"] < 120

    def test_works_on_plain_http_too(self, chromium: Browser, port: int) -> None:
        """Where browsers keep the clipboard to themselves, as they do on any host without https."""
        site = f"http://{NAME}:{port}"
        with Visitor(chromium, site).visit("/acme-ledger/") as page:
            assert page.evaluate("[isSecureContext, navigator.clipboard === undefined]") == [False, True]
            page.get_by_role("button", name="Copy line for pip").click()
            page.get_by_text("Copied line for pip").wait_for()
            page.goto("/")
            page.locator("#q").press("Control+V")
            assert page.locator("#q").input_value() == f"pip install --index-url {site}/ acme.ledger"


class TestFollowing:
    def test_from_the_root_to_a_file(self, visit: Visit, index: Path) -> None:
        with visit() as page:
            page.locator(".projects").get_by_role("link", name="acme.ledger").click()
            assert texts(page, "h1") == ["acme.ledger 1.11"]
            assert texts(page, ".releases tbody th") == [f"1.{minor}" for minor in range(11, 1, -1)]
            page.locator("summary").click()
            assert texts(page, "details tbody th") == ["1.1", "1.0"]
            page.get_by_role("link", name="1.1", exact=True).click()
            assert texts(page, "h1") == ["acme.ledger 1.1"]
            address = page.url.removesuffix("acme-ledger/about-1.1.html")
            assert texts(page, ".install code") == [f"pip install --index-url {address} acme.ledger==1.1"]
            with page.expect_download() as download:
                page.get_by_role("link", name="acme_ledger-1.1.tar.gz").click()
            archive = index / "acme-ledger" / "acme_ledger-1.1.tar.gz"
            assert download.value.suggested_filename == archive.name
            assert download.value.path().read_bytes() == archive.read_bytes()

    def test_a_written_name_leads_to_the_project(self, visit: Visit) -> None:
        with visit("/Acme__Ledger") as page:
            assert page.url.endswith("/acme-ledger/")
            assert texts(page, "h1") == ["acme.ledger 1.11"]

    def test_to_failed_tags_and_back(self, visit: Visit) -> None:
        with visit() as page:
            assert texts(page, ".lead") == ["18 releases of 7 projects, 3 failed tags"]
            page.get_by_role("link", name="3 failed tags").click()
            assert texts(page, "h2") == ["acme-ledger", "img-src-x-onerror-alert-1"]
            assert f"RuntimeError: {EVIL} & <b>" in texts(page, "dd")
            assert any(text.startswith(EVIL_TAG) for text in texts(page, "dt"))
            page.get_by_role("link", name="acme-ledger").click()
            page.get_by_role("link", name="1 failed tag").click()
            assert page.url.endswith("/failed.html#project-acme-ledger")
            assert page.locator(":target").inner_text() == "acme-ledger"

    def test_tags_where_people_look_at_them(self, visit: Visit) -> None:
        with visit("/acme-ledger/") as page:
            link = page.locator(".releases tbody tr").first.locator("td:nth-of-type(4) a")
            assert link.get_attribute("href") == (
                f"https://svn.example.com/viewvc/acme.ledger/tags/1.11?pathrev={link.inner_text()}"
            )

    def test_within_a_description(self, visit: Visit) -> None:
        with visit("/acme-ledger/") as page:
            page.locator(".description").get_by_role("link", name="Usage").click()
            assert "usage" in page.evaluate("document.querySelector(':target').textContent").lower()

    def test_by_keyboard_past_the_banner(self, visit: Visit) -> None:
        with visit("/acme-ledger/") as page:
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.textContent") == "Skip to content"
            assert page.locator(".skip").bounding_box()["y"] >= 0
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "main"

    def test_the_feed(self, visit: Visit) -> None:
        with visit() as page:
            address = page.get_by_role("link", name="Feed").evaluate("link => link.href")
            answer = page.request.get(address)
            assert answer.headers["content-type"].startswith("application/atom+xml")
            entries = ElementTree.fromstring(answer.body()).findall("{http://www.w3.org/2005/Atom}entry")
            assert len(entries) == 18


PAGES = ("/", "/acme-ledger/", "/acme-ledger/about-1.11.html", f"/{LONG}/", "/evil/", "/failed.html")
WIDE = {"width": 1280, "height": 900}
TELEPHONE = {"width": 380, "height": 780}


@pytest.mark.parametrize(("scheme", "first", "then"), [("light", WIDE, TELEPHONE), ("dark", TELEPHONE, WIDE)])
def test_pages_fit_and_are_accessible(
    visit: Visit, scheme: str, first: dict[str, int], then: dict[str, int]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with visit(color_scheme=scheme, viewport=first) as page:
        for path in PAGES:
            page.set_viewport_size(first)
            page.goto(path)
            for details in page.locator("summary").all():
                details.click()
            paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
            lightness = sum(map(int, re.findall(r"\d+", paper)[:3])) / 3
            assert lightness > 240 if scheme == "light" else lightness < 30, path
            found = Axe().run(page).response
            assert len(found["passes"]) > 15, path
            assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == [], path
            for size in (first, then):
                page.set_viewport_size(size)
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


@pytest.mark.parametrize("size", [WIDE, TELEPHONE])
def test_no_word_in_a_table_is_broken(visit: Visit, size: dict[str, int]) -> None:
    """A table of a description that is wider than the screen is scrolled, and has no gaps."""
    with visit("/acme-ledger/", viewport=size) as page:
        for cell, written in (("th", "Account"), ("td", "1200")):
            found = page.locator(f".description {cell}").first
            inner = found.locator("p")
            assert inner.inner_text() == written
            assert inner.evaluate(LINES) == 1
            assert inner.bounding_box()["y"] - found.bounding_box()["y"] < 8


LINES = (
    "each => Math.round(each.getBoundingClientRect().height / parseFloat(getComputedStyle(each).lineHeight))"
)

WHOLE_DIGESTS = """
Array.from(document.querySelectorAll("td code"))
    .filter(each => getComputedStyle(each).overflow === "visible")
    .map(each => each.innerText.length)
"""


class TestWithoutScripts:
    def test_pages_can_be_read(self, visit: Visit) -> None:
        with visit(java_script_enabled=False) as page:
            assert len(texts(page, ".projects li")) == 7
            assert texts(page, ".search") == []
            page.locator(".projects").get_by_role("link", name="acme.ledger").click()
            assert texts(page, "button") == []
            assert texts(page, ".install code")[0] == "pip install --index-url INDEX-URL acme.ledger"
            assert page.url.endswith("/acme-ledger/about.html")
            page.locator(".install label").get_by_text("uv", exact=True).click()
            assert texts(page, ".install code") == ["uv add --default-index INDEX-URL acme.ledger"]
            assert texts(page, ".hint") == [
                "INDEX-URL is the part of this page's address before acme-ledger/."
            ]
            assert len(texts(page, ".releases tbody tr")) == 10
            page.locator("summary").click()
            assert len(texts(page, ".releases tbody tr")) == 12
            for size in (WIDE, TELEPHONE):
                page.set_viewport_size(size)
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
                assert page.evaluate(WHOLE_DIGESTS) == [64] * 12
            page.get_by_role("link", name="1 failed tag").click()
            assert texts(page, "h1") == ["Failed tags"]
            page.goto("/acme-ledger/about-1.11.html")
            assert texts(page, ".install code") == ["pip install --index-url INDEX-URL acme.ledger==1.11"]
            page.get_by_role("link", name="Description and all releases").click()
            assert texts(page, "h1") == ["acme.ledger 1.11"]


class TestInjection:
    def test_brings_nothing_of_its_own(self, visit: Visit) -> None:
        with visit() as page:
            for path in (*PAGES, "/acme-script/"):
                page.goto(path)
                scripts = page.evaluate("Array.from(document.scripts, each => each.src)")
                assert [each.rpartition("/")[2] for each in scripts] == ["search.js"], path
                foreign = "style, img, iframe, form:not(.search), [style], object, embed, main main"
                assert page.locator(foreign).count() == 0, path
                every = "Array.from(document.querySelectorAll('*'), each => each.getAttributeNames()).flat()"
                assert [each for each in page.evaluate(every) if each.startswith("on")] == [], path
                links = page.evaluate("Array.from(document.links, each => each.protocol)")
                assert set(links) <= {"http:", "https:"}, path
                ids = page.evaluate("Array.from(document.querySelectorAll('[id]'), each => each.id)")
                assert len(set(ids)) == len(ids), path

    def test_stays_text(self, visit: Visit) -> None:
        with visit("/evil/") as page:
            assert texts(page, ".lead") == [f"{EVIL} summary"]
            assert texts(page, ".facts div") == [
                f"Author {EVIL_FOLDER} author",
                f"License {EVIL} license",
                f"Links {EVIL}",
            ]
            assert texts(page, ".description pre") == [EVIL]
            page.locator(".description").get_by_text("press me").click()
        with visit() as page:
            assert f"{EVIL} summary" in texts(page, ".projects li p")
