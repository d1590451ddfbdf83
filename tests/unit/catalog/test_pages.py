"""Stale pages, the projects of the root page, rendered descriptions."""

from __future__ import annotations

from sdistmaker_recipe.model import ListedProject
from tests.unit.values import a_release


class TestOwed:
    def test_are_the_project_and_the_root_of_what_is_published(self, catalog):
        catalog.releases.publish(a_release())
        assert catalog.pages.stale() == {"", "acme-ledger"}
        catalog.pages.mark_written(["acme-ledger", "unknown"])
        assert catalog.pages.stale() == {""}


class TestListed:
    def test_are_projects_with_a_release_by_name(self, catalog):
        for project in ("b", "a"):
            catalog.releases.publish(a_release(project=project))
        for listed in (
            ListedProject("b", "B", "1.0"),
            ListedProject("a", "A", "1.0", "sums"),
            ListedProject("gone", "G", "1"),
        ):
            catalog.pages.list_project(listed)
        assert catalog.pages.listed_projects() == [
            ListedProject("a", "A", "1.0", "sums"),
            ListedProject("b", "B", "1.0"),
        ]

    def test_say_what_was_said_last(self, catalog):
        catalog.releases.publish(a_release(project="a"))
        catalog.pages.list_project(ListedProject("a", "A", "1.0", "sums"))
        catalog.pages.list_project(ListedProject("a", "a", "2.0"))
        assert catalog.pages.listed_projects() == [ListedProject("a", "a", "2.0")]


class TestDescription:
    def test_is_kept_as_long_as_it_is_of_the_same(self, catalog):
        assert catalog.pages.description("acme", "d1") is None
        catalog.pages.set_description("acme", "d1", "")
        assert catalog.pages.description("acme", "d1") == ""
        catalog.pages.set_description("acme", "d2", "<p>two</p>")
        assert catalog.pages.description("acme", "d1") is None
        assert catalog.pages.description("acme", "d2") == "<p>two</p>"
        assert catalog.pages.description("other", "d2") is None
