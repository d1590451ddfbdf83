"""The pure parts of reading repositories: names of backends, URLs, errors, settings of the process."""

from __future__ import annotations

import errno
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials, open_repository
from sdistmaker_recipe.vcs.backends import BACKENDS, refuse_password
from sdistmaker_recipe.vcs.subversion.common import (
    canonical_url,
    join,
    path_below,
    revision_number,
    same_server,
    time_of,
)
from sdistmaker_recipe.vcs.subversion.errors import translate
from sdistmaker_recipe.vcs.subversion.process import SSH, batch_ssh, configuration_files, system_certificates

# backends by name


def test_an_unknown_backend_lists_those_known() -> None:
    with pytest.raises(RepositoryError, match="'cvs'") as caught:
        open_repository("file:///srv/svn", "cvs")
    for name in ("auto", *BACKENDS):
        assert name in caught.value.hint


@pytest.mark.parametrize(
    "url", ["ftp://example.com/x", "/srv/svn", "svn:", "", "example.com/svn", "svn+://x/y"]
)
def test_auto_refuses_what_no_backend_serves(url: str) -> None:
    with pytest.raises(RepositoryError, match="no backend") as caught:
        open_repository(url)
    assert "file:///" in caught.value.hint


# passwords


@pytest.mark.parametrize(
    "url",
    [
        "https://reader:geheim@example.com/svn",
        "https://reader:geheim@example.com:8443/svn",
        "svn+ssh://reader:geheim@example.com/svn",
        "https://reader:geh/eim@example.com/svn",
        "https://reader:geh@eim@example.com/svn",
        "https://reader:geh:eim@example.com/svn",
        "https://:geheim@example.com/svn",
        "https://reader:@example.com/svn",
        " HTTPS://reader:geheim@[::1]/svn",
    ],
)
@pytest.mark.parametrize("backend", ["auto", "subversion", "subversion-cli", "unknown"])
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str, backend: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        open_repository(url, backend)
    assert "geh" not in str(caught.value) + repr(caught.value)
    assert "eim" not in str(caught.value) + repr(caught.value)
    assert "password-variable" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "https://reader@example.com/svn",
        "https://example.com:8443/svn/a:b@c",
        "https://example.com:/svn/a@b",
        "https://[::1]:8443/svn/a@b",
        "svn+ssh://reader@example.com:22/svn@x",
        "file:///srv/a:b@c",
        "/srv/a:b@c",
        "",
    ],
)
def test_other_urls_are_not_refused(url: str) -> None:
    refuse_password(url)


def test_credentials_do_not_show_the_password() -> None:
    assert "geheim" not in repr(Credentials("reader", "geheim"))


# URLs


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
    assert path_below(root, join(root, f"a/{name}")) == f"a/{name}"


def test_joining_nothing_gives_the_url_itself() -> None:
    assert join("file:///srv/x", "") == "file:///srv/x"
    assert path_below("file:///srv/x", "file:///srv/x") == ""


