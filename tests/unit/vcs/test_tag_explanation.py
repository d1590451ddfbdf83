"""What is said of repositories without release tags, and of one of them, where tags are listed by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.vcs.tag_explanation import explain, nothing_found
from sdistmaker_recipe.vcs.tag_filter import TagFilter

URL = "git+https://git.example.com/group"
TAG = "a" * 40


def filtered(**options: object) -> TagFilter:
    return TagFilter.of(URL, Configuration(repository=(URL,), destination=Path("index"), **options))


@pytest.mark.parametrize(
    ("listing", "looked_at"),
    [
        ({"": {"x": TAG}}, "the git repository, whose tags name no release: x"),
        ({"tool": {"x": TAG}}, "1 git repository, whose tags name no release: x"),
        ({"tool": {}, "web": {}}, "2 git repositories, without any tag"),
    ],
)
def test_as_many_repositories_are_named_as_there_are(listing, looked_at):
    assert nothing_found(listing, filtered(), "git", "").looked_at == looked_at


def test_options_that_leave_out_all_are_named():
    found = nothing_found({"tool": {"1.0": TAG}}, filtered(include=("web",)), "git", "")
    assert found.looked_at == "1 git repository, and include and exclude leave out all"
    assert found.hint == "Change the options include and exclude."


@pytest.mark.parametrize(("names", "said"), [(["1.0"], "1 tag"), (["1.0", "1.1"], "2 tags"), ([], "0 tags")])
def test_of_a_repository_the_number_of_tags_is_said(names, said):
    found = explain({"tool": dict.fromkeys(names, TAG)}, "tool", filtered(), dict, "git")
    assert found.reasons == (f"it is a git repository with {said}",)
