"""The index in nginx: a file to ``include`` in a server block.

Three steps, each a location. The first is what a URL below the index's path meets: it asks who may ask, and
hands on. The second, which has a name and no URL, decides; by then nginx's own access control is done, so a
client without credentials gets 401 before any redirect. The third, internal, sends files.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.model import ROOT_NAMES
from sdistmaker_recipe.webserver import (
    CONTENT_SECURITY_POLICY,
    FOREVER,
    ServerSettings,
    accept,
    fill,
    glob_pattern,
    problem,
)
from sdistmaker_recipe.webserver import nginx_text as templates
from sdistmaker_recipe.webserver.access import parse_rule, parse_rules

TYPES = {
    "text/html": "html",
    accept.JSON: "json",
    "application/atom+xml": "atom",
    "text/css": "css",
    "text/javascript": "js",
    "application/gzip": "gz",
    "application/zip": "zip",
    "text/plain": "metadata txt",
}
_COMPRESSED = (accept.JSON, accept.HTML, "application/atom+xml", "text/css", "text/javascript")

_AT_ONCE = 16
_ROUNDS = 4


def nginx_config(settings: ServerSettings) -> str:
    """The text to include in a server block; the same settings give the same text.

    Raises ``ConfigurationError`` where nginx has no way to write a path, or to do what is required.
    """
    if problems := tuple(_problems(settings)):
        raise ConfigurationError(problems)
    public = templates.NO_PUBLIC if settings.public == "none" else templates.PUBLIC
    parts = (templates.HEAD, templates.ENTRY, templates.DECIDING, public, templates.SERVING)
    return fill("".join(parts), _values(settings))


def _values(settings: ServerSettings) -> dict[str, str]:
    return {
        "path": _quoted(str(settings.index)),
        "url_path": settings.url_path,
        "prefix": settings.prefix,
        "pattern": settings.prefix.replace(".", "[.]"),
        "named": _named(settings),
        "root": _quoted(str(settings.index)),
        "entries": _entries(settings),
        **accept.NEGOTIATION,
        "policy": CONTENT_SECURITY_POLICY,
        "forever": FOREVER,
        "root_files": "|".join(ROOT_NAMES).replace(".", "[.]"),
        "at_once": str(_AT_ONCE),
        "at_all": str(_AT_ONCE * _ROUNDS),
        "normalise": _normalise(),
        "reserved": _reserved(settings),
        "answer": _answer(settings),
        "files": _files(settings),
    }


def _named(settings: ServerSettings) -> str:
    return f"@sdists{settings.prefix}"


def _entries(settings: ServerSettings) -> str:
    matches = [f"^~ {settings.url_path}", *([f"= {settings.prefix}"] if settings.prefix else [])]
    values = {"access": _access(settings), "named": _named(settings)}
    return "\n".join(fill(templates.LOCATION, {**values, "match": match}) for match in matches)


def _access(settings: ServerSettings) -> str:
    """Who is let in: those with a password, where there is a file, whom also a line of require allows."""
    lines = []
    if settings.auth_file is not None:
        lines += ['auth_basic "Packages";', f"auth_basic_user_file {_quoted(str(settings.auth_file))};"]
    if settings.require:
        lines += [f"allow {network};" for network in _networks(settings)] + ["deny all;"]
    if lines:
        lines.insert(0, "satisfy all;")
    return "".join(f"    {line}\n" for line in lines)


def _networks(settings: ServerSettings) -> Iterator[str]:
    for rule in parse_rules(settings.require):
        yield from rule.values or ("127.0.0.0/8", "::1")


def _normalise() -> str:
    """The same step several times, for names that need more replacements than one can do."""
    alphabet = f"{string.ascii_lowercase}-"
    pattern, replacement = normalising_step(_AT_ONCE)
    step = {"alphabet": alphabet, "pattern": pattern, "replacement": replacement}
    return fill(templates.NORMALISE, step) * _ROUNDS


def normalising_step(count: int) -> tuple[str, str]:
    """A regular expression and the text that takes a match's place, to normalise count places of a name.

    The name is followed by a space, the lower-case alphabet and "-". A place is a capital letter, or a run
    of separators that is not just "-"; ``new`` is found in what follows the name, ``kept`` is as it was. The
    quantifiers are possessive, so that no name takes long.
    """
    kept = "(?:[a-z0-9]|-(?![._-]))*+"
    places = []
    for number in range(count):
        capital = 3 * number + 2
        new = f"(?<sdists_new{number}>(?({capital})(?i:\\{capital})|-))"
        place = rf"(?:([A-Z])|[._][._-]*+|-[._-]++)(?=[^ ]* [a-z]*?{new})"
        places.append(f"(?<sdists_kept{number}>{kept}){place if number == 0 else f'(?:{place})?+'}")
    replaced = "".join(f"${{sdists_kept{number}}}${{sdists_new{number}}}" for number in range(count))
    return f"^{''.join(places)}(?<sdists_rest>[^ ]*+) ", f"{replaced}$sdists_rest"


def _reserved(settings: ServerSettings) -> str:
    if not settings.reserved:
        return ""
    globs = {
        "globs": ", ".join(settings.reserved),
        "written": "|".join(glob_pattern(glob, normalised=False) for glob in settings.reserved),
        "normalised": "|".join(glob_pattern(glob, normalised=True) for glob in settings.reserved),
    }
    return fill(templates.RESERVED, globs)


def _answer(settings: ServerSettings) -> str:
    if settings.public == "proxy":
        return f'rewrite ^ "{settings.prefix}/.sdists-public/$sdists_name/?" last;'
    return f'return 302 "{settings.public_index.rstrip("/")}/$sdists_name/";'


def _files(settings: ServerSettings) -> str:
    values = {"alias": _quoted(f"{settings.index}/"), "compressed": " ".join(_COMPRESSED)}
    usual = {"internal": f"{settings.prefix}/.sdists/", "types": _types()}
    named = {"internal": f"{settings.prefix}/.sdists-html/", "types": _one_type(accept.HTML)}
    locations = [fill(templates.FILES, {**values, **each}) for each in (usual, named)]
    if settings.public == "proxy":
        locations.append(fill(templates.PROXY, _proxy(settings)))
    return "\n".join(locations)


def _types() -> str:
    lines = "".join(f"        {name} {suffixes};\n" for name, suffixes in TYPES.items())
    return f"types {{\n{lines}    }}\n    default_type application/octet-stream;"


def _one_type(name: str) -> str:
    return f"types {{\n    }}\n    default_type {name};"


def _proxy(settings: ServerSettings) -> dict[str, str]:
    host = urlsplit(settings.public_index).hostname or ""
    tls = {"certificates": _quoted(str(settings.certificates)), "host": host}
    return {
        "internal": f"{settings.prefix}/.sdists-public/",
        "moved": f"@sdists-moved{settings.prefix}",
        "public_index": f"{settings.public_index.rstrip('/')}/",
        "public_host": settings.public_host,
        "policy": CONTENT_SECURITY_POLICY,
        "tls": fill(templates.PROXY_TLS, tls) if settings.secure_proxy else "",
    }


def _problems(settings: ServerSettings) -> Iterator[Problem]:
    for option, path in settings.paths:
        if wrong := _wrong_with_path(path):
            yield problem(option, str(path), f"{wrong}: choose another path")
    if settings.public != "none" and re.search("[$;{}'\"]", settings.public_index):
        yield problem(
            "public-index", settings.public_index, "nginx cannot hold its $ ; or ': use another URL"
        )
    for line in settings.require:
        if (kind := parse_rule(line).kind) in ("host", "user"):
            yield problem("require", line, f"nginx cannot require a {kind}, only ip and local")


def _wrong_with_path(path: Path) -> str:
    text = str(path)
    if not text.isprintable():
        return "nginx's configuration cannot hold its line breaks, control or undecodable characters"
    return "nginx would take its $ for a variable" if "$" in text else ""


def _quoted(text: str) -> str:
    """Text as a parameter of a directive."""
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
