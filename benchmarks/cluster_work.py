"""A stand-in for builds on a cluster, and the program that says how much memory many of them take.

The jobs, what is sent and what comes back are those of real builds; only the build itself is a pause.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from sdistmaker_recipe import executors
from sdistmaker_recipe.executors.remote_work import Machine
from sdistmaker_recipe.flow.remote_builds import BuildOnWorkers, InstalledOnWorkers, compression_digest
from sdistmaker_recipe.model import BuildJob, BuildSettings, Built, ProjectDetails, Tag, WheelJob
from sdistmaker_recipe.vcs import Credentials

ARCHIVE = os.urandom(30_000)
DESCRIPTION = "A line of the README, of which there are many.\n" * 200


@dataclass(frozen=True, slots=True)
class FakedBuilds(BuildOnWorkers):
    """Builds that take ``seconds`` and give an archive of 30 kB with a description of 9 kB."""

    seconds: float = 0.0

    def prepare(self, machine: Machine) -> str:  # noqa: ARG002
        """Nothing to do."""
        return ""

    def run(self, packed: object, machine: Machine) -> Built:  # noqa: ARG002
        """Wait, and give what a build gives."""
        time.sleep(self.seconds)
        return Built(
            tag=packed.tag,  # type: ignore[attr-defined]
            name=packed.tag.project,  # type: ignore[attr-defined]
            version=packed.tag.version,  # type: ignore[attr-defined]
            archive=ARCHIVE,
            sha256=hashlib.sha256(ARCHIVE).hexdigest(),
            size=len(ARCHIVE),
            metadata=DESCRIPTION.encode(),
            requires_python="",
            toolchain="declared",
            details=ProjectDetails(description=DESCRIPTION),
            installed=("setuptools==80.0",),
        )


def faked_jobs(number: int, output: Path, seconds: float) -> tuple[FakedBuilds, list[BuildJob | WheelJob]]:
    """So many jobs, and the work that takes these seconds for each."""
    settings = BuildSettings(output, output, output, 300)
    work = FakedBuilds(
        settings=settings,
        credentials=Credentials(),
        output=output,
        sandbox="none",
        connections=0,
        compressed=compression_digest(),
        seen=InstalledOnWorkers(),
        seconds=seconds,
    )
    return work, [
        BuildJob(_tag(f"project-{each // 10}", f"1.{each % 10}"), "file:///srv/svn", "auto", "1", settings)
        for each in range(number)
    ]


def do_jobs(address: str, number: int, seconds: float) -> float:
    """Have so many jobs done on a cluster; how many seconds it took from the first result to the last."""
    with tempfile.TemporaryDirectory() as folder:
        work, jobs = faked_jobs(number, Path(folder), seconds)
        begin, done = 0.0, 0
        for _job, outcome in executors.run_jobs(work, jobs, lambda _workers: executors.open_dask(address), 1):
            begin, done = begin or time.monotonic(), done + 1
            if not isinstance(outcome, Built) or not isinstance(outcome.archive, Path):
                raise SystemExit(f"no archive: {outcome}")
            outcome.archive.unlink()
        if done != number:
            raise SystemExit(f"{done} results of {number} jobs")
        return time.monotonic() - begin


def _tag(project: str, version: str) -> Tag:
    path = f"{project}/tags/{version}"
    return Tag(
        repository="file:///srv/svn",
        project_path=project,
        name=version,
        path=path,
        version=version,
        revision="1",
        time=datetime(2015, 1, 1, tzinfo=timezone.utc),
        origin=f"11111111-2222-4333-8444-555555555555/{path}",
    )


def main() -> None:
    """Print the highest memory in MB while jobs are done; the arguments say where and how many."""
    do_jobs(sys.argv[1], int(sys.argv[2]), 0.0)
    # Kilobytes on Linux: getrusage(2).
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
