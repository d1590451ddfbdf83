"""Hook, crontab line and systemd units: shells, cron and systemd read back the command that was meant."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from sdistmaker_recipe.doors.schedules import crontab, post_commit_hook, systemd_units, unattended

ODD = ["/srv/our %d $HOME/bin/it's", "-d", 'de"f a\\u;lts.py']


def executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A program that writes down its arguments, in a folder with an odd name."""
    folder = tmp_path / ODD[0].strip("/").replace("/", "-")
    folder.mkdir()
    return executable(folder / "script", f'#!/bin/sh\n(pwd; printf "%s\\n" "$@") >>{tmp_path}/ran\n')


def test_a_hook_runs_the_command_for_its_revision(tmp_path: Path, script: Path) -> None:
    log = tmp_path / "a state's folder/a log"
    text = post_commit_hook([str(script), *ODD[1:]], script.parent, log)
    hook = executable(tmp_path / "post-commit", text.replace(" &\n", "\n"))
    subprocess.run([hook, "/srv/repository", "17"], check=True)
    ran = (tmp_path / "ran").read_text().splitlines()
    assert ran == [str(script.parent), *ODD[1:], "--revision", "17"]
    assert log.exists(), "also where no run made that folder yet"


def test_a_hook_does_not_keep_who_commits_waiting() -> None:
    *_, last = post_commit_hook(["/srv/bin/script"], Path("/srv"), Path("/srv/log")).splitlines()
    assert last.split() == ["</dev/null", ">>/srv/log", "2>&1", "&"]


def test_a_crontab_line_is_the_command_as_a_shell_reads_it() -> None:
    *_, line = crontab(ODD, Path("/srv/100%")).splitlines()
    times, command = line.split(" ", 5)[:5], line.split(" ", 5)[5]
    assert times == ["*/15", "*", "*", "*", "*"]
    assert "%" not in command.replace(r"\%", "")
    assert shlex.split(command.replace(r"\%", "%")) == ["cd", "/srv/100%", "&&", *ODD]


def test_systemd_units_name_the_command_and_the_account() -> None:
    text = systemd_units(ODD, Path("/srv/100% here"), "sdists", "packages")
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert line == ('ExecStart="/srv/our %%d $$HOME/bin/it\'s" -d "de\\"f a\\\\u;lts.py"')
    assert "User=packages\nWorkingDirectory=/srv/100%% here\n" in text
    assert "sdists.service" in text
    assert "sdists.timer" in text


@pytest.mark.parametrize(
    ("verbosity_given", "wait_given", "added"),
    [
        (False, False, ["--quiet", "--wait", "600"]),
        (True, False, ["--wait", "600"]),
        (False, True, ["--quiet"]),
        (True, True, []),
    ],
)
def test_an_unattended_command_is_quiet_and_waits_unless_its_flags_say_otherwise(
    verbosity_given: bool, wait_given: bool, added: list[str]
) -> None:
    assert unattended(ODD, verbosity_given=verbosity_given, wait_given=wait_given) == [
        ODD[0],
        *added,
        *ODD[1:],
    ]
