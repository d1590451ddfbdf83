"""Which page a client gets, as regular expressions over its Accept header.

PEP 691 "Version + Format Selection" says what clients send. The expressions are meant for PCRE with
case ignored, and for the header followed by ``SUFFIX``: so each entry ends with a comma, and digits can be
compared. Quality values (RFC 9110 section 12.4.2) count to one decimal place.
"""

from __future__ import annotations

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"

SUFFIX = ",|0123456789"

_JSON_NAMES = r"application/vnd\.pypi\.simple\.(?:v1|latest)\+json"
_HTML_NAMES = r"application/vnd\.pypi\.simple\.(?:v1|latest)\+html"
_ANY_HTML = rf"(?:text/html|text/\*|\*/\*|{_HTML_NAMES})"

_BEFORE = r"(?:.*[,\s])?"
_FULL = r"\s*(?:;\s*q=1[.0]*\s*)?,"
_SOME = r"\s*(?:;\s*q=(?:1|0?\.0*[1-9])[0-9.]*\s*)?,"
_DIGIT = r"\s*;\s*q=0?\.([0-9])"


def _listed(media_types: str) -> str:
    """A header that lists one of the types, and not with the quality 0."""
    return rf"^{_BEFORE}{media_types}{_SOME}"


def _better(one: str, other: str) -> str:
    """A header that puts one above other, which it lists with a quality below 1.

    The suffix has the digits in their order: a digit is less than another that comes later there.
    """
    greater = rf"{_DIGIT}[^|]*\|[0-9]*\1[0-9]*\2"
    return rf"^(?={_BEFORE}{other}{_DIGIT}){_BEFORE}{one}(?:{_FULL}|{greater})"


# A page is JSON when ACCEPTS_JSON and not HTML_IS_BETTER.
ACCEPTS_JSON = _listed(_JSON_NAMES)
HTML_IS_BETTER = _better(_ANY_HTML, _JSON_NAMES)
# An HTML page calls itself HTML, not text/html, when NAMES_HTML, and not TEXT_IS_FULL or TEXT_IS_BETTER.
NAMES_HTML = _listed(_HTML_NAMES)
TEXT_IS_FULL = rf"^{_BEFORE}text/html{_FULL}"
TEXT_IS_BETTER = _better("text/html", _HTML_NAMES)
# A person looks: browsers list this type where they go to a page, and no packaging client does.
ACCEPTS_XHTML = _listed(r"application/xhtml\+xml")

NEGOTIATION = {
    "suffix": SUFFIX,
    "accepts_xhtml": ACCEPTS_XHTML,
    "accepts_json": ACCEPTS_JSON,
    "html_is_better": HTML_IS_BETTER,
    "names_html": NAMES_HTML,
    "text_is_full": TEXT_IS_FULL,
    "text_is_better": TEXT_IS_BETTER,
}
"""All of these by the names that the servers' templates have for them."""
