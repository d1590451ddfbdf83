"""What the catalog knows of releases that are withdrawn."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.withdrawals import FileToRemove, WithdrawalState
from sdistmaker_recipe.model import ListedProject
from tests.unit.values import a_release


@pytest.fixture
def catalog():
    with open_catalog(None) as opened:
        for version in ("1.0", "1.1"):
            opened.releases.publish(a_release(version, sha256=version), {version: b"metadata"})
        opened.releases.publish(a_release(project="other"), {"ab" * 32: b"metadata"})
        opened.pages.mark_written(opened.pages.stale())
        yield opened


@pytest.fixture
def withdrawals(catalog):
    return catalog.withdrawals


RELEASE = a_release(sha256="1.0")
KEY = (RELEASE.project, RELEASE.filename)


def standing(**changes: str | None) -> WithdrawalState:
    return WithdrawalState(*KEY, "1.0", RELEASE.origin, None, None)._replace(**changes)


class TestRecord:
    def test_marks_releases_and_owes_the_pages_that_say_so(self, catalog, withdrawals):
        withdrawals.record([RELEASE._replace(tag_deleted_in="17", yanked="why")])
        assert catalog.releases.get(*KEY) == RELEASE._replace(tag_deleted_in="17", yanked="why")
        assert withdrawals.all() == [standing(tag_deleted_in="17", yanked="why")]
        assert catalog.pages.stale() == {"", "acme-ledger"}

    @pytest.mark.parametrize("yanked", [None, "", "why"])
    def test_owes_nothing_where_pages_say_the_same(self, catalog, withdrawals, yanked):
        withdrawals.record([RELEASE._replace(yanked=yanked)])
        catalog.pages.mark_written(catalog.pages.stale())
        withdrawals.record([RELEASE._replace(tag_deleted_in="17", yanked=yanked)])
        assert catalog.pages.stale() == frozenset()
        assert withdrawals.all() == [standing(tag_deleted_in="17", yanked=yanked)]

    def test_takes_marks_away(self, catalog, withdrawals):
        withdrawals.record([RELEASE._replace(tag_deleted_in="17", yanked="why")])
        catalog.pages.mark_written(catalog.pages.stale())
        withdrawals.record([RELEASE])
        assert withdrawals.all() == []
        assert catalog.pages.stale() == {"", "acme-ledger"}

    def test_tells_of_all_releases_of_a_project(self, withdrawals):
        assert [each.version for each in withdrawals.of_projects(["acme-ledger"])] == ["1.0", "1.1"]
        assert withdrawals.of_projects(["acme"]) == []

    def test_has_an_index_of_what_is_withdrawn_only(self, catalog):
        where = "WHERE yanked IS NOT NULL OR tag_deleted_in IS NOT NULL"
        (row,) = catalog.rows(f"EXPLAIN QUERY PLAN SELECT project FROM release {where}")
        assert "USING" in row[3]
        assert "release_withdrawn" in row[3]

    def test_remembers_moves_without_owing_anything(self, catalog, withdrawals):
        withdrawals.record_moves([RELEASE._replace(tag_moved_to="20")])
        assert catalog.releases.get(*KEY) == RELEASE._replace(tag_moved_to="20")
        assert catalog.pages.stale() == frozenset()


class TestTakeOut:
    def test_leaves_a_line_until_the_file_is_gone(self, catalog, withdrawals):
        withdrawals.unpublish([RELEASE])
        assert catalog.releases.get(*KEY) is None
        assert catalog.releases.count() == (2, 2)
        assert catalog.pages.stale() == {"", "acme-ledger"}
        assert catalog.releases.metadata("1.0") == b""
        assert withdrawals.files_to_remove() == [FileToRemove(*KEY, "acme.ledger", "1.0", "1.0")]
        withdrawals.mark_removed(withdrawals.files_to_remove())
        assert withdrawals.files_to_remove() == []

    def test_keeps_metadata_that_another_release_has_too(self, catalog, withdrawals):
        same = a_release("3.0", sha256="1.0")
        catalog.releases.publish(same, {same.sha256: b"metadata"})
        withdrawals.unpublish([same])
        assert catalog.releases.metadata("1.0") == b"metadata"

    def test_leaves_projects_that_had_pages(self, catalog, withdrawals):
        catalog.pages.list_project(ListedProject("other", "other", "1.0"))
        assert catalog.releases.former_projects() == frozenset()
        withdrawals.unpublish([a_release(project="other")])
        assert catalog.releases.former_projects() == {"other"}
