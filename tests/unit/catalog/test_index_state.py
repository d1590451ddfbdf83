"""Notes, and the repositories that a run finished."""

from __future__ import annotations

from tests.unit.values import UUID


class TestNotesAndRepositories:
    def test_a_note_is_what_was_noted_last(self, catalog):
        assert catalog.note("pages") == ""
        catalog.set_note("pages", "1")
        catalog.set_note("pages", "2")
        assert (catalog.note("pages"), catalog.note("other")) == ("2", "")

    def test_a_finished_repository_is_remembered_once(self, catalog):
        assert catalog.index_state.finished_repositories() == frozenset()
        catalog.index_state.finish_repository(UUID)
        catalog.index_state.finish_repository(UUID)
        assert catalog.index_state.finished_repositories() == {UUID}
