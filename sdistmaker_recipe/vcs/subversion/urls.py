"""URLs as Subversion spells them, and what belongs to them: paths, servers."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, unquote_to_bytes

from sdistmaker_recipe.errors import RepositoryError

SCHEMES = ("file", "http", "https", "svn")  # and any that begins with svn+
DEFAULT_PORTS = {"http": "80", "https": "443", "svn": "3690"}
URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/]*)(?P<path>.*)", re.DOTALL)
UNQUOTED = "/!$&'()*+,:=@"  # besides letters, digits and "-._~": what Subversion leaves as it is


def canonical_url(url: str) -> str:
    """The URL as Subversion itself spells it: percent-encoded, lower-case host, no final slash.

    Raises ``RepositoryError`` if it is not a URL.
    """
    match = URL.fullmatch(url.strip())
    if match is None:
        raise RepositoryError(
            url, "not a URL", "Write a folder of this machine as file:///path/to/repository."
        )
    scheme = match["scheme"].lower()
    if scheme not in SCHEMES and not scheme.startswith("svn+"):
        raise RepositoryError(
            url, "Subversion has no such scheme", f"Known are {', '.join(SCHEMES)}, svn+ssh."
        )
    user, at, host = match["authority"].rpartition("@")
    host = host.lower().removesuffix(f":{DEFAULT_PORTS.get(scheme, '')}").removesuffix(":")
    path = quote(unquote_to_bytes(match["path"]), safe=UNQUOTED)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join([f"{scheme}://{user}{at}{host}", *parts])


def url_of(url: str, path: str) -> str:
    """The URL of a path below a canonical URL."""
    return f"{url}/{quote(path, safe=UNQUOTED)}" if path else url


def path_below(root: str, url: str) -> str:
    """The decoded path from one canonical URL to another that is below it or the same."""
    return unquote(url[len(root) :].strip("/"))


def same_server(url: str, realm: str) -> bool:
    """Whether a server that asks for a password is the one of a canonical URL, and as well encrypted.

    ``realm`` is the name that the server gives itself, "<https://host:443> Some words". An external can lead
    to any other server, which must not get this one's password. A server may redirect to another port, from
    http to https for instance, but not from https to http.
    """
    asked = URL.match(realm.removeprefix("<"))
    own = URL.match(url)
    if asked is None or own is None or (own["scheme"] == "https" and asked["scheme"] != "https"):
        return False
    return _host(asked["authority"].partition(">")[0]) == _host(own["authority"])


def host_of(url: str) -> str:
    """The host of a URL, in lower case."""
    match = URL.match(url)
    return _host(match["authority"]) if match else ""


def _host(authority: str) -> str:
    """The host of user@host:port, in lower case."""
    return re.sub(r":\d*$", "", authority.rpartition("@")[2]).lower()
