"""Names of backends, and passwords in URLs."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials, open_repository
from sdistmaker_recipe.vcs.backends import BACKENDS, refuse_password

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
