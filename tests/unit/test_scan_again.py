"""A scan that looks only at what changed knows what a scan of everything would know."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.support.memory_repository import MemoryRepository
from tests.support.random_history import CONFIGURATION, begin, grow
from tests.support.scans import compare_scans, two_memories

HISTORIES = 40_000 if os.environ.get("SDISTMAKER_LONG") else 2_000
PARTS = 8


def random_history(seed: int) -> tuple[MemoryRepository, list[str]]:
    """A history, and at which of its revisions it is scanned."""
    random = Random(seed)
    history = begin()
    for _ in range(random.randint(2, 8)):
        grow(history, random)
    pegs = range(2, int(history.head()) + 1)
    return history, [str(peg) for peg in pegs if peg == 2 or random.random() < 0.8]


@pytest.mark.parametrize("part", range(PARTS))
def test_any_history_is_scanned_as_if_for_the_first_time(part):
    with two_memories() as memories:
        for seed in range(part, HISTORIES, PARTS):
            history, pegs = random_history(seed)
            try:
                compare_scans(history, pegs, CONFIGURATION, memories)
            except AssertionError as error:
                raise AssertionError(f"in the history with seed {seed}") from error
