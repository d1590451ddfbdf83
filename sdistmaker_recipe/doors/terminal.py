"""What only a terminal shows: colours by meaning, and a progress bar with messages above it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from sdistmaker_recipe.doors.printable import printable
from sdistmaker_recipe.flow.context import Listener
from sdistmaker_recipe.model import Plan, Rejected, TagResult, WheelResult, WorkerUse
from sdistmaker_recipe.numbers import count
from sdistmaker_recipe.stages import report
from sdistmaker_recipe.stages.report import Line, Meaning

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

# rich is imported where it is used, because only a run on a terminal needs it.

_STYLES: Mapping[Meaning, str] = {
    "plain": "none",
    "success": "green",
    "change": "cyan",
    "warning": "yellow",
    "failure": "red",
    "error": "bold red",
    "detail": "dim",
    "heading": "bold",
}


def is_terminal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether the stream is a terminal that can do more than print lines."""
    return stream.isatty() and environment.get("TERM", "") not in ("", "dumb", "unknown")


def has_colours(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to print colours: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return is_terminal(stream, environment) and not environment.get("NO_COLOR")


def print_lines(lines: Iterable[Line], stream: TextIO) -> None:
    """Print lines in the colours of their meanings. The terminal breaks long lines, so paths stay whole."""
    from rich.console import Console

    console = Console(file=stream)
    for line in lines:
        _print(line, console)


@contextmanager
def progress_bar() -> Iterator[Listener]:
    """A listener that draws a progress bar on standard error.

    Above the bar it prints a line for each tag that failed, once for those of a project with the same reason.
    Log messages are printed there too.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as progress, _log_above(console):
        yield _BarListener(progress)


class _BarListener:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task("Looking for tags", total=None)
        self._failures = 0
        self._workers = ""
        self._groups: set[tuple[str, str, str]] = set()

    def planned(self, plan: Plan) -> None:
        """Show how many tags and wheels will be built."""
        total = len(plan.build) + len(plan.wheels)
        self._progress.update(self._task, description="Building", total=total)

    def finished(self, outcome: TagResult) -> None:
        """Count the tag. Name it if it failed and none of its project failed for the same reason."""
        self._progress.advance(self._task)
        if not isinstance(outcome, Rejected):
            return
        self._failures += 1
        self._describe()
        group = report.group_key(outcome.tag, outcome.reason)
        if group not in self._groups:
            self._groups.add(group)
            # The report says the reason, with the path of the log.
            _print(Line(f"failed {report.label(outcome.tag)}", "failure"), self._progress.console)

    def wheel_finished(self, result: WheelResult) -> None:
        """Count the release. The report names it if its wheel failed."""
        del result
        self._progress.advance(self._task)

    def workers_changed(self, workers: Sequence[WorkerUse]) -> None:
        """Show how many workers build, and what the busiest and the idlest of them did."""
        counts = [use.jobs for use in workers if use.jobs]
        if not counts:
            return
        self._workers = f" on {count(len(counts), 'worker')}, {min(counts)} to {max(counts)} tags each"
        self._describe()

    def _describe(self) -> None:
        failed = f", {self._failures} failed" if self._failures else ""
        self._progress.update(self._task, description=f"Building{self._workers}{failed}")


class _AboveBar(logging.Handler):
    """Prints log messages by the console of a progress bar, which moves the bar down."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        meaning: Meaning = "warning" if record.levelno >= logging.WARNING else "detail"
        _print(Line(self.format(record), meaning), self._console)


@contextmanager
def _log_above(console: Console) -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:]
    root.handlers[:] = [_AboveBar(console)]
    try:
        yield
    finally:
        root.handlers[:] = before


def _print(line: Line, console: Console) -> None:
    from rich.text import Text

    # What NO_COLOR and terminals without colours need is up to rich. A hint is in the lines after the first.
    first, separator, others = printable(line.text).partition("\n")
    text = Text().append(first, style=_STYLES[line.meaning]).append(separator + others)
    console.print(text, soft_wrap=True)
