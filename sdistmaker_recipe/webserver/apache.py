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
from sdistmaker_recipe.webserver import (
    ACCEPTS_HTML,
    ACCEPTS_JSON,
    HTML,
    JSON,
    JSON_FIRST,
    NAMES_HTML,
    TEXT_HTML_FIRST,
    ServerSettings,
    glob_pattern,
    problem,
)

_HEAD = """\
# The package index in "@path@", shown at @url_path@
#
# Written by sdists_from_tags, which writes it anew when its options change: make no changes here.
#
# Needs Apache 2.4.34 or newer. On Debian and Ubuntu:
#
#     a2enmod alias authz_core headers rewrite
#
# Include this file inside a virtual host, then run "apachectl configtest" and "apachectl graceful":
#
#     <VirtualHost *:80>
#         ServerName packages.example.com
#         Include /path/of/this/file.conf
#     </VirtualHost>
#
# Several indexes can share a virtual host; include the one with the longest URL path first.
# New projects and releases need no restart. To let only some people in, add a <Location "@url_path@">
# with AuthType and Require lines after the Include: it asks before anything is answered or redirected.
"""

_REWRITING = """
# 1. What was asked for?

RewriteEngine On
RewriteMap sdists_lower int:tolower

# The project's name in the spelling of PEP 503: lower case, and one "-" for each run of "-", "_" and ".".
RewriteCond "%{ENV:@variable@_name}" "^$"
RewriteRule "^@pattern@/([A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?)/?$" "-" \\
    [NS,E=@variable@_name:${sdists_lower:$1}]
RewriteCond "%{ENV:@variable@_name}" "^(.*?)(?:[_.][-_.]*|-[-_.]+)(.*)$"
RewriteRule "^@pattern@/[^/]+/?$" "-" [NS,N,E=@variable@_name:%1-%2]

# The page of a folder that is there: JSON for clients that prefer it, otherwise HTML, which is also for
# those that say nothing (zc.buildout, easy_install). A folder without index.html is a name that was
# private once: 404.
RewriteCond "@rewrite_path@/$1index.html" -f
RewriteCond "@rewrite_path@/$1index.json" -f
RewriteCond "%{HTTP_ACCEPT}" "@accepts_json@" [NC]
RewriteCond "%{HTTP_ACCEPT}" "@json_first@" [NC,OR]
RewriteCond "%{HTTP_ACCEPT}" "!@accepts_html@" [NC]
RewriteRule "^@pattern@/((?:[A-Za-z0-9][A-Za-z0-9._-]*/)?)$" "@prefix@/$1index.json" [NS,PT]
RewriteCond "@rewrite_path@/$1" -d
RewriteCond "%{HTTP_ACCEPT}" "@names_html@" [NC]
RewriteCond "%{HTTP_ACCEPT}" "!@text_html_first@" [NC]
RewriteRule "^@pattern@/((?:[A-Za-z0-9][A-Za-z0-9._-]*/)?)$" "@prefix@/$1index.html" \\
    [NS,PT,T=@html@]
RewriteCond "@rewrite_path@/$1" -d
RewriteRule "^@pattern@/((?:[A-Za-z0-9][A-Za-z0-9._-]*/)?)$" "@prefix@/$1index.html" [NS,PT]

# One of our names, spelled otherwise or without the final slash.
RewriteCond "@rewrite_path@/$1" !-f
RewriteCond "%{ENV:@variable@_name}" "^(.+)$"
RewriteCond "@rewrite_path@/%1" -d
RewriteRule "^@pattern@/([^/]+)/?$" "-" [NS,E=@variable@_ours:/%1/]
"""

_WITHOUT_SLASH = """\
RewriteRule "^@pattern@$" "-" [NS,E=@variable@_ours:/]
"""

