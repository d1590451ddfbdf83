"""A tag that is committed or pushed makes the release installable: real hooks, the real command."""

from __future__ import annotations

import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files, program
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


def test_a_commit_waits_for_a_run_whose_catalog_it_cannot_read(private: PrivateIndex) -> None:
    arguments = ("--repository", private.history.url, "--destination", private.folder)
    private.history.commit([Change("add", "acme.tool/trunk/docs", "dir")])
    catalog = private.folder.with_name(f"{private.folder.name}-state") / "catalog.sqlite3"
    held = _hold_lock(private)
    try:
        with closing(sqlite3.connect(catalog)) as connection:
            # As in a transaction that is larger than SQLite's cache.
            connection.execute("BEGIN EXCLUSIVE")
            done = private.commands.sdists_from_tags(*arguments, "--revision", "3")
        assert (done.status, "--wait SECONDS" in done.stderr) == (4, True), done.output
    finally:
        held.terminate()
        held.communicate()


@pytest.mark.parametrize("revision", ["99", "newest"])
def test_a_revision_that_is_none_is_an_error(private: PrivateIndex, revision: str) -> None:
    arguments = ("--repository", private.history.url, "--destination", private.folder)
    done = private.commands.sdists_from_tags(*arguments, "--revision", revision)
    assert done.status == 3, done.output
    assert revision in done.stderr


class Pushed:
    """A project on a server of git or Mercurial with the printed hook, and a clone that is pushed from."""

    def __init__(self, system: str, commands: Commands, folder: Path) -> None:
        self.system, self.commands = system, commands
        self.server, self.clone = folder / "acme.tool", folder / "clone"
        self.index = commands.folder / "index"
        names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "HGUSER")
        self.environment = dict.fromkeys(names, "me")
        self.run(system, "init", "-q", *(["--bare"] if system == "git" else []), self.server)
        self.run(system, "clone", "-q", self.server, self.clone)
        self.commit("1.0")

    def run(self, *command: str | Path) -> None:
        done = self.commands.run(*command, environment=self.environment)
        assert done.status == 0, done.output

    def commit(self, version: str) -> None:
        for path, text in setuptools_project("acme.tool", version).items():
            (self.clone / path).write_text(text)
        if self.system == "git":
            self.run("git", "-C", self.clone, "add", ".")
            self.run("git", "-C", self.clone, "commit", "-q", "-m", version)
        else:
            self.run("hg", "--cwd", self.clone, "commit", "-q", "-A", "-m", version)

    def tag(self, version: str) -> None:
        if self.system == "git":
            self.run("git", "-C", self.clone, "tag", version)
        else:
            self.run("hg", "--cwd", self.clone, "tag", version)

    def push(self) -> None:
        if self.system == "git":
            self.run("git", "-C", self.clone, "push", "-q", "--tags", "origin", "HEAD:main")
        else:
            self.run("hg", "--cwd", self.clone, "push", "-q")

    def install_hook(self) -> None:
        url = f"{'git' if self.system == 'git' else 'hg'}+{self.server.as_uri()}"
        printed = self.commands.sdists_from_tags(
            "--print-hook", "--repository", url, "--destination", self.index
        )
        assert printed.status == 0, printed.output
        if self.system == "hg":
            (self.server / ".hg/hgrc").write_text(printed.stdout)
        else:
            hook = self.server / "hooks/post-receive"
            hook.write_text(printed.stdout)
            hook.chmod(0o755)

    @property
    def published(self) -> list[str]:
        return index_files(self.index)

    @property
    def log(self) -> Path:
        return self.index.with_name("index-state") / "hook.log"


@pytest.mark.parametrize("system", ["git", "hg"])
def test_a_push_of_a_tag_publishes_the_release(system: str, commands: Commands, tmp_path: Path) -> None:
    need(system)
    made = Pushed(system, commands, tmp_path)
    made.install_hook()
    made.tag("1.0")
    made.push()
    _wait_for(lambda: made.published == ["acme-tool/acme_tool-1.0.tar.gz"], made.log)
    made.commit("1.1")
    made.push()
    made.tag("1.1")
    made.push()
    both = [f"acme-tool/acme_tool-{version}.tar.gz" for version in ("1.0", "1.1")]
    _wait_for(lambda: made.published == both, made.log)
    assert made.log.read_text() == ""


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
    _wait_for(met, private.folder.with_name("index-state") / "hook.log")


def _wait_for(met, log: Path) -> None:
    end = time.monotonic() + DEADLINE
    while not met():
        assert time.monotonic() < end, log.read_text("utf-8") if log.exists() else "the hook did not run"
        time.sleep(0.02)
