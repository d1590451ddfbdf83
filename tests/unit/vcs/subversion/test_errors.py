"""Subversion's errors, translated into ours."""

from __future__ import annotations

import errno

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.subversion.errors import translate


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
    ("url", "number", "message", "is_transient"),
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
def test_what_may_pass_by_itself(url: str, number: int, message: str, is_transient: bool) -> None:
    assert translate(url, [(170013, "Unable to connect"), (number, message)]).is_transient == is_transient


def test_a_lost_connection_means_something_else_through_ssh() -> None:
    lost = [(210002, "closed")]
    assert "known_hosts" in translate("svn+ssh://example.com/x", lost).hint
    assert "known_hosts" not in translate("svn://example.com/x", lost).hint


@pytest.mark.parametrize(
    ("url", "number", "message", "said"),
    [
        ("https://example.com/x", 175015, "The HTTP method 'OPTIONS' is not allowed", "no Subversion server"),
        ("https://example.com/x", 175009, "Malformed", "no Subversion server"),
        ("https://example.com/x", 130003, "Malformed XML", "no Subversion server"),
        ("https://example.com/x", 200007, "The requested feature is not supported", "no Subversion server"),
        ("https://example.com/x", 175002, "Unexpected HTTP status 400 'Bad Request'", "no Subversion server"),
        ("https://example.com/x", 175002, "Unexpected HTTP status 410 'Gone' on", "no Subversion server"),
        ("https://example.com/x", 175002, "Unexpected server error 500 'Internal'", "answers with an error"),
        (
            "https://example.com/x",
            120190,
            "An error occurred during authentication",
            "user name and password",
        ),
        ("https://example.com/x", 120191, "types are not supported", "user name and password"),
        ("svn://example.com/x", 210004, "Malformed network data", "no Subversion server"),
    ],
)
def test_a_server_that_is_no_subversion_server_is_called_so_with_a_cure(url, number, message, said) -> None:
    error = translate(url, [(170013, "Unable to connect"), (number, message)])
    assert said in error.reason
    assert f"E{number}" in error.reason
    assert error.hint


LOGIN_FAILED = [(170001, "Authentication failed")]


@pytest.mark.parametrize("credentials", [None, Credentials(), Credentials("builder")])
def test_without_a_password_both_options_are_named(credentials) -> None:
    hint = translate("https://example.com/x", LOGIN_FAILED, credentials).hint
    assert "Set the options username and password-variable" in hint


def test_a_password_that_is_refused_is_not_to_be_set_but_checked() -> None:
    error = translate("https://example.com/x", LOGIN_FAILED, Credentials("builder", "hunter2"))
    assert "refused the user builder" in error.hint
    assert "Check the value of this variable" in error.hint
    assert "hunter2" not in str(error)


def test_a_password_without_a_user_misses_the_option_username() -> None:
    assert "Set username = NAME" in translate("svn://x/y", LOGIN_FAILED, Credentials(None, "hunter2")).hint


NO_REPOSITORY, NOT_ALLOWED = (180001, "Unable to open"), (175015, "The HTTP method is not allowed")


@pytest.mark.parametrize(
    ("path", "system", "name"),
    [
        ("acme.git", "git", "git"),
        ("", "git", "git"),
        ("acme.git/tags/1.0", "git", "git"),
        ("acme/tags/1.0", "git", "git"),
        ("hg", "hg", "Mercurial"),
        ("hg/one/tags/1.0", "hg", "Mercurial"),
    ],
)
def test_a_folder_of_another_system_is_answered_with_its_url(tmp_path, path, system, name) -> None:
    for part in ("HEAD", "objects", "refs"):
        (tmp_path / "acme.git" / part).mkdir(parents=True)
    (tmp_path / "hg/one/.hg").mkdir(parents=True)
    url = f"{tmp_path.as_uri()}/{path}".rstrip("/")
    assert translate(url, [NO_REPOSITORY]).hint == f"A repository of {name} is there. Write {system}+{url}"


def test_a_folder_without_any_repository_is_to_be_checked(tmp_path) -> None:
    assert "svn info" in translate(tmp_path.as_uri(), [NO_REPOSITORY]).hint


@pytest.mark.parametrize(
    ("url", "error", "meant"),
    [
        ("https://example.com/x.git", NOT_ALLOWED, "git+https://example.com/x.git"),
        ("https://example.com/x.git", (160013, "not found"), "git+https://example.com/x.git"),
        ("http://example.com/x.git/tags/1.0", (175003, ""), "git+http://example.com/x.git/tags/1.0"),
        ("svn+ssh://me@example.com/x.git", (210005, "No repository"), "git+ssh://me@example.com/x.git"),
    ],
)
def test_a_server_of_git_is_answered_with_its_url(url, error, meant) -> None:
    assert translate(url, [error]).hint == f"For a git repository write {meant}"


def test_a_web_server_may_have_another_system() -> None:
    hint = translate("https://example.com/x", [NOT_ALLOWED]).hint
    assert "svn checkout" in hint
    assert "write git+https://example.com/x, for one of Mercurial hg+https://example.com/x" in hint
