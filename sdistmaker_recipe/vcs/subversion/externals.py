"""The property svn:externals: what it names, and which of it the option externals follows. Pure.

The rules are those of svn_wc_parse_externals_description3 and of "svn help propset".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs.subversion.urls import UNQUOTED, URL, canonical_url, host_of

_REVISION = r"\d+|HEAD|\{[^{}]*\}"
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]", ""})


class External(NamedTuple):
    """A line of svn:externals: where its files go below the folder, and where they come from.

    ``url`` may be relative: see ``absolute_url``. ``revision`` and ``peg`` are a number, a date in braces or
    HEAD.
    """

    target: str
    url: str
    revision: str
    peg: str


def parse(text: str) -> Iterator[External]:
    """The externals in the text of the property; raises ``ValueError`` if a line makes no sense."""
    for line in re.split(r"[\r\n]+", text):
        if line.strip() and not line.strip().startswith("#"):
            yield _parse_line(line.strip())


def absolute_url(url: str, folder: str, root: str) -> str:
    """The canonical URL that the URL in an external means, without ``..``.

    ``folder`` is the URL of the folder with the property, ``root`` that of its repository. Raises
    ``ValueError`` if it means none.
    """
    start, rest = _start_and_rest(url, folder, root)
    found = URL.fullmatch(start)
    if found is None:
        raise ValueError(f"{url!r} is no URL of an external")
    parts = [part for part in found["path"].split("/") if part]
    for part in rest.split("/"):
        if unquote(part) == "..":
            if not parts:
                raise ValueError(f"{url!r} leads above the server")
            parts.pop()
        elif unquote(part) not in ("", "."):
            parts.append(quote(unquote_to_bytes(part), safe=UNQUOTED))
    return canonical_url("/".join([f"{found['scheme']}://{found['authority']}", *parts]))


def _start_and_rest(url: str, folder: str, root: str) -> tuple[str, str]:
    """The absolute URL at which the URL of an external starts, and the path from there."""
    server = root.partition("://")
    scheme, host = server[0], server[2].partition("/")[0]
    if url.startswith("^/"):
        return root, url[2:]
    if url.startswith("//"):
        authority, _, path = url[2:].partition("/")
        return f"{scheme}://{authority}", path
    if url.startswith("/"):
        return f"{scheme}://{host}", url[1:]
    if url.startswith("../"):
        return folder, url
    absolute = URL.fullmatch(url)
    return (f"{absolute['scheme']}://{absolute['authority']}", absolute["path"]) if absolute else ("", "")


def needed_option(url: str, root: str, location: str, settings: RepositorySettings) -> str:
    """The value of the option externals that follows a canonical URL, as far as the given one does not.

    "" if the given one follows it, "never" if none does. ``location`` is the URL by which the repository of
    the tag is read, and ``root`` that of its root.
    """
    repositories = [repository for repository in (settings.known_as, location) if repository]
    roots = [root]
    below = location.removeprefix(root)
    if settings.known_as.endswith(below):
        roots.append(settings.known_as.removesuffix(below))
    needed = _needed(url, roots, repositories)
    order = ("same-repository", "same-host", "all", "never")
    allowed = order.index(settings.externals) if settings.externals in order else -1
    return "" if order.index(needed) <= allowed else needed


def _needed(url: str, roots: Sequence[str], repositories: Sequence[str]) -> str:
    if any(url == root or url.startswith(f"{root}/") for root in filter(None, roots)):
        return "same-repository"
    scheme = url.partition(":")[0]
    if scheme == "file":
        # Whoever knows the repository by another URL may not be allowed to read every folder of this machine.
        return "same-host" if repositories[0].startswith("file:") else "never"
    is_tunnel = scheme.startswith("svn+")
    for repository in repositories:
        if is_tunnel and not repository.startswith(f"{scheme}:"):
            # The account's own key opens what the server may keep from others.
            continue
        if _host(url) == _host(repository):
            return "same-host"
    return "all"


def _host(url: str) -> str:
    """The host of a URL, in lower case; one name for this machine."""
    host = host_of(url)
    return "localhost" if host in _THIS_MACHINE else host


def _parse_line(line: str) -> External:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ValueError(f"{line!r}: {error}") from None
    revision, begins_with_revision = "", False
    for place, word in enumerate(words):
        if word.startswith("-r") and place < 2:
            found = words[place + 1] if word == "-r" and place + 1 < len(words) else word[2:]
            if not re.fullmatch(_REVISION, found, re.IGNORECASE):
                raise ValueError(f"{line!r}: {found!r} is no revision")
            revision, begins_with_revision = found, place == 0
            del words[place : place + (2 if word == "-r" else 1)]
            break
    if len(words) != 2:
        raise ValueError(f"{line!r} is no line of svn:externals")
    first, second = words
    peg = ""
    if begins_with_revision or _is_url(first) or not _is_url(second):
        url, target = first, second
        before, at, after = url.rpartition("@")
        if at and re.fullmatch(f"({_REVISION})?", after, re.IGNORECASE) and "/" in before:
            url, peg = before, after
        peg = peg or "HEAD"
        revision = revision or peg
    else:
        target, url = first, second
        revision = revision or "HEAD"
        peg = revision
    parts = [part for part in target.split("/") if part not in ("", ".")]
    if target.startswith("/") or ".." in parts or not parts:
        raise ValueError(f"{line!r}: {target!r} is not below the folder")
    if ".svn" in map(str.lower, parts):
        # The program svn leaves out an argument that ends so, and writes into the current folder instead.
        raise ValueError(f"{line!r}: .svn is a reserved name")
    return External("/".join(parts), url, revision.upper(), peg.upper())


def _is_url(text: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None
