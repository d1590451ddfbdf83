"""Descriptions: rendered, made safe, and made part of the page. Read back by a parser of HTML 5."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.index import description
from sdistmaker_recipe.index.description import render_description
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import ProjectDetails, Site
from sdistmaker_recipe.stages import pages
from tests.unit.values import a_release

MARKDOWN, PLAIN, RST = "text/markdown", "text/plain", "text/x-rst"


def rendered(text: str, content_type: str = "") -> str:
    return render_description(ProjectDetails(description=text, content_type=content_type))


def elements(html: str) -> Iterator[Element]:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parseFragment(html).iter()


def tags(html: str) -> set[str]:
    return {each.tag for each in elements(html)} - {"DOCUMENT_FRAGMENT"}


def text_of(html: str) -> str:
    return "".join(text for each in elements(html) for text in (each.text or "", each.tail or ""))


class TestFormats:
    def test_restructuredtext_is_what_nothing_else_is_said_of(self):
        for content_type in ("", RST, "text/x-rst; charset=UTF-8"):
            assert "<strong>Bold</strong>" in rendered("**Bold** text", content_type)

    def test_markdown(self):
        assert "<strong>Bold</strong>" in rendered("**Bold** text", MARKDOWN)
        assert "<table" in rendered("|a|b|\n|-|-|\n|1|2|", "text/markdown; charset=UTF-8; variant=GFM")
        assert "<table" not in rendered("|a|b|\n|-|-|\n|1|2|", "text/markdown; variant=CommonMark")

    def test_markdown_stands_as_written_without_its_renderer(self, monkeypatch):
        monkeypatch.setattr(description, "find_spec", lambda name: None)
        why = "<p>Shown as written: it cannot be rendered as Markdown here.</p>"
        assert rendered("**Bold** <b>", MARKDOWN) == f'{why}<pre tabindex="0">**Bold** &lt;b&gt;</pre>'

    @pytest.mark.parametrize("content_type", [PLAIN, "text/x-unheard-of", "; ;"])
    def test_plain_text_stands_as_written(self, content_type):
        assert rendered("*a* <b>\n  c", content_type) == '<pre tabindex="0">*a* &lt;b&gt;\n  c</pre>'

    def test_what_is_no_restructuredtext_stands_as_written(self):
        text = "Head\n=\n\n.. nonsense::\n\n<b>"
        why = "Shown as written: it cannot be rendered as reStructuredText."
        assert text_of(rendered(text)) == f"{why}{text}"
        assert tags(rendered(text)) == {"p", "pre"}

    @pytest.mark.parametrize("text", ["A longer title\n=====\n\n*b*", "* *b*\nc"])
    def test_what_docutils_only_warns_about_is_rendered(self, text):
        assert "<em>b</em>" in rendered(text)
        assert "Shown as written" not in rendered(text)

    @pytest.mark.parametrize(
        "text",
        ["- " * 2000 + "x", "\n".join("  " * depth + "x\n" for depth in range(300))],
        ids=["lists", "quotes"],
    )
    def test_what_a_renderer_breaks_on_stands_as_written(self, text):
        assert tags(rendered(text, RST)) == {"p", "pre"}

    @pytest.mark.parametrize("text", ["", "  \n", "UNKNOWN", "UNKNOWN\n\n"])
    def test_nothing_is_nothing(self, text):
        assert rendered(text) == ""


class TestPartOfThePage:
    def test_headings_go_below_those_of_the_page(self):
        html = rendered("# One\n\n## Two\n\n###### Six", MARKDOWN)
        assert [each.tag for each in elements(html) if each.tag.startswith("h")] == ["h3", "h4", "h6"]

    def test_the_highest_heading_is_always_the_same(self):
        assert tags(rendered("## Two\n\n### Three", MARKDOWN)) == {"h3", "h4"}
        assert {"h3", "h4"} <= tags(rendered("One\n===\n\nTwo\n---\n\ntext"))

    def test_pictures_become_their_text(self):
        badge = "[![Badge](https://example.com/b.svg)](https://example.com/)"
        html = rendered(f"![A <chart>](https://example.com/x.png) {badge}", MARKDOWN)
        assert "img" not in tags(html)
        assert "A <chart>" in text_of(html)
        (link,) = [each for each in elements(html) if each.tag == "a"]
        assert (link.get("href"), link.text) == ("https://example.com/", "Badge")

    def test_a_link_around_nothing_is_left_out(self):
        html = rendered("[![](https://example.com/b.svg)](https://example.com/) text", MARKDOWN)
        assert tags(html) == {"p"}

    def test_links_lead_to_the_web_or_within_the_description(self):
        within = "[a](docs/x.md) [b](../other/) [c](#part)"
        html = rendered(f"{within} [d](https://example.com/) [e](//x.example.com)\n\n# Part", MARKDOWN)
        links = {each.text: dict(each.attrib) for each in elements(html) if each.tag == "a"}
        assert links == {
            "c": {"href": "#user-content-part"},
            "d": {"href": "https://example.com/", "rel": "nofollow noreferrer"},
        }
        assert "user-content-part" in {each.get("id") for each in elements(html)}

    def test_no_landmark_nor_control_comes_from_it(self):
        boxes = "<section><nav>x</nav></section><aside>y</aside>"
        html = rendered(f"{boxes}\n\n- [x] done\n- [ ] open\n", MARKDOWN)
        assert tags(html) <= {"div", "ul", "li", "p"}
        assert "☑ done" in text_of(html)
        assert "☐ open" in text_of(html)

    def test_what_can_be_folded_is_open(self):
        html = rendered("<details><summary>More</summary>of it</details>\n\nAll.", MARKDOWN)
        assert "<div>More</div>" in html
        assert tags(html) == {"div", "p"}

    def test_no_name_or_class_is_one_of_the_page(self):
        html = rendered('<p id="main" class="notice">a</p><span class="badge copy k">b</span>', MARKDOWN)
        assert {each.get("id") for each in elements(html)} <= {None, "user-content-main"}
        assert {each.get("class") for each in elements(html)} <= {None, "k"}

    def test_code_keeps_what_colours_it(self):
        html = rendered("```python\ndef f(): pass\n```", MARKDOWN)
        assert '<span class="k">def</span>' in html

    def test_wide_things_can_be_scrolled_by_keyboard(self):
        html = rendered("|a|b|\n|-|-|\n|1|2|\n\n    code", MARKDOWN)
        assert html.count('tabindex="0"') == 2
        assert html.index('<div class="scroll" tabindex="0"><table>') >= 0


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" jAvA&#10;script:alert(1)">x</a>',
    '<a href="https://example.com/" onclick="alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<svg onload=alert(1)><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=https://example.com></iframe><object data=x></object><embed src=x>",
    '<style>body{display:none}</style><p style="position:fixed">x</p>',
    "<form action=https://example.com><input name=password><button>x</button></form>",
    '<base href="https://example.com/"><meta http-equiv=refresh content=0><link rel=stylesheet href=x>',
    "</div></section></main></body></html><h1>x</h1>",
    '<p title="</p><script>alert(1)</script>">x</p>',
    "`x <javascript:alert(1)>`_",
    ".. raw:: html\n\n   <script>alert(1)</script>",
    ".. include:: /etc/passwd",
    ".. image:: https://example.com/x.png",
    ".. class:: notice\n\ntext",
    "<!-- <script> --!> <script>alert(1)</script> -->",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "\x00\x1b[31m\u202e<script>",
]
ALLOWED = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "var",
}
ATTRIBUTES = {"class", "colspan", "href", "id", "rel", "rowspan", "start", "tabindex", "title"}
PIECES = [
    "<a>",
    "</a>",
    "<p>",
    "</p>",
    "<table>",
    "<td>",
    "**",
    "`",
    "[",
    "](",
    "\n\n",
    " ",
    "<",
    '"',
    "&lt;b&gt;",
]


def is_safe(html: str) -> bool:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    for each in parser.parseFragment(html).iter():
        if each.tag == "DOCUMENT_FRAGMENT":
            continue
        assert each.tag in ALLOWED, each.tag
        assert set(each.attrib) <= ATTRIBUTES, each.attrib
        assert each.get("href", "#").startswith(("#user-content-", "https://", "http://", "#")), each.attrib
        assert (each.get("id") or "user-content-").startswith("user-content-")
    return True


@pytest.mark.parametrize("content_type", [RST, MARKDOWN, PLAIN, ""])
class TestAttacks:
    @pytest.mark.parametrize("attack", ATTACKS)
    def test_one_does_no_harm(self, attack, content_type):
        html = rendered(attack, content_type)
        assert is_safe(html)
        assert "root:" not in html

    def test_all_do_no_harm_one_after_the_other(self, content_type):
        assert is_safe(rendered("\n\n".join(ATTACKS), content_type))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*ATTACKS, *PIECES]), max_size=8).map("".join),
    st.sampled_from([RST, MARKDOWN, PLAIN, ""]),
)
def test_no_mixture_of_attacks_does_harm(text, content_type):
    assert is_safe(rendered(text, content_type))


class TestKept:
    def test_is_rendered_again_only_where_its_text_or_type_changed(self, tmp_path, monkeypatch):
        made = []
        monkeypatch.setattr(
            description, "render_description", lambda content: made.append(content) or f"<p>{len(made)}</p>"
        )
        with open_catalog(None) as catalog:
            shown = pages.PageWriter(IndexStore(tmp_path), catalog, Site())
            for version, kind, text, shows in (
                ("1.0", PLAIN, "One", 1),
                ("1.1", PLAIN, "One", 1),
                ("1.2", PLAIN, "Two", 2),
                ("1.3", MARKDOWN, "Two", 3),
            ):
                metadata = f"Version: {version}\nDescription-Content-Type: {kind}\n\n{text}".encode()
                catalog.releases.publish(a_release(version, sha256=version), {version: metadata})
                shown.write_projects(["acme-ledger"])
                assert f"<p>{shows}</p>" in (tmp_path / "acme-ledger" / "about.html").read_text("utf-8")
