"""The configuration for nginx: a file to ``include`` in a server block. Pure.

It has three steps, each a location. The first one takes every URL below the index's path, does the access
control, and passes the request on. The second one is a named location, without a URL, and decides what to
answer. So a client without credentials gets 401 before any redirect. The third one is internal, and sends
files.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from urllib.parse import urlsplit

from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.webserver import nginx_templates as templates
from sdistmaker_recipe.webserver.access_control import parse_rules
from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_HTML, SIMPLE_JSON
from sdistmaker_recipe.webserver.settings import ServerSettings, option_problem, path_problems
from sdistmaker_recipe.webserver.template_values import (
    CONTENT_SECURITY_POLICY,
    common_values,
    fill,
    reserved_values,
)

_MEDIA_TYPES = {
    "text/html": "html",
    SIMPLE_JSON: "json",
    "application/atom+xml": "atom",
    "text/css": "css",
    "text/javascript": "js",
    "application/gzip": "gz tgz",
    "application/zip": "zip",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/webp": "webp",
    "image/x-icon": "ico",
    "text/plain": "metadata txt",
}
_COMPRESSED_TYPES = (SIMPLE_JSON, SIMPLE_HTML, "application/atom+xml", "text/css", "text/javascript")

_REPLACED_AT_ONCE = 16
_ROUNDS = 4


def nginx_config(settings: ServerSettings) -> str:
    """The text to include in a server block; the same settings give the same text.

    Raises ``ConfigurationError`` if nginx's configuration cannot contain a path or the public URL, or if
    nginx has no such access control.
    """
    if problems := tuple(_problems(settings)):
        raise ConfigurationError(problems)
    public = templates.NO_PUBLIC if settings.public == "none" else templates.PUBLIC
    parts = (templates.HEAD, templates.ENTRY, templates.DECISION, public, templates.SERVING)
    return fill("".join(parts), _values(settings))


def _values(settings: ServerSettings) -> dict[str, str]:
    return {
        "path": _quoted(str(settings.index)),
        "decision": _decision(settings),
        "entries": _entries(settings),
        "at_once": str(_REPLACED_AT_ONCE),
        "at_all": str(_REPLACED_AT_ONCE * _ROUNDS),
        "normalise": _normalise("._-"),
        "normalise_legacy": _normalise("_-"),
        "reserved": _reserved(settings),
        "public_answer": _public_answer(settings),
        "files": _files(settings),
        **common_values(settings),
    }


def _decision(settings: ServerSettings) -> str:
    """The name of the second location."""
    return f"@sdists{settings.prefix}"


def _entries(settings: ServerSettings) -> str:
    matches = [f"^~ {settings.url_path}", *([f"= {settings.prefix}"] if settings.prefix else [])]
    values = {"access": _access(settings), "decision": _decision(settings)}
    return "\n".join(fill(templates.LOCATION, {**values, "match": match}) for match in matches)


def _access(settings: ServerSettings) -> str:
    """The access control: a password if there is an auth-file, and one of the lines of require if any."""
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


def _normalise(separators: str) -> str:
    """The same step several times, for names that need more replacements than one step does."""
    alphabet = f"{string.ascii_lowercase}-"
    pattern, replacement = normalising_step(_REPLACED_AT_ONCE, separators)
    step = {"alphabet": alphabet, "pattern": pattern, "replacement": replacement}
    return fill(templates.NORMALISE, step) * _ROUNDS


def normalising_step(count: int, separators: str = "._-") -> tuple[str, str]:
    """A regular expression, and the replacement for its match, that normalise count places of a name.

    The expression is for the name followed by a space, the lower-case alphabet and "-". A place is a capital
    letter, or a run of ``separators`` other than one "-"; with "_-" dots are kept, as in setuptools'
    ``safe_name``. The group ``sdists_new`` is found after the name,
    ``sdists_kept`` is the unchanged text before the place. The quantifiers are possessive, so that the time
    is linear.
    """
    kept = f"(?:[a-z0-9{'' if '.' in separators else '.'}]|-(?![{separators}]))*+"
    others = separators.replace("-", "")
    places = []
    for number in range(count):
        capital = 3 * number + 2
        new = f"(?<sdists_new{number}>(?({capital})(?i:\\{capital})|-))"
        place = rf"(?:([A-Z])|[{others}][{separators}]*+|-[{separators}]++)(?=[^ ]* [a-z]*?{new})"
        places.append(f"(?<sdists_kept{number}>{kept}){place if number == 0 else f'(?:{place})?+'}")
    replaced = "".join(f"${{sdists_kept{number}}}${{sdists_new{number}}}" for number in range(count))
    return f"^{''.join(places)}(?<sdists_rest>[^ ]*+) ", f"{replaced}$sdists_rest"


def _reserved(settings: ServerSettings) -> str:
    if not settings.reserved:
        return ""
    return fill(templates.RESERVED, reserved_values(settings))


def _public_answer(settings: ServerSettings) -> str:
    if settings.public == "proxy":
        return f'rewrite ^ "{settings.prefix}/.sdists-public/$sdists_name/?" last;'
    return f'return 302 "{settings.public_index.rstrip("/")}/$sdists_name/";'


def _files(settings: ServerSettings) -> str:
    values = {"alias": _quoted(f"{settings.index}/"), "compressed": " ".join(_COMPRESSED_TYPES)}
    by_suffix = {"internal": f"{settings.prefix}/.sdists/", "types": _types()}
    simple_html = {"internal": f"{settings.prefix}/.sdists-html/", "types": _one_type(SIMPLE_HTML)}
    locations = [fill(templates.FILES, {**values, **variant}) for variant in (by_suffix, simple_html)]
    if settings.public == "proxy":
        locations.append(fill(templates.PROXY, _proxy(settings)))
    return "\n".join(locations)


def _types() -> str:
    lines = "".join(f"        {name} {suffixes};\n" for name, suffixes in _MEDIA_TYPES.items())
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
        "public_origin": settings.public_origin,
        "policy": CONTENT_SECURITY_POLICY,
        "tls": fill(templates.PROXY_TLS, tls) if settings.is_https_proxy else "",
    }


def _problems(settings: ServerSettings) -> Iterator[Problem]:
    yield from path_problems(settings, _why_not_path)
    if settings.public != "none" and re.search("[$;{}'\"]", settings.public_index):
        message = "nginx's configuration cannot contain a URL with $, ; or ': use another URL"
        yield option_problem("public-index", settings.public_index, message)
    for line, rule in zip(settings.require, parse_rules(settings.require), strict=True):
        if rule.kind in ("host", "user"):
            message = f"nginx cannot require a {rule.kind}, only ip and local: use these"
            yield option_problem("require", line, message)


def _why_not_path(path: str) -> str:
    if not path.isprintable():
        return "nginx's configuration cannot contain a line break, control character or undecodable byte"
    return "nginx would read $ as the beginning of a variable" if "$" in path else ""


def _quoted(text: str) -> str:
    """The text as a parameter of a directive, between double quotes."""
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
