"""Failures: recorded, forgotten when their tag is published or gone, with the pages that showed them."""

from __future__ import annotations

from sdistmaker_recipe.model import Failure
from tests.unit.values import UUID, a_failure, a_release, a_tag


def failed(**known: str) -> Failure:
    """A failure of a tag, known to people by these names."""
    return a_failure(a_tag(known.get("tag", "1.0")))._replace(**known)


class TestFailures:
    def test_come_back_as_they_were(self, catalog):
        failure = a_failure(a_tag())
        catalog.failures.add(failure)
        assert catalog.failures.all() == [failure]

    def test_of_the_same_tag_replace_the_older_one(self, catalog):
        catalog.failures.add(a_failure(a_tag(), "f1", "old"))
        catalog.failures.add(a_failure(a_tag(), "f2", "new"))
        assert catalog.failures.all() == [a_failure(a_tag(), "f2", "new")]

    def test_are_forgotten_when_their_tag_is_published(self, catalog):
        other = a_failure(a_tag("2.0"))
        catalog.failures.add(a_failure(a_tag()))
        catalog.failures.add(other)
        catalog.releases.publish(a_release())
        assert catalog.failures.all() == [other]

    def test_that_are_forgotten_owe_the_pages_they_were_on(self, catalog):
        gone, stays = (failed(project=name, tag=name) for name in ("acme", "other"))
        for failure in (gone, stays):
            catalog.failures.add(failure)
        assert catalog.pages.stale() == {"", "acme", "other"}
        catalog.pages.mark_written(catalog.pages.stale())
        catalog.failures.remove([gone.origin, f"{UUID}/unknown"])
        assert catalog.failures.all() == [stays]
        assert catalog.failures.get(gone.origin) is None
        assert catalog.failures.get(stays.origin) == stays
        assert catalog.pages.stale() == {"", "acme"}

    def test_of_which_none_is_forgotten_owe_nothing(self, catalog):
        catalog.failures.add(failed())
        catalog.pages.mark_written(catalog.pages.stale())
        catalog.failures.remove([])
        assert catalog.pages.stale() == frozenset()

    def test_owe_the_page_of_the_project_they_were_taken_for(self, catalog):
        """The metadata of what is published may have another name than the folder that failed."""
        catalog.failures.add(failed(project="folder"))
        catalog.pages.mark_written(catalog.pages.stale())
        catalog.releases.publish(a_release())
        assert catalog.pages.stale() == {"", "folder", "acme-ledger"}
