"""A project's description as safe HTML. Pure, but slow: docutils takes tens of milliseconds.

readme_renderer renders the text and sanitises the HTML. The HTML is then adapted to our page: headings go
below the page's own headings, pictures become their alternative text (the page loads nothing from elsewhere),
links lead to http and https URLs or within the description, and no id or class is one of the page's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from html import escape
from html.parser import HTMLParser
from importlib.util import find_spec

from sdistmaker_recipe.index.safe_text import one_line, web_link
from sdistmaker_recipe.index.simple_api import MARKDOWN_MODULE
from sdistmaker_recipe.model import ProjectDetails

_HIGHEST_HEADING = 3
_VOID_TAGS = {"br", "hr", "col"}
_ID_PREFIX = "user-content-"
_RENAMED_TAGS = {
    **dict.fromkeys(("aside", "section", "nav", "details", "summary"), "div"),
    "acronym": "abbr",
    "tt": "code",
}
"""Landmarks and controls, which belong to the page, and tags that are obsolete in HTML 5."""
_SKIPPED_TAGS = {"picture"}
_KEPT_ATTRIBUTES = {"colspan", "rowspan", "start", "title"}
_KEPT_CLASS = re.compile(r"[a-z][a-z0-9]{0,2}|literal|admonition|admonition-title")
"""Classes of highlighted code (Pygments' short ones), of literals and of boxes."""
_MAX_TEXT = 200_000
_MAX_HTML = 2_000_000
"""In characters. A short text can give a lot of HTML."""
_RST, _MARKDOWN = "text/x-rst", "text/markdown"
_RST_ERROR = 3
"""docutils' level of errors, which lose text. readme_renderer gives up at a mere warning, such as that about
the short underline of a title, which old descriptions often have."""
_WHY_PLAIN = {
    _RST: "<p>Shown as written: it cannot be rendered as reStructuredText.</p>",
    _MARKDOWN: "<p>Shown as written: it cannot be rendered as Markdown here.</p>",
}
"""The line above a description that is shown as plain text, by its content type."""


def render_description(details: ProjectDetails) -> str:
    """A project's description as HTML for its page; "" if there is none.

    Description-Content-Type (core metadata 2.1) says whether it is reStructuredText, Markdown or plain text;
    without it, it is taken for reStructuredText. Markdown needs readme-renderer's extra ``md``. If a
    description cannot be rendered, the result is that of ``plain_description``.
    """
    try:
        rendered = _render(_description_text(details), details.content_type)
    except Exception:  # A description can make a renderer fail in any way, as by lists a thousand deep.
        rendered = None
    html = _adapted(rendered) if rendered and len(rendered) < _MAX_HTML else ""
    return html if 0 < len(html) < _MAX_HTML else plain_description(details)


def plain_description(details: ProjectDetails) -> str:
    """A project's description as HTML that shows its plain text, and says why; "" if there is none."""
    text = _description_text(details)
    if not text:
        return ""
    why = _WHY_PLAIN.get(_content_type_header(details.content_type).get_content_type(), "")
    return f'{why}<pre tabindex="0">{escape(_printable(text))}</pre>'


def _description_text(details: ProjectDetails) -> str:
    text = details.description[:_MAX_TEXT]
    return "" if text.strip() in ("", "UNKNOWN") else text


def _render(text: str, content_type: str) -> str | None:
    if not text:
        return None
    header = _content_type_header(content_type)
    kind = header.get_content_type()
    # Imported here, because few runs render descriptions.
    if kind == _RST:
        from readme_renderer import rst

        rst.SETTINGS["halt_level"] = _RST_ERROR
        return rst.render(text)
    if kind == _MARKDOWN and find_spec(MARKDOWN_MODULE):
        from readme_renderer import markdown

        return markdown.render(text, variant=str(header.get_param("variant") or "GFM"))
    return None


def _content_type_header(content_type: str) -> Message:
    header = Message()
    header["Content-Type"] = content_type or _RST
    return header


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in text)


def _adapted(html: str) -> str:
    levels = re.findall("<h([1-6])[ >]", html)
    adapter = _Adapter(_HIGHEST_HEADING - int(min(levels, default="1")))
    adapter.feed(html)
    adapter.close()
    return "".join(adapter.parts)


class _Adapter(HTMLParser):
    """Writes sanitised HTML again, adapted to our page; headings go ``down`` so many levels."""

    def __init__(self, down: int) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._down = down
        self._links: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.handle_data(one_line(attributes.get("alt", "")))
        elif tag == "input":
            self.handle_data("\u2611" if "checked" in attributes else "\u2610")
        elif tag == "a" and not self._keeps_link(attributes):
            return
        elif tag not in _SKIPPED_TAGS:
            kept = {**dict(_safe_attributes(attributes)), **({"tabindex": "0"} if tag == "pre" else {})}
            written = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
            before = '<div class="scroll" tabindex="0">' if tag == "table" else ""
            self.parts.append(f"{before}<{self._tag_name(tag)}{written}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID_TAGS | _SKIPPED_TAGS | {"img", "input"}:
            return
        if tag == "a" and not (self._links and self._links.pop()):
            return
        if tag == "a" and self.parts[-1].startswith("<a "):
            # A link without text: a heading's link to itself, or a picture without alternative text.
            self.parts.pop()
            return
        self.parts.append(f"</{self._tag_name(tag)}>{'</div>' if tag == 'table' else ''}")

    def handle_data(self, data: str) -> None:
        if data:
            self.parts.append(escape(_printable(data), quote=False))

    def _keeps_link(self, attributes: dict[str, str]) -> bool:
        """Whether a link has a safe target, and so stays a link."""
        self._links.append(bool(dict(_safe_attributes(attributes)).get("href")))
        return self._links[-1]

    def _tag_name(self, tag: str) -> str:
        heading = re.fullmatch("h([1-6])", tag)
        return f"h{min(int(heading[1]) + self._down, 6)}" if heading else _RENAMED_TAGS.get(tag, tag)


def _safe_attributes(attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if name in _KEPT_ATTRIBUTES:
            yield name, value
        elif name == "id":
            yield name, _prefixed_id(value)
        elif name == "href" and value.startswith("#"):
            yield name, f"#{_prefixed_id(value[1:])}"
        elif name == "href" and web_link(value):
            yield from (("href", web_link(value)), ("rel", "nofollow noreferrer"))
        elif name == "class" and (classes := [part for part in value.split() if _KEPT_CLASS.fullmatch(part)]):
            yield name, " ".join(classes)


def _prefixed_id(name: str) -> str:
    return name if name.startswith(_ID_PREFIX) else f"{_ID_PREFIX}{name}"
