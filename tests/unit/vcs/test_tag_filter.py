"""Globs of include and exclude that are for one repository only, and versions in the names of tags."""

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


@pytest.mark.parametrize(
    ("project", "name", "version"),
    [
        ("my-project", "my_project-1.0", "1.0"),
        ("my_project", "My-Project-1.0", "1.0"),
        ("My.Project", "my--project-v1.0", "1.0"),
        ("my-project", "myproject-1.0", None),
        ("api", "api-v1.0", "1.0"),
        ("api", "api@1.0", "1.0"),
        ("api", "api/v1.0", "1.0"),
        ("api", "api_1.0", "1.0"),
        ("api", "release-1.0", "1.0"),
        ("api", "release/v1.0", "1.0"),
        ("api", "api.1.0", None),
        ("api", "apiv1.0", None),
        ("api", "other-v1.0", None),
        # The names of these projects begin with a digit.
        ("3to2", "3to2-v1.0", "1.0"),
        ("3to2", "3TO2-1.0", "1.0"),
        ("3to2", "v1.0", "1.0"),
        ("2-to-3", "2to3-1.0", "2to3-1.0"),
        # Tags of a project api-v2.
        ("api", "api-v2-1.0", None),
        ("api", "api/v2/v1.0", None),
        ("api", "v2-1.0", "2-1.0"),
        ("api", "api-2-1.0", "2-1.0"),
        ("api-v2", "api-v2-1.0", "1.0"),
        ("api-v2", "API_v2@v1.0", "1.0"),
    ],
)
def test_the_version_is_what_follows_the_name_of_the_project(project, name, version):
    assert TagFilter(GIT).version_of(project, name) == version


@pytest.mark.parametrize(("name", "version"), [("my_project:1.0", "1.0"), ("other:1.0", None)])
def test_a_pattern_of_the_option_has_the_name_of_the_project_in_any_spelling(name, version):
    tag_filter = TagFilter(GIT, tag_pattern="PROJECT:(?P<version>.*)")
    assert tag_filter.version_of("my-project", name) == version
