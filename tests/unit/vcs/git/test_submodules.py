"""Which submodules may be read, and what the errors for the others say."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.git.submodules import Policy, Submodule

URL = "git+https://git.example.com/a"
PARENT = "https://git.example.com/a"
SAME = Policy(("same-host",), frozenset({"git.example.com"}))


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "has no URL"),
        ("-oProxyCommand=x", "is not a URL"),
        ("https://git.example.com/b\x1b", "is not a URL"),
        ("/srv/secret", "this machine"),
        ("file:///srv/secret", "this machine"),
        ("ext://sh", "not supported"),
        ("https://other.example.com/b", "does not allow"),
    ],
)
def test_other_submodules_fail_with_the_reason_and_what_to_do(written: str, reason: str) -> None:
    with pytest.raises(RepositoryError, match=reason) as caught:
        SAME.server_of(URL, PARENT, PARENT, Submodule("b", "1" * 40, written))
    assert caught.value.hint


def test_those_of_the_same_host_and_of_hosts_that_a_glob_matches_are_read() -> None:
    for policy, host in ((SAME, "git"), (Policy(("*.example.com",), frozenset()), "other")):
        written = f"https://{host}.example.com/b"
        assert policy.server_of(URL, PARENT, PARENT, Submodule("b", "1" * 40, written)) == written
