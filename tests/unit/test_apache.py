"""The Apache snippet as text: quoting, repeatability, errors; the real Apache reads it elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ConfigurationError
from sdistmaker_recipe.webserver import (
    ACCEPTS_HTML,
    ACCEPTS_JSON,
    JSON_FIRST,
    NAMES_HTML,
    ServerSettings,
    glob_pattern,
)
from sdistmaker_recipe.webserver.apache import apache_config

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
        assert text.endswith("</Directory>\n")
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
        with pytest.raises(ConfigurationError, match=r"destination.*Apache.*choose another folder"):
            at(path)

    def test_public_index_with_percent_encoding(self):
        text = apache_config(replace(SETTINGS, public_index="https://public.example.com/a%20b$1/simple"))
        # Apache escapes the target of a redirect itself.
        assert 'Redirect 302 "https://public.example.com/a b\\$1/simple/%{reqenv:' in text

    @pytest.mark.parametrize("url", ["https://public.example.com/a%2Fb", "http://[::1]:80/simple"])
    def test_public_index_that_apache_would_change(self, url):
        with pytest.raises(ConfigurationError, match=r"public-index.*Apache cannot redirect"):
            apache_config(replace(SETTINGS, public_index=url))

    def test_dots_of_the_url_path_are_no_wildcards(self):
        assert 'RewriteRule "^/py[.]x$"' in apache_config(replace(SETTINGS, url_path="/py.x/"))


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
            ({"public": "proxy"}, "public = 'proxy': must be one of redirect, none"),
            ({"public_index": ""}, "public-index"),
            ({"public_index": "file:///srv/mirror"}, "public-index"),
            ({"public_index": "https://public.example.com:x/"}, "public-index"),
            ({"public_index": "https://public.example.com/simple?x"}, "public-index"),
            ({"public_index": "https://public.example.com/a\nb"}, "public-index"),
            ({"public_index": 'https://public.example.com/"'}, "public-index"),
            ({"public_index": "https://public.example.com/ü"}, "public-index"),
            ({"public_index": "https://public.example.com/%{x}"}, "public-index"),
            ({"reserved": ("fine", "not/fine")}, "reserved = 'not/fine'"),
            ({"reserved": ("a b",)}, "reserved"),
            ({"reserved": ("",)}, "reserved"),
            ({"reserved": ("x\n",)}, "reserved"),
            ({"reserved": ("[c-a]",)}, "reserved"),
            ({"reserved": ("a" * 60 + "!",)}, "reserved"),
        ],
    )
    def test_wrong_values(self, changes, message):
        with pytest.raises(ConfigurationError, match=message):
            replace(SETTINGS, **changes)

    def test_all_problems_at_once(self):
        with pytest.raises(ConfigurationError) as caught:
            ServerSettings(Path("x"), "x", "x", ("/",), "redirect")
        assert [problem.option for problem in caught.value.problems] == [
            "destination",
            "url-path",
            "reserved",
            "public-index",
        ]

    def test_a_password_is_not_repeated(self):
        with pytest.raises(ConfigurationError, match="names a user") as caught:
            replace(SETTINGS, public_index="https://me:secret@public.example.com/simple")
        assert "secret" not in str(caught.value)


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


class TestAccept:
    @pytest.mark.parametrize(
        ("header", "some", "first"),
        [
            ("application/vnd.pypi.simple.v1+json", True, True),
            ("text/html, application/vnd.pypi.simple.latest+json ; q=1.0", True, True),
            ("application/vnd.pypi.simple.v1+json;q=0.5,text/html", True, False),
            ("application/vnd.pypi.simple.v1+json; q=0.01", True, False),
            ("application/vnd.pypi.simple.v1+json;q=0", False, False),
            ("application/vnd.pypi.simple.v1+json;q=0.00, */*", False, False),
            ("application/vnd.pypi.simple.v2+json", False, False),
            ("xapplication/vnd.pypi.simple.v1+json", False, False),
            ("application/vnd.pypi.simple.v1+jsonx", False, False),
        ],
    )
    def test_json(self, header, some, first):
        assert bool(re.search(ACCEPTS_JSON, header)) is some
        assert bool(re.search(JSON_FIRST, header)) is first

    @pytest.mark.parametrize("header", ["text/html", "*/*;q=0.1", "text/*", "a/b, text/html;q=0.9"])
    def test_html(self, header):
        assert re.search(ACCEPTS_HTML, header)
        assert not re.search(NAMES_HTML, header)
