"""Which tags of a project name releases."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from sdistmaker_recipe.configuration.options import TAG_PATTERN
from sdistmaker_recipe.vcs.subversion.connection import Entry
from sdistmaker_recipe.vcs.subversion.layout import list_folder
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.memory_repository import MemoryRepository

TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)
# Some are others in another case, also such as only one of both is in ASCII: U+017F and s, U+212A and k.
PROJECTS = ["acme", "ACME", "project", "PROJECT", "v", "s", "\u017f", "k", "\u212a", "1.0", "a.b"]
PREFIXES = ["", "v", "V", "release-", "x", "xv", *(f"{project}-" for project in PROJECTS), "axb-", "-"]
NAMES = {f"{prefix}{rest}" for prefix in PREFIXES for rest in ("1.0", "1.0-acme", "")} - {""}


class Listing(MemoryRepository):
    """A folder with folders of all names."""

    def entries(self, path, revision):
        return [Entry(name, is_folder=True, revision="1", time=TIME) for name in sorted(NAMES)]


@pytest.mark.parametrize("pattern", [TAG_PATTERN, r"(?P<version>PROJECT?-?\d.*)"])
@pytest.mark.parametrize("project", PROJECTS)
def test_are_those_whose_names_the_pattern_of_the_project_matches(pattern, project):
    tag_filter = TagFilter("https://svn.example.com/svn", tag_pattern=pattern)
    own = tag_filter.pattern_of(project)
    matches = {name: own.fullmatch(name) for name in NAMES}
    wanted = {name: match["version"] for name, match in matches.items() if match}
    assert wanted
    folder = list_folder(Listing(), "1", f"{project}/tags", "tags", tag_filter)
    assert {tag.name: tag.version for tag in folder.tags} == wanted
