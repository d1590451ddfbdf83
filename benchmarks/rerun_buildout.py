"""What a part that has nothing to do costs in ``bin/buildout``, where packages are eggs and where not."""

from __future__ import annotations

from pathlib import Path

from benchmarks.harness import say
from benchmarks.programs import program, timed
from benchmarks.rerun_cases import Case, Rounds
from benchmarks.rerun_course import FILE, Way, copy_filled
from benchmarks.rerun_table import (
    BARE_BESIDE,
    BARE_BUILDOUT,
    BESIDE,
    BUILDOUT,
    EGG_BESIDE,
    EGG_BUILDOUT,
    Result,
)
from benchmarks.watched import watched
from tests.support.eggs import make_deployment

PARTS = """
[sdists]
recipe = sdistmaker_recipe
repository = {url}
destination = {destination}
environments = {environments}
public-index = https://packages.example.com/simple

[scripts]
recipe = zc.recipe.egg
eggs = sdistmaker_recipe
"""


def buildout(case: Case) -> list[Result]:
    """``bin/buildout`` with a part that has nothing to do, and without it, in turn.

    And with a part of zc.recipe.egg instead, which only writes the scripts of this package: what buildout
    itself does for any recipe with as many requirements. All of that where the package and what it requires
    are pinned eggs, and where they are installed beside buildout, as in the environment that runs this.
    """
    say("Making a deployment with eggs")
    folder = case.folder / "buildout"
    deployment = make_deployment(folder, case.course.environment)
    eggs = folder / "eggs"
    places = [
        *(
            _deployed(case, action, deployment.config(part, eggs), deployment.buildout)
            for action, part in {BUILDOUT: "sdists", EGG_BUILDOUT: "scripts", BARE_BUILDOUT: ""}.items()
        ),
        *(
            _deployed(case, action, f"[buildout]\nparts = {part}\n", Path(program("buildout")))
            for action, part in {BESIDE: "sdists", EGG_BESIDE: "scripts", BARE_BESIDE: ""}.items()
        ),
    ]
    every = [Rounds(place.name, Way(FILE, case.course.url)) for place in places]
    for _round in range(case.rounds):
        for rounds, place in zip(every, places, strict=True):
            rounds.add(
                lambda environment, place=place: watched(["bin/buildout", "-U"], place, environment),
                case.course.environment,
            )
    return [each.result() for each in every]


def _deployed(case: Case, action: str, config: str, buildout: Path) -> Path:
    """A folder with ``bin/buildout``, made by that program, which ran once; it has an index of its own."""
    folder, course = case.folder / "buildout" / action, case.course
    folder.mkdir()
    copy_filled(course, folder / "index")
    sections = PARTS.format(
        url=course.url, destination=folder / "index" / "out", environments=course.environments
    )
    (folder / "buildout.cfg").write_text(config + sections, "utf-8")
    timed([str(buildout), "-U", "bootstrap"], folder, course.environment)
    timed(["bin/buildout", "-U"], folder, course.environment)
    return folder
