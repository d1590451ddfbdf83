"""What turns the tags of git repositories into archives: tags2sdists 2.6 and this package."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import contenders
from benchmarks.archives import produced
from benchmarks.contenders import Contender, Course
from benchmarks.git_repositories import make_checkouts
from benchmarks.programs import MissingError, need, program, said_by, timed
from benchmarks.table import KEPT, MADE, Requirement
from sdistmaker_recipe.toolchain.interpreters import find_interpreters

TAGS2SDISTS = "tags2sdists"

NAMES = {
    TAGS2SDISTS: "tags2sdists 2.6",
    KEPT: contenders.NAMES[KEPT],
    MADE: contenders.NAMES[MADE],
}

REQUIRED = (Requirement(TAGS2SDISTS, KEPT, 50),)

OLDEST_PYTHON = (3, 12)
"""What tags2sdists 2.6 needs at least."""


@dataclass(frozen=True, slots=True)
class Made:
    """The seconds of a run, and how many of the tags it made a complete archive of."""

    seconds: float
    tags: int


def measure(contender: Contender, folder: Path) -> Made:
    """One run in the new folder, of which nothing stays; raises ``FailedError``."""
    (folder / "out").mkdir(parents=True)
    seconds = contender.run(folder)
    made = Made(seconds, len(produced(folder / "out", contender.tags)))
    shutil.rmtree(folder)
    return made


def checkouts(kept: Path) -> Path:
    """The folder that all contenders read."""
    return kept / "checkouts"


def checkouts_url(kept: Path) -> str:
    """The URL of that folder."""
    return f"git+{checkouts(kept).as_uri()}"


def tags2sdists(course: Course) -> Contender:
    """Version 2.6 on the newest Python here; raises ``MissingError``."""
    need("git")
    home, environment = course.kept / "tags2sdists", contenders.uv_environment(course)
    uv, python = program("uv"), home / "bin" / "python"
    said_by([uv, "venv", "--quiet", "--no-project", "--python", _newest(environment), str(home)], environment)
    said_by([uv, "pip", "install", "--quiet", "--python", str(python), "tags2sdists==2.6"], environment)
    version = said_by([str(python), "--version"], environment)

    def make(folder: Path, source: Path) -> float:
        command = [str(home / "bin" / "tags2sdists"), "--quiet", str(source), str(folder / "out")]
        return timed(command, folder, course.environment)

    # Once untimed: from then on pip finds setuptools in its cache.
    warm = course.kept / "warm-tags2sdists"
    (warm / "out").mkdir(parents=True)
    make_checkouts(warm / "checkouts", course.tags[:1])
    make(warm, warm / "checkouts")
    shutil.rmtree(warm)
    source = checkouts(course.kept)
    tool = f"tags2sdists 2.6 on {version}"
    return Contender(TAGS2SDISTS, tool, course.tags, lambda folder: make(folder, source))


def _newest(environment: Mapping[str, str]) -> str:
    found = find_interpreters((), tuple(sorted(environment.items())))
    new_enough = [each for each in found if each.version >= OLDEST_PYTHON]
    if not new_enough:
        raise MissingError("no Python 3.12 or newer")
    return max(new_enough, key=lambda each: each.version).path


CONTENDERS: Mapping[str, Callable[[Course], Contender]] = {
    TAGS2SDISTS: tags2sdists,
    KEPT: contenders.kept,
    MADE: contenders.made,
}
"""What prepares each contender, in the order in which they run."""
