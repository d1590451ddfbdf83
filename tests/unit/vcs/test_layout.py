"""Which tags of a project name releases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from sdistmaker_recipe.configuration.options import TAG_PATTERN, Configuration
from sdistmaker_recipe.vcs import Entry
from sdistmaker_recipe.vcs.subversion.layout import look, tag_pattern
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
    configuration = replace(Configuration(), tag_pattern=pattern)
    own = tag_pattern(configuration, project)
    matches = {name: own.fullmatch(name) for name in NAMES}
    wanted = {name: match["version"] for name, match in matches.items() if match}
    assert wanted
    url = "https://svn.example.com/svn"
    folder = look(Listing(), url, "1", f"{project}/tags", "tags", configuration)
    assert {tag.name: tag.version for tag in folder.tags} == wanted
