"""How bootstrap.py runs commands: as they are, or with their output held back and progress shown."""

import os
import selectors
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TextIO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

LINE_EVERY = 1.0
"""So many seconds pass on a terminal until the line of a step changes."""
REPORT_EVERY = 3.0
"""So many seconds pass until a file or a pipe gets one more line of a step."""
ERASE = "\r\x1b[K"


def call(*command: str | Path, stdout: int | None = None, stderr: int | None = None) -> int:
    """Run a command in this folder, and return its exit status."""
    return subprocess.run(
        command, cwd=ROOT, env=environment(), stdout=stdout, stderr=stderr, check=False
    ).returncode


def need(doing: str, *command: str | Path) -> None:
    """Run a command with its output held back, and end with a message where it fails."""
    status, output = run_quietly(doing, command)
    if status != 0:
        say("\n".join(output))
        sys.exit(
            f"bootstrap.py stopped, for this command ended with exit status {status} (see above): "
            f"{quote(*command)}"
        )


def run_quietly(doing: str, command: Sequence[str | Path]) -> tuple[int, list[str]]:
    """Run a command and show only that it goes on; its exit status and the lines of its output.

    It gets no input, because nobody would see what it asks for.
    """
    lines = [""]
    progress = Progress(doing, sys.stdout, is_terminal=is_terminal(sys.stdout))
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        output: IO[bytes] = process.stdout  # type: ignore[assignment]
        try:
            for line in lines_as_they_come(output, LINE_EVERY):
                if line is not None:
                    lines.append(line)
                progress.go_on(lines[-1])
        except KeyboardInterrupt:
            # The terminal interrupts the command, too. What it still has to do comes first.
            output.read()
            raise
        finally:
            progress.end()
    return process.returncode, lines[1:]


def lines_as_they_come(output: IO[bytes], every: float) -> Iterator[str | None]:
    """The lines of a pipe until it is closed; None after each wait, of at most so many seconds."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            if selector.select(every):
                chunk = os.read(output.fileno(), 1 << 16)
                if not chunk:
                    break
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (line.decode(errors="replace") for line in whole)
            yield None
    if rest:
        yield rest.decode(errors="replace")


class Progress:
    """Shows that a step goes on: on a terminal in one line that changes, elsewhere in a line now and then."""

    def __init__(
        self, doing: str, stream: TextIO, *, is_terminal: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._doing, self._stream, self._is_terminal, self._clock = doing, stream, is_terminal, clock
        self._begin = self._shown = clock()
        self._write(doing if is_terminal else f"{doing}\n")

    def go_on(self, detail: str) -> None:
        """Show how long the step takes so far, with the last line of its command, if it is time to."""
        now = self._clock()
        if now - self._shown < (LINE_EVERY if self._is_terminal else REPORT_EVERY):
            return
        self._shown = now
        took = f"{self._seconds()} s  {detail.strip()}".rstrip()
        if self._is_terminal:
            # A line that fills the terminal could not be written again.
            width = shutil.get_terminal_size().columns - 1
            self._write(ERASE + f"{self._doing}: {took}"[:width])
        else:
            self._write(f"    {took}"[:99] + "\n")

    def end(self) -> None:
        """Show how long the step took."""
        if self._is_terminal:
            self._write(f"{ERASE}{self._doing}: {self._seconds()} s\n")

    def _seconds(self) -> int:
        return round(self._clock() - self._begin)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def is_terminal(stream: TextIO) -> bool:
    """Whether the stream is a terminal that can write a line again."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def environment() -> dict[str, str]:
    """The environment of commands, without the settings of the caller's shell for another Python.

    Python may write bytecode. Otherwise each process of pytest compiles all tests anew, which takes seconds.
    """
    unwanted = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def quote(*command: str | Path) -> str:
    """The command as one types it in a shell."""
    return shlex.join(map(str, command))


def say(text: str) -> None:
    """Print at once, in order with the output of commands."""
    print(text, flush=True)
