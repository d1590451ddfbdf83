"""What the workers of a cluster did, and what was wrong with them, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdistmaker_recipe.model import Report
from sdistmaker_recipe.numbers import count, duration

_MOST_NAMED = 10
"""So many workers are named one by one."""


def built_by(report: Report) -> Iterator[str]:
    """How many tags each worker built, and how long it took them; of many workers only the range."""
    used = [use for use in report.workers if use.jobs]
    if len(used) > _MOST_NAMED:
        jobs, seconds = [use.jobs for use in used], sum(use.seconds for use in used)
        yield (
            f"built by {len(used)} workers: {min(jobs)} to {max(jobs)} tags each, "
            f"{duration(seconds)} of all of them together"
        )
        return
    for use in used:
        name = f"{use.address} ({use.host})" if use.host else use.address
        yield f"built by {name}: {count(use.jobs, 'tag')} in {duration(use.seconds)}"


def warnings(report: Report) -> Iterator[str]:
    """What was wrong with workers; those with the same trouble together."""
    by_note: dict[str, list[str]] = {}
    for use in report.workers:
        for note in use.notes:
            by_note.setdefault(note, []).append(use.address)
    for note, addresses in by_note.items():
        noun = "worker" if len(addresses) == 1 else "workers"
        yield f"{noun} {_named(addresses)}: {note}"


def _named(addresses: Sequence[str]) -> str:
    more = len(addresses) - _MOST_NAMED
    named = ", ".join(addresses[:_MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named
