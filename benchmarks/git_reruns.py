"""What a run costs over a folder of many bare git repositories whose tags are published already."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from benchmarks.git_repositories import make_bare_repositories
from benchmarks.harness import say
from benchmarks.programs import need
from benchmarks.rerun_cases import Case, ours
from benchmarks.rerun_course import FILE, Course, Size, Way, fill, settle
from benchmarks.rerun_table import AGAIN, FIRST, Limit, Results, memory_of, seconds_of

LIMITS = (
    Limit("first scan of a folder", 30, "s", seconds_of(FIRST, FILE)),
    Limit("no-op over a folder", 1, "s", seconds_of(AGAIN, FILE)),
    Limit("memory", 150, "MB", memory_of),
)


def measure_reruns(size: Size, rounds: int, folder: Path, environment: Mapping[str, str]) -> Results:
    """First scans, and runs with nothing to do, in the new folder.

    Raises ``MissingError`` and ``FailedError``.
    """
    need("git")
    course = Course(size, folder / "repositories", folder / "filled", folder / "environments", environment)
    say(f"Making {size.projects} bare repositories with {size.tags} tags each")
    make_bare_repositories(course.repositories, course.projects, size.tags)
    url = f"git+{course.repositories.as_uri()}"
    say("Publishing all of their tags")
    fill(url, course.filled)
    settle(course, url)
    os.sync()
    runs = folder / "runs"
    runs.mkdir()
    found = ours(Case(course, [Way(FILE, url)], runs, rounds, sample=0), (FIRST, AGAIN))
    shutil.rmtree(runs)
    return {(each.action, each.way): each for each in found}
