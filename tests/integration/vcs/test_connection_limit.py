"""A process that dies gives its connection back."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from sdistmaker_recipe.vcs.connection_limit import ConnectionLimit
from tests.support import executor_work
from tests.support.connections import free


@pytest.fixture
def limit(tmp_path: Path) -> ConnectionLimit:
    made = ConnectionLimit(tmp_path / "connections", 3)
    with made.acquire():
        return made


def test_a_process_that_dies_leaves_it_to_others(limit):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(executor_work.hold_and_die, limit).exception(timeout=30)
    assert free(limit) == 3
