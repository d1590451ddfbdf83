"""Settings that the unit tests share, and the rule that none of them starts a process."""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from hypothesis import configuration, settings

from sdistmaker_recipe.catalog import database, schema
from tests.support.long_form import IS_LONG

# In the working tree pytest would come across the folder where it looks for tests.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir(), f"hypothesis-{os.getuid()}"))

# Both inherit from hypothesis' own profile, which on CI looks at the same examples each time.
settings.register_profile("short", settings(), max_examples=25, deadline=None)
settings.register_profile("long", settings(), max_examples=1000, deadline=None)
settings.load_profile("long" if IS_LONG else "short")

STARTS_A_PROCESS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}


@pytest.fixture(scope="session")
def started_processes() -> list[str]:
    """What started processes. An audit hook cannot be removed, so that one serves all tests."""
    started: list[str] = []

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event in STARTS_A_PROCESS:
            started.append(f"{event}{arguments[:1]}")

    sys.addaudithook(note)
    return started


@pytest.fixture(autouse=True)
def no_process(started_processes: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that starts a process; such tests are in tests/integration."""

    def refuse(process: BaseProcess) -> None:
        pytest.fail(f"unit tests start no processes: {process}")

    monkeypatch.setattr(BaseProcess, "start", refuse)
    started_processes.clear()
    yield
    assert not started_processes, "unit tests start no processes: move this test to tests/integration"


@pytest.fixture(scope="session")
def empty_catalog() -> Iterator[sqlite3.Connection]:
    """A catalog that was just made, in memory."""
    with closing(sqlite3.connect(":memory:")) as connection:
        schema.upgrade(connection)
        yield connection


@pytest.fixture(autouse=True)
def copied_new_catalogs(empty_catalog: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy an empty catalog where a new one is made: all steps of the schema would take 20 ms each time."""

    def upgrade(connection: sqlite3.Connection) -> None:
        if schema.schema_version(connection):
            schema.upgrade(connection)
        else:
            empty_catalog.backup(connection)

    monkeypatch.setattr(database, "upgrade", upgrade)
