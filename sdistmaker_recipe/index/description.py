"""A project's description as safe HTML. Pure, but slow: docutils takes tens of milliseconds.

readme_renderer renders and sanitises. What it lets through is then made part of our page: headings go below
the page's own, pictures become their alternative text since nothing is fetched from elsewhere, links lead to
http and https or within the description, and no name or class can be one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from html import escape
from html.parser import HTMLParser
from importlib.util import find_spec

from sdistmaker_recipe.index.safe_text import one_line, web_link
from sdistmaker_recipe.index.simple_api import MARKDOWN
from sdistmaker_recipe.model import ProjectDetails

_HIGHEST = 3
_VOID = {"br", "hr", "col"}
_OURS = "user-content-"
_RENAMED = {
    **dict.fromkeys(("aside", "section", "nav", "details", "summary"), "div"),
    "acronym": "abbr",
    "tt": "code",
}
"""A description adds no landmark or control to the page, nor what HTML 5 has given up."""
_SKIPPED = {"picture"}
_KEPT = {"colspan", "rowspan", "start", "title"}
_CLASS = re.compile(r"[a-z][a-z0-9]{0,2}|literal|admonition|admonition-title")
"""Classes of highlighted code (Pygments' short ones), of literals and of boxes."""
_LONGEST = 200_000
_LARGEST = 2_000_000
"""Characters of text and of HTML: a little text can stand for a lot of that."""
_RST, _MARKDOWN = "text/x-rst", "text/markdown"
_WHY_WRITTEN = {
    _RST: "<p>Shown as written: it cannot be rendered as reStructuredText.</p>",
    _MARKDOWN: "<p>Shown as written: it cannot be rendered as Markdown here.</p>",
}
"""What stands before a description of a kind that could have been rendered."""


def render_description(details: ProjectDetails) -> str:
    """A project's description as HTML that can stand in a page; "" where there is none.

    reStructuredText, Markdown (where readme-renderer's extra ``md`` is installed) or plain text, as
    Description-Content-Type says (core metadata 2.1). One that says nothing is read as
    reStructuredText; what cannot be rendered stands as it is written, and says so.
    """
    try:
        rendered = _rendered(_text(details), details.content_type)
    except Exception:  # Anyone can write what a renderer does not expect, such as lists a thousand deep.
        rendered = None
    html = _fitted(rendered) if rendered and len(rendered) < _LARGEST else ""
    return html if 0 < len(html) < _LARGEST else as_written(details)


def as_written(details: ProjectDetails) -> str:
    """A project's description as HTML that shows it as it is written, and says so."""
    text = _text(details)
    if not text:
        return ""
    why = _WHY_WRITTEN.get(_kind(details.content_type).get_content_type(), "")
    return f'{why}<pre tabindex="0">{escape(_printable(text))}</pre>'


def _text(details: ProjectDetails) -> str:
    text = details.description[:_LONGEST]
    return "" if text.strip() in ("", "UNKNOWN") else text


def _rendered(text: str, content_type: str) -> str | None:
    if not text:
        return None
    header = _kind(content_type)
    kind = header.get_content_type()
    # Only a run that renders pays for these imports.
    if kind == _RST:
        from readme_renderer import rst

        return rst.render(text)
    if kind == _MARKDOWN and find_spec(MARKDOWN):
        from readme_renderer import markdown

        return markdown.render(text, variant=str(header.get_param("variant") or "GFM"))
    return None


def _kind(content_type: str) -> Message:
    header = Message()
    header["Content-Type"] = content_type or _RST
    return header


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in text)


def _fitted(html: str) -> str:
    levels = re.findall("<h([1-6])[ >]", html)
    fitter = _Fitter(_HIGHEST - int(min(levels, default="1")))
    fitter.feed(html)
    fitter.close()
    return "".join(fitter.out)


class _Fitter(HTMLParser):
    """Writes sanitised HTML anew; ``down`` is how far headings go down."""

    def __init__(self, down: int) -> None:
        super().__init__()
        self.out: list[str] = []
        self._down = down
        self._links: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.handle_data(one_line(given.get("alt", "")))
        elif tag == "input":
            self.handle_data("\u2611" if "checked" in given else "\u2610")
        elif tag == "a" and not self._keeps(given):
            return
        elif tag not in _SKIPPED:
            kept = {**dict(_attributes(given)), **({"tabindex": "0"} if tag == "pre" else {})}
            written = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
            before = '<div class="scroll" tabindex="0">' if tag == "table" else ""
            self.out.append(f"{before}<{self._name(tag)}{written}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID | _SKIPPED | {"img", "input"}:
            return
        if tag == "a" and not (self._links and self._links.pop()):
            return
        if tag == "a" and self.out[-1].startswith("<a "):
            # Without text: a heading's link to itself, or a picture without alternative.
            self.out.pop()
            return
        self.out.append(f"</{self._name(tag)}>{'</div>' if tag == 'table' else ''}")

    def handle_data(self, data: str) -> None:
        if data:
            self.out.append(escape(_printable(data), quote=False))

    def _keeps(self, given: dict[str, str]) -> bool:
        """Whether a link leads somewhere."""
        self._links.append(bool(dict(_attributes(given)).get("href")))
        return self._links[-1]

    def _name(self, tag: str) -> str:
        heading = re.fullmatch("h([1-6])", tag)
        return f"h{min(int(heading[1]) + self._down, 6)}" if heading else _RENAMED.get(tag, tag)


def _attributes(given: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if name in _KEPT:
            yield name, value
        elif name == "id":
            yield name, _own(value)
        elif name == "href" and value.startswith("#"):
            yield name, f"#{_own(value[1:])}"
        elif name == "href" and web_link(value):
            yield from (("href", web_link(value)), ("rel", "nofollow noreferrer"))
        elif name == "class" and (classes := [each for each in value.split() if _CLASS.fullmatch(each)]):
            yield name, " ".join(classes)


def _own(name: str) -> str:
    return name if name.startswith(_OURS) else f"{_OURS}{name}"
