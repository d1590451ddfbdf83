"""The first command of a new user: ``python3 bootstrap.py`` in a copy of the project, on a terminal."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_OUTSIDE = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "SSL_CERT_FILE", "PIP_CERT", "CI")
_ERASE = "\r\x1b[K"


class Shown(NamedTuple):
    """What a command showed on a terminal once it was done, and its longest silence in seconds."""

    text: str
    longest_silence: float


class Copy(NamedTuple):
    """A copy of the project, and the environment of a new user."""

    folder: Path
    environment: Mapping[str, str]

    def show(self, *command: str, **variables: str) -> Shown:
        """Run a command on a terminal; it has to succeed."""
        reader, writer = os.openpty()
        times, written = [time.monotonic()], b""
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env={**self.environment, "TERM": "xterm", "COLUMNS": "100", **variables},
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
        ) as process:
            os.close(writer)
            while chunk := _read(reader):
                times.append(time.monotonic())
                written += chunk
            os.close(reader)
        text = written.decode().replace("\r\n", "\n")
        assert process.returncode == 0, text
        shown = "\n".join(line.rpartition(_ERASE)[2] for line in text.split("\n"))
        silences = [later - earlier for earlier, later in pairwise([*times, time.monotonic()])]
        return Shown(shown, max(silences))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Nobody has it open any longer.
        return b""


def copy_project(folder: Path, home: Path) -> Copy:
    """What git would clone, and an empty home."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    home.mkdir()
    path = f"{Path(sys.executable).resolve().parent}:/usr/bin:/bin"
    environment = {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8"}
    return Copy(folder, environment | {name: os.environ[name] for name in _OUTSIDE if name in os.environ})


def as_in_pages(text: str, folder: str) -> str:
    """The output as pages show it: without the path of the project's folder, with any number of seconds."""
    return re.sub(r": \d+ s$", ": N s", text.strip().replace(folder, "..."), flags=re.MULTILINE)
