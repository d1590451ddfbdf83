"""Which folders of a tree are projects, and which names of tags lead to them."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.configuration.option_types import subdirectories
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.subdirectories import (
    begins_tag_name,
    is_wanted,
    leads_on,
    only_project,
    project_folders,
    split_project,
    version_at_url,
    version_of,
    versions_of,
    whose,
)
from sdistmaker_recipe.vcs.tag_filter import TagFilter

URL = "https://svn.example.com/mono"


def filter_of(lines: str, **options: tuple[str, ...]) -> TagFilter:
    return TagFilter(URL, subdirectories=subdirectories(lines), **options)


@pytest.mark.parametrize(
    ("lines", "text", "begins"),
    [
        ("packages/*", "api", True),
        ("packages/*", "packages", True),
        ("packages/*", "packages/api", True),
        ("packages/*", "Packages", True),
        ("packages/*", "1.2", False),
        ("packages/*", "v1.2", False),
        ("packages/*", "other/api", False),
        ("packages/*", "packages/api/inner", False),
        ("packages/my_api", "My-Api", True),
        ("packages/my_api", "your-api", False),
        ("packages/[a-z]*", "api", True),
        ("packages/api = release/api-", "release", True),
        ("packages/api = release/api-", "api", False),
        ("packages/api = release/api-", "release/api", False),
        ("packages/api = api/v", "api", True),
        (".", "mono", True),
        (".", "other", False),
    ],
)
def test_a_folder_of_tags_is_looked_into_where_names_can_begin_with_its_own(lines, text, begins):
    assert begins_tag_name(text, "mono", filter_of(lines)) is begins


@pytest.mark.parametrize(
    ("lines", "folder", "is_project", "goes_on"),
    [
        ("packages/*", "", False, True),
        ("packages/*", "packages", False, True),
        ("packages/*", "packages/api", True, False),
        ("packages/*", "docs", False, False),
        ("packages/*\npackages/*/*", "packages/api", True, True),
        (".", "", True, False),
        (".\na/b", "", True, True),
    ],
)
def test_folders_are_followed_along_the_globs(lines, folder, is_project, goes_on):
    assert is_wanted(folder, filter_of(lines)) is is_project
    assert leads_on(folder, filter_of(lines)) is goes_on


def test_the_option_ignore_leaves_out_folders_of_a_tree_too():
    ignoring = filter_of("*/*", ignore=("attic", "old-*"))
    assert is_wanted("packages/api", ignoring)
    assert not is_wanted("packages/old-api", ignoring)
    assert not leads_on("attic", ignoring)
    assert version_of("", "attic/api", "1.0", ignoring) is None
    assert "the option ignore leaves out attic/api" in whose(
        "", "attic/api", "1.0", ignoring, is_project=True
    )


def test_include_and_exclude_are_compared_with_the_path_of_the_project():
    tag_filter = filter_of("packages/*", exclude=("teams/packages/web",))
    assert version_of("teams", "packages/web", "1.0", tag_filter) is None
    assert version_of("", "packages/web", "1.0", tag_filter) == "1.0"
    assert "leaves out" in whose("teams", "packages/web", "1.0", tag_filter, is_project=True)


def test_folders_with_a_project_are_found_among_files():
    files = ["setup.py", "a/setup.cfg", "a/b/pyproject.toml", "a/b/c/setup.py", "d/setup.pyc", "e/x"]
    assert project_folders(files, ["*", "*/*", "."]) == ("", "a", "a/b")


def test_a_project_is_below_the_longest_path():
    assert split_project({"", "group/mono"}, "group/mono/packages/api") == ("group/mono", "packages/api")
    assert split_project({""}, "packages/api") == ("", "packages/api")
    assert split_project({"mono"}, "other/api") is None


@pytest.mark.parametrize(
    ("lines", "name", "owners"),
    [
        ("packages/*", "api-1.0", {"packages/api": "1.0"}),
        ("packages/*", "api-v2-1.0", {"packages/api-v2": "1.0"}),
        ("packages/*", "api-v2/1.0", {"packages/api-v2": "1.0"}),
        ("packages/*", "packages/api/v1.0", {"packages/api": "1.0"}),
        ("packages/*", "1.0", {"packages/api": "1.0", "packages/api-v2": "1.0"}),
        ("packages/api = api-\npackages/api-v2 = api-v", "api-v1.0", {"packages/api-v2": "1.0"}),
        ("packages/api = api-\npackages/api-v2 = api-v", "api-1.0", {"packages/api": "1.0"}),
        ("packages/api = api-\npackages/api = api-v", "api-v1.0", {"packages/api": "1.0"}),
        ("packages/api = api-\npackages/api-v2 = api-1", "api-1.0", {"packages/api": "1.0"}),
        ("packages/api = v\npackages/*", "v1.0", {"packages/api": "1.0", "packages/api-v2": "1.0"}),
    ],
)
def test_a_tag_is_one_of_the_projects_whose_name_or_prefix_is_the_longest(lines, name, owners):
    tag_filter = filter_of(lines)
    folders = ("packages/api", "packages/api-v2")
    assert versions_of("", folders, name, tag_filter) == owners
    for folder in folders:
        said = whose("", folder, name, tag_filter, is_project=True, projects=folders)
        assert said.endswith("is one of this project") is (folder in owners)
    alone = filter_of(lines, exclude=("packages/api-v2",))
    assert versions_of("", folders, name, alone) == {
        folder: version for folder, version in owners.items() if folder == "packages/api"
    }


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("api-v2-1.0", None),
        ("api/V2/v1.0rc1", None),
        ("api-v2.0-1", "2.0-1"),
        ("api-v2-1", "2-1"),
        ("api-v2-1.dev3", "2-1.dev3"),
        ("api-2024-01.05", "2024-01.05"),
        ("v2-1.0", "2-1.0"),
    ],
)
def test_a_tag_of_a_project_with_a_longer_name_is_not_taken_for_that_of_another(name, version):
    owners = {"packages/api": version} if version else {}
    assert versions_of("", ["packages/api"], name, filter_of("packages/api")) == owners
    anything = filter_of("packages/api", tag_pattern="(?i:v)(?P<version>.*)")
    assert bool(versions_of("", ["packages/api"], name, anything)) is ("v" in name.lower())


def test_a_url_without_a_folder_means_the_one_project_that_the_tag_publishes():
    tag_filter = filter_of("packages/*", exclude=("packages/*",))
    folders = ("packages/api", "packages/web")
    assert only_project(folders, "", "api-1.0", tag_filter) == "packages/api"
    assert only_project(folders, "", "latest", tag_filter) == ""
    with pytest.raises(RepositoryError, match="several projects: packages/api, packages/web"):
        only_project(folders, "", "1.0", tag_filter)


@pytest.mark.parametrize(
    ("lines", "folder", "name", "version"),
    [
        ("", "packages/api", "api-1.0", "1.0"),
        ("packages/api = release-api-", "packages/api", "release-api-1.0", "1.0"),
        ("packages/web", "packages/api", "api/v1.0", "1.0"),
        ("", "packages/api", "latest", "latest"),
        ("", "", "v1.0", "1.0"),
        (".= x-", "", "x-1.0", "1.0"),
    ],
)
def test_the_version_of_a_tag_that_somebody_asked_for(lines, folder, name, version):
    assert version_at_url(folder, "api", name, filter_of(lines)) == version
