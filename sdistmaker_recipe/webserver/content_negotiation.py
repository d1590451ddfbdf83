"""Which page a client gets: regular expressions for its Accept header. Pure.

They follow PEP 691 "Version + Format Selection" and RFC 9110 section 12.5.1. They are for PCRE, ignore case,
and are to be matched with the header followed by ``ACCEPT_SUFFIX``. With this suffix each entry ends with a
comma, and digits can be compared. Quality values (RFC 9110 section 12.4.2) count to one decimal place.
"""

from __future__ import annotations

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
SIMPLE_HTML = "application/vnd.pypi.simple.v1+html"

ACCEPT_SUFFIX = ",|0123456789"

_JSON_TYPES = r"application/vnd\.pypi\.simple\.(?:v1|latest)\+json"
_HTML_TYPES = r"application/vnd\.pypi\.simple\.(?:v1|latest)\+html"
_ANY_HTML = rf"(?:text/html|text/\*|\*/\*|{_HTML_TYPES})"

_BEFORE = r"(?:.*[,\s])?"
_QUALITY_1 = r"\s*(?:;\s*q=1[.0]*\s*)?,"
_QUALITY_ABOVE_0 = r"\s*(?:;\s*q=(?:1|0?\.0*[1-9])[0-9.]*\s*)?,"
_QUALITY_DIGIT = r"\s*;\s*q=0?\.([0-9])"


def _accepts(media_types: str) -> str:
    """Matches a header that lists one of the types, with a quality above 0."""
    return rf"^{_BEFORE}{media_types}{_QUALITY_ABOVE_0}"


def _prefers(preferred: str, other: str) -> str:
    """Matches a header in which preferred has a higher quality than other, which is below 1.

    The suffix lists the digits in order, so a digit is less than another if that one comes later there.
    """
    greater = rf"{_QUALITY_DIGIT}[^|]*\|[0-9]*\1[0-9]*\2"
    return rf"^(?={_BEFORE}{other}{_QUALITY_DIGIT}){_BEFORE}{preferred}(?:{_QUALITY_1}|{greater})"


ACCEPTS_JSON = _accepts(_JSON_TYPES)
PREFERS_HTML = _prefers(_ANY_HTML, _JSON_TYPES)
"""A client gets JSON if the first of these matches and the second does not; otherwise HTML."""

ACCEPTS_SIMPLE_HTML = _accepts(_HTML_TYPES)
TEXT_HTML_AT_QUALITY_1 = rf"^{_BEFORE}text/html{_QUALITY_1}"
PREFERS_TEXT_HTML = _prefers("text/html", _HTML_TYPES)
"""HTML has the type SIMPLE_HTML if the first of these matches and the others do not; otherwise text/html."""

ACCEPTS_XHTML = _accepts(r"application/xhtml\+xml")
"""Matches browsers, which list this type when they open a page. No installer does."""

PATTERNS = {
    "accept_suffix": ACCEPT_SUFFIX,
    "accepts_xhtml": ACCEPTS_XHTML,
    "accepts_json": ACCEPTS_JSON,
    "prefers_html": PREFERS_HTML,
    "accepts_simple_html": ACCEPTS_SIMPLE_HTML,
    "text_html_at_quality_one": TEXT_HTML_AT_QUALITY_1,
    "prefers_text_html": PREFERS_TEXT_HTML,
}
"""All of these by their names in the templates."""
