"""What a listing of all tags says, and what changed since an earlier one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timezone

from sdistmaker_recipe.vcs import ScanResult
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from sdistmaker_recipe.vcs.tag_listing import TagId, TagListing
from tests.support.tag_servers import Known

TIME = datetime(2026, 1, 2, tzinfo=timezone.utc)
FILTER = TagFilter("https://example.com/all")


class Times:
    """The times of all tags but those that are none; ``asked`` are those of the last scan."""

    def __init__(self, none: Collection[TagId] = ()) -> None:
        self.none = none
        self.asked: list[TagId] = []

    def __call__(self, tags: Collection[TagId]) -> Mapping[TagId, datetime]:
        self.asked = sorted(tags)
        return {tag: TIME for tag in tags if tag not in self.none}


def scan(revisions: Mapping[str, Mapping[str, str]]) -> Known:
    listing = TagListing(revisions, "1")
    return Known(listing.all_tags(listing.checkpoint(), FILTER, Times()))


def follow(known: Known, revisions: Mapping[str, Mapping[str, str]], times: Times) -> ScanResult:
    listing = TagListing(revisions, "1")
    found = listing.changed_tags(listing.checkpoint(), known.previous(), FILTER, times)
    assert found is not None
    known.apply(found)
    return found


def test_only_the_times_of_tags_that_changed_and_name_releases_are_asked() -> None:
    known = scan({"a": {"1.0": "x", "1.1": "y", "latest": "y"}, "b": {"1.0": "z"}})
    times = Times()
    follow(known, {"a": {"1.0": "x", "1.1": "moved", "latest": "moved"}, "b": {"1.0": "z"}}, times)
    assert times.asked == [TagId("a", "1.1")]


def test_a_project_that_did_not_change_is_not_mentioned() -> None:
    known = scan({"a": {"1.0": "x"}, "b": {"1.0": "z"}})
    found = follow(known, {"a": {"1.0": "x"}, "b": {"1.0": "y"}}, Times())
    assert [project.path for project in found.projects] == ["b"]


def test_a_tag_that_became_none_is_gone() -> None:
    known = scan({"a": {"1.0": "x", "1.1": "y"}})
    follow(known, {"a": {"1.0": "blob", "1.1": "y"}}, Times(none=[TagId("a", "1.0")]))
    assert known.names == {"a": ["1.1"]}


def test_rows_of_a_project_at_the_root_are_no_paths_of_projects() -> None:
    known = scan({"": {"1.0": "x", "a/1.0": "x"}, "a": {"1.0": "x"}})
    assert known.names[""] == ["1.0"]
    follow(known, {"": {"a/1.0": "x"}, "a": {"1.0": "x"}}, Times())
    assert known.names == {"": [], "a": ["1.0"]}


def test_another_format_cannot_be_compared() -> None:
    known = scan({"a": {"1.0": "x"}})
    listing = TagListing({"a": {"1.0": "x"}}, "2")
    assert listing.changed_tags(listing.checkpoint(), known.previous(), FILTER, Times()) is None
