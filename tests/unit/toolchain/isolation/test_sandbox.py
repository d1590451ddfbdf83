"""Whether builds run in bubblewrap, and what a release manager is told where they cannot."""

from __future__ import annotations

import errno
import subprocess

import pytest

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.isolation import sandbox
from sdistmaker_recipe.toolchain.isolation.sandbox import choose_sandbox, may_use_bubblewrap


@pytest.fixture
def bubblewrap(monkeypatch):
    """Have a machine on which bubblewrap has this problem ("" for none)."""

    def have(problem: str) -> None:
        monkeypatch.setattr(sandbox, "_bubblewrap_problem", lambda: problem)
        monkeypatch.setattr(sandbox, "_is_installed", lambda: "not installed" not in problem)

    return have


@pytest.fixture
def tried(monkeypatch):
    """Have a machine on which an attempt to start bubblewrap ends so."""

    def have(outcome: Exception | subprocess.CompletedProcess) -> None:
        def run(*arguments, **options):
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(sandbox, "_is_installed", lambda: True)
        monkeypatch.setattr(sandbox.subprocess, "run", run)

    sandbox._bubblewrap_problem.cache_clear()
    yield have
    sandbox._bubblewrap_problem.cache_clear()


MISSING = "bubblewrap is not installed"
BROKEN = "bubblewrap does not work here (No permissions to create new namespace)"


@pytest.mark.parametrize("mode", ["auto", "bubblewrap"])
def test_it_is_used_where_it_works(bubblewrap, mode):
    bubblewrap("")
    assert choose_sandbox(mode) == (True, "")


@pytest.mark.parametrize("problem", ["", MISSING, BROKEN])
def test_none_is_none_and_says_nothing(bubblewrap, problem):
    bubblewrap(problem)
    assert choose_sandbox("none") == (False, "")
    assert not may_use_bubblewrap("none")


@pytest.mark.parametrize(
    ("problem", "warning"),
    [
        (
            MISSING,
            (
                "bubblewrap is not installed, so builds run without a sandbox. Install it "
                "(Debian: apt install bubblewrap), or set sandbox = none to hide this message."
            ),
        ),
        (
            BROKEN,
            (
                f"{BROKEN}, so builds run without a sandbox. Allow it to create user namespaces, or set "
                "sandbox = none to hide this message."
            ),
        ),
    ],
    ids=["missing", "broken"],
)
def test_by_default_builds_run_without_it_and_a_warning_says_what_to_do(bubblewrap, problem, warning):
    bubblewrap(problem)
    assert choose_sandbox("auto") == (False, warning)


def test_where_it_is_demanded_nothing_is_built_without_it(bubblewrap):
    bubblewrap(MISSING)
    with pytest.raises(ToolchainError) as caught:
        choose_sandbox("bubblewrap")
    assert caught.value.message == "bubblewrap is not installed, and sandbox = bubblewrap is set."
    assert caught.value.hint == (
        "Install it (Debian: apt install bubblewrap), or set sandbox = none to build without."
    )


def _exit(status: int, text: str) -> subprocess.CompletedProcess:
    return subprocess.CompletedProcess([], status, "", text)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "temporarily unavailable"),
        (subprocess.TimeoutExpired("bwrap", 20), "it did not answer within 20 seconds"),
        (_exit(1, "bwrap: Can't open source path: Too many open files"), "Too many open files"),
        (_exit(1, "bwrap: Creating new namespace failed: Cannot allocate memory"), "allocate memory"),
    ],
    ids=["files", "processes", "time", "files of bubblewrap", "memory"],
)
@pytest.mark.parametrize("mode", ["auto", "bubblewrap"])
def test_nothing_is_built_without_it_because_the_machine_is_busy(tried, mode, outcome, reason):
    tried(outcome)
    with pytest.raises(ToolchainError, match="It cannot be found out now whether bubblewrap works") as caught:
        choose_sandbox(mode)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    "outcome", [PermissionError(errno.EACCES, "Permission denied"), _exit(1, "bwrap: No permissions")]
)
def test_what_does_not_pass_is_a_warning(tried, outcome):
    tried(outcome)
    is_used, warning = choose_sandbox("auto")
    assert not is_used
    assert warning.startswith("bubblewrap does not work here (")


def test_whether_it_may_be_used_is_told_without_starting_it(bubblewrap):
    bubblewrap(MISSING)
    assert not may_use_bubblewrap("auto")
    bubblewrap(BROKEN)
    assert may_use_bubblewrap("auto")
