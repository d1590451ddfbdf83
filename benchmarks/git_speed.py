"""Compare how long it takes to turn the tags of git repositories into source distributions; and measure
what a run costs over a folder of many bare repositories.

Run from the project's folder: ``.venv/bin/python -m benchmarks.git_speed``. README.rst beside this file says
what is measured, and how.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.contenders import Contender, Course
from benchmarks.git_contenders import CONTENDERS, NAMES, REQUIRED, Made, checkouts, checkouts_url, measure
from benchmarks.git_repositories import make_checkouts
from benchmarks.git_reruns import LIMITS, measure_reruns
from benchmarks.harness import (
    load,
    machine,
    measure_in_rounds,
    outcome_lines,
    parser,
    positive,
    prepare_in_turn,
    say,
)
from benchmarks.programs import FailedError, MissingError, need, programs_environment
from benchmarks.projects import releases
from benchmarks.rerun_course import FILE, Size
from benchmarks.rerun_table import Results, limits_table, results_table
from benchmarks.table import Measurement, requirements, times

FOLDER = "folder"
KEYS = (*CONTENDERS, FOLDER)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: the tags that are built, and the folder of bare repositories."""

    build: Size
    rounds: int
    folder: Size
    folder_rounds: int


QUICK = Plan(build=Size(2, 2), rounds=1, folder=Size(3, 2), folder_rounds=1)


def main() -> int:
    """Measure and print; 1 where something failed, 0 else, whatever the ratios are."""
    arguments = _parser().parse_args()
    plan = Plan(
        Size(arguments.projects, arguments.tags),
        arguments.rounds,
        Size(arguments.repositories, arguments.repository_tags),
        arguments.folder_rounds,
    )
    return run(QUICK if arguments.quick else plan, arguments.only or KEYS)


def run(plan: Plan, keys: Sequence[str]) -> int:
    """Measure what has these keys, and print what came out; the exit status."""
    left_out = {key: "not chosen" for key in KEYS if key not in keys}
    failed: dict[str, str] = {}
    before = load()
    with tempfile.TemporaryDirectory(prefix="git-speed-") as name:
        folder = Path(name)
        environment = programs_environment(os.environ, folder / "kept")
        contenders, made = _build(plan, keys, folder, environment, left_out, failed)
        results: Results = {}
        if FOLDER in keys:
            try:
                results = measure_reruns(plan.folder, plan.folder_rounds, folder / FOLDER, environment)
            except MissingError as error:
                left_out[FOLDER] = str(error)
            except FailedError as error:
                failed[FOLDER] = str(error)
    lines = [
        "",
        *machine(f"{before} before, {load()} after"),
        *dict.fromkeys(each.tool for each in contenders),
    ]
    lines += [*_built(plan, made), *_scanned(plan, results), ""]
    lines += outcome_lines(left_out, failed, NAMES)
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if failed else 0


def _build(
    plan: Plan,
    keys: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    left_out: dict[str, str],
    failed: dict[str, str],
) -> tuple[Sequence[Contender], Mapping[str, Sequence[Made]]]:
    """The contenders with these keys, and what each made in each round."""
    chosen = [key for key in CONTENDERS if key in keys]
    if not chosen:
        return [], {}
    try:
        need("git")
    except MissingError as error:
        left_out.update(dict.fromkeys(chosen, str(error)))
        return [], {}
    tags = releases(plan.build.projects, plan.build.tags)
    kept = folder / "kept"
    course = Course(checkouts_url(kept), tags, (), kept, environment, os.cpu_count() or 1)
    say(f"Making {plan.build.projects} repositories with {plan.build.tags} tags each")
    make_checkouts(checkouts(kept), tags)
    contenders = prepare_in_turn(
        {key: partial(CONTENDERS[key], course) for key in chosen}, NAMES, left_out, failed
    )
    made = measure_in_rounds(
        contenders,
        plan.rounds,
        lambda contender, name: measure(contender, folder / name),
        lambda contender, made: f"{NAMES[contender.key]}: {made.tags} tags in {made.seconds:.2f} s",
        failed,
    )
    return contenders, {key: some for key, some in made.items() if some and key not in failed}


def _built(plan: Plan, made: Mapping[str, Sequence[Made]]) -> list[str]:
    """The times for each sdist, and the ratios; with how many of the tags each of them made."""
    count = plan.build.projects * plan.build.tags
    fewest = {key: min(each.tags for each in some) for key, some in made.items()}
    measured = {
        key: Measurement(NAMES[key], tuple(each.seconds for each in some), fewest[key])
        for key, some in made.items()
        if fewest[key]
    }
    lines = ["", f"{count} tags of {plan.build.projects} projects, medians of {plan.rounds} rounds, in turn"]
    lines += [f"{NAMES[key]} made {some} of {count} tags" for key, some in fewest.items()]
    lines += ["", times(measured, count), "", requirements(measured, NAMES, REQUIRED)] if measured else []
    return lines if made else []


def _scanned(plan: Plan, results: Results) -> list[str]:
    count, repositories = plan.folder.projects * plan.folder.tags, plan.folder.projects
    what = f"{count:,} tags of {repositories:,} bare repositories, medians of {plan.folder_rounds} rounds"
    tables = [results_table(results, {FILE: "git+file://"}), "", limits_table(results, {}, LIMITS)]
    return ["", what, "", *tables] if results else []


def _parser() -> argparse.ArgumentParser:
    quick = "2 projects with 2 tags, 3 repositories with 2, 1 round: to see that it works, not how fast"
    made = parser("benchmarks.git_speed", __doc__, quick)
    made.add_argument("--projects", type=positive, default=40, help="that are built; default: 40")
    made.add_argument("--tags", type=positive, default=5, help="of each of these; default: 5")
    made.add_argument("--rounds", type=positive, default=3, help="of building; default: 3")
    made.add_argument("--repositories", type=positive, default=1000, help="in a folder; default: 1000")
    made.add_argument("--repository-tags", type=positive, default=10, help="of each; default: 10")
    made.add_argument("--folder-rounds", type=positive, default=5, help="over the folder; default: 5")
    made.add_argument("--only", action="append", choices=KEYS, help="can be repeated")
    return made


if __name__ == "__main__":
    sys.exit(main())
