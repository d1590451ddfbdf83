"""What svn:externals means, and which externals the option follows."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs.subversion.externals import External, absolute_url, needed_option, parse

ROOT = "https://svn.example.com/svn/main"
FOLDER = f"{ROOT}/ledger/tags/1.0/src"


@pytest.mark.parametrize(
    ("line", "external"),
    [
        ("^/a vendor", ("vendor", "^/a", "HEAD", "HEAD")),
        ("^/a@7 vendor/b", ("vendor/b", "^/a", "7", "7")),
        ("-r 5 ^/a@7 vendor", ("vendor", "^/a", "5", "7")),
        ("-r5 ^/a vendor", ("vendor", "^/a", "5", "HEAD")),
        ("'^/with space@7' 'also here'", ("also here", "^/with space", "7", "7")),
        ("vendor http://example.com/a", ("vendor", "http://example.com/a", "HEAD", "HEAD")),
        ("vendor -r 5 http://example.com/a", ("vendor", "http://example.com/a", "5", "5")),
        ("vendor -r5 http://example.com/a@7", ("vendor", "http://example.com/a@7", "5", "5")),
        ("http://example.com/a@7 vendor", ("vendor", "http://example.com/a", "7", "7")),
        ("svn+ssh://jane@example.com/a vendor", ("vendor", "svn+ssh://jane@example.com/a", "HEAD", "HEAD")),
        ("-r {2010-01-02} //host/a vendor", ("vendor", "//host/a", "{2010-01-02}", "HEAD")),
        ("../../a ./vendor/", ("vendor", "../../a", "HEAD", "HEAD")),
    ],
)
def test_a_line_is_read_as_svn_reads_it(line, external):
    assert list(parse(f"# comment\n\n{line}\r\n")) == [External(*external)]


@pytest.mark.parametrize(
    "line", ["^/a", "^/a ../b", "^/a /etc/b", "^/a .", "^/a 'b", "^/a b c", "-r x ^/a b", "^/a b/../../c"]
)
def test_a_line_without_sense_is_an_error(line):
    with pytest.raises(ValueError, match=r"."):
        list(parse(line))


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("^/a/b", f"{ROOT}/a/b"),
        ("^/../other/a", "https://svn.example.com/svn/other/a"),
        ("^/a/../../other", "https://svn.example.com/svn/other"),
        ("../lib", f"{ROOT}/ledger/tags/1.0/lib"),
        ("../../../../../other", "https://svn.example.com/svn/other"),
        ("/svn/other", "https://svn.example.com/svn/other"),
        ("//elsewhere.example.com/x", "https://elsewhere.example.com/x"),
        ("HTTP://Elsewhere.example.com:80/x/", "http://elsewhere.example.com/x"),
        ("https://svn.example.com/svn/main/../secret", "https://svn.example.com/svn/secret"),
        ("https://svn.example.com/svn/main/%2e%2E/secret", "https://svn.example.com/svn/secret"),
        ("file:///etc", "file:///etc"),
    ],
)
def test_a_url_is_absolute_and_leads_nowhere_else(url, absolute):
    assert absolute_url(url, FOLDER, ROOT) == absolute


@pytest.mark.parametrize("url", ["a/b", "^a", "/../../x", "^/../../../x", "file:x"])
def test_a_url_without_sense_is_an_error(url):
    with pytest.raises(ValueError, match=r"."):
        absolute_url(url, FOLDER, ROOT)


@pytest.mark.parametrize(
    ("url", "needed"),
    [
        (f"{ROOT}/a", "same-repository"),
        (ROOT, "same-repository"),
        (f"{ROOT}-secret/a", "same-host"),
        ("http://svn.example.com:8080/x", "same-host"),
        ("svn://jane@svn.example.com/x", "same-host"),
        ("https://svn.example.com.evil.com/x", "all"),
        ("https://evil.com/svn.example.com/x", "all"),
        ("https://svn.example.com@evil.com/x", "all"),
        ("http://localhost/x", "all"),
        ("svn+ssh://svn.example.com/x", "all"),
        ("file:///etc", "never"),
        ("file://svn.example.com/etc", "never"),
    ],
)
def test_the_option_follows_what_it_names_and_less(url, needed):
    order = ["none", "same-repository", "same-host", "all"]
    for place, option in enumerate(order):
        found = needed_option(url, ROOT, f"{ROOT}/ledger", RepositorySettings(externals=option))
        is_followed = needed in order[: place + 1]
        assert found == ("" if is_followed else needed), option


def test_folders_of_this_machine_are_followed_from_such_a_repository_only():
    root = "file:///srv/svn/main"
    default = RepositorySettings(known_as=root)
    assert needed_option("file:///srv/svn/other", root, root, default) == ""
    assert needed_option("http://localhost/x", root, root, default) == ""
    assert needed_option("http://example.com/x", root, root, default) == "all"
    strict = RepositorySettings(known_as=root, externals="same-repository")
    assert needed_option("file:///srv/svn/other", root, root, strict) == "same-host"


def test_a_quicker_way_to_the_repository_opens_no_other_folder_of_this_machine():
    location, root = "file:///srv/svn/main/area", "file:///srv/svn/main"
    settings = RepositorySettings(known_as="https://svn.example.com/svn/main/area")
    assert needed_option(f"{root}/lib", root, location, settings) == ""
    assert needed_option("file:///srv/svn/secret", root, location, settings) == "never"
    assert needed_option("https://svn.example.com/svn/other", root, location, settings) == ""
    strict = RepositorySettings(known_as=settings.known_as, externals="same-repository")
    assert needed_option("https://svn.example.com/svn/main/lib", root, location, strict) == ""
    assert needed_option("https://svn.example.com/svn/other", root, location, strict) == "same-host"


def test_a_tunnel_is_followed_from_such_a_repository_only():
    root = "svn+ssh://svn.example.com/srv/main"
    assert needed_option("svn+ssh://svn.example.com/srv/x", root, root, RepositorySettings()) == ""
