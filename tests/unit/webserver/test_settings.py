"""What all web servers are told: settings, globs of names, who may ask, and what clients accept."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import ConfigurationError
from sdistmaker_recipe.stages.publish import server_configurations
from sdistmaker_recipe.webserver import ServerSettings, accept, glob_pattern
from sdistmaker_recipe.webserver.access import parse_rule

SETTINGS = ServerSettings(
    Path("/srv/index"), "/simple/", "https://public.example.com/simple", ("acme-*", "Intern?l")
)
JSON, HTML = accept.JSON, accept.HTML


class TestSettings:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"index": Path("var/private")}, "destination.*absolute"),
            ({"index": Path("/srv/../etc")}, "destination.*absolute"),
            ({"url_path": "simple"}, "url-path"),
            ({"url_path": "/simple"}, "url-path"),
            ({"url_path": "/a b/"}, "url-path"),
            ({"url_path": "/../"}, "url-path"),
            ({"url_path": "/x\n/"}, "url-path"),
            ({"public": "mirror"}, "public = 'mirror': must be one of redirect, proxy, none"),
            ({"public": "proxy", "public_index": ""}, "public-index"),
            ({"public_index": ""}, "public-index"),
            ({"public_index": "file:///srv/mirror"}, "public-index"),
            ({"public_index": "https://public.example.com:x/"}, "public-index"),
            ({"public_index": "https://public.example.com/simple?x"}, "public-index"),
            ({"public_index": "https://public.example.com/a\nb"}, "public-index"),
            ({"public_index": 'https://public.example.com/"'}, "public-index"),
            ({"public_index": "https://public.example.com/ü"}, "public-index"),
            ({"public_index": "https://public.example.com/%{x}"}, "public-index"),
            ({"own_url": "https://public.example.com/simple/"}, "public-index: is this index itself"),
            ({"own_url": "https://public.example.com/simple", "public": "proxy"}, "is this index itself"),
            ({"reserved": ("fine", "not/fine")}, "reserved = 'not/fine'"),
            ({"reserved": ("a b",)}, "reserved"),
            ({"reserved": ("",)}, "reserved"),
            ({"reserved": ("x\n",)}, "reserved"),
            ({"reserved": ("[c-a]",)}, "reserved"),
            ({"reserved": ("a" * 60 + "!",)}, "reserved"),
            ({"auth_file": Path("users")}, "auth-file = 'users': must be an absolute path"),
            ({"auth_file": Path("/srv/../users")}, "auth-file.*absolute"),
            ({"auth_file": Path("/srv/index/.users")}, "auth-file.*lies in the index"),
            (
                {"require": ("ip 10.0.0.1/8",)},
                "require = 'ip 10.0.0.1/8': is no address or network.*host bits",
            ),
            ({"require": ("all granted",)}, "require = 'all granted': does not begin with ip, host, user or"),
            ({"require": ("user me",)}, "require = 'user me'.*needs auth-file"),
            ({"public": "proxy", "certificates": Path("ca.pem")}, "public-certificates.*absolute"),
            ({"public": "proxy", "certificates": Path("/srv/index/ca.pem")}, "public-certificates.*lies in"),
        ],
    )
    def test_wrong_values(self, changes, message):
        with pytest.raises(ConfigurationError, match=message):
            replace(SETTINGS, **changes)

    def test_all_problems_at_once(self):
        with pytest.raises(ConfigurationError) as caught:
            ServerSettings(Path("x"), "x", "x", ("/",), "redirect", Path("x"), ("x", "ip 10.0.0.0/8", "y"))
        assert [problem.option for problem in caught.value.problems] == [
            "destination",
            "url-path",
            "reserved",
            "public-index",
            "require",
            "require",
            "auth-file",
        ]

    def test_a_password_is_not_repeated(self):
        with pytest.raises(ConfigurationError, match="names a user") as caught:
            replace(SETTINGS, public_index="https://me:secret@public.example.com/simple")
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        ("public", "url", "secure"),
        [
            ("proxy", "https://public.example.com/simple", True),
            ("proxy", "HTTPS://public.example.com/simple", True),
            ("proxy", "http://public.example.com/simple", False),
            ("redirect", "https://public.example.com/simple", False),
        ],
    )
    def test_certificates_count_for_a_proxy_by_https(self, public, url, secure):
        settings = replace(SETTINGS, public=public, public_index=url)
        assert settings.secure_proxy is secure


class TestServerConfigurations:
    CONFIGURATION = Configuration(destination=Path("/srv/index"))

    def test_is_for_apache_alone_by_default(self):
        texts = server_configurations(self.CONFIGURATION, SETTINGS.public_index)
        assert list(texts) == [Path("/srv/index-apache.conf")]
        assert "RewriteEngine" in texts[Path("/srv/index-apache.conf")]

    def test_is_for_nginx_too_where_a_path_is_given(self):
        configuration = replace(self.CONFIGURATION, nginx_config=Path("/etc/nginx/index.conf"))
        texts = server_configurations(configuration, SETTINGS.public_index)
        assert list(texts) == [Path("/srv/index-apache.conf"), Path("/etc/nginx/index.conf")]
        assert "try_files" in texts[Path("/etc/nginx/index.conf")]

    def test_is_made_from_every_option_that_is_for_web_servers(self):
        configuration = replace(
            self.CONFIGURATION,
            nginx_config=Path("/srv/nginx.conf"),
            url_path="/packages/",
            public="proxy",
            public_certificates=Path("/etc/ca.pem"),
            reserved=("acme-*",),
            auth_file=Path("/etc/users"),
            require=("ip 10.0.0.0/8",),
        )
        texts = server_configurations(configuration, "https://mirror.example.com/simple")
        assert len(texts) == 2
        for text in texts.values():
            for part in (
                "/packages",
                "mirror.example.com",
                "/etc/ca.pem",
                "acme-",
                "/etc/users",
                "10.0.0.0/8",
            ):
                assert part in text

    def test_tells_what_is_wrong_for_each_server_together_and_once(self):
        configuration = replace(
            self.CONFIGURATION,
            nginx_config=Path("/srv/nginx.conf"),
            auth_file=Path("/etc/${users}"),
            require=("host example.com",),
        )
        with pytest.raises(ConfigurationError) as caught:
            server_configurations(configuration, SETTINGS.public_index)
        assert [(each.option, each.message.split()[0]) for each in caught.value.problems] == [
            ("auth-file", "Apache"),
            ("auth-file", "nginx"),
            ("require", "nginx"),
        ]

    def test_what_only_nginx_cannot_do_is_fine_without_it(self):
        configuration = replace(self.CONFIGURATION, require=("host example.com",))
        assert len(server_configurations(configuration, SETTINGS.public_index)) == 1

    def test_are_not_made_where_the_public_index_is_this_one(self):
        configuration = replace(self.CONFIGURATION, index_url=f"{SETTINGS.public_index}/")
        with pytest.raises(ConfigurationError, match="is this index itself"):
            server_configurations(configuration, SETTINGS.public_index)
        configuration = replace(configuration, public="none")
        assert server_configurations(configuration, SETTINGS.public_index)


class TestGlobs:
    @pytest.mark.parametrize(
        ("glob", "names", "others"),
        [
            ("Acme.*", ["acme-x", "acme-x-y"], ["acme", "acmex", "xacme-x"]),
            ("acme*", ["acme", "acmex", "acme-x"], ["xacme"]),
            ("a_.-b", ["a-b"], ["a--b", "ab"]),
            ("ab?", ["abc", "ab1"], ["ab", "abcd"]),
            ("x[._]y", ["x-y"], ["xy", "x.y"]),
            ("x[A-C_]", ["xa", "xc", "x-"], ["xd"]),
            ("x[!a-c]", ["xd", "x-"], ["xa"]),
        ],
    )
    def test_normalised(self, glob, names, others):
        pattern = glob_pattern(glob, normalised=True)
        assert [name for name in (*names, *others) if re.fullmatch(pattern, name)] == names

    @pytest.mark.parametrize(
        ("glob", "names", "others"),
        [("Acme.*", ["acme.x"], ["acme-x", "acmeyx"]), ("x[._]y", ["x.y", "x_y"], ["x-y"])],
    )
    def test_written(self, glob, names, others):
        pattern = glob_pattern(glob, normalised=False)
        assert [name for name in (*names, *others) if re.fullmatch(pattern, name)] == names


class TestRules:
    @pytest.mark.parametrize(
        ("line", "rule"),
        [
            ("ip 10.0.0.0/8", "ip 10.0.0.0/8"),
            ("IP  192.0.2.1   2001:db8::/32", "ip 192.0.2.1/32 2001:db8::/32"),
            ("ip 10.0.0.0/255.0.0.0", "ip 10.0.0.0/8"),
            ("host example.com .example.org", "host example.com .example.org"),
            ("user me you@example.com", "user me you@example.com"),
            ("local", "local"),
        ],
    )
    def test_right(self, line, rule):
        assert str(parse_rule(line)) == rule

    @pytest.mark.parametrize(
        ("line", "wrong"),
        [
            ("", "does not begin with"),
            ("all granted", "does not begin with"),
            ("not ip 10.0.0.1", "does not begin with"),
            ("ip", "lacks a value"),
            ("local x", "has too much"),
            ("ip 10.1", "is no address or network"),
            ("ip 10.0.0.1/8", "is no address or network"),
            ("ip fe80::1%eth0", "is no address or network"),
            ("ip 10.0.0.1; allow all", "is no address or network"),
            ("host exa_mple.com", "is no name of a host"),
            ("host example.com>", "is no name of a host"),
            ("user %{HTTP_USER}", "is no name of a user"),
            ('user "me', "is no name of a user"),
            ("user me\\", "is no name of a user"),
        ],
    )
    def test_wrong(self, line, wrong):
        with pytest.raises(ValueError, match=wrong):
            parse_rule(line)


def matches(pattern: str, header: str) -> bool:
    return re.search(pattern, header + accept.SUFFIX, re.IGNORECASE) is not None


class TestAccept:
    """The expressions in the hands of Python; real servers use them elsewhere."""

    @pytest.mark.parametrize(
        ("header", "some", "html"),
        [
            (JSON, True, False),
            ("text/html, application/vnd.pypi.simple.latest+json ; q=1.0", True, False),
            (f"{JSON};q=0.5,text/html", True, True),
            (f"text/html,{JSON};q=0.5", True, True),
            (f"{JSON};q=0.5,text/html;q=1.0", True, True),
            (f"{JSON};q=0.9,text/html;q=0.8", True, False),
            (f"{JSON};q=0.8 , text/html ; q=0.9", True, True),
            (f"{JSON};q=.5,text/html;q=.6", True, True),
            (f"{JSON};q=0.5,text/html;q=0.5", True, False),
            (f"{JSON};q=0.55,text/html;q=0.56", True, False),
            (f"{JSON};q=0.5,text/plain;q=0.9", True, False),
            (f"{JSON};q=0.5,text/html;q=0.1,*/*;q=0.6", True, True),
            (f"{JSON};q=0.5,{HTML}", True, True),
            (f"{JSON};q=0.01", True, False),
            (f"{JSON};q=0", False, False),
            (f"{JSON};q=0.00, */*", False, True),
            ("application/vnd.pypi.simple.v2+json", False, False),
            ("xapplication/vnd.pypi.simple.v1+json", False, False),
            ("application/vnd.pypi.simple.v1+jsonx", False, False),
            ("", False, False),
        ],
    )
    def test_json(self, header, some, html):
        assert matches(accept.ACCEPTS_JSON, header) is some
        assert matches(accept.HTML_IS_BETTER, header) is html

    @pytest.mark.parametrize(
        ("header", "named", "text"),
        [
            (HTML, True, False),
            (f"{HTML};q=0.2, text/html;q=0.01", True, False),
            (f"{HTML};q=0.2, text/html;q=0.3", True, True),
            (f"{HTML};q=0.2, text/html", True, True),
            (f"{HTML}, text/html", True, True),
            (f"{HTML}, text/html;q=0.9", True, False),
            (f"{HTML};q=0", False, False),
            ("text/*", False, False),
        ],
    )
    def test_html(self, header, named, text):
        assert matches(accept.NAMES_HTML, header) is named
        assert (matches(accept.TEXT_IS_FULL, header) or matches(accept.TEXT_IS_BETTER, header)) is text

    @pytest.mark.parametrize(
        ("header", "person"),
        [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
            ("application/xhtml+xml;q=0.9", True),
            ("application/xhtml+xml;q=0", False),
            ("application/xhtml-xml", False),
            ("*/*", False),
        ],
    )
    def test_people(self, header, person):
        assert matches(accept.ACCEPTS_XHTML, header) is person
