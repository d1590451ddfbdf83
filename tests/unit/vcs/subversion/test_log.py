"""The revision in which a path went, by the log: see ``Connection.deletions``."""

from __future__ import annotations

from sdistmaker_recipe.vcs.subversion.log import MOST_REVISIONS, LogEntry, log_to_deletions
from tests.unit.values import TIME


def log(*revisions: dict[str, str]) -> list[LogEntry]:
    """A log, newest first, of revisions that come one after the other from 1 on."""
    logged = [LogEntry(number, TIME, tuple(each.items())) for number, each in enumerate(revisions, 1)]
    return logged[::-1]


class TestLogToDeletions:
    def test_takes_paths_below_the_folder_that_is_looked_at(self):
        told = log({"svn/a/tags/1.0": "D", "a/tags/1.0": "D"}, {"svn/a/tags/2.0": "M"})
        assert log_to_deletions(told, ["a/tags/1.0", "a/tags/2.0"], "svn") == {"a/tags/1.0": "1"}

    def test_does_not_take_a_name_that_only_begins_alike(self):
        assert log_to_deletions(log({"a/tags/1": "D", "a/tags/1.0.1": "D"}), ["a/tags/1.0"], "") == {}

    def test_takes_the_last_of_several(self):
        told = log({"a/1": "D"}, {"a/1": "A"}, {"a/1": "D"}, {"a": "D"})
        assert log_to_deletions(told, ["a/1"], "") == {"a/1": "3"}

    def test_takes_a_folder_that_was_replaced(self):
        assert log_to_deletions(log({"a": "R"}), ["a/1"], "") == {"a/1": "1"}
        assert log_to_deletions(log({"a/1": "D"}, {"a": "R"}), ["a/1"], "") == {"a/1": "1"}

    def test_of_a_log_that_was_cut_off_believes_only_what_was_there(self):
        """A folder above may have gone long after the path itself."""
        told = log({"a": "D", "b/1": "D"}, {"c": "A"}, {"c": "D"}, *[{"x": "M"}] * (MOST_REVISIONS - 2))
        assert len(told) > MOST_REVISIONS
        assert log_to_deletions(told, ["a/1", "b/1", "c/1"], "") == {"b/1": "1", "c/1": "3"}
