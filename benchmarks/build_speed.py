"""Compare how long it takes to turn the tags of one Subversion repository into source distributions.

Run from the project's folder: ``.venv/bin/python -m benchmarks.build_speed``. README.rst beside this file
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
from pathlib import Path

from benchmarks.contenders import CONTENDERS, NAMES, Contender, Course, measure
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
from benchmarks.programs import programs_environment
from benchmarks.projects import Release, releases
from benchmarks.repository import make_repository
from benchmarks.table import (
    MANY,
    REQUIRED,
    REQUIRED_OF_MANY,
    REQUIRED_OF_WHEELS,
    WHEELS,
    Measurement,
    requirements,
    times,
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; ``sample`` is how many tags the loops over build and uv build."""

    projects: int
    tags: int
    rounds: int
    sample: int


QUICK = Size(projects=2, tags=3, rounds=1, sample=2)


def main() -> int:
    """Measure and print; 1 where a contender failed, 0 else, whatever the ratios are."""
    arguments = _parser().parse_args()
    size = Size(arguments.projects, arguments.tags, arguments.rounds, arguments.sample)
    return run(QUICK if arguments.quick else size, arguments.only or list(CONTENDERS))


def run(size: Size, keys: Sequence[str]) -> int:
    """Measure the contenders with these keys and print what came out; the exit status."""
    tags = releases(size.projects, size.tags)
    left_out = {key: "not chosen" for key in CONTENDERS if key not in keys}
    failed: dict[str, str] = {}
    before = load()
    with tempfile.TemporaryDirectory(prefix="build-speed-") as folder:
        course = _course(tags, size, Path(folder))
        chosen = {key: partial(prepare, course) for key, prepare in CONTENDERS.items() if key in keys}
        contenders = prepare_in_turn(chosen, NAMES, left_out, failed)
        seconds = measure_in_rounds(
            contenders,
            size.rounds,
            lambda contender, name: measure(contender, Path(folder) / name),
            lambda contender, took: f"{NAMES[contender.key]}: {len(contender.tags)} tags in {took:.2f} s",
            failed,
        )
    measured = {
        each.key: Measurement(NAMES[each.key], tuple(seconds[each.key]), len(each.tags))
        for each in contenders
        if seconds[each.key] and each.key not in failed
    }
    sys.stdout.write(
        _report(size, contenders, measured, left_out, failed, f"{before} before, {load()} after")
    )
    return 1 if failed else 0


def sample_of(tags: Sequence[Release], size: int) -> tuple[Release, ...]:
    """So many tags, spread evenly over all; all where there are no more."""
    count = min(size, len(tags))
    return tuple(tags[number * len(tags) // count] for number in range(count))


def _course(tags: tuple[Release, ...], size: Size, folder: Path) -> Course:
    kept = folder / "kept"
    say(f"Making a repository with {len(tags)} tags of {size.projects} projects")
    return Course(
        url=make_repository(folder / "repository", tags),
        tags=tags,
        sample=sample_of(tags, size.sample),
        kept=kept,
        environment=programs_environment(os.environ, kept),
        processes=os.cpu_count() or 1,
    )


def _report(
    size: Size,
    contenders: Sequence[Contender],
    measured: Mapping[str, Measurement],
    left_out: Mapping[str, str],
    failed: Mapping[str, str],
    load: str,
) -> str:
    tags = size.projects * size.tags
    required = REQUIRED_OF_MANY if tags >= MANY else REQUIRED
    required += REQUIRED_OF_WHEELS if WHEELS in measured else ()
    lines = ["", *machine(load), *dict.fromkeys(each.tool for each in contenders), ""]
    lines.append(f"{tags} tags of {size.projects} projects, medians of {size.rounds} rounds, run in turn")
    lines += ["", times(measured, tags), "", requirements(measured, NAMES, required)] if measured else []
    lines += [""] if left_out or failed else []
    lines += outcome_lines(left_out, failed, NAMES)
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    quick = "2 projects with 3 tags, 1 round, sample of 2: to see that it works, not how fast"
    made = parser("benchmarks.build_speed", __doc__, quick)
    made.add_argument("--projects", type=positive, default=40, help="default: 40")
    made.add_argument("--tags", type=positive, default=5, help="of each project; default: 5")
    made.add_argument("--rounds", type=positive, default=3, help="default: 3")
    text = "how many tags the loops over build and uv build, scaled to all; default: 20"
    made.add_argument("--sample", type=positive, default=20, help=text)
    made.add_argument("--only", action="append", choices=list(CONTENDERS), help="can be repeated")
    return made


if __name__ == "__main__":
    sys.exit(main())
