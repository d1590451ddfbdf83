"""Measure what a run costs where many tags are published already and little or nothing has changed.

Run from the project's folder: ``.venv/bin/python -m benchmarks.rerun_speed``. README.rst beside this file
says what is measured, and how.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import rerun_buildout, rerun_cases
from benchmarks.harness import load, machine, outcome_lines, parser, positive, say
from benchmarks.programs import FailedError, MissingError, program, programs_environment, said_by
from benchmarks.rerun_cases import Case
from benchmarks.rerun_course import WAYS, Course, Size, make_course, missing_for, open_ways, settle
from benchmarks.rerun_table import (
    AGAIN,
    BUILDOUT,
    FIRST,
    LOG,
    LS,
    MORE,
    SDISTMAKER,
    Result,
    Results,
    limits_table,
    results_table,
)

ACTIONS = (FIRST, AGAIN, MORE, LS, LOG, SDISTMAKER, BUILDOUT)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how often; ``delay`` is in milliseconds, a round trip over a network.

    ``keep`` is a folder for what takes long to make, "" for one that goes at the end.
    """

    sizes: tuple[Size, ...]
    rounds: int
    sample: int
    delay: float
    actions: tuple[str, ...] = ACTIONS
    ways: tuple[str, ...] = tuple(WAYS)
    keep: str = ""


NORMAL = Size(1000, 10)
LARGE = Size(5000, 20, together=1000)
QUICK = Plan((Size(3, 2),), rounds=1, sample=2, delay=2)


def main() -> int:
    """Measure and print; 1 where something failed, 0 else, whatever came out."""
    return run(_plan(_parser().parse_args()))


def run(plan: Plan) -> int:
    """Measure what is planned, and print what came out; the exit status."""
    before, left_out, failed = load(), dict[str, str](), dict[str, str]()
    kept = nullcontext(plan.keep) if plan.keep else tempfile.TemporaryDirectory(prefix="rerun-speed-")
    every: list[Results] = []
    with kept as folder:
        environment = programs_environment(os.environ, Path(folder) / "kept")
        tool = said_by([program("sdists_from_tags"), "--version"], environment)
        for size in plan.sizes:
            own = Path(folder) / f"{size.projects}-{size.tags}"
            say(f"Making {size.projects} projects with {size.tags} tags each, unless that was done before")
            try:
                course = make_course(size, own, environment)
            except subprocess.CalledProcessError as error:
                failed[own.name] = str(error)
                every.append({})
            else:
                every.append(_measure(plan, course, own, left_out, failed))
    lines = ["", *machine(f"{before} before, {load()} after"), tool, ""]
    for size, results in zip(plan.sizes, every, strict=True):
        lines.append(f"{size.projects * size.tags:,} tags of {size.projects:,} projects")
        lines += ["", results_table(results, _named_ways(plan)), ""] if results else []
    lines += [limits_table(every[0], every[1] if len(every) > 1 else {})]
    lines += outcome_lines(left_out, failed, {})
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if failed else 0


def _measure(
    plan: Plan, course: Course, own: Path, left_out: dict[str, str], failed: dict[str, str]
) -> Results:
    """Results in the order of actions; what is missing, or fails, is put into the two mappings."""
    found: list[Result] = []
    absent = {key: missing_for(key) for key in plan.ways}
    left_out.update({key: reason for key, reason in absent.items() if reason})
    if MORE in plan.actions:
        say("Building once, so that environments are there")
        rerun_cases.add_tag(course, own)
    settle(course)
    folder = Path(tempfile.mkdtemp(prefix="runs-", dir=own))
    folder.chmod(0o755)
    try:
        with open_ways(
            [key for key in plan.ways if not absent[key]], course, folder, plan.delay / 2000
        ) as ways:
            case = Case(course, ways, folder, plan.rounds, plan.sample)
            for what, measure in _measurements(plan, case):
                try:
                    found += measure()
                except MissingError as error:
                    left_out[what] = str(error)
                except FailedError as error:
                    failed[what] = str(error)
    finally:
        shutil.rmtree(folder)
    return {(each.action, each.way): each for each in found}


def _measurements(plan: Plan, case: Case) -> list[tuple[str, Callable[[], list[Result]]]]:
    chosen: list[tuple[str, Callable[[], list[Result]]]] = []
    if {FIRST, AGAIN, MORE} & set(plan.actions):
        chosen.append(("sdists_from_tags", lambda: rerun_cases.ours(case, plan.actions)))
    if BUILDOUT in plan.actions:
        chosen.append((BUILDOUT, lambda: rerun_buildout.buildout(case)))
    if {LS, LOG} & set(plan.actions):
        chosen.append(("svn", lambda: rerun_cases.loops(case, plan.actions)))
    if SDISTMAKER in plan.actions:
        chosen.append((SDISTMAKER, lambda: rerun_cases.sdistmaker(case)))
    return chosen


def _named_ways(plan: Plan) -> dict[str, str]:
    return {key: name.format(delay=f"{plan.delay:g}") for key, name in WAYS.items()}


def _plan(arguments: argparse.Namespace) -> Plan:
    chosen = Plan(
        sizes=(Size(arguments.projects, arguments.tags), *([LARGE] if arguments.large else [])),
        rounds=arguments.rounds,
        sample=arguments.sample,
        delay=arguments.delay,
    )
    if arguments.quick:
        chosen = QUICK
    actions: Sequence[str] = arguments.only or chosen.actions
    return replace(
        chosen,
        actions=tuple(actions),
        ways=tuple(arguments.way or chosen.ways),
        keep=str(arguments.keep.absolute()) if arguments.keep else "",
    )


def _parser() -> argparse.ArgumentParser:
    quick = "3 projects with 2 tags, 1 round: to see that it works, not how fast"
    made = parser("benchmarks.rerun_speed", __doc__, quick)
    made.add_argument("--projects", type=positive, default=NORMAL.projects, help="default: 1000")
    made.add_argument("--tags", type=positive, default=NORMAL.tags, help="of each project; default: 10")
    made.add_argument("--large", action="store_true", help="measure 5,000 projects with 20 tags, too")
    made.add_argument("--rounds", type=positive, default=5, help="default: 5")
    text = "how many projects the loops and sdistmaker 1.4 list, scaled to all; default: 50"
    made.add_argument("--sample", type=positive, default=50, help=text)
    text = "milliseconds that a round trip over a network takes; default: 20"
    made.add_argument("--delay", type=float, default=20, help=text)
    made.add_argument("--only", action="append", choices=ACTIONS, help="can be repeated")
    made.add_argument("--way", action="append", choices=list(WAYS), help="can be repeated")
    text = "a folder to keep repository and index in for the next time: they take minutes to make"
    made.add_argument("--keep", type=Path, metavar="FOLDER", help=text)
    return made


if __name__ == "__main__":
    sys.exit(main())
