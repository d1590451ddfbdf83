"""A commit of a tag makes the release installable: Subversion's own hook, the real command, a real Apache."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Commands, program
from tests.support.history import setuptools_project
from tests.support.httpd import WebServer
from tests.support.requirements import need
from tests.support.sites import PrivateIndex
from tests.support.svndump import Change, add_file

DEADLINE = 60
"""Seconds until a test gives up waiting; how long it takes is measured elsewhere."""


@pytest.fixture
def private(tmp_path: Path, public: str, cache: Path) -> PrivateIndex:
    """An index whose repository runs the hook that the command prints, and has a trunk to tag."""
    need("svn")
    made = PrivateIndex.below(tmp_path, cache, public)
    made.history.release("acme.tool", "1.0")
    files = setuptools_project("acme.tool", "2.0")
    made.history.commit(add_file(f"acme.tool/trunk/{path}", text) for path, text in files.items())
    made.update()
    arguments = ("--repository", made.history.url, "--destination", made.folder, "--public-index", public)
    printed = made.commands.sdists_from_tags("--print-hook", *arguments)
    assert printed.status == 0, printed.output
    # A hook has next to no environment; that of tests keeps what is theirs apart from this machine's.
    exported = "".join(f"export {name}='{value}'\n" for name, value in made.commands.environment.items())
    hook = made.history.folder / "hooks/post-commit"
    hook.write_text(printed.stdout.replace("\ncd ", f"\n{exported}cd ", 1), "utf-8")
    hook.chmod(0o755)
    return made


@pytest.fixture
def apache(private: PrivateIndex, tmp_path: Path) -> Iterator[WebServer]:
    (tmp_path / "apache").mkdir()
    with private.apache(tmp_path / "apache") as server:
        yield server


def test_a_commit_of_a_tag_makes_the_release_installable(private: PrivateIndex, apache: WebServer) -> None:
    commands, url = private.commands, private.history.url
    _svn(commands, "copy", f"{url}/acme.tool/trunk", f"{url}/acme.tool/tags/2.0")
    page = f"{apache.url}/acme-tool/"
    _wait_until(lambda: b"acme_tool-2.0.tar.gz" in _read(page), private)
    python = commands.clean_python("client")
    installed = commands.pip_install(python, f"{apache.url}/", "acme.tool")
    assert installed.status == 0, installed.output
    assert commands.module_version(python, "acme_tool") == "2.0"


def test_a_commit_that_touches_no_tag_waits_for_nobody(private: PrivateIndex) -> None:
    arguments = ("--repository", private.history.url, "--destination", private.folder)
    private.history.commit([Change("add", "acme.tool/trunk/docs", "dir")])
    held = _hold_lock(private)
    try:
        done = private.commands.sdists_from_tags(*arguments, "--revision", "3", "--quiet")
        assert (done.status, done.output) == (0, "")
        touched = private.commands.sdists_from_tags(*arguments, "--revision", "1", "--quiet")
        assert touched.status == 4, touched.output
    finally:
        held.terminate()
        held.communicate()


@pytest.mark.parametrize("revision", ["99", "newest"])
def test_a_revision_that_is_none_is_an_error(private: PrivateIndex, revision: str) -> None:
    arguments = ("--repository", private.history.url, "--destination", private.folder)
    done = private.commands.sdists_from_tags(*arguments, "--revision", revision)
    assert done.status == 3, done.output
    assert revision in done.stderr


def _hold_lock(private: PrivateIndex) -> subprocess.Popen[str]:
    lock = private.folder.with_name("index-state") / "lock"
    code = "import sys, filelock\nwith filelock.FileLock(sys.argv[1]): print('held', flush=True); input()"
    command = [program("python"), "-c", code, str(lock)]
    held = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert held.stdout is not None
    assert held.stdout.readline() == "held\n"
    return held


def _svn(commands: Commands, *arguments: str) -> None:
    done = commands.run("svn", "--non-interactive", "--quiet", "--message", "Release", *arguments)
    assert done.status == 0, done.output


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def _wait_until(met, private: PrivateIndex) -> None:
    end = time.monotonic() + DEADLINE
    log = private.folder.with_name("index-state") / "hook.log"
    while not met():
        assert time.monotonic() < end, log.read_text("utf-8") if log.exists() else "the hook did not run"
        time.sleep(0.02)
