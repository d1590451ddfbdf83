"""What bootstrap.py shows on a terminal and in a file while a command takes long, and if it fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLOW = "import time; print('first', flush=True); time.sleep(6.5)"
FAILING = "import sys; print('because of this'); sys.exit(3)"


def writes(code: str, *, on_terminal: bool) -> tuple[list[float], str]:
    """Run ``need`` on Python code; when it wrote something (in seconds), and all that it wrote."""
    program = f"import bootstrap_commands as c, sys\nc.need('Waiting', sys.executable, '-c', {code!r})"
    reader, writer = os.openpty() if on_terminal else os.pipe()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=writer, stderr=writer, env=environment
    )
    os.close(writer)
    times, text = [0.0], b""
    while chunk := _read(reader):
        times.append(time.monotonic() - begin)
        text += chunk
    os.close(reader)
    process.wait()
    return [*times, time.monotonic() - begin], text.decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # A terminal that everybody has closed.
        return b""


@pytest.mark.parametrize("on_terminal", [True, False])
def test_a_command_that_takes_long_is_never_silent(on_terminal: bool) -> None:
    times, text = writes(SLOW, on_terminal=on_terminal)
    assert times[-1] > 6
    assert times[1] < 2
    assert max(later - earlier for earlier, later in pairwise(times)) < 5
    assert text.startswith("Waiting")
    assert "s  first" in text
    if on_terminal:
        last = text.rstrip("\n").rpartition("\r\x1b[K")[2]
        seconds = re.fullmatch(r"Waiting: (\d+) s", last)
        assert seconds, last
        assert 6 <= int(seconds[1]) <= round(times[-1])
    else:
        assert "\r" not in text
        assert "\x1b" not in text


@pytest.mark.parametrize("on_terminal", [True, False])
def test_what_a_command_printed_is_shown_if_it_fails(on_terminal: bool) -> None:
    _, text = writes(FAILING, on_terminal=on_terminal)
    assert "\nbecause of this\nbootstrap.py stopped, for this command ended with exit status 3" in text


def test_what_a_command_printed_is_held_back_if_it_succeeds() -> None:
    _, text = writes("print('nobody needs this')", on_terminal=False)
    assert text == "Waiting\n"
