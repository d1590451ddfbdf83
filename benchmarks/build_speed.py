"""Compare how long it takes to turn the tags of one Subversion repository into source distributions.

Run from the project's folder: ``.venv/bin/python -m benchmarks.build_speed``. README.rst beside this file
says what is measured, and how.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import CONTENDERS, NAMES, Contender, Course, measure
from benchmarks.programs import FailedError, MissingError, programs_environment
from benchmarks.projects import Release, releases
from benchmarks.repository import make_repository
from benchmarks.table import Measurement, requirements, times


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
    left_out: dict[str, str] = {}
    failed: dict[str, str] = {}
    before = load()
    with tempfile.TemporaryDirectory(prefix="build-speed-") as folder:
        course = _course(tags, size, Path(folder))
        contenders = _prepare(keys, course, left_out, failed)
        seconds = _rounds(contenders, size.rounds, Path(folder), failed)
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


def _prepare(
    keys: Sequence[str], course: Course, left_out: dict[str, str], failed: dict[str, str]
) -> list[Contender]:
    """The contenders that can run; why others cannot is put into the two mappings."""
    contenders = []
    for key, prepare in CONTENDERS.items():
        if key not in keys:
            left_out[key] = "not chosen"
            continue
        say(f"Preparing {NAMES[key]}")
        try:
            contenders.append(prepare(course))
        except MissingError as error:
            left_out[key] = str(error)
        except FailedError as error:
            failed[key] = str(error)
    return contenders


def _rounds(
    contenders: Sequence[Contender], rounds: int, folder: Path, failed: dict[str, str]
) -> dict[str, list[float]]:
    """Seconds by key, all contenders in turn in each round; one that failed is not run again."""
    seconds: dict[str, list[float]] = {each.key: [] for each in contenders}
    for number in range(1, rounds + 1):
        for each in contenders:
            if each.key in failed:
                continue
            try:
                seconds[each.key].append(measure(each, folder / f"{number}-{each.key}"))
            except FailedError as error:
                failed[each.key] = str(error)
                continue
            what = f"{NAMES[each.key]}: {len(each.tags)} tags in {seconds[each.key][-1]:.2f} s"
            say(f"Round {number} of {rounds}, {what}, load {load()}")
    return seconds


def _report(
    size: Size,
    contenders: Sequence[Contender],
    measured: Mapping[str, Measurement],
    left_out: Mapping[str, str],
    failed: Mapping[str, str],
    load: str,
) -> str:
    tags = size.projects * size.tags
    lines = ["", *machine(load), *dict.fromkeys(each.tool for each in contenders), ""]
    lines.append(f"{tags} tags of {size.projects} projects, medians of {size.rounds} rounds, run in turn")
    lines += ["", times(measured, tags), "", requirements(measured, NAMES)] if measured else []
    lines += [""] if left_out or failed else []
    lines += [f"left out: {NAMES[key]}: {reason}" for key, reason in left_out.items()]
    lines += [f"FAILED: {NAMES[key]}: {reason}" for key, reason in failed.items()]
    return "\n".join(lines) + "\n"


def machine(load: str) -> Iterator[str]:
    """Lines on the machine, where ``load`` says how busy it was."""
    yield f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load of a minute {load}"
    yield f"Python {platform.python_version()}"


def load() -> str:
    """The load of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def say(text: str) -> None:
    """Tell on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.build_speed", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--projects", type=positive, default=40, help="default: 40")
    parser.add_argument("--tags", type=positive, default=5, help="of each project; default: 5")
    parser.add_argument("--rounds", type=positive, default=3, help="default: 3")
    text = "how many tags the loops over build and uv build, scaled to all; default: 20"
    parser.add_argument("--sample", type=positive, default=20, help=text)
    parser.add_argument("--only", action="append", choices=list(CONTENDERS), help="can be repeated")
    text = "2 projects with 3 tags, 1 round, sample of 2: to see that it works, not how fast"
    parser.add_argument("--quick", action="store_true", help=text)
    return parser


def positive(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
