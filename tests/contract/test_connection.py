"""What the seam ``vcs.Connection`` promises, run over every implementation of it.

The numbers of revisions are those of ``make_history`` in conftest.py.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Checkpoint
from sdistmaker_recipe.vcs.subversion.connection import Connection
from sdistmaker_recipe.vcs.subversion.opening import open_connection
from tests.contract.conftest import BACKENDS, ODD_NAMES, Opener, Real
from tests.support.memory_repository import FIRST_TIME, STEP, File, MemoryRepository
from tests.support.requirements import need
from tests.support.subversion import create

HEAD = "8"


def commit_time(revision: int) -> datetime:
    return FIRST_TIME + revision * STEP


# asking


def test_head_and_uuid(open_at: Opener, history: MemoryRepository) -> None:
    with open_at("") as connection:
        assert connection.head() == HEAD
        assert connection.uuid() == history.uuid()


def test_a_folder_of_a_repository_opens_like_a_repository(open_at: Opener, history: MemoryRepository) -> None:
    with open_at("plain/tags") as connection:
        assert connection.url.endswith("/plain/tags")
        assert connection.root_path() == "plain/tags"
        assert connection.head() == HEAD
        assert connection.uuid() == history.uuid()
        assert [entry.name for entry in connection.entries("", HEAD)] == ["1.0", "1.1"]
        assert connection.entry("", HEAD).name == ""
        assert connection.entry("1.1/setup.py", HEAD).revision == "1"


def test_the_root_path_of_the_root_is_empty(open_at: Opener) -> None:
    with open_at("") as connection:
        assert connection.root_path() == ""


def test_entries_are_sorted_and_say_what_they_are(open_at: Opener) -> None:
    with open_at("") as connection:
        found = connection.entries("plain/trunk", HEAD)
    assert [(entry.name, entry.is_folder, entry.revision, entry.time) for entry in found] == [
        ("folder-link", False, "1", commit_time(1)),
        ("link", False, "1", commit_time(1)),
        ("run.sh", False, "1", commit_time(1)),
        ("setup.py", False, "1", commit_time(1)),
        ("src", True, "3", commit_time(3)),
    ]


@pytest.mark.parametrize(
    ("path", "revision", "expected"),
    [
        ("plain", HEAD, "6"),
        ("plain/trunk", HEAD, "3"),
        ("plain/trunk/setup.py", HEAD, "1"),
        ("plain/trunk/src/mod.py", HEAD, "3"),
        ("plain/trunk/src", "2", "1"),
        ("plain/tags/1.0", "3", "2"),  # a fresh copy is new, what is in it is not
        ("plain/tags/1.0/src", "3", "1"),
        ("plain/tags/1.0/src/mod.py", "3", "1"),
        ("plain/tags/1.1", HEAD, "4"),
        ("plain/tags/1.1/setup.py", HEAD, "1"),
        ("plain/tags/1.1/src", HEAD, "4"),  # changed together with the copy
        ("plain/tags/1.1/src/mod.py", HEAD, "4"),
        ("plain/tags", "5", "5"),  # something below was deleted
        ("plain/tags/1.0", HEAD, "6"),  # made again, from older content
        ("plain/tags/1.0/src/mod.py", HEAD, "1"),
    ],
)
def test_the_revision_is_the_last_that_changed_anything_below(
    open_at: Opener, path: str, revision: str, expected: str
) -> None:
    parent, _slash, name = path.rpartition("/")
    with open_at("") as connection:
        entry = connection.entry(path, revision)
        assert (entry.name, entry.revision, entry.time) == (name, expected, commit_time(int(expected)))
        assert entry in connection.entries(parent, revision)


def test_the_root_itself_is_an_entry_without_a_name(open_at: Opener) -> None:
    with open_at("") as connection:
        entry = connection.entry("", "5")
    assert (entry.name, entry.is_folder, entry.revision) == ("", True, "5")


def test_what_was_deleted_is_there_in_older_revisions(open_at: Opener, tmp_path: Path) -> None:
    with open_at("") as connection:
        assert [entry.name for entry in connection.entries("plain/tags", "5")] == ["1.1"]
        assert [entry.name for entry in connection.entries("plain/tags", "4")] == ["1.0", "1.1"]
        with pytest.raises(PathNotFoundError):
            connection.entry("plain/tags/1.0", "5")
        connection.export("plain/tags/1.0", "4", tmp_path / "out")
    assert (tmp_path / "out/src/mod.py").read_text() == "first\n"


@pytest.mark.parametrize("path", ["nowhere", "plain/nowhere/below", "plain/trunk/setup.py/below"])
def test_a_missing_path_is_said_to_be_missing(open_at: Opener, tmp_path: Path, path: str) -> None:
    with open_at("") as connection:
        for ask in (
            lambda: connection.entries(path, HEAD),
            lambda: connection.entry(path, HEAD),
            lambda: connection.export(path, HEAD, tmp_path / "out"),
        ):
            with pytest.raises(PathNotFoundError) as caught:
                ask()
            assert caught.value.url == f"{connection.url}/{path}"
        assert not (tmp_path / "out").exists()
        assert connection.head() == HEAD, "the connection must go on"


@pytest.mark.parametrize("path", ["plain/trunk/setup.py", "plain/trunk/link", "plain/trunk/folder-link"])
def test_a_file_is_no_folder(open_at: Opener, tmp_path: Path, path: str) -> None:
    with open_at("") as connection:
        assert not connection.entry(path, HEAD).is_folder
        with pytest.raises(PathNotFoundError):
            connection.entries(path, HEAD)
        with pytest.raises(PathNotFoundError):
            connection.export(path, HEAD, tmp_path / "out")
    assert not os.path.lexists(tmp_path / "out")


def test_what_is_no_folder_says_so_when_it_is_looked_at(open_at: Opener) -> None:
    for path in ("nowhere", "plain/trunk/setup.py"):
        with open_at(path) as connection, pytest.raises(PathNotFoundError) as caught:
            connection.entries("", connection.head())
        assert caught.value.url.endswith(f"/{path}")
        assert caught.value.hint
    with open_at("nowhere") as connection, pytest.raises(PathNotFoundError):
        connection.entry("", HEAD)
    with open_at("plain/trunk/setup.py") as connection:
        assert not connection.entry("", HEAD).is_folder


def test_a_connection_costs_nothing_before_it_is_asked(tmp_path: Path) -> None:
    for backend in BACKENDS:
        open_connection(f"{tmp_path.as_uri()}/nowhere", backend).close()


@pytest.mark.parametrize("revision", ["9", "4711", "new", "HEAD", "-1", ""])
def test_a_revision_must_exist(open_at: Opener, tmp_path: Path, revision: str) -> None:
    with open_at("") as connection:
        for ask in (
            lambda: connection.entries("plain", revision),
            lambda: connection.entry("plain", revision),
            lambda: connection.export("plain", revision, tmp_path / "out"),
        ):
            with pytest.raises(RepositoryError) as caught:
                ask()
            assert not isinstance(caught.value, PathNotFoundError)
            assert connection.url in str(caught.value)
            assert revision in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ODD_NAMES)
def test_urls_of_folders_with_odd_names(open_at: Opener, tmp_path: Path, name: str) -> None:
    with open_at(f"names/{name}") as connection:
        assert connection.root_path() == f"names/{name}"
        assert [entry.name for entry in connection.entries("", HEAD)] == [f"{name}.txt"]
        connection.export("", HEAD, tmp_path / name)
    assert (tmp_path / name / f"{name}.txt").read_text() == name


def test_paths_with_odd_names(open_at: Opener, tmp_path: Path) -> None:
    with open_at("") as connection:
        assert [entry.name for entry in connection.entries("names", HEAD)] == sorted(ODD_NAMES)
        for name in ODD_NAMES:
            assert [entry.name for entry in connection.entries(f"names/{name}", HEAD)] == [f"{name}.txt"]
            assert connection.entry(f"names/{name}/{name}.txt", HEAD).name == f"{name}.txt"
        connection.export("names", HEAD, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(ODD_NAMES)


def test_a_connection_may_be_given_back_more_than_once(open_at: Opener) -> None:
    connection = open_at("")
    connection.close()
    connection.close()


# exporting


def test_export_writes_content_modes_links_and_times(open_at: Opener, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with open_at("") as connection:
        connection.export("plain/trunk", HEAD, out)
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*")) == [
        "folder-link",
        "link",
        "run.sh",
        "setup.py",
        "src",
        "src/mod.py",
    ]
    assert (out / "src/mod.py").read_text() == "second\n"
    assert (out / "link").readlink() == Path("setup.py")
    assert (out / "folder-link").readlink() == Path()
    assert os.access(out / "run.sh", os.X_OK)
    assert stat.S_IMODE((out / "setup.py").stat().st_mode) & 0o111 == 0
    assert (out / "setup.py").stat().st_mtime == commit_time(1).timestamp()
    assert (out / "src/mod.py").stat().st_mtime == commit_time(3).timestamp()


@pytest.fixture
def kathmandu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("backend", BACKENDS)
def test_keywords_have_times_in_utc(backend: str, kathmandu: None, user: Path, tmp_path: Path) -> None:
    history = MemoryRepository()
    history.commit({"file": File(b"$Date$", {"svn:keywords": "Date"})})
    with open_connection(create(tmp_path / "repository", history), backend) as connection:
        connection.export("", "1", tmp_path / "out")
    assert re.fullmatch(r"\$Date: .* \+0000 \(.*\) \$", (tmp_path / "out/file").read_text())


def test_export_touches_nothing_that_is_there(open_at: Opener, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine.txt").write_text("mine")
    with open_at("") as connection:
        with pytest.raises(FileExistsError):
            connection.export("plain/trunk", HEAD, tmp_path / "there")
        with pytest.raises(FileNotFoundError):
            connection.export("plain/trunk", HEAD, tmp_path / "no/parent")
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["mine.txt"]


def test_threads_read_side_by_side_each_by_its_own_connection(real: Real, tmp_path: Path) -> None:
    def export(number: int) -> list[str]:
        with real.open("plain") as connection:
            connection.export("trunk", HEAD, tmp_path / str(number))
            return [entry.name for entry in connection.entries("tags", HEAD)]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(export, range(8))) == [["1.0", "1.1"]] * 8
    assert all((tmp_path / f"{number}/src/mod.py").exists() for number in range(8))


def tree(folder: Path) -> dict[str, object]:
    """Everything about a folder that an export decides."""
    return {str(path.relative_to(folder)): _look(path) for path in folder.rglob("*")}


def _look(path: Path) -> object:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    if path.is_dir():
        return "folder"
    return path.read_bytes(), path.stat().st_mode, path.stat().st_mtime


def test_keywords_line_ends_and_externals_come_out_as_svn_export_gives_them(
    real: Real, tmp_path: Path
) -> None:
    need("svn")
    out, wanted = tmp_path / "out", tmp_path / "wanted"
    with real.open("") as connection:
        connection.export("special", HEAD, out)

    assert (
        (out / "keywords.txt")
        .read_text()
        .startswith(f"$Rev: 8 $ $URL: {real.url}/special/keywords.txt $ $Id: ")
    )
    assert (out / "crlf.txt").read_bytes() == b"one\r\ntwo\r\n"
    assert (out / "native.txt").read_bytes() == b"one\ntwo\n"
    assert (out / "vendor/src/mod.py").read_text() == "tagged\n"
    assert (out / "one.py").read_text() == "setup()\n"
    assert (out / "also here/with space.txt").read_text() == "with space"
    command = ["svn", "export", "--quiet", "--non-interactive", f"{real.url}/special@{HEAD}", str(wanted)]
    subprocess.run(command, check=True)
    assert tree(out) == tree(wanted)


def test_an_external_that_fails_fails_the_export(real: Real, tmp_path: Path) -> None:
    with real.open("") as connection, pytest.raises(RepositoryError, match="external") as caught:
        connection.export("broken", HEAD, tmp_path / "out")
    assert not isinstance(caught.value, PathNotFoundError), "the folder itself is there"
    assert "nowhere" in str(caught.value)
    assert "svn:externals" in caught.value.hint
    assert not (tmp_path / "out").exists()


# URLs


def test_a_url_may_be_written_in_any_way(real: Real) -> None:
    for written in (
        f"{real.url}/names/umlaut-äöü/",
        f"{real.url}//names/umlaut-%C3%A4%c3%b6%c3%bc",
        f" {real.url}/names/{quote('umlaut-äöü')}\n",
    ):
        with open_connection(written, real.backend) as connection:
            assert connection.url == f"{real.url}/names/umlaut-%C3%A4%C3%B6%C3%BC"
            assert len(connection.entries("", HEAD)) == 1


# what was changed since


def checkpoint(connection: Connection, revision: str) -> Checkpoint:
    entry = connection.entry("", revision)
    return Checkpoint(revision, entry.revision, entry.time)


def kinds(connection: Connection, since: str, revision: str) -> set[tuple[str, str]]:
    told = connection.changes(checkpoint(connection, since), revision)
    assert told is not None
    assert told.checkpoint == checkpoint(connection, revision)
    return {(change.path, change.kind) for change in told.changes}


def test_changes_are_told_by_their_paths(open_at: Opener) -> None:
    with open_at("") as connection:
        assert kinds(connection, "2", "3") == {("plain/trunk/src/mod.py", "modified")}
        assert kinds(connection, "3", "4") == {
            ("plain/tags/1.1", "added"),
            ("plain/tags/1.1/src/mod.py", "modified"),
        }
        assert kinds(connection, "4", "6") == {("plain/tags/1.0", "deleted"), ("plain/tags/1.0", "added")}
        assert kinds(connection, "6", "6") == set()


def test_changes_are_those_below_the_url(open_at: Opener) -> None:
    with open_at("plain/tags") as connection:
        assert kinds(connection, "2", "4") == {("1.1", "added"), ("1.1/src/mod.py", "modified")}
        assert kinds(connection, "6", HEAD) == set()


def test_changes_have_odd_names(open_at: Opener) -> None:
    with open_at("") as connection:
        found = kinds(connection, "6", "7")
    assert {(f"names/{name}", "added") for name in ODD_NAMES} <= found


def test_no_changes_are_told_where_the_folder_itself_was_put_there(open_at: Opener) -> None:
    with open_at("plain/tags/1.0") as connection:
        assert connection.changes(checkpoint(connection, "3"), HEAD) is None


def test_no_changes_are_told_of_a_history_that_was_not_seen(open_at: Opener) -> None:
    with open_at("") as connection:
        known = checkpoint(connection, "5")
        assert (
            connection.changes(known._replace(last_change_time=known.last_change_time + STEP), HEAD) is None
        )
        assert connection.changes(known._replace(revision="7", last_change="7"), HEAD) is None
        assert connection.changes(checkpoint(connection, HEAD), "7") is None, (
            "the connection is older than before"
        )


def kinds_in(connection: Connection, revision: str) -> set[tuple[str, str]]:
    told = connection.changes_in(revision)
    assert told is not None
    return {(change.path, change.kind) for change in told}


def test_the_changes_in_a_revision_are_its_own(open_at: Opener) -> None:
    with open_at("") as connection:
        assert kinds_in(connection, "3") == {("plain/trunk/src/mod.py", "modified")}
        assert kinds_in(connection, "4") == {
            ("plain/tags/1.1", "added"),
            ("plain/tags/1.1/src/mod.py", "modified"),
        }
    with open_at("plain/tags") as connection:
        assert kinds_in(connection, "3") == set()
        assert ("1.1", "added") in kinds_in(connection, "4")


def test_no_changes_in_a_revision_are_told_where_they_put_the_folder_there(open_at: Opener) -> None:
    with open_at("plain/tags/1.1") as connection:
        assert connection.changes_in("4") is None
        with pytest.raises(PathNotFoundError):
            connection.changes_in("2")


def test_the_changes_in_a_revision_that_is_not_there_are_an_error(open_at: Opener) -> None:
    with open_at("") as connection, pytest.raises(RepositoryError, match="999999"):
        connection.changes_in("999999")


# when something went


def test_deletions_are_told_by_their_revisions(open_at: Opener) -> None:
    with open_at("") as connection:
        assert connection.deletions({"plain/tags/1.0": "2"}, "5") == {"plain/tags/1.0": "5"}
        assert connection.deletions({"plain/tags/1.0": "4", "plain/old": "1"}, "5") == {"plain/tags/1.0": "5"}
        assert connection.deletions({}, "5") == {}
        assert connection.deletions({"plain/tags/1.0": "7"}, "5") == {}, "the connection is older than before"
        assert connection.deletions({"plain/tags/0.9": "2"}, HEAD) == {}, "the log does not say so"


def test_deletions_are_told_below_the_url(open_at: Opener) -> None:
    with open_at("plain/tags") as connection:
        assert connection.deletions({"1.0": "2"}, "5") == {"1.0": "5"}


def make_deletions() -> MemoryRepository:
    """Folders that come and go; what is at a path is not what was there before."""
    history = MemoryRepository()
    history.commit({f"{name}/tags/{tag}/file": "" for name in "abcd" for tag in ("1.0", "with @%20 ä")})
    history.commit({"a/tags/1.0": None})  # 2
    history.commit({"a": None, "b": None})  # 3
    history.commit(copies={"b": ("b", 1)})  # 4
    history.commit({"b/tags/1.0": None})  # 5
    history.commit(copies={"moved": "c"}, changes={"c": None})  # 6
    history.commit(copies={"d": ("a", 2)})  # 7: in place of what was there
    history.commit({"else": ""})
    return history


def test_deletions_with_folders_above_are_those_of_the_folders(tmp_path: Path, user: Path) -> None:
    history = make_deletions()
    odd = "tags/with @%20 ä"
    wanted = {"a/tags/1.0": "2", f"a/{odd}": "3", "b/tags/1.0": "5", f"c/{odd}": "6", "d/tags/1.0": "7"}
    url = create(tmp_path / "deletions", history)
    there = dict.fromkeys(wanted, "1")
    assert history.deletions(there, "8") == wanted
    for backend in BACKENDS:
        with open_connection(url, backend) as connection:
            assert connection.deletions(there, "8") == wanted, backend
