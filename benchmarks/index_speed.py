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
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median

from benchmarks.harness import (
    load,
    machine,
    measure_in_rounds,
    outcome_lines,
    parser,
    positive,
    prepare_in_turn,
)
from benchmarks.index_contenders import (
    CONTENDERS,
    NAMES,
    REQUIRED,
    Contender,
    Spent,
    make_course,
    measure,
)
from benchmarks.programs import programs_environment
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
        preparations = {program: partial(prepare, course) for program, prepare in CONTENDERS.items()}
        prepared = chain.from_iterable(prepare_in_turn(preparations, NAMES, left_out, failed))
        contenders = sorted(
            (contender for contender in prepared if contender.key in keys),
            key=lambda contender: list(NAMES).index(contender.key),
        )
        spents = measure_in_rounds(
            contenders,
            size.rounds,
            lambda contender, name: measure(contender, folder / name, environment),
            _spent,
            failed,
        )
    spents = {key: some for key, some in spents.items() if some and key not in failed}
    sys.stdout.write(_report(size, contenders, spents, left_out, failed, f"{before} before, {load()} after"))
    return 1 if failed else 0


def _spent(contender: Contender, spent: Spent) -> str:
    return f"{NAMES[contender.key]}: {spent.seconds:.3f} s, processor {spent.processor:.3f} s"


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
    lines += outcome_lines(left_out, failed, NAMES)
    return "\n".join(lines) + "\n"


def _walls(some: Sequence[Spent]) -> tuple[float, ...]:
    return tuple(each.seconds for each in some)


def _parser() -> argparse.ArgumentParser:
    quick = "3 projects with 2 releases, 1 round: to see that it works, not how fast"
    made = parser("benchmarks.index_speed", __doc__, quick)
    made.add_argument("--projects", type=positive, default=1000, help="default: 1000")
    made.add_argument("--releases", type=positive, default=10, help="of each project; default: 10")
    made.add_argument("--rounds", type=positive, default=5, help="default: 5")
    made.add_argument("--only", action="append", choices=list(NAMES), help="can be repeated")
    return made


if __name__ == "__main__":
    sys.exit(main())
