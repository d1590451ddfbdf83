"""The index in Apache 2.4: a snippet for ``Include`` inside a virtual host.

Two halves. The rewrite rules run first, for every URL below the index's path; they answer nothing but a
page, and otherwise only note in a variable what should happen. The ``<Directory>`` acts on that, after
Apache's own access control: so a client without credentials gets 401 before any redirect, and URLs that
another ``Alias`` of the host maps elsewhere are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

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
from sdistmaker_recipe.webserver import apache_text as templates
from sdistmaker_recipe.webserver.access import parse_rules

# What a request may say of who asks, besides what Apache itself adds.
_PERSONAL = (
    "Authorization",
    "Cookie",
    "Forwarded",
    "From",
    "If-Modified-Since",
    "Origin",
    "Proxy-Authorization",
    "Referer",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Real-IP",
)


def apache_config(settings: ServerSettings) -> str:
    """The text of the snippet; the same settings give the same text.

    Raises ``ConfigurationError`` where Apache has no way to write a path or the public URL.
    """
    if problems := tuple(_problems(settings)):
        raise ConfigurationError(problems)
    parts = [templates.HEAD, templates.REWRITING]
    if settings.prefix:
        parts.append(templates.WITHOUT_SLASH)
    parts.append(templates.NO_PUBLIC if settings.public == "none" else templates.PUBLIC)
    parts += [templates.WITHOUT_QUERY, templates.ARCHIVES, templates.SERVING]
    if settings.public == "redirect":
        parts.append(templates.REDIRECT_PUBLIC)
    if settings.public == "proxy":
        parts.append(templates.PROXY_PUBLIC)
    parts.append(templates.END)
    if settings.public == "proxy":
        parts.append(templates.PROXY)
    return fill("".join(parts), _values(settings))


def _values(settings: ServerSettings) -> dict[str, str]:
    path = str(settings.index)
    variable = "sdists" + re.sub(r"\W", "_", settings.prefix, flags=re.ASCII)
    redirected = ("ours",) if settings.public == "none" else ("ours", "public")
    return {
        "modules": " ".join(_modules(settings)),
        "path": path,
        "directory": _directory_argument(path),
        "path_or_root": _argument(path if settings.prefix else f"{path}/"),
        "rewrite_path": _rewrite_argument(path),
        "url_path": settings.url_path,
        "url_or_prefix": settings.prefix or "/",
        "prefix": settings.prefix,
        "pattern": settings.prefix.replace(".", "[.]"),
        "variable": variable,
        "redirected": "".join(f"%{{ENV:{variable}_{kind}}}" for kind in redirected),
        "reserved": fill(templates.RESERVED, _reserved(settings, variable)) if settings.reserved else "",
        "root_files": "|".join(ROOT_NAMES).replace(".", r"\."),
        "access": _access(settings),
        "policy": CONTENT_SECURITY_POLICY,
        "forever": FOREVER,
        "unset": "".join(f"    RequestHeader unset {name}\n" for name in _PERSONAL),
        "tls": _tls(settings),
        "public_host": settings.public_host,
        "public_index": _public_index(settings.public_index),
        "public_proxy": f"{settings.public_index.rstrip('/')}/",
        "public_rewrite": _rewrite_argument(f"{settings.public_index.rstrip('/')}/"),
        **accept.NEGOTIATION,
        "json": accept.JSON,
        "html": accept.HTML,
    }


def _modules(settings: ServerSettings) -> list[str]:
    """The modules that the snippet needs, besides those that every Apache has."""
    modules = {"alias", "authz_core", "headers", "rewrite"}
    if settings.auth_file is not None:
        modules |= {"auth_basic", "authn_core", "authn_file", "authz_user"}
    if any(rule.kind != "user" for rule in parse_rules(settings.require)):
        modules.add("authz_host")
    if settings.public == "proxy":
        modules |= {"proxy", "proxy_http"}
    if settings.secure_proxy:
        modules.add("ssl")
    return sorted(modules)


def _access(settings: ServerSettings) -> str:
    """Who is let in: those with a password, where there is a file, whom also a line of require allows."""
    rules = [f"Require {rule}" for rule in parse_rules(settings.require)]
    anyone = _section("RequireAny", rules) if rules else []
    if settings.auth_file is None:
        return _indented(anyone) if anyone else templates.ANYBODY
    passwords = fill(templates.PASSWORDS, {"auth_file": _argument(str(settings.auth_file))})
    return passwords + _indented(_section("RequireAll", ["Require valid-user", *anyone]))


def _tls(settings: ServerSettings) -> str:
    certificates = _argument(str(settings.certificates))
    return fill(templates.PROXY_TLS, {"certificates": certificates}) if settings.secure_proxy else ""


def _section(name: str, lines: list[str]) -> list[str]:
    return [f"<{name}>", *(f"    {line}" for line in lines), f"</{name}>"]


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


def _reserved(settings: ServerSettings, variable: str) -> dict[str, str]:
    return {
        "globs": ", ".join(settings.reserved),
        "written": "|".join(glob_pattern(glob, normalised=False) for glob in settings.reserved),
        "normalised": "|".join(glob_pattern(glob, normalised=True) for glob in settings.reserved),
        "variable": variable,
    }


def _problems(settings: ServerSettings) -> Iterator[Problem]:
    for option, path in settings.paths:
        if wrong := _wrong_with_path(path):
            yield problem(option, str(path), f"{wrong}: choose another path")
    escaped = settings.public_index.rstrip("/")
    if settings.public != "none" and _apache_escapes(unquote(escaped)).lower() != escaped.lower():
        yield problem("public-index", escaped, "Apache cannot send anybody there unchanged: use another URL")


def _wrong_with_path(path: Path) -> str:
    text = str(path)
    if not text.isprintable():
        return "Apache's configuration cannot hold its line breaks, control or undecodable characters"
    if '"' in text:
        return "Apache's configuration cannot hold its double quote"
    return "Apache would take its ${ for a variable" if "${" in text else ""


def _argument(text: str) -> str:
    """Text between double quotes, as an argument of most directives."""
    return text.replace("\\", r"\\")


def _directory_argument(path: str) -> str:
    """The argument of ``<Directory>``, where ``*``, ``?`` and ``[`` are a shell's wildcards."""
    if not re.search(r"[*?\[]", path):
        return _argument(path)
    return _argument(re.sub(r"[*?\[]", r"[\g<0>]", path.replace("\\", r"\\")))


def _rewrite_argument(path: str) -> str:
    """The test string of ``RewriteCond``, where ``$`` and ``%`` begin variables."""
    return re.sub(r"[\\$%]", r"\\\g<0>", path)


def _public_index(url: str) -> str:
    """The public index as the target of ``Redirect``, an expression that Apache escapes again."""
    return unquote(f"{url.rstrip('/')}/").replace("$", r"\$")


def _apache_escapes(url: str) -> str:
    """What Apache (``ap_escape_uri``) makes of the URL of a redirect."""
    return quote(url, safe="$-_.+!*'(),:;@&=/~")
