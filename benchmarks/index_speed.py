"""Compare how long it takes to write the index of many projects, and to add one release to it.

Run from the project's folder: ``.venv/bin/python -m benchmarks.index_speed``. README.rst beside this file
says what is measured, and how.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.build_speed import load, machine, positive, say
from benchmarks.index_contenders import (
    CONTENDERS,
    NAMES,
    REQUIRED,
    Contender,
    Course,
    Spent,
    make_course,
    measure,
)
from benchmarks.programs import FailedError, MissingError, programs_environment
from benchmarks.table import Measurement, durations, requirements


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; each project has so many releases."""

    projects: int
    releases: int
    rounds: int


QUICK = Size(projects=3, releases=2, rounds=1)


def main() -> int:
    """Measure and print; 1 where a contender failed, 0 else, whatever the ratios are."""
    arguments = _parser().parse_args()
    size = Size(arguments.projects, arguments.releases, arguments.rounds)
    return run(QUICK if arguments.quick else size, arguments.only or list(NAMES))


def run(size: Size, keys: Sequence[str]) -> int:
    """Measure the contenders with these keys and print what came out; the exit status."""
    left_out = {key: "not chosen" for key in NAMES if key not in keys}
    failed: dict[str, str] = {}
    before = load()
    with tempfile.TemporaryDirectory(prefix="index-speed-") as name:
        folder = Path(name)
        environment = programs_environment(os.environ, folder / "kept")
        course = make_course(size.projects, size.releases, folder / "kept", environment)
        found = [each for each in _prepare(course, left_out, failed) if each.key in keys]
        contenders = sorted(found, key=lambda each: list(NAMES).index(each.key))
        spents = _rounds(contenders, size.rounds, folder, environment, failed)
    spents = {key: some for key, some in spents.items() if some and key not in failed}
    sys.stdout.write(_report(size, contenders, spents, left_out, failed, f"{before} before, {load()} after"))
    return 1 if failed else 0


def _prepare(course: Course, left_out: dict[str, str], failed: dict[str, str]) -> list[Contender]:
    """The contenders that can run; why others cannot is put into the two mappings."""
    contenders: list[Contender] = []
    for program, prepare in CONTENDERS.items():
        say(f"Preparing {program}")
        try:
            contenders += prepare(course)
        except MissingError as error:
            left_out[program] = str(error)
        except FailedError as error:
            failed[program] = str(error)
    return contenders


def _rounds(
    contenders: Sequence[Contender],
    rounds: int,
    folder: Path,
    environment: Mapping[str, str],
    failed: dict[str, str],
) -> dict[str, list[Spent]]:
    """What was spent by key, all contenders in turn in each round; one that failed is not run again."""
    spents: dict[str, list[Spent]] = {each.key: [] for each in contenders}
    for number in range(1, rounds + 1):
        for each in contenders:
            if each.key in failed:
                continue
            try:
                spent = measure(each, folder / f"{number}-{each.key}", environment)
            except FailedError as error:
                failed[each.key] = str(error)
                continue
            spents[each.key].append(spent)
            what = f"{NAMES[each.key]}: {spent.seconds:.3f} s, processor {spent.processor:.3f} s"
            say(f"Round {number} of {rounds}, {what}, load {load()}")
    return spents


def _report(
    size: Size,
    contenders: Sequence[Contender],
    spents: Mapping[str, Sequence[Spent]],
    left_out: Mapping[str, str],
    failed: Mapping[str, str],
    load: str,
) -> str:
    lines = ["", *machine(load), *dict.fromkeys(each.tool for each in contenders), ""]
    what = f"{size.projects} projects with {size.releases} releases each"
    lines.append(f"{what}, medians of {size.rounds} rounds, run in turn")
    measured = {key: Measurement(NAMES[key], _walls(some), 1) for key, some in spents.items()}
    processor = {key: median(each.processor for each in some) for key, some in spents.items()}
    lines += ["", durations(measured, processor), ""] if measured else []
    lines += [requirements(measured, NAMES, REQUIRED)] if measured else []
    lines += [""] if left_out or failed else []
    lines += [f"left out: {NAMES.get(key, key)}: {reason}" for key, reason in left_out.items()]
    lines += [f"FAILED: {NAMES.get(key, key)}: {reason}" for key, reason in failed.items()]
    return "\n".join(lines) + "\n"


def _walls(some: Sequence[Spent]) -> tuple[float, ...]:
    return tuple(each.seconds for each in some)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.index_speed", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--projects", type=positive, default=1000, help="default: 1000")
    parser.add_argument("--releases", type=positive, default=10, help="of each project; default: 10")
    parser.add_argument("--rounds", type=positive, default=5, help="default: 5")
    parser.add_argument("--only", action="append", choices=list(NAMES), help="can be repeated")
    text = "3 projects with 2 releases, 1 round: to see that it works, not how fast"
    parser.add_argument("--quick", action="store_true", help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
