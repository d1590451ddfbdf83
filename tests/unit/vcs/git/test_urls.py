"""Where a git repository is, from the ways to write it."""

import pytest

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.git.urls import Location, host_of, identity_of, join, parse


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("git+https://h.example/g/n.git", Location("https://h.example/g/n.git")),
        ("git://h.example/g/n/", Location("git://h.example/g/n")),
        ("git@h.example:g/n.git", Location("git@h.example:g/n.git")),
        ("git+ssh://git@h.example:22/g/n.git", Location("ssh://git@h.example:22/g/n.git")),
        ("git+file:///srv/g%20h", Location(folder="/srv/g h")),
        ("/srv/git", Location(folder="/srv/git")),
        ("git+https://h.example/n.git@v1.0", Location("https://h.example/n.git", inner="tags/v1.0")),
        ("git+https://h.example/n/tags/a/1", Location("https://h.example/n", inner="tags/a/1")),
        ("git@h.example:n.git/tags/1.0", Location("git@h.example:n.git", inner="tags/1.0")),
        ("git@h.example:g/n/tags/1.0", Location("git@h.example:g/n", inner="tags/1.0")),
        ("git@h.example:g/n", Location("git@h.example:g/n")),
    ],
)
def test_a_url_says_where(url, location):
    assert parse(url) == location


@pytest.mark.parametrize("url", ["ext::sh -c x", "git+ftp://h/x", "git+file://host/x", "x"])
def test_what_is_no_url_is_an_error_with_a_hint(url):
    with pytest.raises(RepositoryError) as caught:
        parse(url)
    assert caught.value.hint


def test_one_repository_has_one_identity_whatever_the_way():
    ways = ["git+https://h.example/g/n.git", "git@H.example:g/n", "git+ssh://me@h.example:22/g/n/"]
    assert len({identity_of(way) for way in ways}) == 1
    assert identity_of("git+https://h.example:8443/g/n") != identity_of(ways[0])


@pytest.mark.parametrize(
    ("base", "relative", "expected"),
    [
        ("https://h/g/n.git", "../l.git", "https://h/g/l.git"),
        ("git@h:n.git", "../l.git", "git@h:l.git"),
        ("/srv/git/n.git", "../../l", "/srv/l"),
    ],
)
def test_relative_urls_of_submodules(base, relative, expected):
    assert join(base, relative) == expected


def test_hosts():
    assert host_of("ssh://me@H.example:22/x") == "h.example"
    assert host_of("git@h.example:x") == "h.example"
    assert host_of("/srv/x:y") == ""
