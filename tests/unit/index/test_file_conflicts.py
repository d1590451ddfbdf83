"""What happens when a tag builds a file that is published already."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.file_conflicts import (
    conflict_reason,
    conflicting_file,
    may_replace_file,
    tag_name,
)
from tests.unit.values import a_release


class TestMayReplaceFile:
    REPLACE = Configuration(moved_tags="replace-unpublished")

    def test_what_was_withdrawn_and_is_now_another(self):
        assert may_replace_file(a_release(revision="17", tag_deleted_in="20"), "21", self.REPLACE)

    @pytest.mark.parametrize(
        ("release", "configuration"),
        [
            (None, REPLACE),
            (a_release(revision="17"), REPLACE),
            (a_release(revision="21", tag_deleted_in="20"), REPLACE),
            (a_release(revision="17", tag_deleted_in="20"), Configuration()),
            (
                a_release(revision="17", tag_deleted_in="20"),
                Configuration(moved_tags="replace-unpublished", deleted_tags="keep"),
            ),
            (a_release(revision="17", yanked="by a line"), REPLACE),
        ],
        ids=["new", "there", "the same", "option", "kept", "yanked by an option"],
    )
    def test_nothing_else(self, release, configuration):
        assert not may_replace_file(release, "21", configuration)


class TestConflictReason:
    def test_tells_which_release_is_in_the_way(self):
        reason = conflict_reason("acme_ledger-1.0.tar.gz", "https://svn.example.com/a", " (why)")
        assert reason == (
            "acme_ledger-1.0.tar.gz was published from https://svn.example.com/a (why); the first stays."
        )
        assert conflicting_file(reason) == ("acme-ledger", "acme_ledger-1.0.tar.gz")
        assert conflicting_file("SyntaxError: invalid syntax") is None


@pytest.mark.parametrize(
    ("origin", "path", "name"),
    [
        ("uuid/acme/tags/1.0", "acme/tags/1.0", "1.0"),
        ("uuid/acme/1.0/tags/1.0", "acme/1.0/tags/1.0", "1.0"),
        ("uuid/packages/api/tags//tags/1.0/packages/api", "tags/1.0/packages/api", "1.0"),
        ("uuid/packages/api/tags//tags/api/v1.0/packages/api", "tags/api/v1.0/packages/api", "v1.0"),
        ("uuid/x y/tags//tags/1.0/x y", "tags/1.0/x%20y", "1.0"),
        ("uuid/acme/tags//tags/acme/1.0", "tags/acme/1.0", "1.0"),
        ("uuid/packages/api/tags/api/1.0", "packages/api/tags/api/1.0", "1.0"),
    ],
)
def test_the_name_of_a_tag_is_without_folders_before_and_behind_it(origin, path, name):
    assert tag_name(a_release(origin=origin, tag_url=f"https://svn.example.com/svn/{path}")) == name
