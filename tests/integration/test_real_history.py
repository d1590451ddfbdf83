"""Releases of real public projects, imported as tags, come out as their authors published them.

SDISTMAKER_LONG=1 takes all releases of the table in tests/support/public_projects.py, otherwise some of each
kind. What the machine lacks of old Pythons is skipped by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from sdistmaker_recipe.toolchain.ladder import Interpreter
from tests.support.commands import Commands
from tests.support.public_projects import PROJECTS
from tests.support.real_releases import Row, build_all, check_row, chosen, find_python2, may_fail, table

CHOSEN = [(name, version) for name, project in PROJECTS.items() for version in chosen(project)]


@pytest.fixture(scope="module")
def rows(
    own_index_of_module: Commands, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[tuple[str, str], Row]:
    """All chosen releases, built."""
    return build_all(PROJECTS, tmp_path_factory.mktemp("projects"), own_index_of_module)


@pytest.fixture(scope="module")
def python2(own_index_of_module: Commands) -> Interpreter | None:
    """The Python 2 that the command finds, if any."""
    return find_python2(own_index_of_module)


@pytest.mark.parametrize(("name", "version"), CHOSEN)
def test_a_release_comes_out_as_it_was_published(
    name: str, version: str, rows: Mapping[tuple[str, str], Row], python2: Interpreter | None
) -> None:
    check_row(rows[name, version], version, PROJECTS[name], python2)


def test_every_release_is_built(
    rows: Mapping[tuple[str, str], Row],
    python2: Interpreter | None,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("table", table(rows, PROJECTS))
    failed = {(name, version) for (name, version), row in rows.items() if row.failure}
    assert failed <= may_fail(PROJECTS, python2)


def test_the_table_is_large_enough() -> None:
    assert sum(len(project.versions.split()) for project in PROJECTS.values()) >= 60
    assert len(PROJECTS) >= 12
    for name, project in PROJECTS.items():
        known = {*project.short.split(), *project.python2.split(), *project.differs}
        assert known <= set(project.versions.split()), name
