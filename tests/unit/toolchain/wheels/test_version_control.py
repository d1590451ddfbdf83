"""What the code of a tag may ask version control."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.worker import SHIMS


@pytest.fixture
def version_control(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(SHIMS)
    from sdistmaker_observation import version_control

    return version_control


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["git", "describe", "--tags"], True),
        ([b"git", b"--version"], True),
        (["git", "-c", "core.quotepath=off", "ls-files"], True),
        (["/bin/sh", "-c", "git rev-parse HEAD 2>/dev/null"], True),
        ("hg id -i", True),
        (["svnversion", "."], True),
        (["git", "rev-parse", "--git-dir"], True),
        (["git", "--git-dir", "/elsewhere", "log"], False),
        (["git", "-C..", "log"], False),
        (["git", "-C", "/tree", "log"], True),
        (["git", "-C", "/elsewhere", "log"], False),
        (["git", "config", "user.name"], False),
        (["git"], False),
        ("git log | head", False),
        ("git log 2>log.txt", False),
        ("git log '", False),
        (["uname"], False),
        ([], False),
        (None, False),
    ],
)
def test_commands_that_ask_about_a_repository(version_control, command, expected) -> None:
    assert version_control.is_question(command, lambda path: path == "/tree") is expected


def test_a_command_that_is_run_in_another_folder(version_control) -> None:
    assert not version_control.is_question(["git", "log"], lambda path: path != "/home", "/home")
    assert version_control.is_question(["git", "log"], lambda path: path != "/home", "/tree")


def test_files_of_repositories_around_the_tree(version_control, tmp_path: Path) -> None:
    tree = str(tmp_path / "tree" / "")
    assert version_control.is_absent_file(str(tmp_path / ".git"), tree)
    assert not version_control.is_absent_file(str(tmp_path / ".profile"), tree)
    assert not version_control.is_absent_file("/elsewhere/.git", tree)
    (tmp_path / ".git").mkdir()
    assert not version_control.is_absent_file(str(tmp_path / ".git"), tree)


def test_an_assistant_asks_for_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(SHIMS)
    from sdistmaker_observation.owners import Owners

    owners = Owners(str(tmp_path))
    found = {}
    site_packages = "/env/lib/site-packages"
    for folder in (f"{site_packages}/pbr", f"{site_packages}/own", f"{tmp_path}/site-packages/pbr"):
        names = {"sys": sys, "is_assisted": owners.is_assisted}
        source = "found = is_assisted(sys._getframe())"
        exec(compile(source, f"{folder}/core.py", "exec"), names)
        found[folder] = names["found"]
    assert list(found.values()) == [True, False, False]
