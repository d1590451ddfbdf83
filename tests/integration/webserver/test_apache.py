"""What only Apache can get wrong."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.webserver.apache import apache_config
from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_JSON
from sdistmaker_recipe.webserver.settings import ServerSettings
from tests.support.httpd import Httpd
from tests.support.webserver.client import PIP, Site
from tests.support.webserver.servers import (
    KNOWN,
    NEEDED,
    ODD_FOLDERS,
    ODD_NAMES,
    PUBLIC,
    RESERVED,
    USERS,
    Extra,
    apache,
)
from tests.support.webserver.small_index import add_pages, make_index, write


class TestApache:
    def test_configtest(self, tmp_path):
        index = make_index(tmp_path / "data" / ODD_FOLDERS["apache"])
        indexes = [ServerSettings(index, path, PUBLIC, RESERVED) for path in ("/a/b/", "/a/", "/")]
        assert apache(tmp_path, indexes).configtest() == "Syntax OK"

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
            assert site.get("/my-pkg-one/", PIP).type == SIMPLE_JSON
            assert site.get("/requests/").status == 302

    def test_odd_folders(self, tmp_path):
        indexes = []
        for number, name in enumerate(ODD_NAMES):
            index = tmp_path / "odd" / name / "index" / name
            add_pages(index / "ours", f"ours {number}")
            add_pages(index, "root")
            indexes.append(ServerSettings(index, f"/{number}/", PUBLIC))
        with apache(tmp_path, indexes) as server:
            assert server.configtest() == "Syntax OK"
            for number, settings in enumerate(indexes):
                site = Site(server.port, settings.prefix, settings.index)
                assert f"<title>ours {number}<".encode() in site.get("/ours/").body, settings.index
                assert site.get("/ours/", PIP).type == SIMPLE_JSON
                assert site.get("/Ours").target == site.url("/ours/")
                assert site.get("/requests").target == f"{PUBLIC}/requests/"

    def test_prefix_inside_another_index(self, tmp_path):
        """The index at / takes the prefix for one of its names, but has nothing to say about it."""
        indexes = [
            ServerSettings(tmp_path / "inner", "/in.ner/", PUBLIC),
            ServerSettings(tmp_path / "outer", "/", "https://other.example.com/simple"),
        ]
        for settings in indexes:
            add_pages(settings.index, settings.index.name)
            add_pages(settings.index / "ours", "ours")
        with apache(tmp_path, indexes) as server:
            inner, outer = (Site(server.port, settings.prefix, settings.index) for settings in indexes)
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
