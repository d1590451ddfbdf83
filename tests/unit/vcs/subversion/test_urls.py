"""URLs as Subversion spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.subversion.urls import canonical_url, path_below, same_server, url_of


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTP://Example.COM:80/", "http://example.com"),
        ("https://example.com:443/Svn//a/./b/", "https://example.com/Svn/a/b"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://example.com:/x", "https://example.com/x"),
        ("svn://example.com:3690/x", "svn://example.com/x"),
        ("svn+ssh://Jane@Example.com/x", "svn+ssh://Jane@example.com/x"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("file:///srv/My Project", "file:///srv/My%20Project"),
        ("file:///srv/ü%c3%bc%7E", "file:///srv/%C3%BC%C3%BC~"),
        ("file:///srv/100%", "file:///srv/100%25"),
        ("file:///srv/100%25", "file:///srv/100%25"),
        ("file:///srv/a?b#c;d", "file:///srv/a%3Fb%23c%3Bd"),
        ("file:///srv/a%3fb%40c@d", "file:///srv/a%3Fb@c@d"),
        ("  file:///srv/x\n", "file:///srv/x"),
    ],
)
def test_canonical_urls(written: str, canonical: str) -> None:
    assert canonical_url(written) == canonical


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_a_canonical_url_is_the_one_libsvn_makes(path: str) -> None:
    subr = pytest.importorskip("subvertpy.subr")
    url = f"http://example.com/x{path}x"  # what a URL begins and ends with is cut
    made = canonical_url(url)
    assert canonical_url(made) == made
    if "%" not in path:  # libsvn, unlike us, keeps a "." that was written as %2E
        assert made == subr.uri_canonicalize(url)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda path: "/" not in path))
def test_any_name_survives_the_way_into_a_url_and_back(name: str) -> None:
    root = "https://example.com/svn"
    assert path_below(root, url_of(root, f"a/{name}")) == f"a/{name}"


def test_of_nothing_below_it_is_the_url_itself() -> None:
    assert url_of("file:///srv/x", "") == "file:///srv/x"
    assert path_below("file:///srv/x", "file:///srv/x") == ""


@pytest.mark.parametrize("url", ["ftp://example.com/x", "http:/example.com", "/srv/svn", "", "://x"])
def test_what_subversion_cannot_read_is_no_url(url: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        canonical_url(url)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("url", "realm", "same"),
    [
        ("https://example.com/svn", "<https://example.com:443> Company", True),
        ("https://example.com:8443/svn", "<https://EXAMPLE.com:8443> a/b", True),
        ("http://example.com/svn", "<https://example.com:443> Sent on to https", True),
        ("https://example.com/svn", "<http://example.com:80> Sent on to http", False),
        ("svn://example.com/svn", "<svn://example.com:3690> Words", True),
        ("svn+ssh://reader@example.com/svn", "<https://example.com:443> Words", True),
        ("http://[::1]:80/svn", "<http://[::1]:80> Words", True),
        ("https://example.com/svn", "<https://example.com.example.org:443> Words", False),
        ("https://example.com/svn", "<https://example.org:443> <https://example.com:443>", False),
        ("https://example.com/svn", "", False),
        ("https://example.com/svn", "example.com", False),
        ("file:///srv/svn", "<https://example.com:443> Words", False),
    ],
)
def test_which_servers_may_hear_the_password(url: str, realm: str, same: bool) -> None:
    assert same_server(url, realm) is same
