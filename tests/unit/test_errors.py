"""Errors: what they say, their exit status, and that they cross a process border."""

from __future__ import annotations

import pickle

import pytest

from sdistmaker_recipe.errors import (
    BuildError,
    ConfigurationError,
    LockHeldError,
    PathNotFoundError,
    Problem,
    RepositoryError,
    SdistmakerError,
    StoreError,
    ToolchainError,
)

EVERY = [
    SdistmakerError("message", "hint"),
    ConfigurationError([Problem("[a]", "jobs", "x", "is wrong"), Problem("[b]", "y", None, "is not known")]),
    RepositoryError("https://svn.example.com", "no answer", "Is it up?"),
    RepositoryError("https://svn.example.com", "no answer", "Is it up?", is_transient=True),
    PathNotFoundError("https://svn.example.com/a", "not in revision 3"),
    StoreError("disk full"),
    ToolchainError("no uv", "Install uv."),
    LockHeldError("busy"),
    BuildError("no PKG-INFO", "log", is_permanent=False),
]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_an_error_crosses_a_process_border_unchanged(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (ConfigurationError, 2),
        (RepositoryError, 3),
        (PathNotFoundError, 3),
        (StoreError, 3),
        (ToolchainError, 3),
        (LockHeldError, 4),
    ],
)
def test_each_error_has_its_exit_status(kind, status):
    assert kind.exit_status == status
    assert issubclass(kind, SdistmakerError)


def test_a_build_error_is_none_that_ends_a_run():
    assert not issubclass(BuildError, SdistmakerError)


def test_the_hint_comes_on_a_line_of_its_own():
    assert str(SdistmakerError("It broke.", "Mend it.")) == "It broke.\nMend it."
    assert str(SdistmakerError("It broke.")) == "It broke."


def test_a_repository_error_names_the_url():
    assert (
        str(RepositoryError("https://svn.example.com", "no answer")) == "https://svn.example.com: no answer"
    )
