"""Read core metadata, the PKG-INFO of an archive, for the pages and files of the index. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses
from functools import lru_cache
from typing import Any

from packaging.metadata import RawMetadata, parse_email

from sdistmaker_recipe.index.decoding import decode_text
from sdistmaker_recipe.index.safe_text import one_line, web_link
from sdistmaker_recipe.model import ProjectDetails


def project_details(metadata: bytes) -> ProjectDetails:
    """The details in a PKG-INFO; missing or malformed fields are left out."""
    text = _repaired(decode_text(metadata))
    raw, _ = _parse(text)
    author, maintainer = _people(raw, "author"), _people(raw, "maintainer")
    return ProjectDetails(
        summary=_known(raw.get("summary", "")),
        author=author or maintainer,
        license=_license(raw),
        links=tuple(dict(_links(raw)).items()),
        description=_description(text),
        content_type=one_line(raw.get("description_content_type", "")),
        maintainer=maintainer if author != maintainer and author else "",
        keywords=_keywords(raw.get("keywords", [])),
        requirements=_lines(raw.get("requires_dist", raw.get("requires", []))),
        extras=_lines(raw.get("provides_extra", [])),
        classifiers=_lines(raw.get("classifiers", [])),
    )


def may_be_served(metadata: bytes) -> bool:
    """Whether a PKG-INFO may be served beside its archive as the core metadata file of PEP 658 and 714.

    Such a file "will not be modified when the distribution is processed and/or installed" (PEP 658,
    "Specification"). A source distribution promises this since Metadata-Version 2.2 for all fields that it
    does not list as Dynamic (PEP 643). So the file is not served if any field is Dynamic, even one that no
    resolver reads.
    """
    try:
        raw, unparsed = _parse(metadata.decode("utf-8"))
    except UnicodeDecodeError:
        return False
    if "dynamic" in raw or unparsed.keys() & _FIELDS_TO_PARSE:
        return False
    version = re.fullmatch(r"2\.([0-9]{1,3})", raw.get("metadata_version", ""))
    return bool(version and int(version[1]) >= 2 and raw.get("name") and raw.get("version"))


def digest_to_serve(metadata: bytes) -> str:
    """The SHA-256 of a PKG-INFO, in hexadecimal; "" if it may not be served: see ``may_be_served``."""
    return hashlib.sha256(metadata).hexdigest() if may_be_served(metadata) else ""


_FIELDS_TO_PARSE = {
    "metadata-version",
    "name",
    "version",
    "dynamic",
    "requires-python",
    "requires-dist",
    "provides-extra",
}
"""If one of these cannot be parsed, the metadata is not served."""

_CONTENT_FIELD = re.compile("^content-", re.IGNORECASE | re.MULTILINE)
"""A field that changes how a parser of emails reads the text below the header."""


_PIPE = "       |"
_INDENTATION = 8
_IN_HEADER = re.compile("^description[ \\t]*:", re.IGNORECASE | re.MULTILINE)
_CONTINUED = re.compile(r"\n* {7}[ |]")
_EMPTY_LINES = re.compile(r"\n\n+(?= {7}[ |])")
_LINES_OF_SUMMARY = re.compile(r"^Summary:.*\n((?:(?!Home-page:).*\n){1,100}?)(?=Home-page:)", re.MULTILINE)
"""distutils wrote Home-page behind the summary, with the value UNKNOWN if there was none."""
_FIELDS_ONLY = re.compile(r"(?:(?:[A-Za-z][A-Za-z-]*:|[ \t]).*\n)*")
_MAX_ITEMS = 500
"""Of a list in metadata, so many items are shown."""


@lru_cache(maxsize=1)
def _parse(text: str) -> tuple[RawMetadata, Mapping[str, list[str]]]:
    """The metadata in a PKG-INFO, and its fields that cannot be parsed. The last result is kept for more
    calls.

    The description below the header is not parsed, because that is slow.
    """
    header, _, description = text.partition("\n\n")
    needs_parser = "\r" in text or text.startswith("\n") or _CONTENT_FIELD.search(header)
    if description and not needs_parser:
        raw, unparsed = parse_email(f"{header}\n")
        if "description" not in raw and "description" not in unparsed:
            return {**raw, "description": description}, unparsed
    return parse_email(text)


def _repaired(text: str) -> str:
    """The metadata with a header that does not end within a field, so that later fields are not lost.

    Some programs removed the spaces in the empty lines of a description. distutils wrote a summary of several
    lines as it was.
    """
    text = _with_one_line_summary(text)
    header, _, rest = text.partition("\n\n")
    if _IN_HEADER.search(header) and _CONTINUED.match(rest):
        return _EMPTY_LINES.sub(lambda lines: "\n" + f"{' ' * _INDENTATION}\n" * (len(lines[0]) - 1), text)
    return text


def _with_one_line_summary(text: str) -> str:
    lines = _LINES_OF_SUMMARY.search(text)
    if lines is None or "\n\n" in text[: lines.start()] or _FIELDS_ONLY.fullmatch(lines[1]):
        return text
    before, after = text[: lines.start(1)].rstrip("\n"), text[lines.end(1) :]
    return f"{before} {' '.join(lines[1].split())}\n{after}"


def _description(text: str) -> str:
    """The description; that of old metadata is in the header (see ``_without_indentation``)."""
    raw, unparsed = _parse(text)
    if not _IN_HEADER.search(text.partition("\n\n")[0]):
        return raw.get("description", "")
    # There are several parts if one more description is below the header.
    parts = [raw["description"]] if "description" in raw else unparsed.get("description", [])
    return "\n\n".join(_without_indentation(part) for part in parts if isinstance(part, str))


def _without_indentation(text: str) -> str:
    """The lines of a field without what marks their continuation.

    distutils writes eight spaces before each line but the first. Metadata 1.0 to 2.0 say seven spaces and "|"
    (core metadata specification, "Description"). Other programs write fewer spaces or a tab.
    """
    first, newline, rest = text.partition("\n")
    lines = rest.split("\n")
    written = [line for line in lines if line.strip()]
    if not written:
        return text
    if all(line.startswith(_PIPE) for line in written):
        return first + newline + "\n".join(line.strip() and line.removeprefix(_PIPE) for line in lines)
    margins = [len(line) - len(line.lstrip(" \t")) for line in written]
    width = min(*margins, _INDENTATION)
    return first + newline + "\n".join(line[width:] for line in lines)


def _decoded_words(text: str) -> str:
    """The text without the encoded words of emails (RFC 2047), which some programs wrote."""
    if "=?" in text:
        try:
            return str(make_header(decode_header(text)))
        except (HeaderParseError, LookupError, ValueError):
            return text
    return text


def _known(text: str, limit: int = 300) -> str:
    """The value as one line; "" for UNKNOWN, which distutils writes for fields that are not given."""
    line = one_line(_decoded_words(text), limit)
    return "" if line == "UNKNOWN" else line


def _lines(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for value in values if (line := _known(value))))[:_MAX_ITEMS]


def _keywords(values: Iterable[str]) -> tuple[str, ...]:
    """Keywords are separated by commas (core metadata specification), or by spaces, as distutils does it."""
    parts = _lines(values)
    return _lines(re.split(r"[\s;]+", parts[0])) if len(parts) == 1 else parts


def _people(raw: RawMetadata, role: str) -> str:
    """The names of the authors or the maintainers; their addresses if there are no names."""
    fields: Mapping[str, Any] = raw
    people = getaddresses([one_line(fields.get(f"{role}_email", ""))])
    names = ", ".join(_decoded_words(person) or mail for person, mail in people)
    return _known(fields.get(role, "")) or _known(names)


def _license(raw: RawMetadata) -> str:
    """The name of the licence; in old metadata the field may hold the whole text, which is left out."""
    text = raw.get("license_expression") or raw.get("license", "")
    return _known(text, 80) if "\n" not in text.strip() else ""


def _links(raw: RawMetadata) -> Iterator[tuple[str, str]]:
    pairs = [("Homepage", raw.get("home_page", "")), *raw.get("project_urls", {}).items()]
    seen = set()
    for label, address in pairs:
        link = web_link(address)
        if link and link not in seen:
            seen.add(link)
            yield one_line(label, 40) or "Link", link
