"""What was measured as text: a table of times, and the ratios that are required of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

SDISTMAKER, BUILD, UV, KEPT, MADE, FLOOR = "sdistmaker", "build", "uv", "kept", "made", "floor"
WHEELS = "wheels"

REFERENCE = KEPT


@dataclass(frozen=True, slots=True)
class Measurement:
    """Seconds of each round of one contender, which built ``tags`` tags in each; at least one round."""

    name: str
    seconds: tuple[float, ...]
    tags: int

    def scaled(self, tags: int) -> tuple[float, ...]:
        """Seconds of each round for so many tags, were each like those that were built."""
        return tuple(each * tags / self.tags for each in self.seconds)

    @property
    def per_tag(self) -> float:
        """Seconds for a tag: the median of the rounds."""
        return median(self.seconds) / self.tags


@dataclass(frozen=True, slots=True)
class Requirement:
    """That ``slow`` takes at least ``limit`` times as long as ``fast``; at most, with ``at_least`` false."""

    slow: str
    fast: str
    limit: float
    at_least: bool = True


REQUIRED = (
    Requirement(SDISTMAKER, KEPT, 50),
    Requirement(UV, KEPT, 80),
    Requirement(BUILD, KEPT, 150),
    Requirement(KEPT, FLOOR, 4, at_least=False),
    Requirement(SDISTMAKER, MADE, 15),
)
REQUIRED_OF_MANY = (Requirement(SDISTMAKER, KEPT, 60), *REQUIRED[1:])
"""From 2,000 tags on, where starting the programs hardly counts."""

REQUIRED_OF_WHEELS = (Requirement(WHEELS, KEPT, 2.2, at_least=False),)

MANY = 2000


def times(measured: Mapping[str, Measurement], tags: int) -> str:
    """A line for each contender: the median for all tags, the range of the rounds, and the ratio."""
    header = ["what", "seconds", "of all rounds", "ms per tag", "ratio", "built"]
    return aligned([header, *(_times(each, measured.get(REFERENCE), tags) for each in measured.values())])


def durations(measured: Mapping[str, Measurement], processor: Mapping[str, float]) -> str:
    """A line for each contender: milliseconds, the range of the rounds, and what processors took of them.

    ``processor`` holds seconds, by the same keys.
    """
    rows = [
        [each.name, *_milliseconds(each.seconds), f"{processor[key] * 1000:,.0f}"]
        for key, each in measured.items()
    ]
    return aligned([["what", "milliseconds", "of all rounds", "processor"], *rows])


def requirements(
    measured: Mapping[str, Measurement],
    names: Mapping[str, str],
    required: Sequence[Requirement] = REQUIRED,
) -> str:
    """A line for each required ratio, met or missed; ``names`` are those of all contenders by their key."""
    header = ["how many times as long", "required", "measured", ""]
    return aligned([header, *(_requirement(each, measured, names) for each in required)])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as text in columns, the first to the left, the others to the right, a rule below the first row."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([lines[0], rule.rstrip(), *lines[1:]])


def _times(each: Measurement, reference: Measurement | None, tags: int) -> list[str]:
    scaled = each.scaled(tags)
    return [
        each.name,
        f"{median(scaled):.2f}",
        f"{min(scaled):.2f} to {max(scaled):.2f}",
        f"{each.per_tag * 1000:.1f}",
        f"{each.per_tag / reference.per_tag:.2f}" if reference else "-",
        "all" if each.tags == tags else f"{each.tags}, scaled",
    ]


def _milliseconds(seconds: Sequence[float]) -> list[str]:
    middle, least, most = (f"{each * 1000:,.0f}" for each in (median(seconds), min(seconds), max(seconds)))
    return [middle, f"{least} to {most}"]


def _requirement(
    each: Requirement, measured: Mapping[str, Measurement], names: Mapping[str, str]
) -> list[str]:
    what = f"{names[each.slow]} : {names[each.fast]}"
    wanted = f"{'at least' if each.at_least else 'at most'} {each.limit:g}"
    slow, fast = measured.get(each.slow), measured.get(each.fast)
    if slow is None or fast is None:
        return [what, wanted, "-", "not measured"]
    ratio = slow.per_tag / fast.per_tag
    met = ratio >= each.limit if each.at_least else ratio <= each.limit
    return [what, wanted, f"{ratio:.2f}", "met" if met else "MISSED"]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        text.rjust(width) if column else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()
