"""Names that a stranger has on the public index: asked for where that is wanted, and told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import public_index
from tests.support.commands import Commands
from tests.support.history import History, setuptools_project

pytestmark = pytest.mark.usefixtures("forked_commands")


@dataclass(frozen=True)
class Public:
    """A public index with a project ``taken``, and its log."""

    url: str
    log: Path

    def asked(self, name: str) -> int:
        """How often it was asked for a project."""
        return self.log.read_text("utf-8").count(f'"GET /simple/{name}/ ')


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Public]:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    public_index.add_sdist(folder, "taken", "9.0", setuptools_project("taken", "9.0"))
    public_index.write_pages(folder)
    log = tmp_path / "elsewhere.log"
    with public_index.serve(folder, log) as server:
        yield Public(public_index.simple_url(server), log)


def test_a_name_that_is_taken_is_told_once_a_day(
    history: History, commands: Commands, elsewhere: Public
) -> None:
    history.release("taken", "1.0")
    history.release("only.ours", "1.0")
    arguments = ("--repository", history.url, "--destination", "index", "--public-index", elsewhere.url)
    about = {name: commands.folder / "index" / name / "about.html" for name in ("taken", "only-ours")}
    note = "The public index has a project of this name too"

    def asked() -> list[int]:
        return [elsewhere.asked(name) for name in about]

    # Nobody is told our names unasked.
    assert commands.report(*arguments)["warnings"] == []
    assert asked() == [0, 0]
    assert note not in about["taken"].read_text("utf-8")

    checked = (*arguments, "--check-public", "true")
    done = commands.sdists_from_tags(*checked)
    assert done.status == 0, done.output
    assert "taken: the public index has a project of this name too" in done.output
    assert "only-ours: " not in done.output
    assert asked() == [1, 1]
    assert {name: note in page.read_text("utf-8") for name, page in about.items()} == {
        "taken": True,
        "only-ours": False,
    }

    assert commands.report(*checked)["warnings"] == []
    assert asked() == [1, 1]
    assert note in about["taken"].read_text("utf-8")

    _let_days_pass(commands.folder / "index-state/catalog.sqlite3")
    assert len(commands.report(*checked)["warnings"]) == 1
    assert asked() == [2, 2]

    # Off again: no question, and no note of what may be long ago.
    assert commands.report(*arguments)["warnings"] == []
    assert asked() == [2, 2]
    assert note not in about["taken"].read_text("utf-8")


def test_names_are_asked_for_of_which_nothing_is_published(
    history: History, commands: Commands, elsewhere: Public
) -> None:
    history.add_tag("taken", "1.0", {"setup.py": "raise SystemExit(1)\n"})
    history.release("wrong guess", "1.0", dist="only.ours")
    report = commands.report(
        *("--repository", history.url, "--destination", "index"),
        *("--public-index", elsewhere.url, "--check-public", "true"),
    )
    assert report["warnings"] == ["taken: the public index has a project of this name too"]
    assert [elsewhere.asked(name) for name in ("taken", "only-ours", "wrong-guess")] == [1, 1, 0]


def test_an_index_that_does_not_answer_keeps_nothing_from_being_published(
    history: History, commands: Commands, elsewhere: Public
) -> None:
    history.release("taken", "1.0")
    nowhere = elsewhere.url.replace("127.0.0.1", "127.0.0.2")
    report = commands.report(
        *("--repository", history.url, "--destination", "index"),
        *("--public-index", nowhere, "--check-public", "true"),
    )
    assert (report["exit_status"], len(report["published"])) == (0, 1)
    (warning,) = report["warnings"]
    assert warning.startswith("check-public: 127.0.0.2: ")
    assert (commands.folder / "index/taken/about.html").exists()


def _let_days_pass(catalog: Path) -> None:
    with closing(sqlite3.connect(catalog)) as connection, connection:
        assert (
            connection.execute("UPDATE public_name SET asked_at = '2020-01-01T00:00:00+00:00'").rowcount == 2
        )
