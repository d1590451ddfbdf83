"""Apache and nginx that include our configuration, amid settings that would harm it if they reached it.

A further server joins by one entry in SERVERS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sdistmaker_recipe.webserver.apache import apache_config
from sdistmaker_recipe.webserver.nginx import nginx_config
from sdistmaker_recipe.webserver.settings import ServerSettings
from tests.support.httpd import Httpd
from tests.support.nginx import Nginx
from tests.support.webserver.small_index import write

PUBLIC = "https://public.example.com/all%20of/it"
RESERVED = ("acme-*", "Intern?l", "Team[._]x", "odd_?name")
ODD_FOLDERS = {
    "apache": "Index für 100% $1 $ {x} 'y' %{HTTP_HOST} %1 #>",
    "nginx": "Index für 100% {x} 'y' \"z\" \\t %{HTTP_HOST} %1 #>;",
}

USERS = "me:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"
KNOWN = {"Authorization": "Basic bWU6c2VjcmV0"}  # me:secret
ODD_NAMES = (
    "plain",
    "with space ",
    "umlaut ü",
    "100%",
    "%{HTTP_HOST}%1",
    "$1$",
    "back\\slash",
    "last\\",
    "star*",
    "what?",
    "[abc]",
    "[",
    "\\*\\[x]",
    "quote'",
    "hash # >",
    "@path@",
)


@dataclass(frozen=True)
class Extra:
    """What else a virtual host says, before and after our configuration."""

    before: str = ""
    after: str = ""
    modules: Sequence[str] = ()


Start = Callable[[Path, Sequence[ServerSettings]], AbstractContextManager[int]]

NEEDED = ("alias", "headers", "rewrite")
DISTURBING = ("autoindex", "deflate", "env", "expires", "filter", "negotiation", "speling")
HOSTILE = """\
<Directory "/">
    Options Indexes FollowSymLinks MultiViews
    AllowOverride All
    AcceptPathInfo On
    Require all denied
</Directory>
IncludeOptional /etc/apache2/mods-available/mime.conf
AddEncoding x-gzip .gz .tgz
AddLanguage de .de
AddLanguage es .es
AddLanguage tr .tr
AddType application/x-odd .html .json .zip
AddHandler type-map .var
AddHandler no-such-handler .cgi .html
AddCharset ISO-8859-15 .latin9
AddDefaultCharset ISO-8859-15
AddOutputFilterByType DEFLATE text/html application/vnd.pypi.simple.v1+json application/gzip
ExpiresActive On
ExpiresDefault "access plus 1 month"
CheckSpelling On
DirectoryIndex index.cgi /fallback/page.html
FallbackResource /fallback/page.html
IndexOptions FancyIndexing
"""
FALLBACK = """\
Alias "/fallback" "{folder}/fallback"
<Directory "{folder}/fallback">
    Require all granted
</Directory>
"""
HOST = """\
<VirtualHost 127.0.0.1:{port}>
ServerName packages.example.com
{before}
{includes}
{after}
</VirtualHost>
"""


def apache(folder: Path, indexes: Sequence[ServerSettings], extra: Extra = Extra()) -> Httpd:
    """An Apache, not started yet, whose only virtual host includes the snippets, on a hostile ground."""
    snippets = [folder / f"snippet {number}.conf" for number in range(len(indexes))]
    for snippet, settings in zip(snippets, indexes, strict=True):
        snippet.write_text(apache_config(settings), encoding="utf-8")
    includes = "\n".join(f'Include "{snippet}"' for snippet in snippets)

    def config(port: int) -> str:
        host = HOST.format(port=port, includes=includes, before=extra.before, after=extra.after)
        return f"{HOSTILE}\n{host}"

    named = " ".join(re.findall("a2enmod (.*)", "".join(snippet.read_text("utf-8") for snippet in snippets)))
    return Httpd(folder, config, (*named.split(), *DISTURBING, *extra.modules))


@contextmanager
def _start_apache(folder: Path, indexes: Sequence[ServerSettings]) -> Iterator[int]:
    write(folder / "fallback" / "page.html", "something else")
    with apache(folder, indexes, Extra(before=FALLBACK.format(folder=folder))) as server:
        yield server.port


NGINX_HOSTILE = """\
    index index.cgi page.html;
    autoindex on;
    charset iso-8859-15;
    default_type application/x-odd;
    etag off;
    expires 1M;
    gzip off;
    gzip_proxied off;
    gzip_types application/gzip application/zip text/plain;
    if_modified_since before;
    open_file_cache max=100 inactive=60s;
    open_file_cache_errors on;
    open_file_cache_valid 60s;
    server_name_in_redirect on;
    satisfy any;
    error_page 404 403 /missing-page;
    rewrite_log on;
"""


def nginx(folder: Path, indexes: Sequence[ServerSettings], extra: Extra = Extra()) -> Nginx:
    """An nginx, not started yet, whose only server block includes the files, on a hostile ground."""
    files = [folder / f"nginx {number}.conf" for number in range(len(indexes))]
    for file, settings in zip(files, indexes, strict=True):
        file.write_text(nginx_config(settings), encoding="utf-8")
    includes = "\n".join(f'include "{file}";' for file in files)
    return Nginx(folder, f"{extra.before}\n{includes}\n{extra.after}", NGINX_HOSTILE)


@contextmanager
def _start_nginx(folder: Path, indexes: Sequence[ServerSettings]) -> Iterator[int]:
    with nginx(folder, indexes) as server:
        yield server.port


SERVERS: dict[str, Start] = {"apache": _start_apache, "nginx": _start_nginx}
