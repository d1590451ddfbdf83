"""What happens when a tag builds a file that is published already."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.file_conflicts import conflict_reason, conflicting_file, may_replace_file
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
