"""Compare builds on a Dask cluster of this machine with builds in local processes, and look at memory.

Run from the project's folder: ``.venv/bin/python -m benchmarks.cluster_speed``. README.rst beside this file
says what is measured, and how.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import load, machine, parser, say
from benchmarks.projects import releases
from benchmarks.repository import make_repository
from tests.support.commands import index_files, program
from tests.support.dask_cluster import DaskCluster, dask_cluster

LEAST_RATIO = 0.85
MOST_MEGABYTES = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; ``queued`` jobs are for the look at memory."""

    projects: int
    tags: int
    rounds: int
    queued: int


WHOLE, QUICK = Size(40, 5, 5, 10_000), Size(2, 3, 1, 50)


def main() -> int:
    """Measure and print; 1 if a requirement is missed."""
    arguments = parser(
        "benchmarks.cluster_speed", __doc__, "a small size that shows that it works"
    ).parse_args()
    size = QUICK if arguments.quick else WHOLE
    before = load()
    with tempfile.TemporaryDirectory(prefix="cluster-speed-") as name:
        folder = Path(name)
        # Workers import the stand-in.
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        with dask_cluster(folder / "cluster", folder / "local", environment) as cluster:
            cluster.add_workers(2)
            cluster.wait(2)
            local, dask = _compare(size, cluster, folder)
            megabytes = _memory(size.queued, cluster, environment)
    ratio = statistics.median(local) / statistics.median(dask)
    tags = size.projects * size.tags
    lines = [
        *machine(f"{before} before, {load()} after"),
        f"{tags} tags, {size.rounds} rounds; median, range",
        f"local, 2 processes             {_seconds(local)}",
        f"dask, 2 workers of one thread  {_seconds(dask)}",
        f"throughput of dask to local: {ratio:.2f} (at least {LEAST_RATIO})",
        f"memory of the run with {size.queued} queued jobs: {megabytes:.0f} MB (less than {MOST_MEGABYTES})",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(not arguments.quick and (ratio < LEAST_RATIO or megabytes >= MOST_MEGABYTES))


def _compare(size: Size, cluster: DaskCluster, folder: Path) -> tuple[list[float], list[float]]:
    """The seconds of each round, local and on the cluster in turn; the first round of each does not count."""
    url = make_repository(folder / "repository", releases(size.projects, size.tags))
    ways: Mapping[str, Sequence[str]] = {
        "local": ("--jobs", "2", "--environments", str(folder / "environments")),
        "dask": ("--executor", "dask", "--scheduler", cluster.address),
    }
    took: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(size.rounds + 1):
        for way, options in ways.items():
            index = folder / "index"
            command = [program("sdists_from_tags"), "--quiet", "--repository", url, "--destination", index]
            begin = time.monotonic()
            subprocess.run([*command, *options], check=True, stdin=subprocess.DEVNULL)
            seconds = time.monotonic() - begin
            if len(index_files(index)) != size.projects * size.tags:
                raise SystemExit(f"{way}: not every tag was built")
            for made in (index, folder / "index-state"):
                shutil.rmtree(made)
            if number:
                took[way].append(seconds)
            say(f"{way}: {seconds:.2f} s, load {load()}")
    return took["local"], took["dask"]


def _memory(queued: int, cluster: DaskCluster, environment: Mapping[str, str]) -> float:
    """The highest memory, in MB, of a process that has so many jobs done; builds are faked on the workers."""
    say(f"{queued} jobs of a stand-in")
    code = "from benchmarks.cluster_work import main; main()"
    command = [sys.executable, "-c", code, cluster.address, str(queued)]
    done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    return float(done.stdout)


def _seconds(rounds: Sequence[float]) -> str:
    return f"{statistics.median(rounds):6.2f} s  {min(rounds):.2f} to {max(rounds):.2f}"


if __name__ == "__main__":
    sys.exit(main())
