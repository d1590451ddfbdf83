"""Parsers of option values: what each accepts, gives and refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.configuration import option_types
from sdistmaker_recipe.configuration.option_types import BuildRequirements, Pin, SecretError, Yank

NOT_TEXT = [None, 3, 1.5, True, b"bytes", ["a"]]
NOT_LISTS = [None, 3, True, b"bytes", [1], ["a", None], {"a": 1}]

ITEM = st.text("abzAZ09*?._+/-", min_size=1)


@pytest.mark.parametrize("value", NOT_TEXT)
@pytest.mark.parametrize(
    "parse", [option_types.text, option_types.url, option_types.url_path, option_types.tag_pattern]
)
def test_one_line_options_refuse_what_is_not_text(parse, value):
    with pytest.raises(ValueError, match="is not text"):
        parse(value)


def test_text_is_stripped():
    assert option_types.text("  builder \n") == "builder"


def test_text_of_two_lines_is_refused():
    with pytest.raises(ValueError, match="more than one line"):
        option_types.text("one\ntwo")


class TestLines:
    @pytest.mark.parametrize(
        ("written", "items"),
        [
            ("", ()),
            (" \n\n ", ()),
            ("one", ("one",)),
            ("\n    one\n    two\n", ("one", "two")),
            ("one\r\ntwo", ("one", "two")),
            ("one\n# a comment\n  # another\ntwo", ("one", "two")),
            ("one ; why it is here\n; only this\ntwo\t; also", ("one", "two")),
            ("semi;colon\nhash#tag", ("semi;colon", "hash#tag")),
            ("two words", ("two words",)),
        ],
    )
    def test_are_the_items_without_comments_and_empty_lines(self, written, items):
        assert option_types.lines(written) == items

    @pytest.mark.parametrize("written", [["a", " b ", ""], ("a", "b"), ["a", "\tb\n"]])
    def test_of_a_list_are_its_items(self, written):
        assert option_types.lines(written) == ("a", "b")

    def test_of_a_list_keep_what_looks_like_a_comment(self):
        assert option_types.lines(["#src", "a ;b"]) == ("#src", "a ;b")

    @pytest.mark.parametrize("value", NOT_LISTS)
    def test_refuse_what_is_no_list_of_texts(self, value):
        with pytest.raises(ValueError, match="is not a list of texts"):
            option_types.lines(value)

    @given(st.lists(ITEM, max_size=6))
    def test_mean_the_same_as_text_and_as_list(self, items):
        assert option_types.lines("\n".join(items)) == option_types.lines(items) == tuple(items)


class TestPins:
    def test_are_a_glob_a_python_and_constraints_on_a_line(self):
        written = "# old ones\nacme-* 3.9 setuptools<58 wheel==0.37\n\nledger   python2.7\n"
        assert option_types.pins(written) == (
            Pin("acme-*", "3.9", ("setuptools<58", "wheel==0.37")),
            Pin("ledger", "python2.7", ()),
        )

    def test_are_written_as_they_are_read(self):
        pins = option_types.pins("acme-* 3.9 setuptools<58 wheel")
        assert option_types.pins([str(pin) for pin in pins]) == pins

    def test_may_be_none(self):
        assert option_types.pins("") == ()

    @pytest.mark.parametrize(
        ("written", "wrong"),
        [
            ("acme", "names no Python"),
            ("acme setuptools<58", "names no Python"),
            ("acme 3.9 <58", "is no requirement"),
            ("acme 3.9 -rx", "is no requirement"),
        ],
    )
    def test_that_are_not_name_their_line(self, written, wrong):
        with pytest.raises(ValueError, match=f"'{written}' .*{wrong}"):
            option_types.pins(f"ledger 3.9\n{written}")


class TestPythons:
    def test_are_one_a_line_and_paths_may_hold_spaces(self):
        assert option_types.pythons("2.7\n/opt/my python/bin/python3") == (
            "2.7",
            "/opt/my python/bin/python3",
        )

    def test_in_one_line_are_refused(self):
        with pytest.raises(ValueError, match=r"'2.7 3.8' holds several Pythons; write one a line"):
            option_types.pythons("/opt/python3.6\n2.7 3.8")


def test_urls_in_one_line_are_refused():
    for other in ("file:///srv/two", "git+https://git.example.com/two"):
        with pytest.raises(ValueError, match="holds several URLs; write one a line"):
            option_types.repositories(f"file:///srv/one {other}")
    with pytest.raises(SecretError) as caught:
        option_types.repositories("https://builder:se cret@svn.example.com/x https://svn.example.com/y")
    assert "cret" not in str(caught.value)


class TestBuildRequirements:
    def test_are_a_glob_and_requirements_on_a_line(self):
        written = "# old ones\nacme-* numpy<2 Cython==0.29\n\nledger   requests[socks]\n"
        assert option_types.build_requirements(written) == (
            BuildRequirements("acme-*", ("numpy<2", "Cython==0.29")),
            BuildRequirements("ledger", ("requests[socks]",)),
        )

    def test_are_written_as_they_are_read(self):
        lines = option_types.build_requirements("acme-* numpy<2 Cython")
        assert option_types.build_requirements([str(line) for line in lines]) == lines

    def test_may_be_none(self):
        assert option_types.build_requirements("") == ()

    @pytest.mark.parametrize(
        ("written", "wrong"),
        [
            ("acme", "names no requirement"),
            ("acme <58", "is no requirement"),
            ("acme --index-url=x", "is no requirement"),
            ("acme numpy@https://example.com/numpy.whl", "has an address"),
        ],
    )
    def test_that_are_not_name_their_line(self, written, wrong):
        with pytest.raises(ValueError, match=f"'{written}' .*{wrong}"):
            option_types.build_requirements(f"ledger wheel\n{written}")


class TestYanks:
    def test_are_a_project_a_version_and_a_reason_on_a_line(self):
        written = (
            "# bad ones\nAcme.Ledger==1.2 Loses  data: use 1.3\nacme_hello == 1!2.0rc1+x\nold==2003-final "
        )
        assert option_types.yanks(written) == (
            Yank("acme-ledger", "1.2", "Loses  data: use 1.3"),
            Yank("acme-hello", "1!2.0rc1+x"),
            Yank("old", "2003-final"),
        )

    def test_are_written_as_they_are_read(self):
        yanks = option_types.yanks("acme==1.0 why\nother==2")
        assert option_types.yanks([str(each) for each in yanks]) == yanks

    def test_may_be_none(self):
        assert option_types.yanks("") == ()

    @pytest.mark.parametrize(
        "written", ["acme", "acme=1.0", "acme==", "==1.0", "acme 1.0", "acme==1.*", "a-==1"]
    )
    def test_that_are_not_name_their_line(self, written):
        with pytest.raises(
            ValueError, match=f"^'{re.escape(written)}' does not begin with PROJECT==VERSION$"
        ):
            option_types.yanks(f"ledger==1.0\n{written}")

    def test_tell_of_each_line_that_is_wrong(self):
        with pytest.raises(ValueError, match=r"'one' .*, 'two' .*"):
            option_types.yanks("one\ntwo")

    def test_of_one_version_twice_are_refused(self):
        with pytest.raises(
            ValueError, match=r"'Acme==1\.0\.0 b' names a version that another line names too"
        ):
            option_types.yanks("acme==1.0 a\nAcme==1.0.0 b")


class TestBoolean:
    @pytest.mark.parametrize("value", [True, 1, "1", "true", "True", " TRUE ", "yes", "on", "On"])
    def test_true_in_its_usual_spellings(self, value):
        assert option_types.boolean(value) is True

    @pytest.mark.parametrize("value", [False, 0, "0", "false", "False", "no", "off", "OFF"])
    def test_false_in_its_usual_spellings(self, value):
        assert option_types.boolean(value) is False

    @pytest.mark.parametrize("value", ["", "maybe", None, 2, "truefalse", []])
    def test_anything_else_is_refused(self, value):
        with pytest.raises(ValueError, match="neither true nor false"):
            option_types.boolean(value)


class TestCount:
    @given(st.integers(0, 999_999_999))
    def test_is_the_same_from_a_number_and_from_text(self, number):
        assert option_types.count(number) == option_types.count(f" {number} ") == number

    @pytest.mark.parametrize("value", [-1, "-1", 1.5, "1.5", "", "many", "1e3", None, True, "9" * 5000])
    def test_refuses_what_is_no_whole_number_of_0_or_more(self, value):
        with pytest.raises(ValueError, match="whole number of 0 or more"):
            option_types.count(value)


class TestSeconds:
    @pytest.mark.parametrize(
        ("value", "number"), [(300, 300.0), ("300", 300.0), (" 0.5 ", 0.5), (1.25, 1.25)]
    )
    def test_may_be_whole_or_broken(self, value, number):
        parsed = option_types.seconds(value)
        assert (parsed, type(parsed)) == (number, float)

    @pytest.mark.parametrize("value", [-1, "-1", "", "soon", "inf", "nan", None, True, "1 minute"])
    def test_refuse_what_is_no_number(self, value):
        with pytest.raises(ValueError, match="is not a number of seconds"):
            option_types.seconds(value)

    @pytest.mark.parametrize("value", [0, "0", "0.0", 0.0])
    def test_refuse_0(self, value):
        with pytest.raises(ValueError, match="leaves no time"):
            option_types.seconds(value)


def test_choice_takes_its_words_in_any_case():
    assert option_types.choice("auto", "svn")(" Auto ") == "auto"


@pytest.mark.parametrize("value", ["", "aut", None, True])
def test_choice_refuses_other_words(value):
    with pytest.raises(ValueError, match="is not known"):
        option_types.choice("auto", "svn")(value)


class TestFolder:
    @pytest.mark.parametrize("value", ["var/my index", " var/my index\n", Path("var/my index")])
    def test_is_a_path(self, value):
        assert option_types.folder(value) == Path("var/my index")

    @pytest.mark.parametrize("value", ["", "  ", None, 3, "a\nb", "a\0b", ["a"]])
    def test_refuses_what_is_no_path(self, value):
        with pytest.raises(ValueError, match="is not the path of a folder"):
            option_types.folder(value)

    @pytest.mark.parametrize("value", ["", None])
    def test_may_be_none_where_it_is_optional(self, value):
        assert option_types.optional_folder(value) is None

    def test_where_it_is_optional_is_a_path_too(self):
        assert option_types.optional_folder("cache") == Path("cache")

    def test_of_a_file(self):
        assert option_types.file(" etc/users ") == Path("etc/users")
        for wrong in ("", "a\nb", 1):
            with pytest.raises(ValueError, match="is not the path of a file"):
                option_types.file(wrong)

    def test_of_a_file_may_be_none(self):
        assert option_types.optional_file("") is None
        assert option_types.optional_file("users") == Path("users")


class TestUrl:
    @pytest.mark.parametrize(
        ("written", "parsed"),
        [
            ("", ""),
            ("https://packages.example.com/simple/", "https://packages.example.com/simple"),
            (" http://example.com:8080 ", "http://example.com:8080"),
            ("file:///srv/wheels", "file:///srv/wheels"),
            ("https://builder@example.com/simple", "https://builder@example.com/simple"),
            ("https://[2001:db8::1]/simple", "https://[2001:db8::1]/simple"),
        ],
    )
    def test_is_kept_but_for_a_final_slash(self, written, parsed):
        assert option_types.url(written) == parsed

    @pytest.mark.parametrize("written", ["example.com/simple", "svn://example.com", "/srv/simple", "ftp://x"])
    def test_refuses_other_schemes(self, written):
        with pytest.raises(ValueError, match="URL"):
            option_types.url(written)

    @pytest.mark.parametrize("character", [" ", "\t", '"', "'", "<", ">", "\\", "`"])
    def test_refuses_what_a_line_to_copy_cannot_hold(self, character):
        with pytest.raises(ValueError, match="must be percent-encoded"):
            option_types.url(f"https://example.com/sim{character}ple")

    @pytest.mark.parametrize("written", ["https://", "http:///simple", "https:example.com"])
    def test_refuses_a_web_address_without_a_host(self, written):
        with pytest.raises(ValueError, match=r"host|URL"):
            option_types.url(written)


class TestScheduler:
    @pytest.mark.parametrize(
        ("written", "parsed"),
        [
            ("", ""),
            ("tcp://dask.example.com:8786", "tcp://dask.example.com:8786"),
            (" tls://10.0.0.1:8786/ ", "tls://10.0.0.1:8786"),
            ("tcp://[::1]:8786", "tcp://[::1]:8786"),
        ],
    )
    def test_is_an_address_with_a_port(self, written, parsed):
        assert option_types.scheduler(written) == parsed

    @pytest.mark.parametrize(
        ("written", "wrong"),
        [
            ("dask.example.com:8786", "is not a tcp or tls address"),
            ("https://dask.example.com:8786", "is not a tcp or tls address"),
            ("tcp://dask.example.com", "has no port"),
            ("tcp://dask.example.com:many", "is not a tcp or tls address"),
            ("tcp://dask.example.com:8786/status", "is more than a tcp or tls address"),
            ("tcp://me@dask.example.com:8786", "is more than a tcp or tls address"),
        ],
    )
    def test_is_nothing_else(self, written, wrong):
        with pytest.raises(ValueError, match=wrong):
            option_types.scheduler(written)

    def test_has_no_password(self):
        with pytest.raises(option_types.SecretError):
            option_types.scheduler("tcp://me:hunter2@dask.example.com:8786")


class TestRepositories:
    @pytest.mark.parametrize(
        "url",
        [
            "http://svn.example.com/svn",
            "https://svn.example.com/svn",
            "svn://svn.example.com",
            "svn+ssh://builder@svn.example.com/srv/svn",
            "svn+tunnel-2://svn.example.com/srv/svn",
            "file:///srv/svn",
            "HTTPS://svn.example.com/svn",
            "https://svn.example.com/my repos/ümlaut@1/100%25/-dash",
            "example:",
        ],
    )
    @pytest.mark.parametrize("parse", [option_types.repositories, option_types.optional_repositories])
    def test_may_have_the_schemes_of_subversion_and_any_characters(self, parse, url):
        assert parse(url) == (url,)

    def test_keep_their_order_and_lose_final_slashes(self):
        written = "https://b.example.com/\n# moved in 2011\nhttps://a.example.com/svn//"
        assert option_types.repositories(written) == ("https://b.example.com", "https://a.example.com/svn")

    @pytest.mark.parametrize("written", ["svn.example.com/svn", "/srv/svn", "ftp://example.com", "example:x"])
    @pytest.mark.parametrize("parse", [option_types.repositories, option_types.optional_repositories])
    def test_refuse_what_is_no_url_of_a_repository(self, parse, written):
        with pytest.raises(ValueError, match="URL"):
            parse(["https://svn.example.com/svn", written])

    @pytest.mark.parametrize("written", ["https://", "svn://", "http:///svn"])
    def test_refuse_a_server_without_a_host(self, written):
        with pytest.raises(ValueError, match=r"host|URL"):
            option_types.repositories(written)

    def test_must_be_at_least_one(self):
        with pytest.raises(ValueError, match="is empty"):
            option_types.repositories("# none\n")

    def test_may_be_none_where_they_are_optional(self):
        assert option_types.optional_repositories("") == ()


class TestUrlPath:
    @pytest.mark.parametrize(
        ("written", "parsed"),
        [
            ("", "/"),
            ("/", "/"),
            ("simple", "/simple/"),
            ("/simple", "/simple/"),
            ("/a/b.c~d_e-f/", "/a/b.c~d_e-f/"),
        ],
    )
    def test_begins_and_ends_with_a_slash(self, written, parsed):
        assert option_types.url_path(written) == parsed

    @given(st.lists(st.text("aZ0_~-", min_size=1), max_size=4))
    def test_of_its_own_result_is_that_result(self, parts):
        parsed = option_types.url_path("/".join(parts))
        assert parsed.startswith("/")
        assert parsed.endswith("/")
        assert option_types.url_path(parsed) == parsed

    @pytest.mark.parametrize(
        "written", ["/a b/", "/a//b", "/../a", "/a/../b", '/"/', "/a?b", "/a%20b", "/ü/", "/$1"]
    )
    def test_refuses_what_would_have_to_be_quoted_or_leads_elsewhere(self, written):
        with pytest.raises(ValueError, match="is not the path part of a URL"):
            option_types.url_path(written)


class TestTagPattern:
    @pytest.mark.parametrize(
        "written", [r"(?P<version>.*)", r"rel_(?P<version>\d+)", r"PROJECT-(?P<version>.+)"]
    )
    def test_is_kept_as_written(self, written):
        assert option_types.tag_pattern(f" {written} ") == written

    def test_refuses_what_is_no_regular_expression_and_says_why(self):
        with pytest.raises(ValueError, match=r"is no regular expression: .*unterminated subpattern"):
            option_types.tag_pattern(r"(?P<version>\d")

    @pytest.mark.parametrize("written", ["", r"\d.*", r"(\d.*)", r"(?P<number>\d)"])
    def test_refuses_a_pattern_that_names_no_version(self, written):
        with pytest.raises(ValueError, match="has no group"):
            option_types.tag_pattern(written)


class TestVariableName:
    @pytest.mark.parametrize("written", ["", "SVN_PASSWORD", "_x1", " SVN_PASSWORD "])
    def test_is_a_name_or_nothing(self, written):
        assert option_types.variable_name(written) == written.strip()

    @pytest.mark.parametrize("written", ["$SVN_PASSWORD", "pass-word", "1x", "correct horse", "Pässword"])
    def test_never_repeats_what_is_no_name_for_it_may_be_the_password(self, written):
        with pytest.raises(SecretError) as caught:
            option_types.variable_name(written)
        assert written not in str(caught.value)


@pytest.mark.parametrize("written", ["sdists_from_tags", "make-all.2"])
def test_script_name_is_a_plain_file_name(written):
    assert option_types.script_name(f" {written} ") == written


@pytest.mark.parametrize("written", ["", "a/b", "../a", ".hidden", "-x", "two words", "a\0b"])
def test_script_name_refuses_paths_and_worse(written):
    with pytest.raises(ValueError, match="is not a plain file name"):
        option_types.script_name(written)


class TestPasswords:
    @pytest.mark.parametrize(
        "parse", [option_types.url, option_types.repositories, option_types.optional_repositories]
    )
    @pytest.mark.parametrize(
        "written",
        ["https://builder:hunter2@example.com/svn", "https://:hunter2@example.com", "http://a:@b.c"],
    )
    def test_in_a_url_are_refused(self, parse, written):
        with pytest.raises(SecretError, match="holds a password") as caught:
            parse(written)
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize("mark", ["/", "#", "?"])
    @pytest.mark.parametrize("parse", [option_types.url, option_types.repositories])
    def test_are_refused_too_where_an_unquoted_character_cuts_them_in_two(self, parse, mark):
        with pytest.raises(SecretError):
            parse(f"https://builder:hun{mark}ter2@example.com/svn")

    def test_are_not_seen_in_an_at_sign_of_a_path(self):
        url = "https://svn.example.com/svn/a:b@c"
        assert option_types.repositories(url) == (url,)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/srv/svn", "file:///srv/svn"),
        ("file:/srv/svn", "file:///srv/svn"),
        ("file://srv/svn", "file:///srv/svn"),
        ("//svn.example.com/svn", "https://svn.example.com/svn"),
        ("svn.example.com/svn", "https://svn.example.com/svn"),
        ("svn.example.com", "https://svn.example.com"),
        ("localhost:8080/svn", "https://localhost:8080/svn"),
        ("http:/svn.example.com/svn", "http://svn.example.com/svn"),
        ("https//svn.example.com/svn", "https://svn.example.com/svn"),
        ("svn:svn.example.com/svn", "svn://svn.example.com/svn"),
        ("builder@svn.example.com:/srv/svn", "svn+ssh://builder@svn.example.com/srv/svn"),
        ("git@git.example.com:2222/group/name", "git+ssh://git@git.example.com:2222/group/name"),
        ("git@git.example.com/group/name", "git+ssh://git@git.example.com/group/name"),
        ("hg@hg.example.com:group/name", "hg+ssh://hg@hg.example.com/group/name"),
        ("hg@hg.example.com:/srv/name", "hg+ssh://hg@hg.example.com//srv/name"),
        ("git.example.com:group/name.git", "git+ssh://git.example.com/group/name.git"),
    ],
)
def test_a_repository_that_is_almost_a_url_is_answered_with_the_url(written, meant):
    with pytest.raises(ValueError, match=rf"did you mean {re.escape(meant)}\?$"):
        option_types.repositories(written)
    assert option_types.repositories(meant) == (meant,)


@pytest.mark.parametrize(
    "written",
    [
        *("git@example.com:group/name", "git@example.com:group/name.git", "git@example.com:/srv/name"),
        *("git@example.com:~me/name", "git@example.com:name/tags/1.0", "me@example.com:group/name.git"),
    ],
)
def test_a_git_repository_in_the_form_of_scp_is_accepted(written):
    assert option_types.repositories(f"{written}/") == (written,)


def test_another_user_does_not_say_which_system_it_is():
    with pytest.raises(ValueError, match=r"mean git\+ssh://me@h/group/name or svn\+ssh://me@h/group/name\?$"):
        option_types.repositories("me@h:group/name")


@pytest.mark.parametrize("written", ["svn", "./svn", "../svn", "~/svn", "var/svn", "C:\\svn", "C:/svn"])
def test_a_path_from_the_current_folder_is_answered_with_how_to_write_it(written):
    with pytest.raises(ValueError, match=r"as file:// and its whole path"):
        option_types.repositories(written)


@pytest.mark.parametrize(
    "written", ["ftp://example.com/svn", "git@example.com:", "git@example.com://x", "http://"]
)
def test_a_repository_of_another_kind_is_answered_without_a_guess(written):
    with pytest.raises(ValueError, match=r"is not the URL of a repository$"):
        option_types.repositories(written)


@pytest.fixture
def two_systems(tmp_path):
    for name in ("HEAD", "objects", "refs"):
        (tmp_path / "acme.git" / name).mkdir(parents=True)
    (tmp_path / "other/.hg").mkdir(parents=True)
    (tmp_path / "other/svn/db").mkdir(parents=True)
    (tmp_path / "other/svn/format").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "system"),
    [("acme.git/tags/1.0", "git"), ("acme/tags/v/1.0", "git"), ("other/tags/1.0", "hg")],
)
def test_the_path_of_a_tag_names_the_system_of_its_repository(two_systems, path, system):
    found = option_types.repositories(f"{two_systems}/{path}")
    assert found == (f"{system}+file://{two_systems}/{path}",)


@pytest.mark.parametrize("path", ["other/svn/tags/1.0", "other/svn/project", "none/tags/1.0", "other/1.0"])
def test_another_path_names_no_system(two_systems, path):
    with pytest.raises(ValueError, match=rf"did you mean file://{re.escape(str(two_systems))}/{path}\?$"):
        option_types.repositories(f"{two_systems}/{path}")


@pytest.mark.parametrize("start", ["", "./", "file:", "file:/"])
def test_a_path_that_is_almost_right_is_answered_with_the_url_of_its_system(two_systems, monkeypatch, start):
    monkeypatch.chdir(two_systems)
    path = "acme.git" if start in ("", "./") else f"{two_systems}/acme.git"
    with pytest.raises(
        ValueError, match=rf"did you mean git\+file://{re.escape(str(two_systems))}/acme.git\?$"
    ):
        option_types.repositories(f"{start}{path}")
