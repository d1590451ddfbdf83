"""What the comparisons share: contenders prepared and measured in turn, progress, and the end of a report."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from benchmarks.programs import FailedError, MissingError


class HasKey(Protocol):
    """What is measured is known by its key."""

    @property
    def key(self) -> str:
        """The key."""


C = TypeVar("C", bound=HasKey)
T = TypeVar("T")


def prepare_in_turn(
    preparations: Mapping[str, Callable[[], T]],
    names: Mapping[str, str],
    left_out: dict[str, str],
    failed: dict[str, str],
) -> list[T]:
    """What the preparations return; the reasons of those that cannot are put into the two mappings."""
    prepared = []
    for key, prepare in preparations.items():
        say(f"Preparing {names.get(key, key)}")
        try:
            prepared.append(prepare())
        except MissingError as error:
            left_out[key] = str(error)
        except FailedError as error:
            failed[key] = str(error)
    return prepared


def measure_in_rounds(
    contenders: Sequence[C],
    rounds: int,
    measure: Callable[[C, str], T],
    describe: Callable[[C, T], str],
    failed: dict[str, str],
) -> dict[str, list[T]]:
    """Results by key, all contenders in turn in each round; one that failed is not run again.

    ``measure`` is given the name of a folder that is new for each call.
    """
    results: dict[str, list[T]] = {contender.key: [] for contender in contenders}
    for number in range(1, rounds + 1):
        for contender in contenders:
            if contender.key in failed:
                continue
            try:
                result = measure(contender, f"{number}-{contender.key}")
            except FailedError as error:
                failed[contender.key] = str(error)
                continue
            results[contender.key].append(result)
            say(f"Round {number} of {rounds}, {describe(contender, result)}, load {load()}")
    return results


def outcome_lines(
    left_out: Mapping[str, str], failed: Mapping[str, str], names: Mapping[str, str]
) -> list[str]:
    """Lines on what was left out and what failed."""
    lines = [f"left out: {names.get(key, key)}: {reason}" for key, reason in left_out.items()]
    return lines + [f"FAILED: {names.get(key, key)}: {reason}" for key, reason in failed.items()]


def machine(load: str) -> Iterator[str]:
    """Lines on the machine, where ``load`` says how busy it was."""
    yield f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load of a minute {load}"
    yield f"Python {platform.python_version()}"


def load() -> str:
    """The load of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def say(text: str) -> None:
    """Report progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def parser(module: str, description: str | None, quick: str) -> argparse.ArgumentParser:
    """A parser for the program of this module with the option --quick, which this text describes."""
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=description, allow_abbrev=False)
    made.add_argument("--quick", action="store_true", help=quick)
    return made


def positive(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number
