"""A Dask scheduler and workers, each a process of its own, as an administrator starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.commands import program
from tests.support.process import LOOPBACK, Server, free_port, tail

QUIET = {"DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "1 minute"}
"""Two cores are few for so many processes, and workers would complain."""


@dataclass
class DaskWorker:
    """A worker: its process, and the file with its output."""

    process: subprocess.Popen[bytes]
    log: Path

    def send(self, number: int) -> None:
        """Send a signal to the worker itself, not to its builds."""
        os.kill(self.process.pid, number)

    def stop(self) -> None:
        """End it and all that it started; harmless when repeated."""
        self.send(signal.SIGCONT) if self.process.poll() is None else None
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, number)
                try:
                    self.process.wait(5)
                except subprocess.TimeoutExpired:
                    continue
        self.process.wait()


@dataclass
class DaskCluster:
    """A scheduler at ``address``, and the workers that were started for it, with their files in ``local``.

    All that a test starts shares the folder, so each build environment is made once.
    """

    address: str
    folder: Path
    local: Path
    environment: Mapping[str, str]
    scheduler: Server
    stack: ExitStack
    workers: list[DaskWorker] = field(default_factory=list)
    _stopped: int = 0
    _started: int = 0

    @contextmanager
    def only_meanwhile(self) -> Iterator[DaskCluster]:
        """This cluster without workers; those that come meanwhile are stopped at the end."""
        self._stopped = self._registered()
        first = len(self.workers)
        try:
            yield self
        finally:
            for worker in self.workers[first:]:
                worker.stop()
            del self.workers[first:]

    def _registered(self) -> int:
        return self.scheduler.log.read_text().count("Register worker addr")

    def add_workers(
        self,
        number: int = 1,
        *,
        threads: int = 1,
        before: Sequence[str | Path] = (),
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = ("--no-nanny",),
    ) -> list[DaskWorker]:
        """Start workers; ``before`` comes before their command, ``environment`` joins their own."""
        return [self._add(threads, before, environment or {}, options) for _ in range(number)]

    def wait(self, number: int) -> None:
        """Wait until so many workers are known to the scheduler."""
        wait_for(lambda: self._registered() >= self._stopped + number, self._logs)

    def _add(
        self,
        threads: int,
        before: Sequence[str | Path],
        environment: Mapping[str, str],
        options: Sequence[str],
    ) -> DaskWorker:
        self._started += 1
        log = self.folder / f"worker-{self._started}.log"
        command = [
            *map(str, before),
            *(str(program("dask")), "worker", self.address, "--nthreads", str(threads), "--no-dashboard"),
            *("--local-directory", str(self.local), *options),
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = DaskWorker(process, log)
        self.workers.append(worker)
        self.stack.callback(worker.stop)
        return worker

    def _logs(self) -> str:
        return "\n".join(tail(path) for path in (self.scheduler.log, *(each.log for each in self.workers)))


@contextmanager
def dask_cluster(
    folder: Path, local: Path, environment: Mapping[str, str], *, scheme: str = "tcp"
) -> Iterator[DaskCluster]:
    """A cluster without workers, below a folder; all its processes are ended at the end."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    whole = {**environment, **QUIET}
    command = [str(program("dask")), "scheduler", "--host", f"{scheme}://{LOOPBACK}", "--port", str(port)]
    scheduler = Server(
        [*command, "--no-dashboard"], port, folder / "scheduler.log", environment=whole, timeout=60
    )
    with ExitStack() as stack:
        stack.enter_context(scheduler)
        yield DaskCluster(f"{scheme}://{LOOPBACK}:{port}", folder, local, whole, scheduler, stack)


def wait_for(condition: Callable[[], bool], explain: Callable[[], str], seconds: float = 60) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, explain()
        time.sleep(0.02)


def used(report: Mapping[str, object] | str) -> dict[str, int]:
    """How many tags each worker built, by its address, as a JSON report says."""
    document = json.loads(report) if isinstance(report, str) else report
    return {each["address"]: each["jobs"] for each in document["workers"]}
