"""What the catalog knows of releases that are withdrawn."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.withdrawals import Removal, Withdrawals, WithdrawalState
from sdistmaker_recipe.model import ListedProject
from tests.unit.values import a_release


@pytest.fixture
def catalog():
    with open_catalog(None) as opened:
        for version in ("1.0", "1.1"):
            opened.publish(a_release(version, sha256=version), {version: b"metadata"})
        opened.publish(a_release(project="other"), {"ab" * 32: b"metadata"})
        opened.paid(opened.owed())
        yield opened


@pytest.fixture
def withdrawals(catalog):
    return Withdrawals(catalog)


RELEASE = a_release(sha256="1.0")
KEY = (RELEASE.project, RELEASE.filename)


def standing(**changes: str | None) -> WithdrawalState:
    return WithdrawalState(*KEY, "1.0", RELEASE.origin, None, None)._replace(**changes)


class TestRecord:
    def test_marks_releases_and_owes_the_pages_that_say_so(self, catalog, withdrawals):
        withdrawals.record([RELEASE._replace(tag_deleted_in="17", yanked="why")])
        assert catalog.release(*KEY) == RELEASE._replace(tag_deleted_in="17", yanked="why")
        assert withdrawals.withdrawn() == [standing(tag_deleted_in="17", yanked="why")]
        assert catalog.owed() == {"", "acme-ledger"}

    @pytest.mark.parametrize("yanked", [None, "", "why"])
    def test_owes_nothing_where_pages_say_the_same(self, catalog, withdrawals, yanked):
        withdrawals.record([RELEASE._replace(yanked=yanked)])
        catalog.paid(catalog.owed())
        withdrawals.record([RELEASE._replace(tag_deleted_in="17", yanked=yanked)])
        assert catalog.owed() == frozenset()
        assert withdrawals.withdrawn() == [standing(tag_deleted_in="17", yanked=yanked)]

    def test_takes_marks_away(self, catalog, withdrawals):
        withdrawals.record([RELEASE._replace(tag_deleted_in="17", yanked="why")])
        catalog.paid(catalog.owed())
        withdrawals.record([RELEASE])
        assert withdrawals.withdrawn() == []
        assert catalog.owed() == {"", "acme-ledger"}

    def test_tells_of_all_releases_of_a_project(self, withdrawals):
        assert [each.version for each in withdrawals.of(["acme-ledger"])] == ["1.0", "1.1"]
        assert withdrawals.of(["acme"]) == []

    def test_has_an_index_of_what_is_withdrawn_only(self, catalog):
        where = "WHERE yanked IS NOT NULL OR tag_deleted_in IS NOT NULL"
        (row,) = catalog.rows(f"EXPLAIN QUERY PLAN SELECT project FROM release {where}")
        assert "USING" in row[3]
        assert "release_withdrawn" in row[3]

    def test_remembers_moves_without_owing_anything(self, catalog, withdrawals):
        withdrawals.record_moves([RELEASE._replace(tag_moved_to="20")])
        assert catalog.release(*KEY) == RELEASE._replace(tag_moved_to="20")
        assert catalog.owed() == frozenset()


class TestTakeOut:
    def test_leaves_a_line_until_the_file_is_gone(self, catalog, withdrawals):
        withdrawals.take_out([RELEASE])
        assert catalog.release(*KEY) is None
        assert catalog.size() == (2, 2)
        assert catalog.owed() == {"", "acme-ledger"}
        assert catalog.metadata("1.0") == b""
        assert withdrawals.removals() == [Removal(*KEY, "acme.ledger", "1.0", "1.0")]
        withdrawals.removed(withdrawals.removals())
        assert withdrawals.removals() == []

    def test_keeps_metadata_that_another_release_has_too(self, catalog, withdrawals):
        same = a_release("3.0", sha256="1.0")
        catalog.publish(same, {same.sha256: b"metadata"})
        withdrawals.take_out([same])
        assert catalog.metadata("1.0") == b"metadata"

    def test_leaves_projects_that_had_pages(self, catalog, withdrawals):
        catalog.list_project(ListedProject("other", "other", "1.0"))
        assert catalog.former_projects() == frozenset()
        withdrawals.take_out([a_release(project="other")])
        assert catalog.former_projects() == {"other"}
