"""Which projects and tags patterns of the option layout find, folder by folder."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sdistmaker_recipe.model import tag_path
from sdistmaker_recipe.vcs.subversion.patterns import TagAtUrl, tag_at_url
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.memory_repository import Folder, MemoryRepository

URL = "https://svn.example.com/svn"
FILTER = TagFilter(URL, ignore=(".attic",), stop_indicators=("STOP",))


def tags(paths: str, *layout: str, tag_filter: TagFilter = FILTER) -> dict[str, tuple[str, str]]:
    """The project and the version of each tag by its path, in a repository of these folders."""
    history = MemoryRepository()
    history.commit(dict.fromkeys(paths.split(), Folder()))
    found = SubversionRepository(lambda: history).all_tags(replace(tag_filter, layout=layout))
    return {
        project.path_of(tag.name) or tag_path(project.path, tag.name): (project.path, tag.version)
        for project in found.projects
        for tag in project.tags
    }


@pytest.mark.parametrize(
    ("layout", "paths", "expected"),
    [
        (
            "tags/{project}/{tag}",
            "trunk/acme tags/acme/1.0/src tags/acme/before-merge/1.0 tags/other/v2.0 acme/tags/3.0",
            {"tags/acme/1.0": ("acme", "1.0"), "tags/other/v2.0": ("other", "2.0")},
        ),
        (
            "tags/{project}-{tag}",
            "tags/acme-1.0 tags/acme-3-tools-1.0 tags/acme-release-2.0 tags/b-1.0-rc-1 tags/1.0 tags/c-merge",
            {
                "tags/acme-1.0": ("acme", "1.0"),
                "tags/acme-3-tools-1.0": ("acme-3-tools", "1.0"),
                "tags/acme-release-2.0": ("acme", "2.0"),
                "tags/b-1.0-rc-1": ("b", "1.0-rc-1"),
            },
        ),
        (
            "tags/{tag}/{project}",
            "tags/1.0/acme/trunk tags/1.0/other tags/2.0/acme tags/acme-3.0/acme tags/acme-3.0/other",
            {
                "tags/1.0/acme": ("acme", "1.0"),
                "tags/1.0/other": ("other", "1.0"),
                "tags/2.0/acme": ("acme", "2.0"),
                "tags/acme-3.0/acme": ("acme", "3.0"),
            },
        ),
        (
            "{project}/tags/{tag}/src",
            "acme/trunk acme/tags/1.0/src acme/tags/2.0/doc group/b/trunk group/b/tags/1.0/src c/tags/1/src",
            {"acme/tags/1.0/src": ("acme", "1.0"), "group/b/tags/1.0/src": ("group/b", "1.0")},
        ),
        (
            "{project}/*/tags/{tag}",
            "acme/3.x/trunk acme/3.x/tags/3.0 acme/4.x/tags/4.0 acme/trunk/tags/9 x/tags/tags/8 x/y/z/tags/1",
            {"acme/3.x/tags/3.0": ("acme", "3.0"), "acme/4.x/tags/4.0": ("acme", "4.0")},
        ),
        (
            "**/{project}/tags/{tag}",
            "acme/main acme/tags/1.0 group/sub/b/tags/1.0 c/trunk/d/tags/1.0 c/branches/x/tags/1.0",
            {"acme/tags/1.0": ("acme", "1.0"), "group/sub/b/tags/1.0": ("group/sub/b", "1.0")},
        ),
        (
            "*/{project}/releases/{tag}",
            "group/acme/releases/1.0 acme/releases/1.0 a/b/c/releases/1.0",
            {"group/acme/releases/1.0": ("group/acme", "1.0")},
        ),
        (
            "{project}/releases/{tag}",
            "acme/trunk acme/releases/1.0 acme/sub/trunk acme/sub/releases/2.0 b/releases/1.0",
            {"acme/releases/1.0": ("acme", "1.0"), "acme/sub/releases/2.0": ("acme/sub", "2.0")},
        ),
        (
            "{project}/tags/*/{tag}",
            "acme/trunk acme/tags/1.0/1.0.1 acme/tags/1.0/doc acme/tags/old/0.9",
            {"acme/tags/1.0/1.0.1": ("acme", "1.0.1"), "acme/tags/old/0.9": ("acme", "0.9")},
        ),
        ("releases/{tag}", "releases/1.0 releases/x tags/2.0", {"releases/1.0": ("", "1.0")}),
        (
            "{project}-tags/REL-{tag}",
            "acme-tags/REL-1.0 acme-tags/1.0 acme/REL-1.0",
            {"acme-tags/REL-1.0": ("acme", "1.0")},
        ),
    ],
)
def test_find_tags_where_they_say(layout, paths, expected):
    assert tags(paths, layout) == expected


def test_of_several_all_count_and_a_tag_is_found_once():
    paths = "acme/trunk acme/tags/1.0 tags/acme/1.0 tags/b/2.0"
    layout = ("{project}/tags/{tag}", "tags/{project}/{tag}", "**/{project}/tags/{tag}")
    assert tags(paths, *layout) == {
        "acme/tags/1.0": ("acme", "1.0"),
        "tags/acme/1.0": ("acme", "1.0"),
        "tags/b/2.0": ("b", "2.0"),
    }


@pytest.mark.parametrize(
    ("option", "found"),
    [
        ({"include": ("ac*",)}, {"tags/acme/1.0"}),
        ({"exclude": ("acme",)}, {"tags/b/1.0", "tags/.attic/1.0", "tags/stopped/1.0"}),
        ({"ignore": (".attic", "b")}, {"tags/acme/1.0", "tags/stopped/1.0"}),
        ({"tag_pattern": r"(?P<version>2.*)"}, {"tags/stopped/2.0"}),
        ({"stop_indicators": ("acme",)}, set()),
    ],
)
def test_leave_out_what_other_options_leave_out(option, found):
    paths = "tags/acme/1.0 tags/b/1.0 tags/.attic/1.0 tags/stopped/1.0"
    paths += " tags/stopped/2.0" if "tag_pattern" in option else ""
    tag_filter = replace(TagFilter(URL), **option)
    assert set(tags(paths, "tags/{project}/{tag}", tag_filter=tag_filter)) == found


def test_do_not_seek_projects_beside_a_stop_indicator():
    paths = "one/STOP one/trunk one/tags/1.0 two/trunk two/tags/STOP two/tags/1.0"
    assert set(tags(paths, "{project}/tags/{tag}", "tags/{project}/{tag}")) == {"two/tags/1.0"}


@pytest.mark.parametrize(
    ("layout", "path", "expected"),
    [
        ("tags/{project}/{tag}", "svn/tags/acme/v1.0", TagAtUrl("acme", "v1.0", "1.0")),
        ("tags/{project}-{tag}", "svn/tags/acme-3-tools-1.0", TagAtUrl("acme-3-tools", "1.0", "1.0")),
        ("tags/{tag}/{project}", "svn/tags/1.0/acme", TagAtUrl("acme", "1.0", "1.0")),
        ("{project}/tags/{tag}/src", "svn/acme/tags/1.0/src", TagAtUrl("acme", "1.0", "1.0")),
        ("{project}/tags/{tag}/src", "svn/acme/tags/1.0", TagAtUrl("acme", "1.0", "1.0", "src")),
        ("{project}/tags/{tag}/py/src", "acme/tags/1.0/py", TagAtUrl("acme", "1.0", "1.0", "src")),
        ("{project}/*/tags/{tag}", "svn/acme/3.x/tags/1.0", TagAtUrl("acme", "1.0", "1.0")),
        ("**/{project}/tags/{tag}", "svn/x/acme/tags/1.0", TagAtUrl("acme", "1.0", "1.0")),
        ("releases/{tag}", "svn/acme/releases/acme-1.0", TagAtUrl("acme", "acme-1.0", "1.0")),
        ("releases/{tag}", "svn/acme/releases/1.0", TagAtUrl("acme", "1.0", "1.0")),
        ("tags/{project}/{tag}", "svn/acme/tags/1.0", None),
        ("tags/{project}/{tag}", "acme/1.0", None),
    ],
)
def test_tell_the_project_and_the_version_of_a_url(layout, path, expected):
    tag_filter = replace(FILTER, layout=(layout,), exclude=("acme",))
    assert tag_at_url(tag_filter, path.split("/")) == expected
