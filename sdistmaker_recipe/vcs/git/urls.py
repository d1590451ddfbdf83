"""The ways to write where a git repository is, and what they mean. Pure."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from sdistmaker_recipe.errors import RepositoryError

_SCP = re.compile(r"(?P<host>(?:[\w.-]+@)?[\w.-]+):(?P<path>(?!//|:).*)")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ssh": 22, "git": 9418}


class Location(NamedTuple):
    """Where a repository is: ``server`` is a URL as git takes it, ``folder`` a path of this machine.

    One of them is empty. ``inner`` is the path of a tag below the repository, as in ``tags/1.0``, "" for the
    repository itself. Only the disk knows which part of ``folder`` is the repository, so it has no ``inner``.
    """

    server: str = ""
    folder: str = ""
    inner: str = ""


def parse(url: str) -> Location:
    """Where the repository with this URL is. Raises ``RepositoryError``."""
    written = url.strip().rstrip("/")
    scheme, separator, rest = written.partition("://")
    if not separator:
        if written.startswith(("/", "~")):
            return Location(folder=str(Path(written).expanduser()))
        if _SCP.fullmatch(written):
            return _split(written)
        raise RepositoryError(
            url, "not a URL", "Write a folder of this machine as git+file:///path/to/repository."
        )
    plain = scheme.lower().removeprefix("git+")
    if plain == "file":
        host, slash, path = rest.partition("/")
        if host not in ("", "localhost") or not slash:
            raise RepositoryError(url, "a file URL names a folder of this machine", "Write git+file:///PATH.")
        return Location(folder=unquote(f"/{path}"))
    if plain not in _DEFAULT_PORTS or not rest:
        raise RepositoryError(
            url, "git has no such scheme", "Known are git+https, git+http, git+ssh, git+file and git."
        )
    return _split(f"{plain}://{rest}")


def with_user(server: str, username: str | None) -> str:
    """The URL of a server that is reached by ssh, with the user who logs in there, unless it names one."""
    if not username or not server.startswith("ssh://") or "@" in urlsplit(server).netloc:
        return server
    return server.replace("ssh://", f"ssh://{quote(username)}@", 1)


def identity_of(url: str) -> str:
    """What identifies the repository, or the folder of repositories, with this URL.

    The scheme, the user and the ending ``.git`` do not count, so a repository that is reached by ssh in place
    of https is the same one.
    """
    location = parse(url)
    place = location.folder or _host_and_path(location.server)
    return f"git-{hashlib.sha256(_without_suffix(place).encode()).hexdigest()[:24]}"


def host_of(server: str) -> str:
    """The host of a URL as git takes it, in lower case; "" for a path of this machine."""
    if "://" in server:
        return (urlsplit(server).hostname or "").lower()
    match = _SCP.fullmatch(server)
    return match["host"].rpartition("@")[2].lower() if match and not server.startswith("/") else ""


def join(server: str, relative: str) -> str:
    """The URL that ``./`` and ``../`` lead to from a repository's URL or path, as for submodules of git."""
    base = server.rstrip("/")
    for part in relative.split("/"):
        if part == "..":
            cut = max(base.rfind("/"), base.rfind(":") if "://" not in base else -1)
            base = base[: cut + (base[cut : cut + 1] == ":")] if cut >= 0 else ""
        elif part not in ("", "."):
            base = f"{base}{'' if base.endswith(':') else '/'}{part}"
    return base


def _split(server: str) -> Location:
    """A server's URL and the path of a tag behind it: URL/tags/NAME, or pip's URL.git@NAME."""
    if match := re.fullmatch(r"(.+\.git)@([^:]+)", server):
        return Location(match[1], inner=f"tags/{unquote(match[2])}")
    if match := re.fullmatch(r"(.+?\.git)/(.+)", server):
        return Location(match[1], inner=unquote(match[2]))
    if match := re.fullmatch(r"(.+://[^/]+/.+?|[^/]+:.+?)/(tags/.+)", server):
        return Location(match[1], inner=unquote(match[2]))
    return Location(server)


def _host_and_path(server: str) -> str:
    if match := _SCP.fullmatch(server) if "://" not in server else None:
        return f"{host_of(server)}/{match['path'].lstrip('/')}"
    parts = urlsplit(server)
    port = parts.port
    shown = "" if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    return f"{host_of(server)}{shown}{unquote(parts.path)}"


def _without_suffix(place: str) -> str:
    return place.rstrip("/").removesuffix(".git").removesuffix("/").replace("//", "/")
