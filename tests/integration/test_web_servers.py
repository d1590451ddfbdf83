"""How the index behaves behind a real web server that includes our configuration.

What every server must do is in the classes that use ``site``, ``pair``, ``guarded`` or ``proxied``: a further
server joins by one entry in SERVERS. What only one can get wrong is in ``TestApache`` and ``TestNginx``.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import random
import re
import shutil
import string
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from packaging.utils import canonicalize_name

from sdistmaker_recipe.model import ROOT_NAMES
from sdistmaker_recipe.webserver import ServerSettings
from sdistmaker_recipe.webserver.accept import HTML, JSON
from sdistmaker_recipe.webserver.apache import apache_config
from sdistmaker_recipe.webserver.nginx import nginx_config
from tests.support.httpd import Httpd, make_passable
from tests.support.nginx import Nginx
from tests.support.subversion import make_certificate
from tests.support.upstream import Upstream

PUBLIC = "https://public.example.com/all%20of/it"
RESERVED = ("acme-*", "Intern?l", "Team[._]x", "odd_?name")
ODD_FOLDERS = {
    "apache": "Index für 100% $1 $ {x} 'y' %{HTTP_HOST} %1 #>",
    "nginx": "Index für 100% {x} 'y' \"z\" \\t %{HTTP_HOST} %1 #>;",
}

PIP = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
UV = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

ARCHIVE = b"\x1f\x8b" + b"bytes of an archive " * 500
SECRET = b"outside of the index"
MANY_LINES = "<!-- long enough to be compressed -->\n" * 50


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    url: str

    @property
    def type(self) -> str:
        return self.headers.get_content_type()

    @property
    def target(self) -> str:
        """Where a redirect leads to, as an absolute URL."""
        return urljoin(self.url, self.headers["Location"])

    @property
    def vary(self) -> set[str]:
        return {name.strip().lower() for name in ",".join(self.headers.get_all("Vary", [])).split(",")}


@dataclass(frozen=True)
class Site:
    """An index that a server shows."""

    port: int
    prefix: str
    index: Path

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}{path}"

    def get(self, path: str, accept: str | None = None, *, method: str = "GET", **headers: str) -> Answer:
        """What path below the index answers, sent as it is and without following redirects."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if accept is not None:
            sent["Accept"] = accept
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, self.prefix + path, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read(), self.url(path))
        finally:
            connection.close()


# Servers


@dataclass(frozen=True)
class Extra:
    """What else a virtual host says, before and after our configuration."""

    before: str = ""
    after: str = ""
    modules: Sequence[str] = ()


Sites = dict[str, Site]
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


def apache(folder: Path, every: Sequence[ServerSettings], extra: Extra = Extra()) -> Httpd:
    """An Apache, not started yet, whose only virtual host includes the snippets, on a hostile ground."""
    snippets = [folder / f"snippet {number}.conf" for number in range(len(every))]
    for snippet, settings in zip(snippets, every, strict=True):
        snippet.write_text(apache_config(settings), encoding="utf-8")
    includes = "\n".join(f'Include "{snippet}"' for snippet in snippets)

    def config(port: int) -> str:
        host = HOST.format(port=port, includes=includes, before=extra.before, after=extra.after)
        return f"{HOSTILE}\n{host}"

    named = " ".join(re.findall("a2enmod (.*)", "".join(each.read_text("utf-8") for each in snippets)))
    return Httpd(folder, config, (*named.split(), *DISTURBING, *extra.modules))


@contextmanager
def _start_apache(folder: Path, every: Sequence[ServerSettings]) -> Iterator[int]:
    write(folder / "fallback" / "page.html", "something else")
    with apache(folder, every, Extra(before=FALLBACK.format(folder=folder))) as server:
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


def nginx(folder: Path, every: Sequence[ServerSettings], extra: Extra = Extra()) -> Nginx:
    """An nginx, not started yet, whose only server block includes the files, on a hostile ground."""
    files = [folder / f"nginx {number}.conf" for number in range(len(every))]
    for file, settings in zip(files, every, strict=True):
        file.write_text(nginx_config(settings), encoding="utf-8")
    includes = "\n".join(f'include "{file}";' for file in files)
    return Nginx(folder, f"{extra.before}\n{includes}\n{extra.after}", NGINX_HOSTILE)


@contextmanager
def _start_nginx(folder: Path, every: Sequence[ServerSettings]) -> Iterator[int]:
    with nginx(folder, every) as server:
        yield server.port


SERVERS: dict[str, Start] = {"apache": _start_apache, "nginx": _start_nginx}


# Indexes


