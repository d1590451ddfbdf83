"""Text and addresses of unknown origin, made fit for a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from sdistmaker_recipe.model import ADOPTED, Failure, Release

_WEB = re.compile(r"https?://[^\s/?#\\][^\s\\]*", re.IGNORECASE | re.ASCII)
_LONGEST_LINK = 2000
_END = r"(?![\w.%~-])"
"""Follows an address where no longer one only begins with it."""
_INTERNAL = re.compile(r"\b(?:file|svn(?:\+[a-z]+)?)://[^\s'\"]*")


def one_line(text: str, limit: int = 300) -> str:
    """Text as one printable line of limited length.

    Control characters, also those that turn the direction of writing, and undecodable bytes become spaces.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def web_link(address: str) -> str:
    """The address if a browser may be sent there, which is http and https only; else ""."""
    address = address.strip()
    fits = address.isprintable() and len(address) <= _LONGEST_LINK and _WEB.fullmatch(address)
    return address if fits else ""


def without_addresses(reason: str, repositories: Iterable[tuple[str, str]]) -> str:
    """Why a tag failed, without the addresses of repositories, which are no business of who reads pages.

    ``repositories`` are pairs of a URL and the path from the root there: that path stands in its place. Of
    another address that no web server could answer the last part is left.
    """
    for url, path in sorted(repositories, reverse=True):
        reason = reason.replace(f"{url}/", f"{path}/" if path else "")
        reason = (path or "the repository").join(re.split(re.escape(url) + _END, reason))
    return _INTERNAL.sub(lambda match: f".../{match[0].rstrip('/').rpartition('/')[2]}", reason)


def tag_link(browse_url: str, made_of: Release | Failure) -> str:
    """Where people look at the tag of a release or failure; "" where browse_url is "" or no web address, or
    where no tag is known.

    In browse_url, ``{path}`` stands for the tag's path from the repository's root and ``{revision}`` for the
    revision; where ``{path}`` is not in it, the path follows it.
    """
    if not browse_url or made_of.origin.startswith(ADOPTED):
        return ""
    template = browse_url if "{path}" in browse_url else f"{browse_url.rstrip('/')}/{{path}}"
    values = {"path": made_of.origin.partition("/")[2], "revision": made_of.revision}
    return web_link(
        re.sub(r"\{(path|revision)\}", lambda match: quote(values[match[1]], errors="replace"), template)
    )
