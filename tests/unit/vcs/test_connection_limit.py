"""So many connections at one time, whichever process has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import BuildJob, BuildSettings
from sdistmaker_recipe.vcs import Credentials, Repository, tag_export
from sdistmaker_recipe.vcs.connection_limit import ConnectionLimit, HeldConnection
from tests.support.connections import free
from tests.support.memory_repository import MemoryRepository
from tests.support.scans import subversion_source
from tests.unit.values import a_tag


@pytest.fixture
def limit(tmp_path: Path) -> ConnectionLimit:
    made = ConnectionLimit(tmp_path / "connections", 3)
    with made.acquire():
        return made


def test_there_are_so_many(limit):
    with limit.acquire(), limit.acquire():
        assert free(limit) == 1
    assert free(limit) == 3


def test_who_finds_none_waits(limit):
    now: list[int] = []
    most: list[int] = []

    def use(number: int) -> None:
        with limit.acquire():
            now.append(number)
            most.append(len(now))
            sleep(0.01)
            now.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(16)))
    assert (len(most), max(most)) == (16, 3)


def test_one_that_is_given_up_is_gone_for_good_but_the_last_stays(limit):
    for left in (2, 1):
        with limit.acquire() as held:
            assert isinstance(held, HeldConnection)
            assert held.retire()
        assert free(limit) == limit.remaining() == left
    with limit.acquire() as held:
        assert not held.retire()
    assert free(limit) == 1


def test_there_can_be_none(tmp_path):
    with ConnectionLimit(tmp_path / "connections", 0).acquire() as held:
        assert held is None
    assert list(tmp_path.iterdir()) == []


class Server(MemoryRepository):
    """Lets so many exports in vain, for want of a connection, before it does one."""

    def __init__(self, refuses: int) -> None:
        super().__init__()
        self.commit({"acme.ledger/tags/1.0/setup.py": ""})
        self.refuses = refuses

    def export(self, path, revision, destination):
        self.refuses -= 1
        if self.refuses >= 0:
            raise RepositoryError(self.url, "refused", is_transient=True)
        super().export(path, revision, destination)


def server(refuses: int) -> Repository:
    return subversion_source(Server(refuses)).repository


class TestAnExportThatTheServerDoesNotLetIn:
    @pytest.fixture
    def job(self, tmp_path: Path) -> BuildJob:
        settings = BuildSettings(tmp_path, tmp_path, tmp_path, 60)
        return BuildJob(a_tag(), "memory://", "auto", "1", settings, connections=3)

    @pytest.mark.parametrize("refuses", [0, 1, 2])
    def test_is_done_with_one_less(self, job, refuses):
        tag_export.export_within_limit(job, server(refuses), job.settings.scratch / "tree")
        assert (job.settings.scratch / "tree/setup.py").exists()
        assert free(tag_export.connection_limit(job)) == 3 - refuses

    def test_is_an_error_where_it_had_the_last(self, job):
        with pytest.raises(RepositoryError, match="refused"):
            tag_export.export_within_limit(job, server(3), job.settings.scratch / "tree")
        assert free(tag_export.connection_limit(job)) == 1

    def test_is_left_to_another_process_where_it_was_ahead(self, job, monkeypatch):
        monkeypatch.setattr(tag_export, "_open_repository", lambda *_: server(1))
        assert tag_export.export_ahead(job, Credentials()) is None
        assert free(tag_export.connection_limit(job)) == 2
