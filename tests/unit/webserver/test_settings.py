"""The values that all web servers are configured from, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import ConfigurationError
from sdistmaker_recipe.stages.publish import server_configurations
from sdistmaker_recipe.webserver.settings import ServerSettings

SETTINGS = ServerSettings(
    Path("/srv/index"), "/simple/", "https://public.example.com/simple", ("acme-*", "Intern?l")
)


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
            ({"index_url": "https://public.example.com/simple/"}, "public-index: is this index itself"),
            ({"index_url": "https://public.example.com/simple", "public": "proxy"}, "is this index itself"),
            ({"reserved": ("fine", "not/fine")}, "reserved = 'not/fine'"),
            ({"reserved": ("a b",)}, "reserved"),
            ({"reserved": ("",)}, "reserved"),
            ({"reserved": ("x\n",)}, "reserved"),
            ({"reserved": ("[c-a]",)}, "reserved"),
            ({"reserved": ("a" * 60 + "!",)}, "reserved"),
            ({"auth_file": Path("users")}, "auth-file = 'users': must be an absolute path"),
            ({"auth_file": Path("/srv/../users")}, "auth-file.*absolute"),
            (
                {"auth_file": Path("/srv/index/.users")},
                "auth-file.*lies in the index, so web servers would serve it",
            ),
            (
                {"require": ("ip 10.0.0.1/8",)},
                "require = 'ip 10.0.0.1/8': is not an address or network.*host bits",
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
        with pytest.raises(ConfigurationError, match="holds a user name") as caught:
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
        assert settings.is_https_proxy is secure


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