def write(path: Path, content: bytes | str = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def add_pages(folder: Path, name: str, *, json: bool = True) -> None:
    write(folder / "index.html", f"<!DOCTYPE html><title>{name}</title>\n{MANY_LINES}")
    if json:
        write(folder / "index.json", f'{{"name": "{name}"}}\n' + " " * 1000)


SNEAKY_ARCHIVES = (
    "my_pkg_one-1.0.tar.gz",
    "my.de.pkg.es.one-1.0+tr.de.tar.gz",
    "my.cgi.pkg.var.latin9.html.one-1.0.tar.gz",
)


ROOT_CONTENT = {
    "failed.html": f"<!DOCTYPE html><title>failed</title>\n{MANY_LINES}",
    "releases.atom": f"<feed/>\n{MANY_LINES}",
    "style.css": "/* long enough to be compressed */\n" * 50,
    "search.js": "// long enough to be compressed\n" * 50,
}


def make_index(folder: Path) -> Path:
    """A small index of every kind of thing that may lie in one."""
    add_pages(folder, "root")
    add_pages(folder / "my-pkg-one", "my-pkg-one")
    for archive in SNEAKY_ARCHIVES:
        write(folder / "my-pkg-one" / archive, ARCHIVE)
        write(folder / "my-pkg-one" / f"{archive}.metadata", "Metadata-Version: 2.2\n")
    write(folder / "my-pkg-one" / "my_pkg_one-0.9.zip", ARCHIVE)
    write(folder / "my-pkg-one" / ".my_pkg_one-1.1.tar.gz.tmp", SECRET)
    write(folder / "my-pkg-one" / "inner" / "file.txt", SECRET)
    add_pages(folder / "html-only", "html-only", json=False)
    add_pages(folder / "acme-ours", "acme-ours")
    add_pages(folder / "my-old", "my-old")
    add_pages(folder / "My.Old", "My.Old", json=False)
    write(folder / "My.Old" / "My.Old-1.1.tar.gz", ARCHIVE)
    for each in ("", "my-pkg-one/", "My.Old/"):
        write(folder / each / "about.html", f"<!DOCTYPE html><title>about {each}</title>\n{MANY_LINES}")
    for name, content in ROOT_CONTENT.items():
        write(folder / name, content)
    (folder / "was-private").mkdir()
    write(folder / "half-gone" / "index.json", "{}")
    add_pages(folder / ".new", "unfinished")
    add_pages(folder / "style-css", "style-css")
    write(folder / ".htaccess", "Require all denied\n")
    write(folder / "secret", SECRET).rename(folder.parent / "secret")
    (folder / "link-to-file").symlink_to(folder.parent / "secret")
    (folder / "link-to-folder").symlink_to(folder.parent)
    (folder / "my-pkg-one" / "linked-1.0.tar.gz").symlink_to(folder.parent / "secret")
    make_passable(folder)
    return folder


@pytest.fixture(
    scope="module",
    params=[(server, url_path) for server in SERVERS for url_path in ("/", "/py.pi/simple/")],
    ids="-at-".join,
)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small index behind each server, at the root and under a prefix."""
    server, url_path = request.param
    folder = tmp_path_factory.mktemp("site")
    index = make_index(folder / "data" / ODD_FOLDERS[server])
    settings = ServerSettings(index, url_path, PUBLIC, RESERVED)
    with SERVERS[server](folder, [settings]) as port:
        yield Site(port, settings.prefix, index)


@pytest.fixture(scope="module", params=SERVERS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    """Two indexes in one virtual host, /one/ with a public index behind it and /two/ without."""
    folder = tmp_path_factory.mktemp("pair")
    one, two = folder / "first" / "index", folder / "second" / "index"
    add_pages(one, "root one", json=False)
    add_pages(one / "only-one", "only-one")
    add_pages(two, "root two")
    add_pages(two / "only-two", "only-two")
    every = [
        ServerSettings(one, "/one/", PUBLIC),
        ServerSettings(two, "/two/", "", public="none"),
    ]
    with SERVERS[request.param](folder, every) as port:
        yield [Site(port, settings.prefix, settings.index) for settings in every]


USERS = "me:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"
KNOWN = {"Authorization": "Basic bWU6c2VjcmV0"}  # me:secret


@pytest.fixture(scope="module", params=SERVERS)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """Indexes of one server that let in only some, by what they require."""
    folder = tmp_path_factory.mktemp("guarded")
    users = write(folder / "Users 'of' it", USERS)
    here, elsewhere = ("ip 192.0.2.0/24 127.0.0.1",), ("ip 192.0.2.0/24 2001:db8::/32", "ip 198.51.100.1")
    ways: dict[str, dict[str, Any]] = {
        "password": {"auth_file": users},
        "here": {"require": ("ip 192.0.2.1", "local")},
        "elsewhere": {"require": elsewhere},
        "password and here": {"auth_file": users, "require": here},
        "password and elsewhere": {"auth_file": users, "require": elsewhere},
    }
    every = [
        ServerSettings(make_index(folder / name / "index"), f"/{number}/", PUBLIC, RESERVED, **how)
        for number, (name, how) in enumerate(ways.items())
    ]
    with SERVERS[request.param](folder, every) as port:
        yield {name: Site(port, each.prefix, each.index) for name, each in zip(ways, every, strict=True)}


@pytest.fixture(scope="module")
def upstreams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Upstream]]:
    """Public indexes: by http, by https, and two that are not to be trusted."""
    folders = [tmp_path_factory.mktemp("authority") for _ in range(3)]
    secure, other_authority = (make_certificate(folder) for folder in folders[:2])
    other_host = make_certificate(folders[2], "other.example.com")
    made = {
        "plain": Upstream(),
        "secure": Upstream(secure),
        "other authority": Upstream(replace(other_authority, authority=secure.authority)),
        "other host": Upstream(other_host),
    }
    with ExitStack() as stack:
        for upstream in made.values():
            stack.enter_context(upstream)
        yield made


@pytest.fixture(scope="module", params=SERVERS)
def proxies(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    upstreams: dict[str, Upstream],
) -> Iterator[dict[str, tuple[Site, Upstream]]]:
    """Indexes of one server that fetch the pages of these public indexes."""
    folder = tmp_path_factory.mktemp("proxies")
    users = write(folder / "users", USERS)
    dead = Upstream()
    with dead:
        pass
    # The index at the root comes last: Apache wants the longest path first.
    behind = {"password": upstreams["plain"], "dead": dead, **dict(reversed(upstreams.items()))}
    every = [
        ServerSettings(
            make_index(folder / name / "index"),
            "/" if name == "plain" else f"/{number}/",
            f"{upstream.url}/all%20of/it",
            RESERVED,
            "proxy",
            auth_file=users if name == "password" else None,
            certificates=upstream.certificate.authority if upstream.certificate else Path("/nowhere"),
        )
        for number, (name, upstream) in enumerate(behind.items())
    ]
    with SERVERS[request.param](folder, every) as port:
        yield {
            name: (Site(port, each.prefix, each.index), upstream)
            for (name, upstream), each in zip(behind.items(), every, strict=True)
        }


# What every server must do


NEGOTIATION = [
    pytest.param(None, "text/html", id="no header"),
    pytest.param("", "text/html", id="empty"),
    pytest.param("*/*", "text/html", id="anything"),
    pytest.param(PIP, JSON, id="pip"),
    pytest.param(UV, JSON, id="uv"),
    pytest.param(BROWSER, "text/html", id="browser"),
    pytest.param("text/html", "text/html", id="old pip"),
    pytest.param(f"{JSON}, */*", JSON, id="json, then anything"),
    pytest.param("application/vnd.pypi.simple.latest+json", JSON, id="latest json"),
    pytest.param("Application/VND.pypi.simple.V1+JSON", JSON, id="case"),
    pytest.param(f"{JSON};q=0.5", JSON, id="only json, if not gladly"),
    pytest.param(f"{JSON};q=0.1, text/html", "text/html", id="html preferred"),
    pytest.param(f"{JSON};q=0, text/html;q=0.1", "text/html", id="json refused"),
    pytest.param(f"{JSON};q=0.9, text/html;q=0.8", JSON, id="json a little better"),
    pytest.param(f"{JSON};q=0.8, text/html;q=0.9", "text/html", id="html a little better"),
    pytest.param(f"{JSON};q=0.3, */*;q=0.5", "text/html", id="anything a little better"),
    pytest.param(HTML, HTML, id="html v1"),
    pytest.param("application/vnd.pypi.simple.latest+html", HTML, id="latest html"),
    pytest.param(f"{HTML};q=0.1, text/html", "text/html", id="html v1 as second"),
    pytest.param("application/json", "text/html", id="other json"),
]


class TestPages:
    @pytest.mark.parametrize("page", ["/", "/my-pkg-one/"])
    @pytest.mark.parametrize(("accept", "expected"), NEGOTIATION)
    def test_negotiation(self, site, page, accept, expected):
        answer = site.get(page, accept)
        assert (answer.status, answer.type) == (200, expected)
        assert answer.body.startswith(b"{" if expected == JSON else b"<!DOCTYPE html>")
        assert "accept" in answer.vary

    @pytest.mark.parametrize(
        ("accept", "expected"), [(None, "text/html"), (UV, HTML), (f"{JSON}, */*", "text/html")]
    )
    def test_html_where_json_is_missing(self, site, accept, expected):
        answer = site.get("/html-only/", accept)
        assert (answer.status, answer.type) == (200, expected)
        assert b"<title>html-only</title>" in answer.body
        assert "accept" in answer.vary

    @pytest.mark.parametrize(("page", "expected"), [("index.html", "text/html"), ("index.json", JSON)])
    def test_pages_by_their_file_names(self, site, page, expected):
        for folder in ("", "my-pkg-one/"):
            answer = site.get(f"/{folder}{page}", PIP)
            assert (answer.status, answer.type) == (200, expected)

    def test_html_is_utf_8(self, site):
        assert site.get("/my-pkg-one/").headers.get_content_charset() == "utf-8"

    @pytest.mark.parametrize("accept", [None, PIP])
    @pytest.mark.parametrize("page", ["/", "/my-pkg-one/"])
    def test_revalidation(self, site, page, accept):
        first = site.get(page, accept)
        again = site.get(page, accept, If_None_Match=first.headers["ETag"])
        assert (again.status, again.body) == (304, b"")
        for answer in (first, again):
            assert answer.headers["Expires"] is None
            assert answer.headers.get_all("Cache-Control") == ["no-cache"]
            assert "accept" in answer.vary

    @pytest.mark.parametrize("accept", [None, PIP, BROWSER])
    @pytest.mark.parametrize("year", [2015, 2100])
    def test_a_date_that_is_not_the_pages_own_is_no_proof(self, site, accept, year):
        """The public page of that name, kept by a client, may be younger than ours."""
        ours, other = (datetime(each, 1, 1, tzinfo=timezone.utc) for each in (2010, year))
        for page in (site.index / "my-old").iterdir():
            os.utime(page, (0, ours.timestamp()))
        answer = site.get("/my-old/", accept, If_Modified_Since=format_datetime(other, usegmt=True))
        assert answer.status == 200

    def test_json_and_html_have_different_etags(self, site):
        assert site.get("/my-pkg-one/").headers["ETag"] != site.get("/my-pkg-one/", PIP).headers["ETag"]

    def test_revalidation_of_a_changed_page(self, site):
        page = site.index / "html-only" / "index.html"
        etag = site.get("/html-only/").headers["ETag"]
        page.write_bytes(page.read_bytes() + b"<!-- more -->\n")
        assert site.get("/html-only/", If_None_Match=etag).status == 200

    def test_revalidation_of_a_compressed_page(self, site):
        first = site.get("/my-pkg-one/", Accept_Encoding="gzip")
        assert first.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(first.body) == site.get("/my-pkg-one/").body
        again = site.get("/my-pkg-one/", Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])
        assert again.status == 304
        for answer in (first, again):
            assert {"accept", "accept-encoding"} <= answer.vary

    @pytest.mark.parametrize("accept", [PIP, BROWSER, HTML])
    def test_pages_are_compressed_for_those_who_like_it(self, site, accept):
        plain, packed = (
            site.get("/my-pkg-one/", accept, Accept_Encoding=each, Via="1.1 proxy.example.com")
            for each in ("", "gzip")
        )
        assert (plain.headers["Content-Encoding"], packed.headers["Content-Encoding"]) == (None, "gzip")
        assert gzip.decompress(packed.body) == plain.body
        assert packed.type == plain.type
        assert {"accept", "accept-encoding"} <= plain.vary

    def test_head(self, site):
        got, head = (site.get("/my-pkg-one/", PIP, method=method) for method in ("GET", "HEAD"))
        assert (head.status, head.body) == (200, b"")
        assert head.headers["ETag"] == got.headers["ETag"]

    def test_folder_under_the_written_name(self, site):
        assert b"<title>My.Old</title>" in site.get("/My.Old/").body
        assert b"<title>my-old</title>" in site.get("/my-old/").body
        assert site.get("/My.Old/My.Old-1.1.tar.gz").body == ARCHIVE
        assert site.get("/my-old/My.Old-1.1.tar.gz").status == 404

    @pytest.mark.parametrize(
        ("written", "folder"),
        [("My.Old", "My.Old"), ("my-old", "my-old"), ("my.old", "my-old"), ("My_Old/", "my-old")],
    )
    def test_redirects_keep_a_spelling_that_is_there(self, site, written, folder):
        answer = site.get(f"/{written}")
        assert (answer.status, answer.target) == (302, site.url(f"/{folder}/"))

    def test_query_is_ignored(self, site):
        assert site.get("/my-pkg-one/?format=x", PIP).type == JSON


class TestPeople:
    @pytest.mark.parametrize("folder", ["/", "/my-pkg-one/", "/My.Old/"])
    @pytest.mark.parametrize("accept", [BROWSER, "application/xhtml+xml", f"{JSON}, Application/XHTML+XML"])
    def test_browsers_get_the_page_for_people(self, site, folder, accept):
        answer = site.get(folder, accept)
        assert (answer.status, answer.type) == (200, "text/html")
        assert f"<title>about {folder[1:]}</title>".encode() in answer.body
        assert "accept" in answer.vary
        assert answer.headers.get_all("Cache-Control") == ["no-cache"]

    @pytest.mark.parametrize("folder", ["/", "/my-pkg-one/", "/My.Old/"])
    @pytest.mark.parametrize(
        "accept", [None, "", "*/*", "text/html", PIP, UV, HTML, "text/html, application/xhtml+xml;q=0"]
    )
    def test_clients_get_the_page_for_machines(self, site, folder, accept):
        answer = site.get(folder, accept)
        assert (answer.status, answer.type in ("text/html", JSON, HTML)) == (200, True)
        assert b"about" not in answer.body
        assert "accept" in answer.vary

    def test_where_there_is_none_browsers_get_html(self, site):
        answer = site.get("/html-only/", BROWSER)
        assert (answer.status, answer.type) == (200, "text/html")
        assert b"<title>html-only</title>" in answer.body

    def test_where_there_is_none_and_no_other_page(self, site):
        assert site.get("/was-private/", BROWSER).status == 404

    def test_revalidation(self, site):
        people, machines = (site.get("/my-pkg-one/", accept) for accept in (BROWSER, None))
        assert people.headers["ETag"] != machines.headers["ETag"]
        again = site.get("/my-pkg-one/", BROWSER, If_None_Match=people.headers["ETag"])
        assert again.status == 304

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("about.html", "text/html"),
            ("failed.html", "text/html"),
            ("releases.atom", "application/atom+xml"),
            ("style.css", "text/css"),
            ("search.js", "text/javascript"),
        ],
    )
    def test_files_of_the_root(self, site, name, expected):
        plain, packed = (site.get(f"/{name}", "*/*", Accept_Encoding=each) for each in ("", "gzip"))
        assert (plain.status, plain.type) == (200, expected)
        assert plain.headers.get_content_charset() == "utf-8"
        assert plain.body == (site.index / name).read_bytes()
        assert plain.headers.get_all("Cache-Control") == ["no-cache"]
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert "accept-encoding" in packed.vary

    @pytest.mark.parametrize("accept", [None, BROWSER, HTML])
    @pytest.mark.parametrize("page", ["/", "/my-pkg-one/", "/My.Old/", "/failed.html", "/html-only/"])
    def test_pages_run_and_load_nothing_from_elsewhere(self, site, page, accept):
        answer = site.get(page, accept)
        assert answer.headers.get_all("Content-Security-Policy") == [POLICY]

    @pytest.mark.parametrize(
        "path",
        ["/", "/my-pkg-one/", "/failed.html", "/my-pkg-one/index.json", "/style.css"]
        + [f"/my-pkg-one/{SNEAKY_ARCHIVES[0]}{end}" for end in ("", ".metadata")],
    )
    def test_nothing_is_taken_for_another_type_than_it_says(self, site, path):
        answer = site.get(path)
        assert answer.status == 200
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]

    @pytest.mark.parametrize("name", ROOT_NAMES)
    def test_files_of_the_root_are_no_names(self, pair, name):
        one, _ = pair
        paths = [f"/{name}/"] if (one.index / name).exists() else [f"/{name}", f"/{name}/"]
        answers = [one.get(path, BROWSER) for path in paths]
        assert {(answer.status, answer.headers["Location"]) for answer in answers} == {(404, None)}


class TestArchives:
    @pytest.mark.parametrize("encoding", ["identity", "gzip, deflate, br"])
    @pytest.mark.parametrize("archive", SNEAKY_ARCHIVES)
    def test_bytes_as_they_are(self, site, archive, encoding):
        answer = site.get(f"/my-pkg-one/{archive}", "*/*", Accept_Encoding=encoding)
        assert (answer.status, answer.type) == (200, "application/gzip")
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(ARCHIVE).digest()
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Content-Language"] is None
        assert answer.headers.get_content_charset() is None

    @pytest.mark.parametrize("archive", SNEAKY_ARCHIVES)
    def test_metadata_is_text(self, site, archive):
        answer = site.get(f"/my-pkg-one/{archive}.metadata", "*/*", Accept_Encoding="gzip")
        assert (answer.status, answer.type) == (200, "text/plain")
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Content-Language"] is None
        assert answer.body == b"Metadata-Version: 2.2\n"

    def test_zip(self, site):
        answer = site.get("/my-pkg-one/my_pkg_one-0.9.zip")
        assert (answer.status, answer.type, answer.body) == (200, "application/zip", ARCHIVE)

    def test_metadata_that_comes_later(self, site):
        """Until it is there nobody keeps that it is not."""
        path = "/my-pkg-one/my_pkg_one-0.9.zip.metadata"
        assert site.get(path).status == 404
        assert site.get(path).headers["Cache-Control"] == "no-cache"
        metadata = write(site.index / path[1:], "Metadata-Version: 2.2\n")
        try:
            assert site.get(path).body == b"Metadata-Version: 2.2\n"
        finally:
            metadata.unlink()

    @pytest.mark.parametrize("suffix", ["", ".metadata"])
    def test_kept_for_a_year(self, site, suffix):
        answer = site.get(f"/my-pkg-one/my_pkg_one-1.0.tar.gz{suffix}")
        (value,) = answer.headers.get_all("Cache-Control")
        assert set(value.split(", ")) == {"max-age=31536000", "immutable"}
        assert answer.headers["Expires"] is None

    def test_part_of_it(self, site):
        answer = site.get("/my-pkg-one/my_pkg_one-1.0.tar.gz", Range="bytes=2-6")
        assert (answer.status, answer.body) == (206, b"bytes")

    @pytest.mark.parametrize(
        "path",
        ["/my-pkg-one/my_pkg_one-9.tar.gz", "/My.Pkg.One/my_pkg_one-9.tar.gz", "/was-private/a.tar.gz"],
    )
    def test_missing_file_of_a_private_project(self, site, path):
        assert site.get(path).status == 404

    def test_no_guessing_of_file_names(self, site):
        assert site.get("/my-pkg-one/my_pkg_one-1.0").status == 404
        assert site.get("/my-pkg-one/my_pkg_one-1.0.tar.gs").status == 404


class TestOurNames:
    @pytest.mark.parametrize("slash", ["", "/"])
    @pytest.mark.parametrize(
        "name",
        ["My.Pkg_One", "my.pkg.one", "MY-PKG-ONE", "my--pkg__one", "my-_.pkg._-one", "My%2EPkg%5FOne"],
    )
    def test_other_spellings(self, site, name, slash):
        answer = site.get(f"/{name}{slash}", PIP)
        assert (answer.status, answer.target) == (302, site.url("/my-pkg-one/"))
        assert answer.headers["Cache-Control"] == "no-cache"

    def test_without_final_slash(self, site):
        answer = site.get("/my-pkg-one")
        assert (answer.status, answer.target) == (302, site.url("/my-pkg-one/"))

    def test_root_without_final_slash(self, site):
        if site.prefix:
            answer = site.get("")
            assert (answer.status, answer.target) == (302, site.url("/"))

    def test_redirects_name_no_host(self, site):
        """So they are right behind a proxy that speaks https, or to another port."""
        answer = site.get("/My.Pkg_One/", Host="internal.example.com:8080")
        assert answer.headers["Location"] == f"{site.prefix}/my-pkg-one/"

    def test_a_name_that_was_private_once(self, site):
        assert site.get("/was-private/", PIP).status == 404
        for name in ("was-private", "Was.Private", "was_private/"):
            answer = site.get(f"/{name}", PIP)
            assert (answer.status, answer.target) == (302, site.url("/was-private/"))

    def test_json_alone_makes_no_page(self, site):
        assert site.get("/half-gone/", PIP).status == 404

    def test_a_reserved_name_that_we_have(self, site):
        assert site.get("/acme-ours/").status == 200
        assert site.get("/Acme.Ours/").target == site.url("/acme-ours/")


class TestOtherNames:
    @pytest.mark.parametrize("slash", ["", "/"])
    @pytest.mark.parametrize(
        ("name", "normalised"),
        [
            ("requests", "requests"),
            ("Zope.Interface", "zope-interface"),
            ("a", "a"),
            ("A.b_c-d.e.f.g.h.i.j.k__l__m--n", "a-b-c-d-e-f-g-h-i-j-k-l-m-n"),
            ("my-pkg", "my-pkg"),
            ("my-pkg-one-more", "my-pkg-one-more"),
            ("acme", "acme"),
            ("team-y", "team-y"),
            ("odd_name", "odd-name"),
        ],
    )
    def test_redirected_to_the_public_index(self, site, name, normalised, slash):
        answer = site.get(f"/{name}{slash}", PIP)
        assert (answer.status, answer.headers["Location"]) == (302, f"{PUBLIC}/{normalised}/")
        assert answer.headers["Cache-Control"] == "no-cache"

    @pytest.mark.parametrize(
        ("path", "target"),
        [
            ("/requests/?q=secret", f"{PUBLIC}/requests/"),
            ("/Requests?q=secret&x=%0d%0a", f"{PUBLIC}/requests/"),
            ("/My.Pkg_One?q=secret", "{}/my-pkg-one/"),
            ("/my-pkg-one?", "{}/my-pkg-one/"),
        ],
    )
    def test_no_query_goes_along(self, site, path, target):
        answer = site.get(path, PIP)
        assert (answer.status, answer.headers["Location"]) == (302, target.format(site.prefix))

    def test_many_names_in_many_spellings(self, site):
        """As canonicalize_name has them, and it is another's work."""
        choose = random.Random(503)
        for length in (2, 3, 5, 8, 13, 21, 34, 55, 89) * 4:
            signs = choose.choice(
                (string.ascii_letters, "aB._-", string.ascii_letters + string.digits + "._-")
            )
            inner = "".join(choose.choices(signs, k=length - 2))
            name = f"{choose.choice('aZ0')}{inner}{choose.choice('bY9')}"
            places = len(re.findall(r"[A-Z]|[._-]+", name))
            if places <= 64:
                assert site.get(f"/{name}/").headers["Location"] == f"{PUBLIC}/{canonicalize_name(name)}/"

    @pytest.mark.parametrize(
        "name",
        ["acme-x", "Acme.X", "ACME__x.y", "internal", "INTERNAL", "team.x", "Team-X", "team__x", "odd__name"],
    )
    def test_reserved(self, site, name):
        for path in (f"/{name}", f"/{name}/"):
            answer = site.get(path, PIP)
            assert (answer.status, answer.headers["Location"]) == (404, None)
            assert answer.headers["Cache-Control"] == "no-cache"

    @pytest.mark.parametrize(
        "path",
        [
            "/requests/requests-1.0.tar.gz",
            "/requests/1.0/",
            "/a/b/c",
            "/html-only/index.html/x",
            "/html-only/index.json",
        ],
    )
    def test_only_the_level_of_projects(self, site, path):
        assert site.get(path).status == 404

    @pytest.mark.parametrize(
        "name",
        [
            "favicon.ico",
            "robots.txt",
            "_x",
            "x-",
            "a+b",
            "a%20b",
            "%C3%BC",
            "%3Cscript%3E",
            "a%0Ab",
            "a" * 300,
        ],
    )
    def test_no_project_name(self, site, name):
        assert site.get(f"/{name}/").status in (403, 404)
        assert site.get(f"/{name}").status in (403, 404)

    def test_a_very_long_name(self, site):
        assert site.get("/" + "a._" * 2000 + "a/").status in (403, 404, 414)


class TestNothingElse:
    @pytest.mark.parametrize(
        "path",
        [
            "/.htaccess",
            "/.new/",
            "/.new",
            "/.new/index.html",
            "/%2Enew/index.html",
            "/my-pkg-one/.my_pkg_one-1.1.tar.gz.tmp",
            "/my-pkg-one/.missing",
        ],
    )
    def test_names_that_begin_with_a_dot(self, site, path):
        assert site.get(path).status in (403, 404)

    @pytest.mark.parametrize("length", [256, 300, 2000])
    @pytest.mark.parametrize("path", ["/{}", "/{}/", "/my-pkg-one/{}", "/my-pkg-one/{}/x", "/x/{}"])
    def test_what_is_too_long_for_the_name_of_a_file(self, site, path, length):
        answer = site.get(path.format("a" * length), PIP)
        assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-cache")

    @pytest.mark.parametrize("path", ["/my-pkg-one/inner/", "/my-pkg-one/inner", "/was-private/"])
    def test_no_listing(self, site, path):
        answer = site.get(path)
        assert answer.status == 404
        assert b"file.txt" not in answer.body

    @pytest.mark.parametrize(
        "path",
        ["/link-to-file", "/link-to-folder/secret", "/link-to-folder/", "/my-pkg-one/linked-1.0.tar.gz"],
    )
    def test_links_to_elsewhere(self, site, path):
        answer = site.get(path)
        assert answer.status in (403, 404)
        assert SECRET not in answer.body

    @pytest.mark.parametrize(
        "path",
        [
            "/../secret",
            "/my-pkg-one/../../secret",
            "/%2e%2e/secret",
            "/my-pkg-one/%2e%2e/%2E%2E/secret",
            "/..%2fsecret",
            "/.%2e/secret",
            "/my-pkg-one/..%5c..%5csecret",
            "/%252e%252e/secret",
            "//../secret",
            "/my-pkg-one/%00/../../secret",
        ],
    )
    def test_paths_that_lead_outside(self, site, path):
        answer = site.get(path)
        assert answer.status in (302, 400, 403, 404)
        assert SECRET not in answer.body

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PATCH", "TRACE"])
    @pytest.mark.parametrize(
        "path", ["/", "/my-pkg-one/", "/requests/", "/my-pkg-one", "/my-pkg-one/my_pkg_one-1.0.tar.gz"]
    )
    def test_other_methods(self, site, path, method):
        assert site.get(path, method=method).status in (403, 405)

    def test_beside_the_index(self, site):
        if site.prefix:
            for prefix in ("", "/py.pi", "/pyxpi/simple", f"{site.prefix}x"):
                other = replace(site, prefix=prefix)
                statuses = {other.get(path).status for path in ("/requests/", "/my-pkg-one/")}
                assert statuses <= {403, 404}


class TestTwoIndexes:
    def test_each_has_its_own_projects(self, pair):
        one, two = pair
        assert b"<title>only-one</title>" in one.get("/only-one/").body
        assert b"only-two" in two.get("/only-two/", PIP).body
        assert one.get("/Only.One").target == one.url("/only-one/")
        assert two.get("/Only.Two").target == two.url("/only-two/")

    def test_what_only_the_other_has(self, pair):
        one, two = pair
        assert one.get("/only-two/").target == f"{PUBLIC}/only-two/"
        assert two.get("/only-one/").status == 404

    def test_without_public_index(self, pair):
        _, two = pair
        assert [two.get(path).status for path in ("/requests/", "/requests", "/a/b")] == [404] * 3

    def test_missing_json_of_the_root(self, pair):
        one, _ = pair
        assert one.get("/", f"{JSON}, */*").type == "text/html"
        assert one.get("/index.json").status == 404

    @pytest.mark.parametrize("missing", [True, False])
    def test_without_its_files_nobody_is_sent_to_the_public_index(self, pair, missing):
        """The disk with the index is not mounted: its folder is not there, or empty."""
        one, _ = pair
        away = one.index.with_name("away")
        one.index.rename(away)
        try:
            if not missing:
                one.index.mkdir()
            answers = [one.get(path) for path in ("/only-one/", "/only-one", "/requests/", "/")]
        finally:
            if not missing:
                one.index.rmdir()
            away.rename(one.index)
        assert {answer.status for answer in answers} <= {403, 404}
        assert one.get("/requests/").status == 302

    def test_unreadable_index_sends_nobody_to_the_public_one(self, pair):
        if os.geteuid() != 0:
            pytest.skip("only root runs a server as another user")
        one, _ = pair
        one.index.chmod(0o700)
        try:
            statuses = [one.get(path).status for path in ("/only-one/", "/only-one", "/requests/")]
        finally:
            one.index.chmod(0o755)
        assert set(statuses) <= {403, 404}
        assert one.get("/requests/").status == 302

    def test_a_new_project_counts_at_once(self, pair):
        one, _ = pair
        assert one.get("/Brand.New/").target == f"{PUBLIC}/brand-new/"
        folder = one.index / "brand-new"
        folder.mkdir()
        try:
            assert one.get("/brand-new/").status == 404
            assert one.get("/Brand.New/").target == one.url("/brand-new/")
            add_pages(folder, "brand-new")
            assert one.get("/brand-new/", PIP).type == JSON
        finally:
            shutil.rmtree(folder)
        assert one.get("/Brand.New/").target == f"{PUBLIC}/brand-new/"


class TestGuarded:
    PATHS = ("/", "/my-pkg-one/", "/My.Pkg_One", "/requests/", "/requests", "/acme-x/", "/a/b", "/.new/", "")
    PATHS += ("/requests/?x", f"/{'a' * 300}/")

    def statuses(self, site: Site, **headers: str) -> list[int]:
        return [site.get(path, BROWSER, **headers).status for path in self.PATHS]

    def test_the_password_is_asked_for_before_anything_else(self, guarded):
        for path in self.PATHS:
            answer = guarded["password"].get(path)
            assert (answer.status, answer.headers["Location"]) == (401, None)
            assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Packages"')

    def test_with_the_password_all_is_as_without(self, guarded):
        expected = [200, 200, 302, 302, 302, 404, 404, 404, 302, 302, 404]
        assert self.statuses(guarded["password"], **KNOWN) == expected
        assert self.statuses(guarded["here"]) == expected

    @pytest.mark.parametrize("credentials", ["bWU6d3Jvbmc=", "eW91OnNlY3JldA==", "x"])
    def test_a_wrong_password(self, guarded, credentials):
        statuses = self.statuses(guarded["password"], Authorization=f"Basic {credentials}")
        assert set(statuses) == {401}

    def test_addresses_come_before_anything_else(self, guarded):
        for path in self.PATHS:
            answer = guarded["elsewhere"].get(path)
            assert (answer.status, answer.headers["Location"]) == (403, None)

    def test_an_address_and_a_password(self, guarded):
        site = guarded["password and here"]
        assert set(self.statuses(site)) == {401}
        assert site.get("/my-pkg-one/", **KNOWN).status == 200

    def test_a_password_but_no_address(self, guarded):
        site = guarded["password and elsewhere"]
        assert set(self.statuses(site, **KNOWN)) <= {401, 403}
        assert set(self.statuses(site)) <= {401, 403}


class TestProxied:
    @pytest.fixture(params=["plain", "secure"])
    def proxied(self, proxies, request):
        site, upstream = proxies[request.param]
        upstream.asked.clear()
        return site, upstream

    @pytest.mark.parametrize("slash", ["", "/"])
    @pytest.mark.parametrize(
        ("accept", "expected"), [(None, "text/html"), (PIP, JSON), (UV, JSON), (BROWSER, "text/html")]
    )
    def test_page_of_the_public_index(self, proxied, accept, expected, slash):
        site, upstream = proxied
        answer = site.get(f"/Some_Name{slash}?secret=1", accept)
        assert (answer.status, answer.type) == (200, expected)
        assert b"public" in answer.body
        (asked,) = upstream.asked
        assert (asked.method, asked.path) == ("GET", "/all%20of/it/some-name/")
        assert asked.headers["Host"] == upstream.url.partition("//")[2]
        assert asked.headers["Accept"] == accept

    def test_the_public_index_is_not_told_who_asks(self, proxied):
        site, upstream = proxied
        private = {
            "Authorization": "Basic bWU6c2VjcmV0",
            "Cookie": "session=1",
            "Referer": "https://private.example.com/",
            "Origin": "https://private.example.com",
            "Forwarded": "for=192.0.2.60",
            "X-Forwarded-For": "192.0.2.60",
            "X-Forwarded-Host": "private.example.com",
            "X-Real-IP": "192.0.2.60",
            "Via": "1.1 private.example.com",
            "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT",
        }
        assert site.get("/requests/", **private).status == 200
        (asked,) = upstream.asked
        assert not {name.lower() for name in asked.headers} & {name.lower() for name in private}
        assert "X-Forwarded-Server" not in asked.headers

    def test_nobody_keeps_it_without_asking_again(self, proxied):
        site, _ = proxied
        first = site.get("/requests/")
        again = site.get("/requests/", If_None_Match=first.headers["ETag"])
        assert (first.status, again.status) == (200, 304)
        for answer in (first, again):
            assert answer.headers.get_all("Cache-Control") == ["no-cache"]
            assert "accept" in answer.vary
            assert {answer.headers[name] for name in ("Expires", "Last-Modified", "Set-Cookie")} == {None}

    def test_its_scripts_do_not_run_here(self, proxied):
        site, _ = proxied
        answer = site.get("/requests/", BROWSER)
        assert answer.headers.get_all("Content-Security-Policy") == [POLICY]
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]

    def test_compressed(self, proxied):
        site, _ = proxied
        answer = site.get("/requests/", PIP, Accept_Encoding="gzip")
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.body) == site.get("/requests/", PIP).body
        assert "accept-encoding" in answer.vary
        again = site.get("/requests/", PIP, Accept_Encoding="gzip", If_None_Match=answer.headers["ETag"])
        assert again.status == 304

    def test_head(self, proxied):
        site, upstream = proxied
        answer = site.get("/requests/", method="HEAD")
        assert (answer.status, answer.body, upstream.asked[0].method) == (200, b"", "HEAD")

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_of_the_public_index_leads_there(self, proxied, status):
        site, upstream = proxied
        answer = site.get(f"/moved-{status}/")
        assert (answer.status // 100, answer.headers["Location"]) == (3, f"{upstream.url}/elsewhere/")
        assert "accept" in answer.vary

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_no_redirect_of_the_public_index_is_kept_for_good(self, proxied, status):
        """Clients that use CacheControl, as Poetry does, follow a kept 301 whatever else was said of it."""
        site, _ = proxied
        answer = site.get(f"/moved-{status}/")
        kept_for_good = answer.status in (301, 308)
        assert answer.headers.get_all("Cache-Control") == ["no-store" if kept_for_good else "no-cache"]
        assert answer.headers["Expires"] is None

    def test_says_of_the_text_what_the_public_index_says(self, proxied):
        site, _ = proxied
        assert site.get("/requests/").headers["Content-Type"] == "text/html"

    def test_what_the_public_index_does_not_know(self, proxied):
        site, _ = proxied
        answer = site.get("/unknown/")
        assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-cache")

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/my-pkg-one/",
            "/My.Pkg_One/",
            "/my-pkg-one/my_pkg_one-9.tar.gz",
            "/was-private/",
            "/Was.Private/",
            "/acme-x/",
            "/ACME__X",
            "/internal",
            "/favicon.ico",
            "/requests/requests-1.0.tar.gz",
            "/a/b/",
            "/link-to-folder/",
            "/.sdists-public/requests/",
            "/..%2Frequests/",
            "/a" * 3,
        ],
    )
    def test_nothing_else_leaves(self, proxied, path):
        site, upstream = proxied
        for accept in (PIP, BROWSER):
            assert site.get(path, accept).status in (200, 302, 400, 403, 404)
        assert upstream.asked == []

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "OPTIONS"])
    def test_other_methods_do_not_leave(self, proxied, method):
        site, upstream = proxied
        assert site.get("/requests/", method=method).status in (403, 405)
        assert upstream.asked == []

    def test_while_our_pages_are_missing_nothing_leaves(self, proxied):
        site, upstream = proxied
        page = site.index / "index.html"
        page.rename(page.with_suffix(".away"))
        try:
            assert site.get("/requests/").status == 404
        finally:
            page.with_suffix(".away").rename(page)
        assert upstream.asked == []

    def test_the_password_comes_first_and_stays_here(self, proxies):
        site, upstream = proxies["password"]
        upstream.asked.clear()
        assert [site.get(path).status for path in ("/requests/", "/my-pkg-one/", "/acme-x/")] == [401] * 3
        assert upstream.asked == []
        assert site.get("/requests/", **KNOWN).status == 200
        assert upstream.asked[0].headers["Authorization"] is None

    @pytest.mark.parametrize("how", ["other authority", "other host", "dead"])
    def test_a_public_index_that_cannot_be_trusted_or_reached(self, proxies, how):
        site, upstream = proxies[how]
        assert site.get("/requests/").status in (500, 502, 503, 504)
        assert upstream.asked == []
        assert site.get("/my-pkg-one/").status == 200


