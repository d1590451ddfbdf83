"""Many folders are looked at by several connections, and what is found is what one would have found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Event, Lock, get_ident
from threading import enumerate as all_threads

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs.subversion import parallel_listing
from sdistmaker_recipe.vcs.subversion.connection import Connection, Connections
from sdistmaker_recipe.vcs.subversion.layout import Kind, ListedFolder
from sdistmaker_recipe.vcs.subversion.parallel_listing import ParallelListing
from sdistmaker_recipe.vcs.subversion.walk import FolderChanges, walk
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.long_form import IS_LONG
from tests.support.memory_repository import MemoryRepository
from tests.support.random_history import CONFIGURATION, random_history
from tests.support.scans import URL, compare_scans, two_scan_states

HISTORIES = 4_000 if IS_LONG else 150
PROJECTS = 40
FILTER = TagFilter(URL)


def history_of_projects() -> MemoryRepository:
    history = MemoryRepository()
    history.commit({f"group/p{number:02}/trunk/setup.py": "" for number in range(PROJECTS)})
    history.commit(copies={f"group/p{n:02}/tags/1.{n}": f"group/p{n:02}/trunk" for n in range(PROJECTS)})
    return history


class Watched(MemoryRepository):
    """A connection that does something before each listing, and knows when it is closed."""

    def __init__(self, history: MemoryRepository, before: Callable[[str], None]) -> None:
        super().__init__(
            URL, identity=history.uuid(), revisions=history.revisions, prefix=history.root_path()
        )
        self.before, self.closed = before, False

    def entries(self, path, revision):
        assert not self.closed
        self.before(path)
        return super().entries(path, revision)

    def close(self) -> None:
        self.closed = True


@dataclass
class Network:
    """A server: the connections that were opened after the first, and what happens before a listing."""

    history: MemoryRepository
    before: Callable[[str], None] = lambda _path: None
    allowed: int = 100
    opened: list[Watched] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def open_another(self) -> Connection:
        with self.lock:
            if len(self.opened) >= self.allowed:
                raise RepositoryError(URL, "no more connections")
            self.opened.append(Watched(self.history, self.before))
            return self.opened[-1]

    def walk(self, connections: int, first: Connection | None = None) -> FolderChanges:
        several = Connections(first or self.history, connections, self.open_another)
        return walk(several, self.history.head(), FILTER)


def alone(history: MemoryRepository) -> FolderChanges:
    return walk(Connections(history), history.head(), FILTER)


@pytest.fixture
def network() -> Network:
    return Network(history_of_projects())


@pytest.fixture(autouse=True)
def threads_end():
    before = set(all_threads())
    yield
    assert set(all_threads()) <= before


def test_what_is_found_is_the_same_in_the_same_order(network):
    wanted = alone(network.history)
    found = network.walk(5)
    assert list(found.listed.items()) == list(wanted.listed.items())
    assert found.removed == wanted.removed
    assert len(network.opened) == 4
    assert all(each.closed for each in network.opened)


def test_connections_work_at_the_same_time(network):
    met = Event()
    together = Barrier(3, action=met.set, timeout=20)
    arrived: set[int] = set()

    def meet(_path: str) -> None:
        if get_ident() not in arrived:
            arrived.add(get_ident())
            together.wait()

    def go_slowly(path: str) -> None:
        assert path in ("", "group") or met.wait(20)

    network.before = meet
    network.walk(4, Watched(network.history, go_slowly))
    assert len(arrived) == 3


def test_an_error_that_nobody_asked_for_is_none(network):
    """While the one asked for is looked at elsewhere, others are, some of which may be gone by their turn."""
    busy, release = Event(), Event()
    asked: list[str] = []

    def list_folder(connection: Connection, path: str, kind: Kind) -> ListedFolder:
        if connection is not network.history:
            busy.set()
            release.wait(20)
        elif path != "0":
            asked.append(path)
            raise PathNotFoundError(f"{URL}/{path}", "is gone")
        return ListedFolder(path, "folder")

    with ParallelListing(
        list_folder, Connections(network.history, 2, network.open_another), lambda _path: True
    ) as several:
        several.prefetch((str(number), "folder") for number in range(8))
        assert busy.wait(20)
        assert several.get("0", "folder") == ListedFolder("0", "folder")
        assert asked == ["1", "2", "3", "4", "5", "6", "7"]
        with pytest.raises(PathNotFoundError, match="3: is gone"):
            several.get("3", "folder")
        release.set()


def test_each_folder_is_listed_once_unless_at_the_end(network):
    lists: list[str] = []
    network.before = lists.append
    first = Watched(network.history, lists.append)
    network.walk(8, first)
    assert set(lists) == set(alone(network.history).listed)
    assert len(lists) - len(set(lists)) <= 7


def test_for_few_folders_no_connection_is_opened(network):
    kinds = {path: folder.kind for path, folder in alone(network.history).listed.items()}
    some = [f"group/p{number:02}" for number in range(7)]
    network.history.commit(copies={f"{project}/tags/2.0": f"{project}/trunk" for project in some})
    told = network.history.changes_in(network.history.head())
    assert told
    connections = Connections(network.history, 8, network.open_another)
    found = walk(connections, network.history.head(), FILTER, kinds, told)
    assert list(found.listed) == [f"{project}/tags" for project in some]
    assert network.opened == []


def test_one_connection_opens_no_other(network):
    network.walk(1)
    assert network.opened == []


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_where_no_more_can_be_opened_those_there_are_go_on(network, allowed):
    network.allowed = allowed
    found = network.walk(8)
    assert found.listed == alone(network.history).listed
    assert len(network.opened) == allowed


def test_a_connection_that_breaks_costs_nothing_but_time(network):
    def fail(_path: str) -> None:
        raise RepositoryError(URL, "lost")

    network.before = fail
    found = network.walk(8)
    assert found.listed == alone(network.history).listed
    assert all(each.closed for each in network.opened)


def test_the_error_raised_is_the_first_that_one_connection_alone_would_have_met(network):
    def fail(path: str) -> None:
        if path in ("group/p35/tags", "group/p07", "group/p20/tags"):
            raise PathNotFoundError(f"{URL}/{path}", "is forbidden")

    network.before = fail
    with pytest.raises(PathNotFoundError, match="group/p07:"):
        network.walk(8, Watched(network.history, fail))
    assert all(each.closed for each in network.opened)


def test_a_server_that_never_answers_further_connections_holds_nobody_up(network, monkeypatch):
    monkeypatch.setattr(parallel_listing, "_PATIENCE", 0.01)
    answer = Event()
    network.before = lambda _path: answer.wait(20) and None
    try:
        found = network.walk(4)
        assert found.listed == alone(network.history).listed
    finally:
        answer.set()
        for _release_change in range(1000):
            if all(each.closed for each in network.opened):
                break
            Event().wait(0.01)
    assert len(network.opened) == 3


@pytest.mark.parametrize("part", range(3))
def test_any_history_is_scanned_as_by_one_connection(part, monkeypatch):
    monkeypatch.setattr(parallel_listing, "_WORTH_A_CONNECTION", 1)
    with two_scan_states() as states:
        for seed in range(part, HISTORIES, 3):
            history, pegs = random_history(seed)
            compare_scans(history, pegs, CONFIGURATION, states, connections=3)
