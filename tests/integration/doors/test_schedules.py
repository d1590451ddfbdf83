"""Hooks, run as Subversion, git and Mercurial run them."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from sdistmaker_recipe.doors.schedules import mercurial_hooks, post_commit_hook, post_receive_hook
from tests.support.requirements import need

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


class Pushes:
    """A working copy and the repository on a server that it pushes to; ``script`` writes what it got."""

    def __init__(self, folder: Path, script: Path) -> None:
        self.folder, self.script = folder, script
        self.copy, self.server = folder / "copy", folder / "server"
        self.log = folder / "a state's folder/a log"
        home = folder / "home"
        home.mkdir()
        # Nothing of the user who runs the tests; what a user of git may have set is there.
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "HGRCPATH": "", "HGUSER": "me"}
        self.environment |= {"GIT_CONFIG_NOSYSTEM": "1", "LANG": "C.UTF-8"}
        for role in ("AUTHOR", "COMMITTER"):
            self.environment |= {f"GIT_{role}_NAME": "me", f"GIT_{role}_EMAIL": "me@example.com"}

    def __call__(self, *command: str | Path, **environment: str) -> None:
        subprocess.run(command, cwd=self.copy, env={**self.environment, **environment}, check=True)

    def ran(self) -> list[str]:
        """What the script wrote; it runs in the background."""
        end = time.monotonic() + 30
        while not (ran := self.folder / "ran").exists() or not ran.read_text().endswith("end\n"):
            assert time.monotonic() < end, self.log.read_text() if self.log.exists() else "it did not run"
            time.sleep(0.01)
        text = ran.read_text()
        ran.unlink()
        return text.splitlines()

    def ran_nothing(self) -> bool:
        """Whether the hook started nothing; it would have made the folder of the log first."""
        return not self.log.parent.exists()


@pytest.fixture
def pushes(tmp_path: Path, script: Path) -> Pushes:
    variables = 'env | sed -n "s/^\\(GIT_[A-Z]*\\)=.*/\\1/p" | grep -v "_AUTHOR\\|_COMMITTER\\|_CONFIG"'
    lines = ["#!/bin/sh", f"exec >{tmp_path}/ran", "pwd", 'printf "%s\\n" "$@"', variables]
    executable(script, "\n".join([*lines, "read -r line && exit", "echo end\n"]))
    return Pushes(tmp_path, script)


def test_a_push_of_tags_to_git_runs_the_command_without_the_variables_of_hooks(pushes: Pushes) -> None:
    need("git")
    subprocess.run(["git", "init", "-q", "--bare", pushes.server], env=pushes.environment, check=True)
    subprocess.run(["git", "init", "-q", pushes.copy], env=pushes.environment, check=True)
    hook = post_receive_hook([str(pushes.script), *ODD[1:]], pushes.script.parent, pushes.log)
    executable(pushes.server / "hooks/post-receive", hook)
    expected = [str(pushes.script.parent), *ODD[1:], "end"]
    pushes("git", "-C", pushes.server, "config", "receive.advertisePushOptions", "true")
    pushes("git", "commit", "-q", "--allow-empty", "-m", "one")
    pushes("git", "push", "-q", pushes.server, "HEAD:refs/heads/main", "HEAD:refs/heads/tags/1.0")
    assert pushes.ran_nothing()
    pushes("git", "tag", "1.0")
    pushes("git", "push", "-q", pushes.server, "1.0", "HEAD:refs/heads/other")
    assert pushes.ran() == expected
    pushes("git", "tag", "-a", "-m", "odd", "1.1;$(touch)'\"")
    pushes("git", "push", "-q", "--push-option=a b", pushes.server, "--tags", GIT_PROTOCOL="version=2")
    assert pushes.ran() == expected
    pushes("git", "push", "-q", pushes.server, ":refs/tags/1.0")
    assert pushes.ran() == expected


def test_a_push_to_mercurial_and_a_tag_in_it_run_the_command_for_the_first_changeset(pushes: Pushes) -> None:
    need("hg")
    hg = ["hg", "--config", "ui.interactive=no"]
    subprocess.run([*hg, "init", str(pushes.server)], env=pushes.environment, check=True)
    subprocess.run([*hg, "clone", "-q", pushes.server, pushes.copy], env=pushes.environment, check=True)
    command = [str(pushes.script), *ODD[1:], "two\nlines"]
    hooks = mercurial_hooks(command, pushes.script.parent, pushes.log, "sdists_from_tags")
    (pushes.server / ".hg/hgrc").write_text(hooks)
    (pushes.copy / "file").write_text("text")
    pushes(*hg, "commit", "-q", "-A", "-m", "one")
    pushes(*hg, "tag", "1.0")
    assert pushes.ran_nothing()
    pushes(*hg, "push", "-q", pushes.server)
    expected = [str(pushes.script.parent), *ODD[1:], "two", "lines", "--revision"]
    *ran, first, end = pushes.ran()
    assert (ran, end) == (expected, "end")
    pushes(*hg, "--cwd", pushes.server, "tag", "-f", "-r", "0", "2.0")
    *ran, second, end = pushes.ran()
    assert (ran, end) == (expected, "end")
    known = subprocess.run(
        [*hg, "log", "--cwd", pushes.server, "-T", "{node} ", "-r", "0+tip"],
        env=pushes.environment,
        check=True,
        capture_output=True,
    )
    assert known.stdout.decode().split() == [first, second]
