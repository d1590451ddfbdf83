"""What only nginx can get wrong."""

from __future__ import annotations

from sdistmaker_recipe.webserver.content_negotiation import SIMPLE_JSON
from sdistmaker_recipe.webserver.settings import ServerSettings
from tests.support.webserver.client import PIP, Site
from tests.support.webserver.servers import (
    KNOWN,
    ODD_FOLDERS,
    ODD_NAMES,
    PUBLIC,
    RESERVED,
    USERS,
    Extra,
    nginx,
)
from tests.support.webserver.small_index import PATHS_OF_EACH_KIND, add_pages, make_index, write


class TestNginx:
    def test_configtest(self, tmp_path):
        index = make_index(tmp_path / "data" / ODD_FOLDERS["nginx"])
        users = write(tmp_path / "users", USERS)
        url = "http://127.0.0.1:9/simple"
        indexes = [
            ServerSettings(index, "/a/b/", PUBLIC, RESERVED, auth_file=users, require=("ip ::1", "local")),
            ServerSettings(index, "/a/", url, RESERVED, "proxy"),
            ServerSettings(index, "/", "", RESERVED, "none"),
        ]
        lines = nginx(tmp_path, indexes).configtest().splitlines()
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
        indexes = []
        for number, name in enumerate(name for name in ODD_NAMES if "$" not in name):
            index = tmp_path / "odd" / name / "index" / name
            add_pages(index / "ours", f"ours {number}")
            add_pages(index, "root")
            indexes.append(ServerSettings(index, f"/{number}/", PUBLIC))
        with nginx(tmp_path, indexes) as server:
            for settings in indexes:
                site = Site(server.port, settings.prefix, settings.index)
                assert f"<title>ours {settings.prefix[1:]}<".encode() in site.get("/ours/").body, (
                    settings.index
                )
                assert site.get("/ours/", PIP).type == SIMPLE_JSON
                assert site.get("/Ours").target == site.url("/ours/")
                assert site.get("/requests").target == f"{PUBLIC}/requests/"

    def test_access_control_of_the_server_comes_before_any_redirect(self, tmp_path):
        index = make_index(tmp_path / "index")
        users = write(tmp_path / "users", USERS)
        extra = Extra(before=f'auth_basic "all of it"; auth_basic_user_file "{users}";')
        with nginx(tmp_path, [ServerSettings(index, "/simple/", PUBLIC, RESERVED)], extra) as server:
            site = Site(server.port, "/simple", index)
            assert [site.get(path).status for path in PATHS_OF_EACH_KIND] == [401] * len(PATHS_OF_EACH_KIND)
            assert site.get("/requests/", **KNOWN).target == f"{PUBLIC}/requests/"
            assert site.get("/my-pkg-one/", PIP, **KNOWN).type == SIMPLE_JSON

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
