"""Requests for what is not to be had: hidden files, listings, links, paths that lead outside."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.support.webserver.client import PIP
from tests.support.webserver.small_index import ARCHIVE, FOREIGN_FILES, OTHER_FILES_OF_AN_INDEX, SECRET


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

    def test_files_that_are_not_of_the_index(self, site):
        for path in FOREIGN_FILES:
            for spelled in (quote(path), f"{quote(path)}/", f"/{quote(path)}", f"{quote(path)}?x"):
                answer = site.get(f"/{spelled}", PIP)
                assert answer.status == 404, spelled
                assert SECRET not in answer.body
        for path in (".git/config", ".git/", ".git"):
            assert site.get(f"/{path}").status == 404

    def test_files_that_an_index_may_have(self, site):
        for path in OTHER_FILES_OF_AN_INDEX:
            answer = site.get(f"/{path}")
            assert (answer.status, answer.body) == (200, ARCHIVE), path

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
