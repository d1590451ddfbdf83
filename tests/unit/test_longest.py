"""The order of test files is about files that exist."""

from __future__ import annotations

from tests.conftest import LONGEST, TESTS


def test_each_of_the_longest_files_exists_and_is_named_once():
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)
