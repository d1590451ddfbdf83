"""Releases whose version and files came from git, imported as tags of git, come out as they were published.

SDISTMAKER_LONG=1 takes all releases of the table in tests/support/git_projects.py, otherwise two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.support.commands import Commands
from tests.support.git_import import GitHistory
from tests.support.git_projects import PROJECTS
from tests.support.real_releases import Row, build_all, check_row, chosen, table

CHOSEN = [(name, version) for name, project in PROJECTS.items() for version in chosen(project)]


@pytest.fixture(scope="module")
def rows(
    own_index_of_module: Commands, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[tuple[str, str], Row]:
    """All chosen releases, built."""
    return build_all(PROJECTS, tmp_path_factory.mktemp("projects"), own_index_of_module, GitHistory)


@pytest.mark.parametrize(("name", "version"), CHOSEN)
def test_a_release_comes_out_as_it_was_published(
    name: str, version: str, rows: Mapping[tuple[str, str], Row]
) -> None:
    row = rows[name, version]
    check_row(row, version, PROJECTS[name], None)
    # None has an excuse for its file list.
    assert not [each for each in row.comparison.files if each.startswith(("+", "-"))]


def test_every_release_is_built(
    rows: Mapping[tuple[str, str], Row], record_property: Callable[[str, object], None]
) -> None:
    record_property("table", table(rows, PROJECTS))
    assert not [row for row in rows.values() if row.failure]


def test_the_table_is_large_enough() -> None:
    assert len(PROJECTS) >= 4
    for name, project in PROJECTS.items():
        versions = set(project.versions.split())
        assert len(versions) >= 6, name
        assert {*project.short.split(), *project.differs} <= versions, name
