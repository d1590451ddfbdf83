"""Which page a client gets, by its Accept header."""

from __future__ import annotations

import re

import pytest

from sdistmaker_recipe.webserver import content_negotiation
from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_HTML, SIMPLE_JSON


def matches(pattern: str, header: str) -> bool:
    return re.search(pattern, header + content_negotiation.ACCEPT_SUFFIX, re.IGNORECASE) is not None


class TestAccept:
    """The expressions in the hands of Python; real servers use them elsewhere."""

    @pytest.mark.parametrize(
        ("header", "some", "html"),
        [
            (SIMPLE_JSON, True, False),
            ("text/html, application/vnd.pypi.simple.latest+json ; q=1.0", True, False),
            (f"{SIMPLE_JSON};q=0.5,text/html", True, True),
            (f"text/html,{SIMPLE_JSON};q=0.5", True, True),
            (f"{SIMPLE_JSON};q=0.5,text/html;q=1.0", True, True),
            (f"{SIMPLE_JSON};q=0.9,text/html;q=0.8", True, False),
            (f"{SIMPLE_JSON};q=0.8 , text/html ; q=0.9", True, True),
            (f"{SIMPLE_JSON};q=.5,text/html;q=.6", True, True),
            (f"{SIMPLE_JSON};q=0.5,text/html;q=0.5", True, False),
            (f"{SIMPLE_JSON};q=0.55,text/html;q=0.56", True, False),
            (f"{SIMPLE_JSON};q=0.5,text/plain;q=0.9", True, False),
            (f"{SIMPLE_JSON};q=0.5,text/html;q=0.1,*/*;q=0.6", True, True),
            (f"{SIMPLE_JSON};q=0.5,{SIMPLE_HTML}", True, True),
            (f"{SIMPLE_JSON};q=0.01", True, False),
            (f"{SIMPLE_JSON};q=0", False, False),
            (f"{SIMPLE_JSON};q=0.00, */*", False, True),
            ("application/vnd.pypi.simple.v2+json", False, False),
            ("xapplication/vnd.pypi.simple.v1+json", False, False),
            ("application/vnd.pypi.simple.v1+jsonx", False, False),
            ("", False, False),
        ],
    )
    def test_json(self, header, some, html):
        assert matches(content_negotiation.ACCEPTS_JSON, header) is some
        assert matches(content_negotiation.PREFERS_HTML, header) is html

    @pytest.mark.parametrize(
        ("header", "named", "text"),
        [
            (SIMPLE_HTML, True, False),
            (f"{SIMPLE_HTML};q=0.2, text/html;q=0.01", True, False),
            (f"{SIMPLE_HTML};q=0.2, text/html;q=0.3", True, True),
            (f"{SIMPLE_HTML};q=0.2, text/html", True, True),
            (f"{SIMPLE_HTML}, text/html", True, True),
            (f"{SIMPLE_HTML}, text/html;q=0.9", True, False),
            (f"{SIMPLE_HTML};q=0", False, False),
            ("text/*", False, False),
        ],
    )
    def test_html(self, header, named, text):
        assert matches(content_negotiation.ACCEPTS_SIMPLE_HTML, header) is named
        assert (
            matches(content_negotiation.TEXT_HTML_AT_QUALITY_1, header)
            or matches(content_negotiation.PREFERS_TEXT_HTML, header)
        ) is text

    @pytest.mark.parametrize(
        ("header", "person"),
        [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
            ("application/xhtml+xml;q=0.9", True),
            ("application/xhtml+xml;q=0", False),
            ("application/xhtml-xml", False),
            ("*/*", False),
        ],
    )
    def test_people(self, header, person):
        assert matches(content_negotiation.ACCEPTS_XHTML, header) is person
