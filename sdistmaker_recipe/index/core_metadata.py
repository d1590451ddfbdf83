"""Read core metadata, the PKG-INFO of an archive, for the pages and files of the index. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from email.utils import getaddresses
from functools import lru_cache
from typing import Any

from packaging.metadata import RawMetadata, parse_email

from sdistmaker_recipe.index.safe_text import one_line, web_link
from sdistmaker_recipe.model import ProjectDetails


def project_details(metadata: bytes) -> ProjectDetails:
    """The details in a PKG-INFO; missing or malformed fields are left out."""
    raw, _ = _parse(_decode(metadata))
    return ProjectDetails(
        summary=one_line(raw.get("summary", "")),
        author=_author(raw),
        license=_license(raw),
        links=tuple(dict(_links(raw)).items()),
        description=raw.get("description", ""),
        content_type=one_line(raw.get("description_content_type", "")),
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


def _decode(metadata: bytes) -> str:
    try:
        return metadata.decode("utf-8")
    except UnicodeDecodeError:
        # Metadata before version 2.1 could be in any encoding. Latin-1 can decode all bytes.
        return metadata.decode("latin-1")


def _author(raw: RawMetadata) -> str:
    """The names of the authors, or of the maintainers; their addresses if there are no names."""
    for name, address in (("author", "author_email"), ("maintainer", "maintainer_email")):
        fields: Mapping[str, Any] = raw
        people = getaddresses([one_line(fields.get(address, ""))])
        names = [fields.get(name, ""), ", ".join(person or mail for person, mail in people)]
        if known := next((line for text in names if (line := one_line(text)) and line != "UNKNOWN"), ""):
            return known
    return ""


def _license(raw: RawMetadata) -> str:
    """The name of the licence; in old metadata the field may hold the whole text, which is left out."""
    text = raw.get("license_expression") or raw.get("license", "")
    return one_line(text, 80) if "\n" not in text.strip() and text.strip() != "UNKNOWN" else ""


def _links(raw: RawMetadata) -> Iterator[tuple[str, str]]:
    pairs = [("Homepage", raw.get("home_page", "")), *raw.get("project_urls", {}).items()]
    seen = set()
    for label, address in pairs:
        link = web_link(address)
        if link and link not in seen:
            seen.add(link)
            yield one_line(label, 40) or "Link", link
