"""A post-commit hook, run as Subversion runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sdistmaker_recipe.doors.schedules import post_commit_hook

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
