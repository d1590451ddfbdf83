"""What to build: tags and what is known of them in, a ``Plan`` out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.configuration.option_types import Pin, Yank
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import Failure, KnownFailure, Plan, Release, Skipped, Tag
from sdistmaker_recipe.stages.plan import CatalogState, fingerprint, options_digest, plan
from tests.unit.values import a_failure, a_release, a_tag

VERSION = "2.0"
DEFAULT = Configuration()
STABLE = Configuration(prereleases=False)


def released(*tags: Tag, **changes: object) -> dict[str, Release]:
    return {tag.origin: a_release(origin=tag.origin, revision=tag.revision, **changes) for tag in tags}


def failed(*tags: Tag, configuration: Configuration = DEFAULT) -> dict[str, Failure]:
    return {tag.origin: a_failure(tag, fingerprint(tag, configuration, VERSION)) for tag in tags}


def names(tags: tuple[Tag, ...]) -> list[str]:
    return [tag.name for tag in tags]


class TestPlan:
    def test_of_no_tags_is_empty(self):
        assert plan([], CatalogState(), DEFAULT, VERSION) == Plan()

    def test_builds_what_is_not_known(self):
        tags = [a_tag("1.0"), a_tag("2.0")]
        assert plan(tags, CatalogState(), DEFAULT, VERSION) == Plan(build=tuple(tags))

    def test_leaves_alone_what_is_published(self):
        tag = a_tag()
        planned = plan([tag], CatalogState(releases=released(tag)), DEFAULT, VERSION)
        assert planned == Plan(skip=(Skipped(tag, "published as acme_ledger-1.0.tar.gz"),))

    def test_leaves_alone_a_published_tag_that_moved_and_says_so(self):
        tag = a_tag(revision="20")
        known = CatalogState(releases=released(tag._replace(revision="17")))
        (skipped,) = plan([tag], known, DEFAULT, VERSION).skip
        assert skipped.reason == (
            "published as acme_ledger-1.0.tar.gz from revision 17; "
            "the tag is now at 20, the published file stays"
        )

    def test_knows_a_tag_by_its_origin_whatever_url_it_is_reached_by(self):
        tag = a_tag()
        moved = tag._replace(repository="svn+ssh://svn.example.com/srv/svn")
        assert plan([moved], CatalogState(releases=released(tag)), DEFAULT, VERSION).build == ()

    def test_builds_again_what_is_published_but_whose_file_is_gone(self):
        tag = a_tag()
        known = CatalogState(releases=released(tag), missing_files={tag.origin})
        assert plan([tag], known, DEFAULT, VERSION) == Plan(build=(tag,))

    def test_does_not_try_again_and_again_what_is_gone_and_does_not_build_any_more(self):
        tag = a_tag()
        known = CatalogState(released(tag), failed(tag), {tag.origin})
        assert plan([tag], known, DEFAULT, VERSION).known_failures == (
            KnownFailure(tag, known.failures[tag.origin]),
        )

    def test_does_not_try_again_what_failed_while_nothing_changed(self):
        tag = a_tag()
        known = CatalogState(failures=failed(tag))
        assert plan([tag], known, DEFAULT, VERSION) == Plan(
            known_failures=(KnownFailure(tag, known.failures[tag.origin]),)
        )

    @pytest.mark.parametrize(
        "changed",
        [a_tag(revision="18"), a_tag(origin="other/acme.ledger/tags/1.0")],
        ids=["tag", "repository"],
    )
    def test_tries_again_what_failed_when_it_is_another_tag(self, changed):
        known = CatalogState(failures=failed(a_tag()))
        assert plan([changed], known, DEFAULT, VERSION).build == (changed,)

    def test_tries_again_what_failed_with_another_version_of_this_package(self):
        tag = a_tag()
        assert plan([tag], CatalogState(failures=failed(tag)), DEFAULT, "2.1").build == (tag,)

    def test_says_published_of_a_tag_whose_failure_was_never_forgotten(self):
        tag = a_tag()
        planned = plan([tag], CatalogState(released(tag), failed(tag)), DEFAULT, VERSION)
        assert [each.tag for each in planned.skip] == [tag]
        assert planned.known_failures == ()


class TestDeletedTags:
    REPLACE = Configuration(moved_tags="replace-unpublished")

    def test_made_again_are_built_where_the_file_is_to_be_replaced(self):
        tag = a_tag(revision="20")
        known = CatalogState(released(tag._replace(revision="17"), tag_deleted_in="19"))
        assert plan([tag], known, self.REPLACE, VERSION).build == (tag,)
        (skipped,) = plan([tag], known, DEFAULT, VERSION).skip
        assert "the published file stays" in skipped.reason

    @pytest.mark.parametrize(
        "configuration", [STABLE, Configuration(newest=1)], ids=["prereleases", "newest"]
    )
    def test_leave_a_release_to_another_tag_whatever_a_filter_says(self, configuration):
        tags = [a_tag("2.0"), a_tag("v1.0rc1", version="1.0rc1"), a_tag("v0.9rc1", version="0.9rc1")]
        releases_without_tag = {("acme-ledger", "1rc1"), ("other", "0.9rc1")}
        assert names(
            plan(tags, CatalogState(releases_without_tag=releases_without_tag), configuration, VERSION).build
        ) == [
            "2.0",
            "v1.0rc1",
        ]


class TestOutlook:
    @pytest.mark.parametrize(
        "change",
        [
            {"prereleases": False},
            {"newest": 3},
            {"deleted_tags": "keep"},
            {"moved_tags": "replace-unpublished"},
            {"yank": (Yank("a", "1.0"),)},
            {"timeout": 10.0},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_changes_with_what_matters_to_a_plan(self, change):
        assert options_digest(replace(DEFAULT, **change), VERSION) != options_digest(DEFAULT, VERSION)

    def test_does_not_change_with_what_does_not(self):
        assert options_digest(replace(DEFAULT, wait=7), VERSION) == options_digest(DEFAULT, VERSION)


class TestFingerprint:
    @pytest.mark.parametrize(
        "change",
        [
            {"timeout": 10.0},
            {"build_index": "https://x.example.com"},
            {"python": "3.9"},
            {"pythons": ("2.7",)},
            {"toolchain": (Pin("a", "3.9", ()),)},
            {"include_versioned_files": "never"},
            {"verify_builds": "never"},
            {"sandbox": "none"},
            {"unbuildable": "archive"},
            {"version_mismatch": "refuse"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_changes_with_each_option_that_could_make_a_tag_build(self, change):
        tag = a_tag()
        assert fingerprint(tag, replace(DEFAULT, **change), VERSION) != fingerprint(tag, DEFAULT, VERSION)

    @pytest.mark.parametrize(
        "change",
        [{"jobs": 4}, {"newest": 3}, {"wait": 60}, {"ignore": ("a",)}],
        ids=lambda change: next(iter(change)),
    )
    def test_does_not_change_with_options_that_could_not(self, change):
        tag = a_tag()
        assert fingerprint(tag, replace(DEFAULT, **change), VERSION) == fingerprint(tag, DEFAULT, VERSION)


class TestPrereleases:
    TAGS = tuple(
        a_tag(name) for name in ("1.0", "1.1.dev3", "1.1a1", "1.1b2", "1.1rc1", "1.1.post1", "odd-1")
    )

    def test_are_built_by_default(self):
        assert set(plan(self.TAGS, CatalogState(), DEFAULT, VERSION).build) == set(self.TAGS)

    def test_are_left_alone_when_they_are_not_wanted(self):
        planned = plan(self.TAGS, CatalogState(), STABLE, VERSION)
        assert set(names(planned.build)) == {"1.0", "1.1.post1", "odd-1"}
        assert {each.reason for each in planned.skip} == {"a pre-release, and prereleases is false"}

    def test_that_are_published_count_as_published(self):
        tag = a_tag("1.0rc1")
        (skipped,) = plan([tag], CatalogState(released(tag)), STABLE, VERSION).skip
        assert skipped.reason.startswith("published as")

    def test_that_are_gone_and_fail_to_build_are_planned_once(self):
        tag = a_tag("1.0rc1")
        known = CatalogState(released(tag), failed(tag, configuration=STABLE), {tag.origin})
        planned = plan([tag], known, STABLE, VERSION)
        assert len((*planned.build, *planned.skip, *planned.known_failures)) == 1

    def test_that_failed_are_no_longer_reported_when_they_are_not_wanted(self):
        tag = a_tag("1.0rc1")
        planned = plan([tag], CatalogState(failures=failed(tag, configuration=STABLE)), STABLE, VERSION)
        assert (planned.known_failures, len(planned.skip)) == ((), 1)


class TestNewest:
    def test_keeps_the_newest_of_each_project_by_version_not_by_name(self):
        tags = [a_tag(name, project=project) for project in "ab" for name in ("1.9", "1.10", "1.2")]
        planned = plan(tags, CatalogState(), replace(DEFAULT, newest=2), VERSION)
        assert [(tag.project, tag.name) for tag in planned.build] == [
            ("a", "1.10"),
            ("a", "1.9"),
            ("b", "1.10"),
            ("b", "1.9"),
        ]
        assert [each.reason for each in planned.skip] == ["not among the newest 2 of its project"] * 2

    def test_counts_versions_that_pep_440_does_not_know_as_the_oldest(self):
        tags = [a_tag(name) for name in ("2.0-final-fix", "0.1")]
        assert names(plan(tags, CatalogState(), replace(DEFAULT, newest=1), VERSION).build) == ["0.1"]

    def test_does_not_count_prereleases_that_are_left_out(self):
        tags = [a_tag(name) for name in ("1.0", "1.1", "2.0rc1")]
        planned = plan(tags, CatalogState(), replace(STABLE, newest=1), VERSION)
        assert names(planned.build) == ["1.1"]
        assert {each.tag.name: each.reason for each in planned.skip} == {
            "1.0": "not among the newest 1 of its project",
            "2.0rc1": "a pre-release, and prereleases is false",
        }

    def test_counts_prereleases_that_are_wanted(self):
        tags = [a_tag(name) for name in ("1.0", "2.0rc1")]
        assert names(plan(tags, CatalogState(), replace(DEFAULT, newest=1), VERSION).build) == ["2.0rc1"]

    def test_counts_projects_of_one_name_in_two_repositories_apart(self):
        tags = [a_tag("1.0"), a_tag("2.0", repository="https://svn.example.com/two", origin="two/2.0")]
        assert set(plan(tags, CatalogState(), replace(DEFAULT, newest=1), VERSION).build) == set(tags)

    def test_counts_what_is_published(self):
        tags = [a_tag("1.0"), a_tag("2.0")]
        planned = plan(tags, CatalogState(released(tags[1])), replace(DEFAULT, newest=1), VERSION)
        assert planned.build == ()

    def test_never_takes_back_what_is_published(self):
        tags = [a_tag("1.0"), a_tag("2.0")]
        planned = plan(tags, CatalogState(released(*tags)), replace(DEFAULT, newest=1), VERSION)
        assert [each.reason for each in planned.skip] == ["published as acme_ledger-1.0.tar.gz"] * 2

    def test_does_not_lose_the_file_of_an_older_version_that_is_published(self):
        tags = [a_tag("1.0"), a_tag("2.0")]
        known = CatalogState(released(*tags), missing_files={tags[0].origin})
        assert names(plan(tags, known, replace(DEFAULT, newest=1), VERSION).build) == ["1.0"]


TAGS = tuple(
    a_tag(name, project=project) for project in ("a", "b") for name in ("1.0", "1.1rc1", "2.0", "x-1")
)


@given(
    st.permutations(TAGS),
    st.sets(st.sampled_from(TAGS)),
    st.sets(st.sampled_from(TAGS)),
    st.sets(st.sampled_from(TAGS)),
    st.integers(0, 3),
    st.booleans(),
)
def test_every_tag_is_planned_once_whatever_the_order(
    tags, published, failures, missing_files, newest, prereleases
):
    configuration = Configuration(newest=newest, prereleases=prereleases)
    known = CatalogState(
        released(*published),
        failed(*failures, configuration=configuration),
        {tag.origin for tag in missing_files},
    )
    planned = plan(tags, known, configuration, VERSION)
    everywhere = [*planned.build, *(each.tag for each in (*planned.skip, *planned.known_failures))]
    assert Counter(everywhere) == Counter(TAGS)
    assert planned == plan(TAGS, known, configuration, VERSION)
    there = {tag for tag in published if tag not in missing_files}
    assert not there & set(planned.build)
    assert list(planned.build) == sorted(planned.build)
