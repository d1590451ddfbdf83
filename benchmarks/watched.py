"""Run a program, take the time, and watch how much memory it and the processes it starts need (Linux)."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.programs import FailedError

_EVERY = 0.05
"""Seconds between one look and the next: each costs the machine half a millisecond.

What a process takes in the last of them is not seen.
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds from the start of a program to its end, and peaks of resident memory in bytes.

    ``memory`` is the program's own, ``helper`` that of the largest process that it or one of them started.
    """

    seconds: float
    memory: int = 0
    helper: int = 0


@dataclass
class _Watch:
    process: int
    peaks: dict[int, int] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Look until it has ended."""
        while not self.ended.wait(_EVERY):
            for process in (self.process, *_children(self.process)):
                self.peaks[process] = max(self.peaks.get(process, 0), _peak(process))


def watched(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Spent:
    """What a program spends; raises ``FailedError`` where its exit status is not 0."""
    with (folder / "log").open("a+b") as log:
        begin = time.perf_counter()
        program = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        watch = _Watch(program.pid)
        thread = threading.Thread(target=watch.look)
        thread.start()
        try:
            status = program.wait()
            seconds = time.perf_counter() - begin
        finally:
            watch.ended.set()
            thread.join()
        if status:
            log.seek(0)
            tail = log.read()[-2000:].decode("utf-8", "replace")
            raise FailedError(f"{Path(command[0]).name} ended with {status}:\n{tail}")
    memory = watch.peaks.pop(program.pid, 0)
    return Spent(seconds, memory, max(watch.peaks.values(), default=0))


def _children(process: int) -> Iterator[int]:
    """The processes that one started, and those that these started."""
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return
    for thread in threads:
        for child in map(int, _text(thread / "children").split()):
            yield child
            yield from _children(child)


def _peak(process: int) -> int:
    """The most memory that a process had so far, in bytes; 0 where it is gone."""
    for line in _text(Path(f"/proc/{process}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
