"""Hook, crontab line and systemd units: shells, cron and systemd read back the command that was meant."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from sdistmaker_recipe.doors.schedules import (
    crontab,
    hooks,
    mercurial_hooks,
    post_commit_hook,
    post_receive_hook,
    systemd_units,
    unattended,
)

ODD = ["/srv/our %d $HOME/bin/it's", "-d", 'de"f a\\u;lts.py']


@pytest.mark.parametrize("hook", [post_commit_hook, post_receive_hook])
def test_a_hook_does_not_keep_who_commits_waiting(hook) -> None:
    *_, last = hook(["/srv/bin/script"], Path("/srv"), Path("/srv/log")).splitlines()
    assert last.split() == ["</dev/null", ">>/srv/log", "2>&1", "&"]


def test_a_hook_of_mercurial_does_not_keep_who_pushes_waiting() -> None:
    *_, last = mercurial_hooks(["/srv/bin/script"], Path("/srv"), Path("/srv/log"), "name").splitlines()
    assert last.startswith("commit.name = ")
    assert last.split()[-5:] == ["</dev/null", ">>/srv/log", "2>&1", "&", "}"]


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


def test_there_is_a_hook_for_each_system() -> None:
    text = hooks(["git", "mercurial", "fossil"], ["/srv/bin/script"], Path("/srv"), Path("/srv/log"), "name")
    assert text.count("#!/bin/sh\n") == 2
    assert text.count("hooks/post-receive") == 1
    assert text.count("changegroup.name = ") == 1
    assert text.count("</dev/null >>/srv/log 2>&1 &") == 4
