"""What reruns spent as text: a line for each, and the limits that are set to them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from benchmarks.rerun_course import FILE, HTTPS, SVN
from benchmarks.table import aligned

FIRST, AGAIN, MORE = "first", "again", "more"
LS, LOG, LOG_AGAIN, SDISTMAKER = "ls", "log", "log-again", "sdistmaker"
BUILDOUT, EGG_BUILDOUT, BARE_BUILDOUT = "buildout", "egg-buildout", "bare-buildout"
BESIDE, EGG_BESIDE, BARE_BESIDE = "buildout-beside", "egg-buildout-beside", "bare-buildout-beside"
"""Where all packages are eggs, and where they are installed beside buildout."""

NAMES = {
    FIRST: "first scan",
    AGAIN: "no-op",
    MORE: "one new tag",
    LS: "loop over svn ls",
    LOG: "svn log, all of it",
    LOG_AGAIN: "svn log, from HEAD on",
    SDISTMAKER: "sdistmaker 1.4, its listing",
    BUILDOUT: "eggs, bin/buildout with the part",
    EGG_BUILDOUT: "eggs, with zc.recipe.egg",
    BARE_BUILDOUT: "eggs, without",
    BESIDE: ".venv, bin/buildout with the part",
    EGG_BESIDE: ".venv, with zc.recipe.egg",
    BARE_BESIDE: ".venv, without",
}

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Result:
    """Rounds of one action by one way: seconds, round trips of each, and the most memory in bytes.

    ``memory`` is the program's own, ``helper`` that of the largest process it started. ``calls`` says of a
    loop how many of all calls it made; its seconds are scaled.
    """

    action: str
    way: str
    seconds: tuple[float, ...]
    questions: tuple[int, ...] = ()
    handshakes: tuple[int, ...] = ()
    memory: int = 0
    helper: int = 0
    calls: str = ""


Results: TypeAlias = Mapping[tuple[str, str], Result]
"""By action and way."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What may at most come out; ``value`` is None where it was not measured."""

    what: str
    most: float
    unit: str
    value: Callable[[Results, Results], float | None]


def results_table(results: Results, ways: Mapping[str, str]) -> str:
    """A line for each result; ``ways`` has what each way is called."""
    header = ["what", "over", "seconds", "of all rounds", "round trips", "TLS", "MB", "helper MB", "calls"]
    return aligned([header, *(_line(each, ways) for each in results.values())])


def limits_table(small: Results, large: Results, limits: Sequence[Limit] | None = None) -> str:
    """A line for each limit, met or missed; ``large`` are results with ten times as many tags.

    ``limits`` are those of Subversion if they are not given.
    """
    header = ["at most", "limit", "measured", ""]
    return aligned([header, *(_limit(each, small, large) for each in (LIMITS if limits is None else limits))])


def seconds_of(action: str, way: str) -> Callable[[Results, Results], float | None]:
    """The median of an action by a way, as the value of a limit."""

    def value(small: Results, _large: Results) -> float | None:
        found = small.get((action, way))
        return median(found.seconds) if found else None

    return value


def memory_of(small: Results, _large: Results) -> float | None:
    """The most megabytes that the command itself took, as the value of a limit."""
    ours = [each.memory / MEGABYTE for each in small.values() if each.action in (FIRST, AGAIN, MORE)]
    return max(ours, default=None)


def _questions(way: str) -> Callable[[Results, Results], float | None]:
    def value(small: Results, _large: Results) -> float | None:
        found = small.get((AGAIN, way))
        return max(found.questions) if found else None

    return value


def _growth(small: Results, large: Results) -> float | None:
    found = [each.get((AGAIN, FILE)) for each in (small, large)]
    few, many = (median(each.seconds) if each else None for each in found)
    return many / few if many and few else None


def _part(small: Results, _large: Results) -> float | None:
    with_it, without = (small.get((action, FILE)) for action in (BUILDOUT, BARE_BUILDOUT))
    return median(with_it.seconds) - median(without.seconds) if with_it and without else None


LIMITS = (
    Limit("no-op over file://", 0.3, "s", seconds_of(AGAIN, FILE)),
    Limit("no-op over svn://, round trips", 3, "", _questions(SVN)),
    Limit("no-op over https://, round trips", 3, "", _questions(HTTPS)),
    Limit("one new tag over file://", 0.6, "s", seconds_of(MORE, FILE)),
    Limit("first scan over svn://", 10, "s", seconds_of(FIRST, SVN)),
    Limit("first scan over https://", 10, "s", seconds_of(FIRST, HTTPS)),
    Limit("memory", 150, "MB", memory_of),
    Limit("no-op with ten times as many tags : no-op", 1.25, "", _growth),
    Limit("bin/buildout with the part - without", 0.3, "s", _part),
)
"""Time and memory of anything else on the machine come on top, so the last but one is not 1."""


def _line(each: Result, ways: Mapping[str, str]) -> list[str]:
    middle, least, most = median(each.seconds), min(each.seconds), max(each.seconds)
    return [
        NAMES[each.action],
        ways[each.way],
        f"{middle:.2f}",
        f"{least:.2f} to {most:.2f}",
        f"{median(each.questions):g}" if each.questions else "-",
        f"{median(each.handshakes):g}" if each.questions else "-",
        f"{each.memory / MEGABYTE:.0f}" if each.memory else "-",
        f"{each.helper / MEGABYTE:.0f}" if each.helper else "-",
        each.calls or "all",
    ]


def _limit(each: Limit, small: Results, large: Results) -> list[str]:
    wanted = f"{each.most:g} {each.unit}".strip()
    value = each.value(small, large)
    if value is None:
        return [each.what, wanted, "-", "not measured"]
    return [each.what, wanted, f"{value:.2f}", "met" if value <= each.most else "MISSED"]
