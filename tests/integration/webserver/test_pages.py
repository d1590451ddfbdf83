"""Pages for clients, as each web server sends them: negotiation, validators, compression."""

from __future__ import annotations

import gzip
import os
from datetime import datetime, timezone
from email.utils import format_datetime

import pytest

from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_HTML, SIMPLE_JSON
from tests.support.webserver.client import BROWSER, PIP, UV
from tests.support.webserver.small_index import ARCHIVE

NEGOTIATION = [
    pytest.param(None, "text/html", id="no header"),
    pytest.param("", "text/html", id="empty"),
    pytest.param("*/*", "text/html", id="anything"),
    pytest.param(PIP, SIMPLE_JSON, id="pip"),
    pytest.param(UV, SIMPLE_JSON, id="uv"),
    pytest.param(BROWSER, "text/html", id="browser"),
    pytest.param("text/html", "text/html", id="old pip"),
    pytest.param(f"{SIMPLE_JSON}, */*", SIMPLE_JSON, id="json, then anything"),
    pytest.param("application/vnd.pypi.simple.latest+json", SIMPLE_JSON, id="latest json"),
    pytest.param("Application/VND.pypi.simple.V1+JSON", SIMPLE_JSON, id="case"),
    pytest.param(f"{SIMPLE_JSON};q=0.5", SIMPLE_JSON, id="only json, if not gladly"),
    pytest.param(f"{SIMPLE_JSON};q=0.1, text/html", "text/html", id="html preferred"),
    pytest.param(f"{SIMPLE_JSON};q=0, text/html;q=0.1", "text/html", id="json refused"),
    pytest.param(f"{SIMPLE_JSON};q=0.9, text/html;q=0.8", SIMPLE_JSON, id="json a little better"),
    pytest.param(f"{SIMPLE_JSON};q=0.8, text/html;q=0.9", "text/html", id="html a little better"),
    pytest.param(f"{SIMPLE_JSON};q=0.3, */*;q=0.5", "text/html", id="anything a little better"),
    pytest.param(SIMPLE_HTML, SIMPLE_HTML, id="html v1"),
    pytest.param("application/vnd.pypi.simple.latest+html", SIMPLE_HTML, id="latest html"),
    pytest.param(f"{SIMPLE_HTML};q=0.1, text/html", "text/html", id="html v1 as second"),
    pytest.param("application/json", "text/html", id="other json"),
]


class TestPages:
    @pytest.mark.parametrize("page", ["/", "/my-pkg-one/"])
    @pytest.mark.parametrize(("accept", "expected"), NEGOTIATION)
    def test_negotiation(self, site, page, accept, expected):
        answer = site.get(page, accept)
        assert (answer.status, answer.type) == (200, expected)
        assert answer.body.startswith(b"{" if expected == SIMPLE_JSON else b"<!DOCTYPE html>")
        assert "accept" in answer.vary

    @pytest.mark.parametrize(
        ("accept", "expected"), [(None, "text/html"), (UV, SIMPLE_HTML), (f"{SIMPLE_JSON}, */*", "text/html")]
    )
    def test_html_where_json_is_missing(self, site, accept, expected):
        answer = site.get("/html-only/", accept)
        assert (answer.status, answer.type) == (200, expected)
        assert b"<title>html-only</title>" in answer.body
        assert "accept" in answer.vary

    @pytest.mark.parametrize(("page", "expected"), [("index.html", "text/html"), ("index.json", SIMPLE_JSON)])
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
        ours, other = (datetime(moment, 1, 1, tzinfo=timezone.utc) for moment in (2010, year))
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

    @pytest.mark.parametrize("accept", [PIP, BROWSER, SIMPLE_HTML])
    def test_pages_are_compressed_for_those_who_like_it(self, site, accept):
        plain, packed = (
            site.get("/my-pkg-one/", accept, Accept_Encoding=encoding, Via="1.1 proxy.example.com")
            for encoding in ("", "gzip")
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
        assert site.get("/my-pkg-one/?format=x", PIP).type == SIMPLE_JSON
