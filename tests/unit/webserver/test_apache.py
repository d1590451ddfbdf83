"""The Apache snippet as text: quoting, repeatability, errors; the real Apache reads it elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ConfigurationError
from sdistmaker_recipe.webserver.apache import apache_config
from sdistmaker_recipe.webserver.settings import ServerSettings

SETTINGS = ServerSettings(
    Path("/srv/index"), "/simple/", "https://public.example.com/simple", ("acme-*", "Intern?l")
)


def at(path: str) -> str:
    return apache_config(replace(SETTINGS, index=Path(path)))


def directives(text: str) -> list[str]:
    """The lines that are no comments, continued lines joined, without indentation."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


class TestText:
    def test_same_settings_same_text(self):
        assert apache_config(SETTINGS) == apache_config(replace(SETTINGS))

    def test_ends_with_one_newline_and_has_no_placeholder_left(self):
        text = apache_config(SETTINGS)
        assert text.endswith(">\n")
        assert not re.search(r"@[a-z_]+@", text)

    def test_final_slash_of_the_public_index_makes_no_difference(self):
        slash = replace(SETTINGS, public_index=f"{SETTINGS.public_index}/")
        assert apache_config(slash) == apache_config(SETTINGS)

    def test_tells_the_administrator_where_what_and_how(self):
        text = apache_config(SETTINGS)
        assert '"/srv/index", shown at /simple/' in text
        assert "a2enmod alias authz_core headers rewrite" in text
        assert "Include " in text
        assert "apachectl configtest" in text

    @pytest.mark.parametrize("line", ["RewriteEngine On", "Header merge Vary Accept", "Require all granted"])
    def test_no_module_is_optional_that_must_be_there(self, line):
        lines = directives(apache_config(SETTINGS))
        depth = 0
        for each in lines[: lines.index(line)]:
            depth += each.startswith("<IfModule") - each.startswith("</IfModule")
        assert depth == 0

    def test_nothing_is_redirected_for_good(self):
        assert "301" not in "\n".join(directives(apache_config(SETTINGS)))

    def test_without_public_index(self):
        none = replace(SETTINGS, public="none", public_index="")
        text = apache_config(none)
        assert "_public" not in text
        assert "example.com" not in text.replace("packages.example.com", "")

    @pytest.mark.parametrize(
        ("changes", "modules"),
        [
            ({}, "alias authz_core headers rewrite"),
            (
                {"auth_file": Path("/etc/users")},
                "alias auth_basic authn_core authn_file authz_core authz_user headers rewrite",
            ),
            ({"require": ("ip 10.0.0.0/8",)}, "alias authz_core authz_host headers rewrite"),
            ({"public": "proxy"}, "alias authz_core headers proxy proxy_http rewrite ssl"),
            (
                {"public": "proxy", "public_index": "http://mirror.example.com"},
                "alias authz_core headers proxy proxy_http rewrite",
            ),
        ],
    )
    def test_names_the_modules_that_it_needs(self, changes, modules):
        assert f"a2enmod {modules}\n" in apache_config(replace(SETTINGS, **changes))

    def test_lets_everybody_in_unless_told_otherwise(self):
        assert "Require all granted" in directives(apache_config(SETTINGS))
        for changes in ({"auth_file": Path("/etc/users")}, {"require": ("local",)}):
            assert "granted" not in apache_config(replace(SETTINGS, **changes))

    def test_wants_a_password_and_one_of_the_lines(self):
        settings = replace(SETTINGS, auth_file=Path("/etc/a b"), require=("ip 10.0.0.0/8 ::1", "user me"))
        lines = directives(apache_config(settings))
        assert lines[lines.index('AuthUserFile "/etc/a b"') :][:8] == [
            'AuthUserFile "/etc/a b"',
            "<RequireAll>",
            "Require valid-user",
            "<RequireAny>",
            "Require ip 10.0.0.0/8 ::1/128",
            "Require user me",
            "</RequireAny>",
            "</RequireAll>",
        ]

    def test_without_reserved_names(self):
        assert "Reserved" not in apache_config(replace(SETTINGS, reserved=()))

    def test_variables_of_two_indexes_differ(self):
        one, two = (apache_config(replace(SETTINGS, url_path=path)) for path in ("/a/b/", "/a/"))
        variables = [set(re.findall(r"E=(\w+):", text)) - {"no"} for text in (one, two)]
        assert variables[0].isdisjoint(variables[1])


class TestQuoting:
    @pytest.mark.parametrize(
        ("path", "alias", "directory", "condition"),
        [
            ("/srv/a b", "/srv/a b", "/srv/a b", "/srv/a b"),
            ("/srv/ü'#>", "/srv/ü'#>", "/srv/ü'#>", "/srv/ü'#>"),
            ("/srv/%{x}%1", "/srv/%{x}%1", "/srv/%{x}%1", r"/srv/\%{x}\%1"),
            ("/srv/$1", "/srv/$1", "/srv/$1", r"/srv/\$1"),
            (r"/srv/a\b", r"/srv/a\\b", r"/srv/a\\b", r"/srv/a\\b"),
            ("/srv/a*?[b]", "/srv/a*?[b]", "/srv/a[*][?][[]b]", "/srv/a*?[b]"),
            (r"/srv/\*", r"/srv/\\*", r"/srv/\\\\[*]", r"/srv/\\*"),
        ],
    )
    def test_paths(self, path, alias, directory, condition):
        lines = directives(at(path))
        assert f'Alias "/simple" "{alias}"' in lines
        assert f'<Directory "{directory}">' in lines
        assert f'RewriteCond "{condition}/$1" -d' in lines

    @pytest.mark.parametrize("path", ["/srv/a\nb", '/srv/a"b', "/srv/${HOME}", "/srv/\x7f", "/srv/\udcff"])
    def test_paths_that_apache_cannot_hold(self, path):
        with pytest.raises(ConfigurationError, match=r"destination.*Apache.*choose another path"):
            at(path)

    @pytest.mark.parametrize(
        ("option", "changes"),
        [
            ("auth-file", {"auth_file": Path("/etc/${x}")}),
            ("public-certificates", {"public": "proxy", "certificates": Path('/etc/"')}),
        ],
    )
    def test_other_paths_that_apache_cannot_hold(self, option, changes):
        with pytest.raises(ConfigurationError, match=rf"{option}.*Apache.*choose another path"):
            apache_config(replace(SETTINGS, **changes))

    def test_public_index_with_percent_encoding(self):
        text = apache_config(replace(SETTINGS, public_index="https://public.example.com/a%20b$1/simple"))
        # Apache escapes the target of a redirect itself.
        assert 'Redirect 302 "https://public.example.com/a b\\$1/simple/%{reqenv:' in text

    @pytest.mark.parametrize("url", ["https://public.example.com/a%2Fb", "http://[::1]:80/simple"])
    def test_public_index_that_apache_would_change(self, url):
        with pytest.raises(ConfigurationError, match=r"public-index.*Apache would change this URL"):
            apache_config(replace(SETTINGS, public_index=url))

    def test_dots_of_the_url_path_are_no_wildcards(self):
        assert 'RewriteRule "^/py[.]x$"' in apache_config(replace(SETTINGS, url_path="/py.x/"))
