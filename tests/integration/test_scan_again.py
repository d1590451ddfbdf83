"""Real Subversion, scanned again and again, by random histories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.option_types import subdirectories
from sdistmaker_recipe.vcs.subversion.opening import open_connection
from tests.support.long_form import IS_LONG
from tests.support.random_history import CONFIGURATION, random_history
from tests.support.scans import compare_scans, two_scan_states
from tests.support.subversion import create

HISTORIES = 1000 if IS_LONG else 40


@pytest.mark.parametrize(("backend", "histories"), [("subversion", HISTORIES), ("subversion-cli", 2)])
def test_any_history_is_scanned_as_if_for_the_first_time(
    tmp_path: Path, backend: str, histories: int
) -> None:
    with two_scan_states() as states:
        for seed in range(histories):
            history, pegs = random_history(seed)
            with open_connection(create(tmp_path / str(seed), history), backend) as connection:
                compare_scans(connection, pegs, CONFIGURATION, states)


@pytest.mark.parametrize(("backend", "histories"), [("subversion", HISTORIES // 4), ("subversion-cli", 1)])
def test_any_history_of_several_projects_is_scanned_as_if_for_the_first_time(
    tmp_path: Path, backend: str, histories: int
) -> None:
    configuration = replace(CONFIGURATION, subdirectory=subdirectories("red\nblue = blue-\n*/*"))
    with two_scan_states() as states:
        for seed in range(histories):
            history, pegs = random_history(seed, ("tags/{tag}", "tags/red/{tag}"), projects=True)
            with open_connection(create(tmp_path / str(seed), history), backend) as connection:
                compare_scans(connection, pegs, configuration, states)