@pytest.mark.parametrize("url", ["ftp://example.com/x", "http:/example.com", "/srv/svn", "", "://x"])
def test_what_subversion_cannot_read_is_no_url(url: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        canonical_url(url)
    assert caught.value.hint


@pytest.mark.parametrize("revision", ["", "x", "-1", "1.0", "HEAD", "٣", "{2020-01-01}", "1:2", " 1"])
def test_only_numbers_are_revisions(revision: str) -> None:
    with pytest.raises(RepositoryError, match="is not a revision"):
        revision_number("file:///x", revision)


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


# errors


def test_an_error_keeps_subversions_own_words() -> None:
    error = translate(
        "svn://example.com/x",
        [(170013, "Unable to connect"), (errno.ECONNREFUSED, "Can't connect:\nrefused")],
    )
    assert error.reason == "no server answers there (E000111: Can't connect: refused)"
    assert error.url == "svn://example.com/x"


def test_an_error_nobody_thought_of_is_passed_on() -> None:
    error = translate("svn://example.com/x", [(123456, "Something new"), (0, "explained\nhere")])
    assert (error.reason, error.hint) == ("explained here", "")
    assert "did not say why" in translate("svn://example.com/x", []).reason


def test_a_missing_external_does_not_make_the_folder_missing() -> None:
    missing = [(170000, "URL 'x' doesn't exist")]
    assert type(translate("file:///x", missing)) is PathNotFoundError
    error = translate("file:///x", [*missing, (205011, "Failure with externals")])
    assert type(error) is RepositoryError
    assert "doesn't exist" in error.reason


@pytest.mark.parametrize(
    ("url", "number", "message", "passing"),
    [
        ("svn://example.com/x", errno.ECONNREFUSED, "", True),
        ("svn://example.com/x", errno.ECONNRESET, "", True),
        ("svn://example.com/x", errno.ETIMEDOUT, "", True),
        ("svn://example.com/x", 210002, "Connection closed unexpectedly", True),
        ("https://example.com/x", 175012, "timed out waiting for server", True),
        ("https://example.com/x", 120106, "truncated", True),
        ("https://example.com/x", 175002, "Unexpected HTTP status 503 'Service Unavailable' on '/x'", True),
        ("https://example.com/x", 175002, "Unexpected HTTP status 504 'Gateway Timeout' on '/x'", True),
        ("https://example.com/x", 175002, "Unexpected HTTP status 405 'Method Not Allowed' on '/503'", False),
        ("https://example.com/x", 175013, "Access to '/x' forbidden", False),
        ("https://example.com/x", 170001, "", False),
        ("https://example.com/x", 230001, "", False),
        ("https://example.com/x", 120171, "", False),
        ("https://example.com/x", 670002, "", False),
        ("https://example.com/x", 160013, "", False),
        ("svn+ssh://example.com/x", 210002, "To better debug SSH connection problems", False),
        ("https://example.com/x", 123456, "", False),
    ],
)
def test_what_may_pass_by_itself(url: str, number: int, message: str, passing: bool) -> None:
    assert translate(url, [(170013, "Unable to connect"), (number, message)]).passing == passing


def test_a_lost_connection_means_something_else_through_ssh() -> None:
    lost = [(210002, "closed")]
    assert "known_hosts" in translate("svn+ssh://example.com/x", lost).hint
    assert "known_hosts" not in translate("svn://example.com/x", lost).hint


# settings of the process


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", SSH),
        ("[tunnels]\n# ssh = plink\n\n[auth]\nssh = no\n", SSH),
        ("[tunnels]\nother = ssh\n", SSH),
        ("[auth]\n[tunnels]\nrsh = rsh\nssh = $SVN_SSH plink\n", None),
        ("[tunnels]\nssh: plink\n", None),
    ],
)
def test_ssh_is_only_chosen_for_who_chose_none(tmp_path: Path, text: str, wanted: str | None) -> None:
    (tmp_path / "config").write_text(text)
    files = [tmp_path / "missing", tmp_path / "config"]
    assert batch_ssh({}, files) == wanted
    assert batch_ssh({"SVN_SSH": "plink"}, files) is None


def test_ssh_asks_nothing() -> None:
    assert "-o BatchMode=yes" in SSH
    assert SSH.endswith(" --"), "a host that begins with a dash is no option"


def test_where_settings_are_looked_for() -> None:
    system = Path("/etc/subversion/config")
    assert configuration_files({}) == (system,)
    assert configuration_files({"HOME": "/home/reader"}) == (system, Path("/home/reader/.subversion/config"))


def test_certificates_are_those_of_pythons_openssl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert system_certificates() == {"SSL_CERT_DIR": str(tmp_path)}


# times


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("2026-01-02T03:04:05.000006Z", 6), ("2026-01-02T03:04:05.7Z", 7), ("2026-01-02T03:04:05Z", 0)],
)
def test_a_time_is_told_as_libsvn_tells_that_of_an_entry(text: str, microseconds: int) -> None:
    assert time_of(text) == datetime(2026, 1, 2, 3, 4, 5, microseconds, tzinfo=timezone.utc)


def test_no_time_is_the_beginning_of_time() -> None:
    assert time_of("").timestamp() == 0
