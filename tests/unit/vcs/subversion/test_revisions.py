"""Numbers and dates of revisions."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.subversion.revisions import revision_number, time_of


@pytest.mark.parametrize("revision", ["", "x", "-1", "1.0", "HEAD", "٣", "{2020-01-01}", "1:2", " 1"])
def test_only_numbers_are_revisions(revision: str) -> None:
    with pytest.raises(RepositoryError, match="is not a revision"):
        revision_number("file:///x", revision)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("2026-01-02T03:04:05.000006Z", 6), ("2026-01-02T03:04:05.7Z", 7), ("2026-01-02T03:04:05Z", 0)],
)
def test_a_time_is_told_as_libsvn_tells_that_of_an_entry(text: str, microseconds: int) -> None:
    assert time_of(text) == datetime(2026, 1, 2, 3, 4, 5, microseconds, tzinfo=timezone.utc)


def test_no_time_is_the_beginning_of_time() -> None:
    assert time_of("").timestamp() == 0
