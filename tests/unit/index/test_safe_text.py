"""Text and addresses of unknown origin: what a page may show, and where it may lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.index.safe_text import hide_repository_urls, one_line, tag_link, web_link
from tests.unit.values import UUID, a_release

ANY = st.text(st.characters(codec=None))


class TestOneLine:
    @given(ANY)
    def test_is_printable_short_and_can_be_encoded(self, text):
        line = one_line(text, 40)
        assert line.isprintable()
        assert len(line) <= 40
        assert line == line.strip()
        line.encode()

    @given(st.lists(st.text("aZ<&\"'\u00e4\u4e2d", min_size=1), max_size=5))
    def test_keeps_words(self, words):
        assert one_line("\n".join(words), 1000).split() == words

    def test_shows_that_something_is_cut(self):
        assert one_line("a" * 20, 10) == "aaaaaaa..."

    def test_keeps_none_of_what_turns_the_direction_of_writing(self):
        assert one_line("a\u202eb\x1b[31mc") == "a b [31mc"


class TestWebLink:
    @pytest.mark.parametrize(
        "address",
        [
            "https://example.com",
            "http://example.com/a?b=c&d#e",
            "HTTPS://example.com:8443/ä",
            " https://example.com ",
        ],
    )
    def test_is_the_address_of_a_web_page(self, address):
        assert web_link(address) == address.strip()

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "UNKNOWN",
            "example.com",
            "//example.com",
            "/simple/",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)//https://example.com",
            "java\nscript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
            "ftp://example.com/",
            "https:example.com",
            "https:///path",
            "https://",
            "https://example.com/a b",
            "https://example.com/\x00",
            "https://example.com\\@evil.example.com",
            f"https://example.com/{'a' * 3000}",
        ],
    )
    def test_is_nothing_else(self, address):
        assert web_link(address) == ""

    @given(ANY)
    def test_never_raises(self, address):
        assert web_link(address) in ("", address.strip())


class TestTagLink:
    def test_puts_path_and_revision_where_they_are_named(self):
        release = a_release("1.0", origin=f"{UUID}/acme/tags/1.0", revision="17")
        link = tag_link("https://trac.example.com/browser/{path}?rev={revision}", release)
        assert link == "https://trac.example.com/browser/acme/tags/1.0?rev=17"

    @pytest.mark.parametrize(
        "browse_url", ["https://viewvc.example.com/svn", "https://viewvc.example.com/svn/"]
    )
    def test_ends_with_the_path_where_it_is_not_named(self, browse_url):
        release = a_release("1.0", origin=f"{UUID}/acme/tags/1.0")
        assert tag_link(browse_url, release) == "https://viewvc.example.com/svn/acme/tags/1.0"

    def test_is_empty_without_browse_url(self):
        assert tag_link("", a_release()) == ""

    def test_is_empty_where_no_tag_is_known(self):
        release = a_release(origin="adopted:acme/acme-1.0.tar.gz", revision="")
        assert tag_link("https://example.com/{path}", release) == ""

    def test_is_never_a_script(self):
        assert tag_link("javascript:alert('{path}')", a_release()) == ""

    def test_replaces_nothing_in_what_it_put_there(self):
        release = a_release(origin=f"{UUID}/{{revision}}/tags/1", revision="17")
        assert tag_link("https://example.com/{path}", release) == "https://example.com/%7Brevision%7D/tags/1"

    @given(ANY, ANY)
    def test_quotes_whatever_a_tag_is_named(self, path, revision):
        release = a_release(origin=f"{UUID}/{path}", revision=revision)
        link = tag_link("https://example.com/?at={revision}&of={path}", release)
        assert link == "" or (link.isascii() and not set(link) & set("<>\"' \n"))


class TestHideRepositoryUrls:
    SVN = "https://svn.example.com/svn"

    @pytest.mark.parametrize(
        ("reason", "shown"),
        [
            (f"from {SVN}/acme/tags/1.0; the first stays.", "from acme/tags/1.0; the first stays."),
            (f"from {SVN}/group/acme/tags/1.0", "from in it/acme/tags/1.0"),
            (f"at {SVN}: no", "at the repository: no"),
            (f"at '{SVN}/group'", "at 'in it'"),
            (f"at {SVN}2/x", f"at {SVN}2/x"),
            ("URL 'file:///srv/secret/svn/lib' doesn't exist", "URL '.../lib' doesn't exist"),
            ("svn+ssh://me@host.example.com/a/b", ".../b"),
            ("see https://docs.example.com/x", "see https://docs.example.com/x"),
        ],
    )
    def test_names_paths_from_the_root(self, reason, shown):
        repositories = [(self.SVN, ""), (f"{self.SVN}/group", "in it")]
        assert hide_repository_urls(reason, repositories) == shown
