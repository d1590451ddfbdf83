"""The nginx configuration as text: quoting, names, errors; the real nginx reads it elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ConfigurationError
from sdistmaker_recipe.webserver.nginx import nginx_config
from sdistmaker_recipe.webserver.settings import ServerSettings

SETTINGS = ServerSettings(
    Path("/srv/index"), "/simple/", "https://public.example.com/simple", ("acme-*", "Intern?l")
)


def config(**changes: object) -> str:
    return nginx_config(replace(SETTINGS, **changes))


def directives(text: str) -> list[str]:
    """The lines that are no comments, without indentation."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


class TestText:
    def test_same_settings_same_text(self):
        assert config() == config()

    def test_ends_with_one_newline_and_has_no_placeholder_left(self):
        for text in (config(), config(public="proxy"), config(public="none")):
            assert text.endswith("}\n")
            assert not text.endswith("\n\n")
            assert re.findall(r"@[a-z_]+@?", re.sub("@sdists(?:-moved)?/simple", "", text)) == []

    def test_final_slash_of_the_public_index_makes_no_difference(self):
        for public in ("redirect", "proxy"):
            slash = config(public=public, public_index=f"{SETTINGS.public_index}/")
            assert slash == config(public=public)

    def test_tells_the_administrator_where_what_and_how(self):
        assert '"/srv/index", shown at /simple/' in config()
        assert "include /path/of/this/file.conf;" in config()
        assert 'location "/simple/" of its own' in config()

    def test_nothing_is_redirected_for_good(self):
        assert not re.search(r"return 30[^2]|permanent", config())

    def test_without_public_index(self):
        text = config(public="none", public_index="")
        assert "example.com" not in text.replace("packages.example.com", "")
        assert "proxy" not in text.replace("gzip_proxied", "")

    def test_without_reserved_names(self):
        assert "Reserved" not in config(reserved=())

    def test_names_of_variables_are_short(self):
        """nginx keeps them in a table with 64 bytes for each; longer ones do not fit into it."""
        assert max(map(len, re.findall(r"sdists_\w+", config()))) <= 20


class TestAccess:
    def test_is_left_to_the_server_without_options(self):
        assert not re.search(r"^ *(?:satisfy|allow|deny|auth_basic)", config(), re.MULTILINE)

    def test_wants_a_password_and_one_of_the_lines(self):
        text = config(auth_file=Path("/etc/a b"), require=("ip 10.0.0.0/8 2001:db8::/32", "local"))
        for match in ("^~ /simple/", "= /simple"):
            lines = directives(text)
            assert lines[lines.index(f"location {match} {{") :][1:9] == [
                "satisfy all;",
                'auth_basic "Packages";',
                'auth_basic_user_file "/etc/a b";',
                "allow 10.0.0.0/8;",
                "allow 2001:db8::/32;",
                "allow 127.0.0.0/8;",
                "allow ::1;",
                "deny all;",
            ]

    @pytest.mark.parametrize("kind", ["host", "user"])
    def test_refuses_what_nginx_cannot_do(self, kind):
        with pytest.raises(ConfigurationError, match=f"require = '{kind} x': nginx cannot require a {kind}"):
            config(require=("local", f"{kind} x"), auth_file=Path("/etc/users"))


class TestQuoting:
    @pytest.mark.parametrize(
        ("path", "quoted"),
        [
            ("/srv/a b", '"/srv/a b"'),
            ("/srv/ü'#>;{}", '"/srv/ü\'#>;{}"'),
            ('/srv/"', r'"/srv/\""'),
            (r"/srv/\n\\", r'"/srv/\\n\\\\"'),
        ],
    )
    def test_paths(self, path, quoted):
        lines = directives(config(index=Path(path)))
        assert f"root {quoted};" in lines
        assert f'alias {quoted[:-1]}/";' in lines

    @pytest.mark.parametrize("path", ["/srv/a\nb", "/srv/$1", "/srv/\x7f", "/srv/\udcff"])
    @pytest.mark.parametrize(
        ("option", "field"),
        [("destination", "index"), ("auth-file", "auth_file"), ("public-certificates", "certificates")],
    )
    def test_paths_that_nginx_cannot_hold(self, path, option, field):
        with pytest.raises(ConfigurationError, match=rf"(?s){option}.*nginx.*choose another path"):
            config(public="proxy", **{field: Path(path)})

    @pytest.mark.parametrize("character", "$;'")
    @pytest.mark.parametrize("public", ["redirect", "proxy"])
    def test_public_index_that_nginx_cannot_hold(self, character, public):
        with pytest.raises(
            ConfigurationError, match=r"public-index.*nginx's configuration cannot contain a URL"
        ):
            config(public=public, public_index=f"https://public.example.com/{character}")

    def test_dots_of_the_url_path_are_no_wildcards(self):
        assert '"^/py[.]x(?<sdists_path>' in config(url_path="/py.x/")
