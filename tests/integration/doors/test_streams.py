"""The commands where nobody can read what they print: the work is done, and the exit status tells."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.support.commands import ONE_JOB, WITHOUT_WHEELS, Commands, Done, index_files, program
from tests.support.history import History

FULL = "Standard output cannot be written: No space left on device\n"


@pytest.fixture
def released(history: History) -> History:
    """A history with one release."""
    history.release("acme", "1.0")
    return history


def run_into(commands: Commands, redirection: str, *command: str | Path) -> Done:
    """Run a command whose streams a shell sends elsewhere."""
    return commands.run("sh", "-c", f"exec {shlex.join(map(str, command))} {redirection}")


@pytest.mark.parametrize("redirection", [">&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>&1", ">/dev/full"])
def test_a_run_publishes_all_the_same(released: History, commands: Commands, redirection: str) -> None:
    arguments = ("--repository", released.url, "--destination", "index", *ONE_JOB, *WITHOUT_WHEELS)
    done = run_into(commands, redirection, program("sdists_from_tags"), *arguments)
    assert done.status == 0, done.output
    assert index_files(commands.folder / "index") == ["acme/acme-1.0.tar.gz"]
    assert done.stderr == (f"warning: {FULL}" if redirection == ">/dev/full" else "")


@pytest.mark.parametrize("flag", ["--json", "--help", "--print-example-defaults", "--print-cron"])
def test_what_is_asked_for_and_cannot_be_written_is_an_error(
    released: History, commands: Commands, flag: str
) -> None:
    arguments = ("--repository", released.url, "--destination", "index", "--dry-run", flag)
    done = run_into(commands, ">/dev/full", program("sdists_from_tags"), *arguments)
    assert (done.status, done.stderr) == (3, f"error: {FULL}")


def test_the_reader_of_a_pipe_may_go(commands: Commands) -> None:
    command = shlex.join([str(program("sdists_from_tags")), "--print-cron"])
    done = commands.run("bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.status, done.output) == (0, "")
