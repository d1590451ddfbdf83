"""Standard output and standard error: what a command prints, and what becomes of it if nobody can read it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

from sdistmaker_recipe.doors import terminal
from sdistmaker_recipe.doors.printable import printable
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.stages.report import Line


def prepare_streams() -> None:
    """Have streams that were closed lead nowhere, and those that are open print any character somehow.

    Otherwise the next file that is opened gets the number of a closed stream, and helper programs print into
    it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  # it has no keyword
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115  # it stays open
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_text(text: str) -> None:
    """Print text on standard output as it is. Raises ``StoreError`` if it cannot be written."""
    with _standard_output() as stream:
        stream.write(text)


def print_lines(lines: Iterable[Line]) -> None:
    """Print lines on standard output, in colours if it is a terminal that has them.

    If the reader of a pipe has gone, nothing is printed any more. Raises ``StoreError`` if the lines cannot
    be written, as to a file on a full disk.
    """
    with _standard_output() as stream:
        _write(lines, stream)


def print_progress(text: str) -> None:
    """Print a line on standard output. If it cannot be written, a warning says so, and the work goes on."""
    try:
        print_lines([Line(text)])
    except StoreError as error:
        print_errors([Line(f"warning: {error}", "warning")])


def print_errors(lines: Iterable[Line]) -> None:
    """Print lines on standard error. If they cannot be written, the exit status still tells."""
    try:
        _write(lines, sys.stderr)
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        raise StoreError(f"Standard output cannot be written: {error.strerror}") from error


def _discard(stream: TextIO) -> None:
    """Have what is in the buffer of a stream, and what is printed from now on, go nowhere.

    If the buffer cannot be written when the interpreter ends, that changes the exit status.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _write(lines: Iterable[Line], stream: TextIO) -> None:
    if terminal.has_colours(stream, os.environ):
        terminal.print_lines(lines, stream)
    else:
        stream.writelines(f"{printable(line.text)}\n" for line in lines)