_PUBLIC = """
# A name that is not ours: for the public index. Not while our own index is missing, for then nobody knows
# which names are ours.
RewriteCond "@rewrite_path@/index.html" -f
RewriteCond "@rewrite_path@/$1" !-f
RewriteCond "@rewrite_path@/$1" !-d
RewriteCond "$1" "!^(?:index\\.html|index\\.json|favicon\\.ico|robots\\.txt)$"
RewriteCond "%{ENV:@variable@_name}" "^(.+)$"
RewriteCond "@rewrite_path@/%1" !-d
@reserved@RewriteRule "^@pattern@/([^/]+)/?$" "-" [NS,E=@variable@_public:%1]
"""

_RESERVED = """\
# Reserved: @globs@
RewriteCond "$1" "!^(?:@written@)$" [NC]
RewriteCond "%{ENV:@variable@_name}" "!^(?:@normalised@)$"
"""

_NO_PUBLIC = """
# A name that is not ours is 404: no public index stands behind this one.
"""

_ARCHIVES = """
# Archives are compressed already, and clients check them against a hash: send them as they are.
RewriteRule "^@pattern@/[^/]+/[^/]+\\.(?:tar\\.gz|zip)$" "-" [NS,E=no-gzip:1,E=no-brotli:1]
"""

_SERVING = """
# 2. Answer it.

TraceEnable Off
Alias "@url_or_prefix@" "@path_or_root@"

<Directory "@directory@">
    Require all granted
    # Files as they are: no listings, no links to elsewhere, no .htaccess, no programs.
    Options None
    AllowOverride None
    AcceptPathInfo Off
    SetHandler default-handler
    AddDefaultCharset utf-8
    FileETag MTime Size

    # Names of projects and archives hold dots: no part of them says a language or an encoding.
    # These sections only take back what a module would do; without the module there is nothing to do.
    <IfModule mod_mime.c>
        RemoveEncoding .gz .tgz .bz2 .xz .Z .br .zst
        RemoveLanguage .am .amh .ar .ara .be .bg .bn .br .bs .ca .cs .cy .cz .da .de .dk .dz .el .en
        RemoveLanguage .eo .es .et .eu .fa .fi .fr .ga .glg .gu .he .hi .hr .hu .hy .id .is .it .iw
        RemoveLanguage .ja .ka .kk .km .kn .ko .ku .lo .lt .ltz .lv .mg .mk .ml .mr .msa .nb .ne .nl
        RemoveLanguage .nn .no .nob .pa .pl .po .pt .pt-br .ro .ru .sa .se .si .sk .sl .sq .sr .sv
        RemoveLanguage .ta .te .th .tl .tr .tw .uk .ur .vi .wo .xh .zh-cn .zh-tw
    </IfModule>
    <IfModule mod_dir.c>
        DirectoryIndex disabled
        DirectorySlash Off
    </IfModule>
    <IfModule mod_speling.c>
        CheckSpelling Off
    </IfModule>
    <IfModule mod_expires.c>
        ExpiresActive Off
    </IfModule>

    # Pages change: clients ask each time, and get 304 when theirs is still good (also when it was
    # compressed on its way, which adds -gzip to its ETag).
    Header set Cache-Control "no-cache"
    Header always set Cache-Control "no-cache" "expr=%{REQUEST_STATUS} -ge 302 && %{REQUEST_STATUS} -ne 304"
    RequestHeader edit* If-None-Match '-(?:gzip|br)"' '"'
    <FilesMatch "^index\\.html$">
        ForceType text/html
        Header merge Vary Accept
    </FilesMatch>
    <FilesMatch "^index\\.json$">
        ForceType @json@
        Header merge Vary Accept
    </FilesMatch>

    # Archives never change.
    <FilesMatch "\\.(?:tar\\.gz|zip)(?:\\.metadata)?$">
        Header set Cache-Control "max-age=31536000, immutable"
    </FilesMatch>
    <FilesMatch "\\.tar\\.gz$">
        ForceType application/gzip
    </FilesMatch>
    <FilesMatch "\\.zip$">
        ForceType application/zip
    </FilesMatch>
    <FilesMatch "\\.metadata$">
        ForceType text/plain
    </FilesMatch>

    # Redirects are 302: a client that kept a 301 would miss a private project of that name later on.
    # Those to this server name no host, so that they are right behind a proxy, too (Apache 2.4.58).
    <IfDirective RedirectRelative>
        RedirectRelative On
    </IfDirective>
    <If "-n reqenv('@variable@_ours')">
        Redirect 302 "@prefix@%{reqenv:@variable@_ours}"
    </If>
"""

