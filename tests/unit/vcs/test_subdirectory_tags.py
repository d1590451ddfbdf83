"""Which tags are whose in a repository with several projects."""

import pytest

from sdistmaker_recipe.configuration.option_types import Subdirectory, subdirectories
from sdistmaker_recipe.vcs.tag_filter import TagFilter, is_below

ANY = TagFilter("git://h/mono", subdirectories=(Subdirectory("packages/*"),))
PREFIXED = TagFilter("git://h/mono", subdirectories=(Subdirectory("packages/*", "api-v"),))


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("1.2", "1.2"),
        ("v1.2", "1.2"),
        ("api-1.2", "1.2"),
        ("api-v1.2", "1.2"),
        ("api/1.2", "1.2"),
        ("API_v1.2", "1.2"),
        ("api@1.2", "1.2"),
        ("packages/api/v1.2", "1.2"),
        ("web-1.2", None),
        ("apis-1.2", None),
        ("latest", None),
    ],
)
def test_without_a_prefix(name, version):
    assert ANY.version_in("packages/api", "api", name) == version


@pytest.mark.parametrize(("name", "version"), [("api-v1.2", "1.2"), ("1.2", None), ("api-1.2", None)])
def test_with_a_prefix(name, version):
    assert PREFIXED.version_in("packages/api", "api", name) == version
    assert PREFIXED.version_in("other/api", "api", name) is None


def test_globs_match_folder_by_folder():
    assert is_below("packages/api", "packages/*")
    assert not is_below("packages/api/inner", "packages/*")
    assert is_below("", ".")


@pytest.mark.parametrize("written", ["../x", "/srv", "a//b", "a = ", "a = b c"])
def test_what_is_no_line_is_refused(written):
    with pytest.raises(ValueError, match=r"a folder below|no prefix"):
        subdirectories(written)
