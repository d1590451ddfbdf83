"""Which releases are withdrawn, and why."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.configuration.option_types import yanks
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.yanking import clash, clashing, deletion, is_replaced, lines_by_project, yanked
from tests.unit.values import a_release

LINES = lines_by_project(
    Configuration(yank=yanks("Acme.Ledger==1.0 Loses data\nacme-hello==2.0\nacme-hello==7"))
)


class TestYanked:
    @pytest.mark.parametrize(
        ("project", "version", "reason"),
        [
            ("acme-ledger", "1.0", "Loses data"),
            ("acme-ledger", "1.0.0", "Loses data"),
            ("acme-ledger", "1.0.1", None),
            ("acme-hello", "2.0", ""),
            ("acme", "1.0", None),
        ],
    )
    def test_is_what_a_line_names(self, project, version, reason):
        assert yanked(version, None, LINES.get(project, ()), "yank") == reason

    def test_is_what_has_no_tag_unless_an_option_keeps_it(self):
        assert yanked("1.0", "17", (), "yank") == "tag deleted in r17"
        assert yanked("1.0", "17", (), "remove") == "tag deleted in r17"
        assert yanked("1.0", "17", (), "keep") is None
        assert yanked("1.0", None, (), "yank") is None

    def test_has_the_reason_of_a_line_before_that_of_the_tag(self):
        assert yanked("1.0", "17", LINES["acme-ledger"], "yank") == "Loses data"
        assert yanked("2.0", "17", LINES["acme-hello"], "yank") == ""

    def test_may_have_a_revision_that_nobody_knows(self):
        assert deletion("") == "tag deleted"


class TestIsReplaced:
    REPLACE = Configuration(moved_tags="replace-unpublished")

    def test_what_was_withdrawn_and_is_now_another(self):
        assert is_replaced(a_release(revision="17", deleted="20"), "21", self.REPLACE)

    @pytest.mark.parametrize(
        ("release", "configuration"),
        [
            (None, REPLACE),
            (a_release(revision="17"), REPLACE),
            (a_release(revision="21", deleted="20"), REPLACE),
            (a_release(revision="17", deleted="20"), Configuration()),
            (
                a_release(revision="17", deleted="20"),
                Configuration(moved_tags="replace-unpublished", deleted_tags="keep"),
            ),
            (a_release(revision="17", yanked="by a line"), REPLACE),
        ],
        ids=["new", "there", "the same", "option", "kept", "yanked by an option"],
    )
    def test_nothing_else(self, release, configuration):
        assert not is_replaced(release, "21", configuration)


class TestClash:
    def test_tells_which_release_is_in_the_way(self):
        reason = clash("acme_ledger-1.0.tar.gz", "https://svn.example.com/a", " (why)")
        assert reason == (
            "acme_ledger-1.0.tar.gz was published from https://svn.example.com/a (why); the first stays."
        )
        assert clashing(reason) == ("acme-ledger", "acme_ledger-1.0.tar.gz")
        assert clashing("SyntaxError: invalid syntax") is None
