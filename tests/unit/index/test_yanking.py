"""Which releases are yanked, and why."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.configuration.option_types import yanks
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.yanking import (
    deleted_revision,
    tag_deleted_reason,
    yank_reason,
    yanks_by_project,
)

YANKS = yanks_by_project(
    Configuration(yank=yanks("Acme.Ledger==1.0 Loses data\nacme-hello==2.0\nacme-hello==7"))
)


class TestYankReason:
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
        assert yank_reason(version, None, YANKS.get(project, ()), "yank") == reason

    def test_is_what_has_no_tag_unless_an_option_keeps_it(self):
        assert yank_reason("1.0", "17", (), "yank") == "tag deleted in r17"
        assert yank_reason("1.0", "17", (), "remove") == "tag deleted in r17"
        assert yank_reason("1.0", "17", (), "keep") is None
        assert yank_reason("1.0", None, (), "yank") is None

    def test_has_the_reason_of_a_line_before_that_of_the_tag(self):
        assert yank_reason("1.0", "17", YANKS["acme-ledger"], "yank") == "Loses data"
        assert yank_reason("2.0", "17", YANKS["acme-hello"], "yank") == ""

    def test_may_have_a_revision_that_nobody_knows(self):
        assert tag_deleted_reason("") == "tag deleted"


@pytest.mark.parametrize("revision", ["", "17", "4d14e771174bc7c623e567fd1b025871b2436bf2"])
def test_the_revision_of_a_deleted_tag_is_read_back_from_the_reason(revision):
    assert deleted_revision(tag_deleted_reason(revision)) == revision


def test_only_numbers_are_written_with_an_r():
    assert tag_deleted_reason("4d14e771174b") == "tag deleted in 4d14e771174b"