# What only one of them can get wrong


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


class TestApache:
    def test_configtest(self, tmp_path):
        index = make_index(tmp_path / "data" / ODD_FOLDERS["apache"])
        every = [ServerSettings(index, path, PUBLIC, RESERVED) for path in ("/a/b/", "/a/", "/")]
        assert apache(tmp_path, every).configtest() == "Syntax OK"

    @pytest.mark.parametrize("absent", NEEDED)
    def test_a_missing_module_is_told(self, tmp_path, absent):
        snippet = write(
            tmp_path / "snippet.conf", apache_config(ServerSettings(tmp_path / "index", "/", PUBLIC))
        )
        server = Httpd(tmp_path, f'Include "{snippet}"', [module for module in NEEDED if module != absent])
        assert "Invalid command" in server.configtest()

    def test_no_more_modules_than_it_says(self, tmp_path):
        index = make_index(tmp_path / "index")
        snippet = write(tmp_path / "snippet.conf", apache_config(ServerSettings(index, "/", PUBLIC)))
        with Httpd(tmp_path, f'Include "{snippet}"', NEEDED) as server:
            assert server.configtest() == "Syntax OK"
            site = Site(server.port, "", index)
            assert site.get("/my-pkg-one/", PIP).type == JSON
            assert site.get("/requests/").status == 302

    def test_odd_folders(self, tmp_path):
        every = []
        for number, name in enumerate(ODD_NAMES):
            index = tmp_path / "odd" / name / "index" / name
            add_pages(index / "ours", f"ours {number}")
            add_pages(index, "root")
            every.append(ServerSettings(index, f"/{number}/", PUBLIC))
        with apache(tmp_path, every) as server:
            assert server.configtest() == "Syntax OK"
            for number, settings in enumerate(every):
                site = Site(server.port, settings.prefix, settings.index)
                assert f"<title>ours {number}<".encode() in site.get("/ours/").body, settings.index
                assert site.get("/ours/", PIP).type == JSON
                assert site.get("/Ours").target == site.url("/ours/")
                assert site.get("/requests").target == f"{PUBLIC}/requests/"

    def test_prefix_inside_another_index(self, tmp_path):
        """The index at / takes the prefix for one of its names, but has nothing to say about it."""
        every = [
            ServerSettings(tmp_path / "inner", "/in.ner/", PUBLIC),
            ServerSettings(tmp_path / "outer", "/", "https://other.example.com/simple"),
        ]
        for settings in every:
            add_pages(settings.index, settings.index.name)
            add_pages(settings.index / "ours", "ours")
        with apache(tmp_path, every) as server:
            inner, outer = (Site(server.port, settings.prefix, settings.index) for settings in every)
            assert b"<title>inner</title>" in inner.get("/").body
            assert inner.get("").target == inner.url("/")
            assert inner.get("/Ours/").target == inner.url("/ours/")
            assert inner.get("/other/").target == f"{PUBLIC}/other/"
            assert b"<title>outer</title>" in outer.get("/").body
            assert outer.get("/other/").target == "https://other.example.com/simple/other/"

    @pytest.mark.parametrize(("public", "status"), [("redirect", 302), ("proxy", 200)])
    def test_access_control_of_the_host_comes_before_anything_else(self, tmp_path, upstreams, public, status):
        upstream = upstreams["plain"]
        upstream.asked.clear()
        index = make_index(tmp_path / "index")
        passwords = write(tmp_path / "passwords", USERS)
        protect = f"""
            <Location "/simple/">
                AuthType Basic
                AuthName packages
                AuthUserFile "{passwords}"
                Require valid-user
            </Location>"""
        extra = Extra(after=protect, modules=("auth_basic", "authn_file", "authz_user"))
        paths = ("/", "/my-pkg-one/", "/My.Pkg_One", "/requests/", "/requests", "/acme-x/", "/a/b", "/.new/")
        with apache(
            tmp_path, [ServerSettings(index, "/simple/", upstream.url, RESERVED, public)], extra
        ) as server:
            site = Site(server.port, "/simple", index)
            assert [site.get(path).status for path in paths] == [401] * len(paths)
            assert upstream.asked == []
            statuses = [site.get(path, **KNOWN).status for path in paths]
        assert statuses == [200, 200, 302, status, status, 404, 404, 404]

    def test_other_parts_of_the_host_are_left_alone(self, tmp_path):
        index = make_index(tmp_path / "index")
        write(tmp_path / "challenge" / "token", b"token")
        write(tmp_path / "errors" / "missing.html", b"not here")
        extra = Extra(
            before=f"""
                Alias "/.well-known/" "{tmp_path}/challenge/"
                Alias "/errors" "{tmp_path}/errors"
                <Directory "{tmp_path}/challenge">
                    Require all granted
                </Directory>
                <Directory "{tmp_path}/errors">
                    Require all granted
                    SetHandler default-handler
                </Directory>
                ErrorDocument 404 /errors/missing.html
                ErrorDocument 405 /nowhere.html"""
        )
        with apache(tmp_path, [ServerSettings(index, "/", PUBLIC, RESERVED)], extra) as server:
            site = Site(server.port, "", index)
            assert site.get("/.well-known/token").body == b"token"
            for path in ("/acme-x/", "/was-private/", "/a/b"):
                answer = site.get(path)
                assert (answer.status, answer.body) == (404, b"not here")
            answer = site.get("/my-pkg-one/", method="POST")  # its page would be a name of the index
            assert (answer.status, answer.headers["Location"]) == (405, None)


