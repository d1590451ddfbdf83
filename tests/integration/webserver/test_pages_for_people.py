"""Pages for people and the files beside them, as each web server sends them."""

from __future__ import annotations

import gzip

import pytest

from sdistmaker_recipe.model import ROOT_NAMES
from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_HTML, SIMPLE_JSON
from tests.support.webserver.client import BROWSER, PIP, POLICY, UV
from tests.support.webserver.small_index import SNEAKY_ARCHIVES


class TestPeople:
    @pytest.mark.parametrize("folder", ["/", "/my-pkg-one/", "/My.Old/"])
    @pytest.mark.parametrize(
        "accept", [BROWSER, "application/xhtml+xml", f"{SIMPLE_JSON}, Application/XHTML+XML"]
    )
    def test_browsers_get_the_page_for_people(self, site, folder, accept):
        answer = site.get(folder, accept)
        assert (answer.status, answer.type) == (200, "text/html")
        assert f"<title>about {folder[1:]}</title>".encode() in answer.body
        assert "accept" in answer.vary
        assert answer.headers.get_all("Cache-Control") == ["no-cache"]

    @pytest.mark.parametrize("folder", ["/", "/my-pkg-one/", "/My.Old/"])
    @pytest.mark.parametrize(
        "accept", [None, "", "*/*", "text/html", PIP, UV, SIMPLE_HTML, "text/html, application/xhtml+xml;q=0"]
    )
    def test_clients_get_the_page_for_machines(self, site, folder, accept):
        answer = site.get(folder, accept)
        assert (answer.status, answer.type in ("text/html", SIMPLE_JSON, SIMPLE_HTML)) == (200, True)
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
            ("feed.css", "text/css"),
        ],
    )
    def test_files_of_the_root(self, site, name, expected):
        plain, packed = (site.get(f"/{name}", "*/*", Accept_Encoding=encoding) for encoding in ("", "gzip"))
        assert (plain.status, plain.type) == (200, expected)
        assert plain.headers.get_content_charset() == "utf-8"
        assert plain.body == (site.index / name).read_bytes()
        assert plain.headers.get_all("Cache-Control") == ["no-cache"]
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert "accept-encoding" in packed.vary

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("logo.jpg", "image/jpeg"),
            ("logo.png", "image/png"),
            ("logo.svg", "image/svg+xml"),
            ("logo.webp", "image/webp"),
        ],
    )
    def test_the_logo(self, site, name, expected):
        answer = site.get(f"/{name}", "image/*")
        assert (answer.status, answer.type) == (200, expected)
        assert answer.headers.get_all("Cache-Control") == ["no-cache"]
        # A picture of this type can hold scripts.
        assert (answer.headers.get_all("Content-Security-Policy") == [POLICY]) is (name == "logo.svg")

    @pytest.mark.parametrize("accept", [None, BROWSER, SIMPLE_HTML])
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
