"""Names of projects, ours and others, in every spelling: pages, redirects, refusals."""

from __future__ import annotations

import random
import re
import string

import pytest
from packaging.utils import canonicalize_name

from tests.support.webserver.client import BROWSER, PIP, UV
from tests.support.webserver.servers import (
    PUBLIC,
)


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

    @pytest.mark.parametrize("name", ["My.Lib_Two", "My.Lib-Two", "my.lib_two", "MY.LIB__TWO", "mY.lib-_Two"])
    def test_spellings_that_old_setuptools_holds_equal(self, site, name):
        """easy_install and zc.buildout 2 and 3 accept only files with dots in their names."""
        for slash in ("", "/"):
            for accept in (None, "text/html", "*/*"):
                answer = site.get(f"/{name}{slash}", accept)
                if answer.status == 302:
                    assert answer.target in (site.url("/my.lib-two/"), site.url(f"/{name}/"))
                    answer = site.get(answer.target.removeprefix(site.url("")), accept)
                assert answer.status == 200
                assert b"-two</title>" in answer.body.lower()
                assert b"<title>my-lib-two" not in answer.body
            if name not in ("My.Lib-Two", "my.lib-two"):
                for accept in (PIP, UV, BROWSER):
                    assert site.get(f"/{name}{slash}", accept).target == site.url("/my-lib-two/")

    @pytest.mark.parametrize("name", ["my_lib.two", "My-Lib.Two", "my.lib.two", "MY_LIB_TWO", "my..lib-two"])
    def test_spellings_that_old_setuptools_holds_different(self, site, name):
        assert site.get(f"/{name}/").target == site.url("/my-lib-two/")

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
