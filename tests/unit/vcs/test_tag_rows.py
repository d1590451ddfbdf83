"""What is said of a tag that is not in a listing."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.vcs.tag_rows import missing_tag


@pytest.mark.parametrize(
    ("there", "hint"),
    [
        ((), "No tag is there. Correct the URL, or push the tags."),
        (("v1.2", "0.9"), "The repository has v1.2 and 1 more."),
        (("a", "b"), "The repository has a, b."),
        (("e", "d", "c", "b"), "The repository has b, c, d and 1 more."),
    ],
)
def test_the_error_names_tags_that_may_be_meant(there, hint):
    error = missing_tag("git+file:///srv/git/acme", "1.2", there)
    assert error.reason == "no tag 1.2"
    assert error.hint.endswith(hint)
