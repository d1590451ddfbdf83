"""Simulate a cluster with many workers behind a network of 10 ms each way, and print the speed-up.

Run from the project's folder: ``.venv/bin/python -m benchmarks.cluster_simulation``. README.rst beside this
file says what is measured, and how.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.harness import load, machine, say
from tests.support.process import LOOPBACK, answers, free_port
from tests.support.proxy import Proxy

ROOT = Path(__file__).parents[1]
DELAY = 0.01
WORKERS = (2, 8, 32, 128)
JOBS_PER_WORKER = 10
MOST_IN_A_PROCESS = 32
"""So many workers share a process: a process of Dask for each would take all memory."""


def main() -> int:
    """Measure and print."""
    arguments = _parser().parse_args()
    if arguments.host:
        asyncio.run(_host(arguments.host, arguments.number, Path(arguments.folder)))
        return 0
    if arguments.jobs:
        from benchmarks.cluster_work import do_jobs

        print(do_jobs(arguments.address, arguments.jobs, arguments.seconds))
        return 0
    before = load()
    lines = []
    with tempfile.TemporaryDirectory(prefix="cluster-simulation-") as folder:
        for number in arguments.workers:
            jobs = number * JOBS_PER_WORKER
            took = _measure(number, jobs, arguments.seconds, Path(folder))
            # The first result comes when a build is done.
            speed_up = jobs * arguments.seconds / (took + arguments.seconds)
            lines.append(f"{number:7}  {jobs:5}  {took + arguments.seconds:7.1f} s  {speed_up:8.1f}")
            say(f"{lines[-1]}  load {load()}")
    print("\n".join(machine(f"{before} before, {load()} after")))
    print(f"builds of {arguments.seconds:g} s, 10 ms each way\nworkers   jobs       time  speed-up")
    print("\n".join(lines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster_simulation", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a build takes")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS, help="how many workers")
    # What this program calls itself with.
    parser.add_argument("--host", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    return parser


def _measure(number: int, jobs: int, seconds: float, folder: Path) -> float:
    """The seconds from the first result to the last of jobs on so many workers."""
    own = [sys.executable, "-m", "benchmarks.cluster_simulation"]
    port = free_port()
    dask = [sys.executable, "-m", "dask", "scheduler", "--host", LOOPBACK, "--port", str(port)]
    with ExitStack() as stack:
        stack.enter_context(_started([*dask, "--no-dashboard"]))
        while not answers(port):
            time.sleep(0.1)
        proxy = stack.enter_context(Proxy(port, delay=DELAY))
        for first in range(0, number, MOST_IN_A_PROCESS):
            some = min(number - first, MOST_IN_A_PROCESS)
            hosted = ["--host", f"tcp://{LOOPBACK}:{proxy.port}", "--number", str(some)]
            stack.enter_context(_started([*own, *hosted, "--folder", str(folder)]))
        address = f"tcp://{LOOPBACK}:{port}"
        _wait_for_workers(number, address)
        asked = ["--jobs", str(jobs), "--seconds", str(seconds), "--address", address]
        command = [*own, *asked]
        done = subprocess.run(
            command, cwd=ROOT, env=_environment(), check=True, stdout=subprocess.PIPE, text=True
        )
    return float(done.stdout)


def _wait_for_workers(number: int, address: str) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=300)


@contextmanager
def _started(command: Sequence[str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__WORKER__DAEMON": "false"}


async def _host(address: str, number: int, folder: Path) -> None:
    """Be so many workers of one thread, until this process is ended."""
    from distributed import Worker

    workers = [Worker(address, nthreads=1, local_directory=str(folder)) for _ in range(number)]
    await asyncio.gather(*workers)
    await asyncio.gather(*(worker.finished() for worker in workers))


if __name__ == "__main__":
    sys.exit(main())
