"""Private names, and the answers of the public index."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from tests.unit.values import a_release


class TestPrivateNames:
    def test_are_added_and_taken_back(self, catalog):
        catalog.private_names.update(["a", "b"], [])
        catalog.private_names.update(["b", "c"], ["a", "unknown"])
        assert catalog.private_names.all() == {"b", "c"}

    def test_stay_when_only_others_are_published(self, catalog):
        catalog.private_names.update(["a"], [])
        catalog.releases.publish(a_release(project="b"))
        assert catalog.private_names.all() == {"a"}

    def test_that_metadata_told_are_not_taken_back(self, catalog):
        catalog.private_names.update(["a", "b"], [])
        catalog.private_names.add_from_metadata(["b", "c"])
        catalog.private_names.update(["b"], ["a", "b", "c"])
        assert (catalog.private_names.all(), catalog.private_names.from_metadata()) == (
            {"b", "c"},
            {"b", "c"},
        )


class TestWatched:
    NOON = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))

    def test_are_answers_with_the_time_they_were_given(self, catalog):
        assert catalog.public_names.answers() == {}
        catalog.public_names.record({"a": True, "b": False}, self.NOON)
        assert catalog.public_names.answers() == {"a": (True, self.NOON), "b": (False, self.NOON)}

    def test_answers_replace_those_before_and_leave_others(self, catalog):
        later = self.NOON + timedelta(days=1)
        catalog.public_names.record({"a": True, "b": False}, self.NOON)
        catalog.public_names.record({"a": False}, later)
        assert catalog.public_names.answers() == {"a": (False, later), "b": (False, self.NOON)}

    def test_owe_a_page_only_where_the_answer_is_another(self, catalog):
        for answers, owed in (
            ({"a": True, "b": False}, {"a"}),
            ({"a": True, "b": False}, set()),
            ({"a": False, "b": True}, {"a", "b"}),
        ):
            catalog.public_names.record(answers, self.NOON)
            assert catalog.pages.stale() == owed
            catalog.pages.mark_written(catalog.pages.stale())