class TestNginx:
    def test_configtest(self, tmp_path):
        index = make_index(tmp_path / "data" / ODD_FOLDERS["nginx"])
        users = write(tmp_path / "users", USERS)
        url = "http://127.0.0.1:9/simple"
        every = [
            ServerSettings(index, "/a/b/", PUBLIC, RESERVED, auth_file=users, require=("ip ::1", "local")),
            ServerSettings(index, "/a/", url, RESERVED, "proxy"),
            ServerSettings(index, "/", "", RESERVED, "none"),
        ]
        lines = nginx(tmp_path, every).configtest().splitlines()
        assert [line.partition("nginx.conf ")[2] for line in lines] == ["syntax is ok", "test is successful"]

    def test_a_public_index_by_https_wants_its_certificates(self, tmp_path):
        missing = tmp_path / "missing.pem"
        settings = ServerSettings(
            tmp_path / "index", "/", "https://127.0.0.1:9/simple", public="proxy", certificates=missing
        )
        said = nginx(tmp_path, [settings]).configtest()
        assert "[emerg]" in said
        assert str(missing) in said

    def test_names_that_are_too_odd_stay_here(self, tmp_path):
        """64 places of a name can be replaced. What is left then is not sent to anybody."""
        index = make_index(tmp_path / "index")
        ours = "-".join("a" * 32 + "b" * 33)
        add_pages(index / ours, ours)
        with nginx(tmp_path, [ServerSettings(index, "/", PUBLIC, ("secret*",))]) as server:
            site = Site(server.port, "", index)
            for name, target in (
                ("Ab" * 64, f"{PUBLIC}/{'ab' * 64}/"),
                ("Ab" * 64 + "C", None),
                ("a." * 64 + "b", f"{PUBLIC}/{'a-' * 64}b/"),
                ("a." * 65 + "b", None),
                (ours.replace("-", "."), site.url(f"/{ours}/")),
                (ours.replace("-", ".") + "-C.d", None),
                (ours.upper(), None),
                ("S.E.C.R.E.T" * 12, None),
                ("secret" + "A" * 70, None),
            ):
                for path in (f"/{name}", f"/{name}/"):
                    answer = site.get(path)
                    assert answer.status == (302 if target else 404), name
                    assert (answer.headers["Location"] and answer.target) == target, name

    def test_odd_folders(self, tmp_path):
        every = []
        for number, name in enumerate(name for name in ODD_NAMES if "$" not in name):
            index = tmp_path / "odd" / name / "index" / name
            add_pages(index / "ours", f"ours {number}")
            add_pages(index, "root")
            every.append(ServerSettings(index, f"/{number}/", PUBLIC))
        with nginx(tmp_path, every) as server:
            for settings in every:
                site = Site(server.port, settings.prefix, settings.index)
                assert f"<title>ours {settings.prefix[1:]}<".encode() in site.get("/ours/").body, (
                    settings.index
                )
                assert site.get("/ours/", PIP).type == JSON
                assert site.get("/Ours").target == site.url("/ours/")
                assert site.get("/requests").target == f"{PUBLIC}/requests/"

    def test_access_control_of_the_server_comes_before_any_redirect(self, tmp_path):
        index = make_index(tmp_path / "index")
        users = write(tmp_path / "users", USERS)
        extra = Extra(before=f'auth_basic "all of it"; auth_basic_user_file "{users}";')
        with nginx(tmp_path, [ServerSettings(index, "/simple/", PUBLIC, RESERVED)], extra) as server:
            site = Site(server.port, "/simple", index)
            assert [site.get(path).status for path in TestGuarded.PATHS] == [401] * len(TestGuarded.PATHS)
            assert site.get("/requests/", **KNOWN).target == f"{PUBLIC}/requests/"
            assert site.get("/my-pkg-one/", PIP, **KNOWN).type == JSON

    def test_other_parts_of_the_server_are_left_alone(self, tmp_path):
        index = make_index(tmp_path / "index")
        write(tmp_path / "challenge" / ".well-known" / "token", b"token")
        extra = Extra(
            before=f"""
                location /.well-known/ {{
                    root "{tmp_path}/challenge";
                }}
                location = /health {{
                    return 204;
                }}
                location ~ [.]html$ {{
                    return 410;
                }}"""
        )
        with nginx(tmp_path, [ServerSettings(index, "/", PUBLIC, RESERVED)], extra) as server:
            site = Site(server.port, "", index)
            assert site.get("/.well-known/token").body == b"token"
            assert site.get("/health").status == 204
            assert site.get("/failed.html").status == 200

    def test_what_is_for_its_own_use_is_for_nobody_else(self, tmp_path):
        index = make_index(tmp_path / "index")
        with nginx(tmp_path, [ServerSettings(index, "/simple/", PUBLIC, RESERVED, "none")]) as server:
            site = Site(server.port, "/simple", index)
            for path in ("/.sdists/.htaccess", "/.sdists/my-pkg-one/index.html", "/.sdists-html/index.html"):
                assert site.get(path).status == 404
