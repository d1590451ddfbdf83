"""The command on a real terminal, and repositories in which it finds nothing."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import Commands, program
from tests.support.history import History

BROKEN = {"setup.py": "raise RuntimeError('no such luck')\n"}


def on_terminal(commands: Commands, *arguments: str, **environment: str) -> tuple[int, str]:
    """The status of ``sdists_from_tags`` and all that it writes to a terminal."""
    ours, its = pty.openpty()
    started = subprocess.Popen(
        [program("sdists_from_tags"), *arguments],
        cwd=commands.folder,
        env={**commands.environment, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    written = b""
    while True:
        try:
            if not (some := os.read(ours, 65536)):
                break
        except OSError:  # Linux says so when the other end is closed
            break
        written += some
    os.close(ours)
    return started.wait(), written.decode().replace("\r\n", "\n")


@pytest.fixture
def empty(history: History) -> History:
    history.release("pkg", "1.0")
    history.delete("pkg/tags/1.0")
    return history


def test_equal_failures_and_the_next_step_are_shown_in_colours(history: History, commands: Commands) -> None:
    history.release("good", "1.0")
    for number in range(4):
        history.add_tag("broken", f"1.{number}", BROKEN)
    arguments = ("--repository", history.url, "--destination", "index")
    status, text = on_terminal(commands, *arguments)
    assert status == 1
    failure = "failed broken: 4 tags (1.0 … 1.3): RuntimeError: no such luck"
    assert f"\x1b[31m{failure}\x1b[0m\n" in text
    assert text.count("    log of 1.3: ") == 1
    assert "\x1b[32m    good-1.0.tar.gz\x1b[0m\n" in text
    assert f"    Include {commands.folder / 'index-apache.conf'}\n" in text

    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        status, text = on_terminal(commands, *arguments, "--strict", **environment)
        assert status == 1
        # Only the progress bar moves the cursor, and a dumb terminal has none.
        assert "\x1b[3" not in text
        assert ("Next step" in text) == ("NO_COLOR" in environment)


def test_a_repository_without_tags_is_an_error_and_leaves_no_archive(
    empty: History, commands: Commands
) -> None:
    arguments = ("--repository", empty.url, "--destination", "index")
    done = commands.sdists_from_tags(*arguments)
    assert done.status == 1
    assert "pkg has trunk, its tags folder is empty\nMake a release: svn copy " in done.stdout
    assert "--allow-empty" in done.stdout
    assert commands.sdists_from_tags(*arguments, "--allow-empty").status == 0


def test_a_first_run_that_finds_nothing_leaves_nothing_behind(history: History, commands: Commands) -> None:
    history.release("pkg", "1.0")
    before = sorted(commands.folder.rglob("*"))
    for wrong in ("/pkg/tags", "/pkg/tags/1.0"):
        done = commands.sdists_from_tags("--repository", history.url + wrong, "--destination", "srv/index")
        assert done.status == 1
        assert "no release tag of any project is there" in done.stdout
        assert sorted(commands.folder.rglob("*")) == before


def test_buildout_keeps_the_script_of_a_part_that_finds_nothing(empty: History, commands: Commands) -> None:
    config = f"""\
[buildout]
parts = sdists

[sdists]
recipe = sdistmaker_recipe
repository = {empty.url}
destination = index
"""
    for _ in range(2):
        done = commands.buildout(config)
        assert "its tags folder is empty" in done.output, done.output
        assert (commands.folder / "bin/sdists_from_tags").exists()


def test_what_has_no_shape_is_escaped(history: History, commands: Commands) -> None:
    history.add_tag("pkg", "1.0", {"setup.py": "raise RuntimeError('abc\\u202egz.rat')\n"})
    done = commands.sdists_from_tags("--repository", history.url, "--destination", "index")
    assert "\u202e" not in done.output
    assert done.status == 1
    log = next(Path(commands.folder / "index-state/logs").iterdir())
    assert str(log) in done.output


def test_a_first_run_that_fails_leaves_nothing_behind(commands: Commands, tmp_path: Path) -> None:
    before = sorted(commands.folder.rglob("*"))
    done = commands.sdists_from_tags(
        "--repository", (tmp_path / "nowhere").as_uri(), "--destination", "srv/packages/index"
    )
    assert done.status == 3
    assert sorted(commands.folder.rglob("*")) == before


def test_a_failed_make_sdist_ends_with_the_reason_and_keeps_the_traceback_in_the_log(
    history: History, commands: Commands
) -> None:
    history.add_tag("broken", "1.0", BROKEN)
    done = commands.make_sdist(f"{history.url}/broken/tags/1.0", "dist")
    assert done.status == 1
    last = done.stderr.splitlines()[-1]
    assert last == f"failed {history.url}/broken/tags/1.0: RuntimeError: no such luck"
    assert "Traceback" not in done.stderr
    (log,) = (commands.folder / "dist-state/logs").iterdir()
    assert "Traceback" in log.read_text()


def test_explain_changes_nothing_and_says_whether_something_is_known(
    history: History, commands: Commands
) -> None:
    history.release("pkg", "1.0")
    arguments = ("--repository", history.url, "--destination", "index", "--explain")
    known = commands.sdists_from_tags(*arguments, "pkg 1.0")
    assert (known.status, "next run: builds this tag" in known.stdout) == (0, True), known.output
    assert commands.sdists_from_tags(*arguments, "nowhere").status == 1
    assert not (commands.folder / "index").exists()
    assert not (commands.folder / "index-state").exists()
