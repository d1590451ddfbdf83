"""The configuration for Apache 2.4: a file to ``Include`` in a virtual host. Pure.

It has two parts. The rewrite rules run first, for every URL below the index's path. They choose the page to
serve; for anything else they only set a variable. ``<Directory>`` then acts on the variable, after Apache's
access control. So a client without credentials gets 401 before any redirect, and URLs that another ``Alias``
of the host maps elsewhere do not change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.webserver import apache_templates as templates
from sdistmaker_recipe.webserver.access_control import parse_rules
from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_HTML, SIMPLE_JSON
from sdistmaker_recipe.webserver.settings import ServerSettings, option_problem, path_problems
from sdistmaker_recipe.webserver.template_values import common_values, fill, reserved_values

# Headers that may say who sends a request; Apache adds some of them itself.
_PERSONAL_HEADERS = (
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
    """The text of the file; the same settings give the same text.

    Raises ``ConfigurationError`` if Apache's configuration cannot contain a path or the public URL.
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
        "path_pattern": _path_pattern(path),
        "url_or_prefix": settings.prefix or "/",
        "variable": variable,
        "redirected": "".join(f"%{{ENV:{variable}_{kind}}}" for kind in redirected),
        "reserved": _reserved(settings, variable),
        "access": _access(settings),
        "unset": "".join(f"    RequestHeader unset {name}\n" for name in _PERSONAL_HEADERS),
        "tls": _tls(settings),
        "public_origin": settings.public_origin,
        "public_index": _redirect_target(settings.public_index),
        "public_proxy": f"{settings.public_index.rstrip('/')}/",
        "public_rewrite": _rewrite_argument(f"{settings.public_index.rstrip('/')}/"),
        "simple_json": SIMPLE_JSON,
        "simple_html": SIMPLE_HTML,
        **common_values(settings),
    }


def _modules(settings: ServerSettings) -> list[str]:
    """The modules that the file needs, except those that every Apache has."""
    modules = {"alias", "authz_core", "headers", "rewrite"}
    if settings.auth_file is not None:
        modules |= {"auth_basic", "authn_core", "authn_file", "authz_user"}
    if any(rule.kind != "user" for rule in parse_rules(settings.require)):
        modules.add("authz_host")
    if settings.public == "proxy":
        modules |= {"proxy", "proxy_http"}
    if settings.is_https_proxy:
        modules.add("ssl")
    return sorted(modules)


def _access(settings: ServerSettings) -> str:
    """The access control: a password if there is an auth-file, and one of the lines of require if any."""
    rules = [f"Require {rule}" for rule in parse_rules(settings.require)]
    any_rule = _section("RequireAny", rules) if rules else []
    if settings.auth_file is None:
        return _indented(any_rule) if any_rule else templates.ACCESS_FOR_ALL
    passwords = fill(templates.PASSWORDS, {"auth_file": _argument(str(settings.auth_file))})
    return passwords + _indented(_section("RequireAll", ["Require valid-user", *any_rule]))


def _tls(settings: ServerSettings) -> str:
    certificates = _argument(str(settings.certificates))
    return fill(templates.PROXY_TLS, {"certificates": certificates}) if settings.is_https_proxy else ""


def _section(name: str, lines: list[str]) -> list[str]:
    return [f"<{name}>", *(f"    {line}" for line in lines), f"</{name}>"]


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


def _reserved(settings: ServerSettings, variable: str) -> str:
    if not settings.reserved:
        return ""
    return fill(templates.RESERVED, {**reserved_values(settings), "variable": variable})


def _problems(settings: ServerSettings) -> Iterator[Problem]:
    yield from path_problems(settings, _why_not_path)
    escaped = settings.public_index.rstrip("/")
    if settings.public != "none" and _escape_uri(unquote(escaped)).lower() != escaped.lower():
        message = "Apache would change this URL when it redirects there: use another URL"
        yield option_problem("public-index", escaped, message)


def _why_not_path(path: str) -> str:
    if not path.isprintable():
        return "Apache's configuration cannot contain a line break, control character or undecodable byte"
    if '"' in path:
        return "Apache's configuration cannot contain a path with a double quote"
    return "Apache would read ${ as the beginning of a variable" if "${" in path else ""


def _argument(text: str) -> str:
    """The text as an argument of most directives, to be put between double quotes."""
    return text.replace("\\", r"\\")


def _directory_argument(path: str) -> str:
    """The path as the argument of ``<Directory>``, where ``*``, ``?`` and ``[`` are wildcards."""
    if not re.search(r"[*?\[]", path):
        return _argument(path)
    return _argument(re.sub(r"[*?\[]", r"[\g<0>]", path.replace("\\", r"\\")))


def _rewrite_argument(path: str) -> str:
    """The path as the test string of ``RewriteCond``, where ``$`` and ``%`` begin variables."""
    return re.sub(r"[\\$%]", r"\\\g<0>", path)


def _path_pattern(path: str) -> str:
    """A regular expression that the path matches. It is for paths below the index, so it may be vague."""
    return re.sub(rb"[^A-Za-z0-9/_-]", b".", path.encode()).decode()


def _redirect_target(url: str) -> str:
    """The URL as the target of ``Redirect``: an expression, which Apache percent-encodes itself."""
    return unquote(f"{url.rstrip('/')}/").replace("$", r"\$")


def _escape_uri(url: str) -> str:
    """Percent-encode a URL as Apache's ``ap_escape_uri`` does for a redirect."""
    return quote(url, safe="$-_.+!*'(),:;@&=/~")
