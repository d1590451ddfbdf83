"""What the index takes from a release's core metadata, the PKG-INFO of its archive. Pure."""

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
    """Read the bytes of a PKG-INFO; what is missing or malformed there is left out."""
    raw, _ = _parsed(_decoded(metadata))
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
    "Specification"). A source distribution says that of its fields since Metadata-Version 2.2 (PEP 643), but
    for those it names as Dynamic. So any Dynamic field rules the file out, also one that no resolver reads.
    """
    try:
        raw, unparsed = _parsed(metadata.decode("utf-8"))
    except UnicodeDecodeError:
        return False
    if "dynamic" in raw or unparsed.keys() & _DECISIVE:
        return False
    version = re.fullmatch(r"2\.([0-9]{1,3})", raw.get("metadata_version", ""))
    return bool(version and int(version[1]) >= 2 and raw.get("name") and raw.get("version"))


def digest_to_serve(metadata: bytes) -> str:
    """The SHA-256, in hexadecimal, of a PKG-INFO that may be served beside its archive; "" of another."""
    return hashlib.sha256(metadata).hexdigest() if may_be_served(metadata) else ""


_DECISIVE = {
    "metadata-version",
    "name",
    "version",
    "dynamic",
    "requires-python",
    "requires-dist",
    "provides-extra",
}


_CONTENT = re.compile("^content-", re.IGNORECASE | re.MULTILINE)
"""A field that tells a parser of email how to read what is below the header."""


@lru_cache(maxsize=1)
def _parsed(text: str) -> tuple[RawMetadata, Mapping[str, list[str]]]:
    """What is in a PKG-INFO, and what of it is no metadata; kept, for all is asked of one after the other.

    The description below the header is taken as it is, for to parse it is slow.
    """
    header, _, description = text.partition("\n\n")
    is_odd = "\r" in text or text.startswith("\n") or _CONTENT.search(header)
    if description and not is_odd:
        raw, unparsed = parse_email(f"{header}\n")
        if "description" not in raw and "description" not in unparsed:
            return {**raw, "description": description}, unparsed
    return parse_email(text)


def _decoded(metadata: bytes) -> str:
    try:
        return metadata.decode("utf-8")
    except UnicodeDecodeError:
        # Metadata written before 2.1 could be in any encoding; this one always gives some text.
        return metadata.decode("latin-1")


def _author(raw: RawMetadata) -> str:
    """The names of authors, else of maintainers; where there are only addresses, those."""
    for name, address in (("author", "author_email"), ("maintainer", "maintainer_email")):
        fields: Mapping[str, Any] = raw
        people = getaddresses([one_line(fields.get(address, ""))])
        names = [fields.get(name, ""), ", ".join(each or mail for each, mail in people)]
        if known := next((line for each in names if (line := one_line(each)) and line != "UNKNOWN"), ""):
            return known
    return ""


def _license(raw: RawMetadata) -> str:
    """The licence's name; licences of old metadata may hold the whole text, which is no name."""
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
