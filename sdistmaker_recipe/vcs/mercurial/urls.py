"""The ways to write where a Mercurial repository is, and what they mean. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from sdistmaker_recipe.errors import RepositoryError

_DEFAULT_PORTS = {"http": 80, "https": 443, "ssh": 22}


class Location(NamedTuple):
    """Where a repository is: ``server`` is a URL as hg takes it, ``folder`` a path of this machine.

    One of them is empty. ``inner`` is the path of a tag below the repository, as in ``tags/1.0``, "" for the
    repository itself. Only the disk knows which part of ``folder`` is the repository, so it has no ``inner``.
    """

    server: str = ""
    folder: str = ""
    inner: str = ""


def parse(url: str) -> Location:
    """Where the repository with this URL is. Raises ``RepositoryError``."""
    scheme, separator, rest = url.strip().rstrip("/").partition("://")
    plain = scheme.lower().removeprefix("hg+")
    if separator and plain == "file":
        host, slash, path = rest.partition("/")
        if host not in ("", "localhost") or not slash:
            raise RepositoryError(url, "a file URL names a folder of this machine", "Write hg+file:///PATH.")
        return Location(folder=unquote(f"/{path}"))
    if not separator or plain not in _DEFAULT_PORTS or not rest or rest.startswith("-"):
        raise RepositoryError(
            url,
            "not a URL of a Mercurial repository",
            "It must begin with hg+https, hg+http, hg+ssh or hg+file, as in hg+file:///srv/hg/project.",
        )
    if "#" in rest:
        raise RepositoryError(
            url, "a URL with # names a branch, but tags are of all branches", "Leave it out."
        )
    if match := re.fullmatch(r"([^/]+/.+?)/(tags/.+)", rest):
        return Location(f"{plain}://{match[1]}", inner=unquote(match[2]))
    return Location(f"{plain}://{rest}")


def with_user(server: str, username: str | None) -> str:
    """The URL of a server with the user who logs in there, unless it names one."""
    if not username or "@" in urlsplit(server).netloc:
        return server
    return server.replace("://", f"://{quote(username, safe='')}@", 1)


def identity_of(url: str) -> str:
    """What identifies the repository, or the folder of repositories, with this URL.

    The scheme and the user do not count, so a repository that is reached by ssh in place of https is the same
    one.
    """
    location = parse(url)
    place = location.folder or _host_and_path(location.server)
    return f"hg-{hashlib.sha256(place.rstrip('/').replace('//', '/').encode()).hexdigest()[:24]}"


def host_of(server: str) -> str:
    """The host of a server's URL, in lower case; "" for a path of this machine."""
    return (urlsplit(server).hostname or "").lower() if "://" in server else ""


def login_prefix(server: str) -> str:
    """The part of a server's URL that Mercurial's section [auth] compares: host, port and path."""
    parts = urlsplit(server)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def join(server: str, relative: str) -> str:
    """The URL or path that a relative one leads to, from that of a repository (``hg help subrepos``)."""
    scheme, separator, rest = server.rpartition("://")
    parts = rest.rstrip("/").split("/")
    for part in relative.split("/"):
        if part == "..":
            parts = parts[:-1] if len(parts) > 1 else parts
        elif part not in ("", "."):
            parts.append(part)
    return f"{scheme}{separator}{'/'.join(parts)}"


def _host_and_path(server: str) -> str:
    parts = urlsplit(server)
    shown = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{host_of(server)}{shown}{unquote(parts.path)}"
