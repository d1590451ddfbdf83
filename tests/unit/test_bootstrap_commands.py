"""What bootstrap.py shows while a command runs whose output is held back. The clock is not a real one."""

from __future__ import annotations

import io
import os
from itertools import pairwise

import pytest

from bootstrap_commands import LINE_EVERY, REPORT_EVERY, Progress, lines_as_they_come


class Clock:
    """Shows the seconds that the test says."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen(io.StringIO):
    """Remembers when something was written on it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.times: list[float] = []
        self._clock = clock

    def write(self, text: str) -> int:
        self.times.append(self._clock())
        return super().write(text)


def show(seconds: float, detail: str, *, is_terminal: bool) -> Screen:
    """What a step shows that takes so long and looks four times a second whether it is done."""
    clock = Clock()
    screen = Screen(clock)
    progress = Progress("Building", screen, is_terminal=is_terminal, clock=clock)
    while clock.now < 100 + seconds:
        clock.now += 0.25
        progress.go_on(detail)
    progress.end()
    return screen


def longest_gap(times: list[float]) -> float:
    return max(later - earlier for earlier, later in pairwise(times))


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_step_is_shown_at_once_and_never_silent_for_five_seconds(is_terminal: bool) -> None:
    screen = show(60, "", is_terminal=is_terminal)
    assert screen.times[0] == 100
    assert longest_gap(screen.times) <= 4
    assert LINE_EVERY < REPORT_EVERY < 4


def test_a_terminal_shows_one_line_for_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    text = show(
        3, "  published a file with a name that is longer than the terminal", is_terminal=True
    ).getvalue()
    shown = text.split("\r\x1b[K")
    assert shown[0] == "Building"
    assert shown[1] == "Building: 1 s  published a file with a "
    assert shown[-1] == "Building: 3 s\n"
    assert text.count("\n") == 1


def test_a_file_gets_plain_lines() -> None:
    text = show(7, "published a file", is_terminal=False).getvalue()
    assert text == "Building\n    3 s  published a file\n    6 s  published a file\n"


def test_a_command_that_says_nothing_is_shown_with_its_seconds() -> None:
    assert show(4, "", is_terminal=False).getvalue() == "Building\n    3 s\n"


def test_lines_come_as_they_are_written_and_silence_is_noticed() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as output:
        lines = lines_as_they_come(output, 0.01)
        assert next(lines) is None
        os.write(writer, b"one\n\ntw")
        assert [next(lines) for _ in range(3)] == ["one", "", None]
        # A line without an end, such as a progress bar of the command, is no reason to wait.
        os.write(writer, b"o\xff")
        assert next(lines) is None
        os.close(writer)
        assert list(lines) == ["two\N{REPLACEMENT CHARACTER}"]
