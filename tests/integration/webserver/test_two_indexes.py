"""Two indexes on one web server, and an index whose files are missing."""

from __future__ import annotations

import os
import shutil

import pytest

from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_JSON
from tests.support.webserver.client import PIP
from tests.support.webserver.servers import (
    PUBLIC,
)
from tests.support.webserver.small_index import add_pages


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
        assert one.get("/", f"{SIMPLE_JSON}, */*").type == "text/html"
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
            assert one.get("/brand-new/", PIP).type == SIMPLE_JSON
        finally:
            shutil.rmtree(folder)
        assert one.get("/Brand.New/").target == f"{PUBLIC}/brand-new/"
