"""An index whose web server fetches the pages of the public index."""

from __future__ import annotations

import gzip

import pytest

from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_JSON
from tests.support.webserver.client import BROWSER, PIP, POLICY, UV
from tests.support.webserver.servers import (
    KNOWN,
)


class TestProxied:
    @pytest.fixture(params=["plain", "secure"])
    def proxied(self, proxies, request):
        site, upstream = proxies[request.param]
        upstream.asked.clear()
        return site, upstream

    @pytest.mark.parametrize("slash", ["", "/"])
    @pytest.mark.parametrize(
        ("accept", "expected"),
        [(None, "text/html"), (PIP, SIMPLE_JSON), (UV, SIMPLE_JSON), (BROWSER, "text/html")],
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
