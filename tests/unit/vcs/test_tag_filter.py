"""Globs of include and exclude that are for one repository only."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.vcs.tag_filter import TagFilter

SVN, GIT = "https://svn.example.com/svn", "git+https://git.example.com/group"


@pytest.mark.parametrize(
    ("url", "options", "path", "is_wanted"),
    [
        (SVN, {"exclude": (f"{SVN}/acme.*",)}, "acme.ledger", False),
        (SVN, {"exclude": (f"{SVN}/acme.*",)}, "other", True),
        (GIT, {"exclude": (f"{SVN}/acme.*",)}, "acme.ledger", True),
        (GIT, {"exclude": (f"{SVN}/acme.*", "acme.*")}, "acme.ledger", False),
        (f"{SVN}-old", {"exclude": (f"{SVN}/acme.*",)}, "acme.ledger", True),
        (SVN, {"include": (f"{SVN}/acme.*",)}, "other", False),
        (GIT, {"include": (f"{SVN}/acme.*",)}, "other", True),
        (GIT, {"include": (f"{SVN}/acme.*", "acme.*")}, "other", False),
    ],
)
def test_a_glob_with_a_url_is_for_that_repository(url, options, path, is_wanted):
    configuration = Configuration(repository=(url,), destination=Path("index"), **options)
    assert TagFilter.of(url, configuration).wants_project(path) is is_wanted
