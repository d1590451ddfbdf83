"""Make text and links from tags and metadata safe for a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from sdistmaker_recipe.model import ADOPTED, Failure, Release, path_in_repository
from sdistmaker_recipe.names import version_in_tag

_WEB_URL = re.compile(r"https?://[^\s/?#\\][^\s\\]*", re.IGNORECASE | re.ASCII)
_MAX_LINK_LENGTH = 2000
_URL_END = r"(?![\w.%~-])"
"""Comes after a URL, so that a longer one that begins with it does not match."""
_REPOSITORY_URL = re.compile(r"\b(?:file|svn(?:\+[a-z]+)?)://[^\s'\"]*")


def one_line(text: str, limit: int = 300) -> str:
    """The text as one printable line of at most ``limit`` characters.

    Control characters, undecodable bytes, and characters that change the writing direction become spaces.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def web_link(address: str) -> str:
    """The address if it is an http or https URL, and so safe as a link; else ""."""
    address = address.strip()
    is_safe = address.isprintable() and len(address) <= _MAX_LINK_LENGTH and _WEB_URL.fullmatch(address)
    return address if is_safe else ""


def hide_repository_urls(reason: str, repositories: Iterable[tuple[str, str]]) -> str:
    """The reason why a tag failed, without the URLs of repositories, which readers of pages need not know.

    ``repositories`` are pairs of a URL and its path from the repository's root; the path replaces the URL. Of
    any other URL that only Subversion can read (file, svn, svn+ssh), the last part is kept.
    """
    for url, path in sorted(repositories, reverse=True):
        reason = reason.replace(f"{url}/", f"{path}/" if path else "")
        reason = (path or "the repository").join(re.split(re.escape(url) + _URL_END, reason))
    return _REPOSITORY_URL.sub(lambda match: f".../{match[0].rstrip('/').rpartition('/')[2]}", reason)


def without_tag_name(reason: str, tag: str) -> str:
    """The reason why a tag failed, with TAG for the tag's name and version: see ``without_names``."""
    return without_names(reason, (tag, version_in_tag(tag)))


def without_names(text: str, names: Iterable[str]) -> str:
    """The text with TAG for each of the names, so that texts about several tags can be compared.

    A number such as 1 can stand for anything else, and stays.
    """
    telling = {name for name in names if len(name) > 2 and not name.isdecimal()}
    for name in sorted(telling, key=len, reverse=True):
        text = re.sub(rf"(?<![\d.]){re.escape(name)}(?!\d|\.\d)", "TAG", text)
    return text


def tag_link(browse_url: str, source: Release | Failure) -> str:
    """The web address of the tag of a release or failure; "" if it is not known.

    ``browse_url`` is the option of this name: ``{path}`` in it is replaced by the tag's path from the
    repository's root, and ``{revision}`` by the revision. Without ``{path}`` the path is added at the end.
    """
    if not browse_url or source.origin.startswith(ADOPTED):
        return ""
    template = browse_url if "{path}" in browse_url else f"{browse_url.rstrip('/')}/{{path}}"
    values = {"path": path_in_repository(source.origin), "revision": source.revision}
    return web_link(
        re.sub(r"\{(path|revision)\}", lambda match: quote(values[match[1]], errors="replace"), template)
    )
