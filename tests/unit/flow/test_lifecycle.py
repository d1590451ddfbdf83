"""What becomes of releases whose tags were deleted, came back or moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.configuration.option_types import yanks
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.flow import lifecycle
from sdistmaker_recipe.flow.lifecycle import MissingTags
from sdistmaker_recipe.index.file_conflicts import conflict_reason
from sdistmaker_recipe.model import Plan, Rejected, Release, ReleaseChange, Tag
from tests.unit.values import a_failure, a_release, a_tag

DEFAULT = Configuration()
REMOVE = Configuration(deleted_tags="remove")
KEEP = Configuration(deleted_tags="keep")
NEWEST = Configuration(newest=1)
NOTHING = MissingTags({}, frozenset(), {}, {})
RELEASE = a_release()
KEY = (RELEASE.project, RELEASE.filename)
DELETED = a_release(tag_deleted_in="19", yanked="tag deleted in r19")


@pytest.fixture
def catalog():
    with open_catalog(None) as opened:
        opened.releases.publish(RELEASE)
        opened.releases.publish(a_release("1.1"))
        opened.pages.mark_written(opened.pages.stale())
        yield opened


def lost(catalog, *, newly=None, before=None, to_remove=frozenset()) -> MissingTags:
    """That the tag of RELEASE is newly found to be deleted, or was found so in an earlier run."""
    if before is not None:
        catalog.releases.publish(before)
    missing_tags = lifecycle.find_missing_tags([], [], catalog, DEFAULT, "")
    return missing_tags._replace(
        deleted={KEY: (RELEASE, newly)} if newly is not None else {}, to_remove=to_remove
    )


def release_changes(
    catalog, missing_tags, configuration=DEFAULT, planned=None, known=()
) -> list[ReleaseChange]:
    return list(
        lifecycle.find_release_changes(planned or Plan(), known, missing_tags, catalog, configuration)
    )


def there(release: Release, revision: str = "17") -> tuple[Tag, Release]:
    return a_tag(revision=revision), release


class TestTurns:
    def test_are_none_where_nothing_happened(self, catalog):
        assert release_changes(catalog, lost(catalog), known=[there(RELEASE)]) == []
        assert release_changes(catalog, lost(catalog, before=DELETED)) == []

    @pytest.mark.parametrize(
        ("configuration", "action", "reason"),
        [
            (DEFAULT, "yank", "tag deleted in r19"),
            (KEEP, "note", ""),
            (REMOVE, "remove", "tag deleted in r19"),
            (Configuration(yank=yanks("acme-ledger==1.0 bad")), "yank", "bad"),
        ],
    )
    def test_of_a_deleted_tag(self, catalog, configuration, action, reason):
        (release_change,) = release_changes(catalog, lost(catalog, newly="19"), configuration)
        assert (release_change.action, release_change.reason, release_change.release.tag_deleted_in) == (
            action,
            reason,
            "19",
        )
        assert (release_change.release.yanked is None) == (configuration is KEEP)

    @pytest.mark.parametrize("revision", ["17", "20"])
    def test_of_a_tag_that_is_there_again(self, catalog, revision):
        found = release_changes(catalog, lost(catalog, before=DELETED), known=[there(DELETED, revision)])
        assert found[0] == ReleaseChange(RELEASE, "restore", "its tag is there again")
        assert [release_change.action for release_change in found[1:]] == (
            [] if revision == "17" else ["moved"]
        )

    def test_of_a_tag_that_is_there_again_wait_until_it_is_built(self, catalog):
        tag, _release = there(DELETED, "20")
        planned = Plan(build=(tag,))
        assert (
            release_changes(catalog, lost(catalog, before=DELETED), planned=planned, known=[(tag, DELETED)])
            == []
        )

    def test_of_a_tag_that_moved_are_told_once(self, catalog):
        (release_change,) = release_changes(catalog, NOTHING, known=[there(RELEASE, "20")])
        assert (release_change.action, release_change.release.tag_moved_to) == ("moved", "20")
        assert release_change.reason.startswith(
            "acme.ledger 1.0: published as acme_ledger-1.0.tar.gz from revision 17; "
        )
        lifecycle.final_changes(Plan(release_changes=(release_change,)), NOTHING, catalog)
        release = catalog.releases.get(*KEY)
        assert release_changes(catalog, NOTHING, known=[there(release, "20")]) == []
        assert len(release_changes(catalog, NOTHING, known=[there(release, "21")])) == 1

    def test_follow_a_changed_option(self, catalog):
        missing_tags = lost(catalog, before=DELETED, to_remove=frozenset([KEY]))
        assert [(t.action, t.release.yanked) for t in release_changes(catalog, missing_tags, KEEP)] == [
            ("restore", None)
        ]
        assert [
            release_change.action for release_change in release_changes(catalog, missing_tags, REMOVE)
        ] == ["remove"]
        kept = lost(catalog, before=a_release(tag_deleted_in="19"))
        assert [release_change.action for release_change in release_changes(catalog, kept)] == ["yank"]

    def test_remove_nothing_that_the_repository_does_not_confirm(self, catalog):
        assert release_changes(catalog, lost(catalog, before=DELETED), REMOVE) == []

    def test_remove_nothing_of_which_nobody_knows_when_it_was_deleted(self, catalog):
        (release_change,) = release_changes(catalog, lost(catalog, newly=""), REMOVE)
        assert (release_change.action, release_change.release.yanked) == ("yank", "tag deleted")

    def test_of_lines_begin_and_end_with_them(self, catalog):
        lines = Configuration(yank=yanks("acme-ledger==1.1.0 bad"))
        (release_change,) = release_changes(catalog, lost(catalog), lines)
        assert (release_change.action, release_change.reason, release_change.release.version) == (
            "yank",
            "bad",
            "1.1",
        )
        lifecycle.record_changes(Plan(release_changes=(release_change,)), catalog)
        assert release_changes(catalog, lost(catalog), lines) == []
        (release_change,) = release_changes(catalog, lost(catalog))
        assert (release_change.action, release_change.reason) == (
            "restore",
            "no option withdraws it any more",
        )


class TestEnd:
    def remove(self, catalog, *failed: Tag) -> Release | None:
        planned = Plan(release_changes=tuple(release_changes(catalog, lost(catalog, newly="19"), REMOVE)))
        lifecycle.record_changes(planned, catalog)
        lifecycle.remove_releases(planned, [Rejected(tag, "", Path("log")) for tag in failed], catalog)
        return catalog.releases.get(*KEY)

    def test_takes_out_what_is_to_be_removed(self, catalog):
        assert self.remove(catalog, a_tag("1.1")) is None

    def test_waits_for_a_tag_of_that_version_that_failed(self, catalog):
        assert self.remove(catalog, a_tag("v1.0.0", version="1.0.0")) is not None

    def test_leaves_what_was_taken_over(self, catalog):
        planned = Plan(release_changes=tuple(release_changes(catalog, lost(catalog, newly="19"), REMOVE)))
        lifecycle.record_changes(planned, catalog)
        other = a_release(origin="another/tags/1.0")
        catalog.releases.publish(other, instead_of=RELEASE.origin)
        lifecycle.remove_releases(planned, [], catalog)
        assert catalog.releases.get(*KEY) == other
        assert lifecycle.final_changes(planned, NOTHING, catalog) == ()


class TestOutcome:
    def test_has_no_release_that_was_taken_over(self, catalog):
        planned = Plan(release_changes=tuple(release_changes(catalog, lost(catalog, newly="19"))))
        lifecycle.record_changes(planned, catalog)
        assert lifecycle.final_changes(planned, NOTHING, catalog) == planned.release_changes
        catalog.releases.publish(a_release(origin="another/tags/1.0"), instead_of=RELEASE.origin)
        assert lifecycle.final_changes(planned, NOTHING, catalog) == ()

    def test_of_what_waits_to_be_removed_is_told_once(self, catalog):
        planned = Plan(release_changes=tuple(release_changes(catalog, lost(catalog, newly="19"), REMOVE)))
        lifecycle.record_changes(planned, catalog)
        (release_change,) = lifecycle.final_changes(planned, NOTHING, catalog)
        assert release_change.action == "yank"
        assert lifecycle.final_changes(planned, lost(catalog), catalog) == ()


class TestHeirs:
    def test_are_known_by_the_names_of_release_and_folder(self, catalog):
        release = a_release(origin="uuid/group/Old.Folder/tags/1.0")
        missing_tags = NOTHING._replace(deleted={KEY: (release, "19")})
        assert lifecycle.releases_without_tag(missing_tags, NEWEST) == {
            ("acme-ledger", "1"),
            ("old-folder", "1"),
        }
        assert lifecycle.releases_without_tag(missing_tags, DEFAULT) == frozenset(), (
            "no option leaves tags out"
        )
        assert lifecycle.releases_without_tag(lost(catalog, before=DELETED), NEWEST) == {("acme-ledger", "1")}
        assert (
            lifecycle.releases_without_tag(lost(catalog, before=a_release(yanked="by a line")), NEWEST)
            == frozenset()
        )

    def test_are_built_again_that_failed_for_a_release_that_has_no_tag_now(self, catalog):
        heir = a_failure(a_tag("v1.0"), reason=conflict_reason(RELEASE.filename, RELEASE.tag_url, ""))
        other = a_failure(a_tag("2.0"))
        stands = {heir.origin: heir, other.origin: other}
        assert lifecycle.failures_that_hold([heir, other], NOTHING, catalog) == stands
        for missing_tags in (lost(catalog, newly="19"), lost(catalog, before=DELETED)):
            assert lifecycle.failures_that_hold([heir, other], missing_tags, catalog) == {other.origin: other}


class TestUnmatched:
    def test_are_lines_of_no_release_and_of_no_tag_to_build(self, catalog):
        lines = yanks("Acme.Ledger==1.0.0\nacme-ledger==2.0\nacme-ledger==3.0 why\nother==1.0")
        assert lifecycle.unmatched_yank_lines(lines, [a_tag("2.0")], catalog) == (
            "yank: there is no release acme-ledger==3.0",
            "yank: there is no release other==1.0",
        )
