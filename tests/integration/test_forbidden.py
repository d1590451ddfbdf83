"""Folders of a repository that may not be read, by the rules of a real server, and that later may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.history import History
from tests.support.httpd import make_passable
from tests.support.process import LOOPBACK
from tests.support.subversion import dav, svnserve

OPEN = "[/]\n* = r\n"
CLOSED = f"{OPEN}[/area]\n* =\n"


@pytest.fixture
def history(history: History) -> History:
    history.release("area/ledger", "1.0", dist="ledger")
    history.release("area/ledger", "1.1", dist="ledger")
    history.release("other", "1.0")
    return history


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Who may read what; svnserve reads it for each connection."""
    made = tmp_path / "rules"
    made.write_text(CLOSED, "utf-8")
    return made


@pytest.fixture
def url(history: History, rules: Path, tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "svn-server"
    folder.mkdir()
    with svnserve(history.folder.parent, folder, rules=rules) as server:
        yield f"svn://{LOOPBACK}:{server.port}/{history.folder.name}"


def published(commands: Commands, url: str, *options: str) -> list[str]:
    report = commands.report("--repository", url, "--destination", "index", *options)
    assert report["failed"] == report["errors"] == []
    return sorted(each["filename"] for each in report["published"])


def test_what_may_be_read_since_is_found_with_the_next_commit_in_it(
    history: History, rules: Path, url: str, commands: Commands
) -> None:
    assert published(commands, url) == ["other-1.0.tar.gz"]
    rules.write_text(OPEN, "utf-8")
    assert published(commands, url) == []
    history.release("area/ledger", "1.2", dist="ledger")
    assert published(commands, url) == [f"ledger-1.{number}.tar.gz" for number in range(3)]


def test_a_tag_that_goes_and_comes_while_all_was_looked_at_without_it(
    history: History, rules: Path, url: str, commands: Commands
) -> None:
    rules.write_text(OPEN, "utf-8")
    assert len(published(commands, url)) == 3
    rules.write_text(CLOSED, "utf-8")
    assert published(commands, url, "--full-scan") == []
    rules.write_text(OPEN, "utf-8")
    history.delete("area/ledger/tags/1.1")
    report = commands.report("--repository", url, "--destination", "index")
    assert [each["version"] for each in report["yanked"]] == ["1.1"]
    history.release("area/ledger", "1.1", dist="ledger")
    report = commands.report("--repository", url, "--destination", "index")
    assert [each["version"] for each in report["restored"]] == ["1.1"]


def test_a_hook_is_told_that_there_is_something_to_do(
    history: History, rules: Path, url: str, commands: Commands
) -> None:
    assert published(commands, url) == ["other-1.0.tar.gz"]
    rules.write_text(OPEN, "utf-8")
    history.release("area/ledger", "1.2", dist="ledger")
    assert len(published(commands, url, "--revision", "4")) == 3


def test_a_folder_that_is_listed_and_may_not_be_read_is_told_of(
    history: History, tmp_path: Path, commands: Commands
) -> None:
    folder = tmp_path / "svn-server"
    folder.mkdir()
    make_passable(history.folder)
    location = f"/open/{history.folder.name}"
    denied = f"^{location}/(!svn/[^/]+/[0-9]+/)?area"
    # Apache does not ask for what may be read before it lists it.
    more = '<Location "/open">\nSVNPathAuthz off\n</Location>\n'
    more += f'<LocationMatch "{denied}">\nRequire all denied\n</LocationMatch>\n'
    with dav(history.folder.parent, folder, more=more) as httpd:
        url = f"{httpd.url}{location}"
        report = commands.report("--repository", url, "--destination", "index")
        assert [each["filename"] for each in report["published"]] == ["other-1.0.tar.gz"]
        assert report["errors"] == []
        (warning,) = report["warnings"]
        assert warning.startswith(
            f"{url}/area: the server does not let us read this folder, so it is left out"
        )
        assert commands.report("--repository", url, "--destination", "index")["warnings"] == []