_REDIRECT_PUBLIC = """\
    <If "-n reqenv('@variable@_public')">
        Redirect 302 "@public_index@%{reqenv:@variable@_public}/"
    </If>
"""

_END = """
    # Nothing that begins with a dot: such files are being written just now. Nothing but reading.
    <If "%{REQUEST_URI} =~ m#^@pattern@/(?:.*/)?[.]#">
        Redirect 404
    </If>
    <If "%{REQUEST_METHOD} !~ m#^(?:GET|HEAD)$#">
        Redirect 405
    </If>
</Directory>
"""


def apache_config(settings: ServerSettings) -> str:
    """The text of the snippet; the same settings give the same text.

    Raises ``ConfigurationError`` where Apache has no way to write the index's path or the public URL.
    """
    if problems := tuple(_problems(settings)):
        raise ConfigurationError(problems)
    parts = [_HEAD, _REWRITING]
    if settings.prefix:
        parts.append(_WITHOUT_SLASH)
    redirect = settings.public == "redirect"
    parts += [_PUBLIC if redirect else _NO_PUBLIC, _ARCHIVES, _SERVING]
    if redirect:
        parts.append(_REDIRECT_PUBLIC)
    parts.append(_END)
    return _fill("".join(parts), _values(settings))


def _fill(template: str, values: dict[str, str]) -> str:
    """The template with each ``@name@`` replaced, in one pass: values are not looked into."""
    return re.sub("@([a-z_]+)@", lambda match: values[match[1]], template)


def _values(settings: ServerSettings) -> dict[str, str]:
    path = str(settings.index)
    variable = "sdists" + re.sub(r"\W", "_", settings.prefix, flags=re.ASCII)
    return {
        "path": path,
        "directory": _directory_argument(path),
        "path_or_root": _argument(path if settings.prefix else f"{path}/"),
        "rewrite_path": _rewrite_argument(path),
        "url_path": settings.url_path,
        "url_or_prefix": settings.prefix or "/",
        "prefix": settings.prefix,
        "pattern": settings.prefix.replace(".", "[.]"),
        "variable": variable,
        "reserved": _fill(_RESERVED, _reserved(settings, variable)) if settings.reserved else "",
        "public_index": _public_index(settings.public_index),
        "accepts_json": ACCEPTS_JSON,
        "accepts_html": ACCEPTS_HTML,
        "json_first": JSON_FIRST,
        "names_html": NAMES_HTML,
        "text_html_first": TEXT_HTML_FIRST,
        "json": JSON,
        "html": HTML,
    }


def _reserved(settings: ServerSettings, variable: str) -> dict[str, str]:
    return {
        "globs": ", ".join(settings.reserved),
        "written": "|".join(glob_pattern(glob, normalised=False) for glob in settings.reserved),
        "normalised": "|".join(glob_pattern(glob, normalised=True) for glob in settings.reserved),
        "variable": variable,
    }


def _problems(settings: ServerSettings) -> Iterator[Problem]:
    if wrong := _wrong_with_path(settings.index):
        yield problem("destination", str(settings.index), f"{wrong}: choose another folder")
    if settings.public == "redirect":
        escaped = settings.public_index.rstrip("/")
        if _apache_escapes(unquote(escaped)).lower() != escaped.lower():
            yield problem("public-index", escaped, "Apache cannot redirect to it unchanged: use another URL")


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
