"""Which tags a plan has to consider: those of what changed, or all where one may be found twice."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.flow.selection import select_tags
from sdistmaker_recipe.vcs import Checkpoint, ProjectTags, ReleaseTag, ScanResult
from tests.unit.values import TIME, UUID

OUTLOOK = "dealt with"


@pytest.mark.parametrize(
    ("roots", "considered"),
    [
        (["a", "b"], 0),
        (["a", "ab"], 0),
        (["a/b", "a/c", "b"], 0),
        (["a", "a/b"], 2),
        (["a/b", "a-b", "a"], 3),
        (["", "b"], 2),
        (["a", "a"], 2),
    ],
)
def test_all_tags_are_considered_only_where_one_repository_is_read_twice(roots, considered):
    project = ProjectTags("p", (ReleaseTag("1.0", "1.0", "17", TIME),))
    found = ScanResult(Checkpoint("20", "20", TIME), (project,))
    with open_catalog(None) as catalog:
        last, urls = ScanState(catalog), [f"svn://host{number}" for number in range(len(roots))]
        for url, root in zip(urls, roots, strict=True):
            origin = f"{UUID}/{root}".rstrip("/")
            last.settle(last.replace(url, origin, "options", found), OUTLOOK)
        scans = [scan for url in urls if (scan := last.scan(url))]
        assert len(select_tags(scans, last, catalog, (), OUTLOOK, newest=0)) == considered
