"""The builds of a run on the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sdistmaker_recipe import executors
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.flow.remote_builds import (
    BuildOnWorkers,
    InstalledOnWorkers,
    Job,
    compression_digest,
    settings_to_send,
)
from sdistmaker_recipe.model import BuildJob, BuildSettings, Outcome, WheelJob, WheelOutcome, WorkerUse
from sdistmaker_recipe.vcs import Credentials

if TYPE_CHECKING:
    from sdistmaker_recipe.executors.dask.executor import ClusterExecutor


def check_cluster(configuration: Configuration) -> None:
    """Refuse executor = dask without a scheduler, or without Dask, before anything is done.

    Raises ``ConfigurationError`` and ``ClusterError``.
    """
    if not configuration.scheduler:
        message = (
            "is empty, and executor = dask needs the address of a cluster. Set it, for instance to "
            "tcp://dask.example.com:8786"
        )
        raise ConfigurationError([Problem("options", "scheduler", None, message)])
    executors.check_dask()


class ClusterBuilds:
    """The builds of a run on the cluster of the scheduler at ``address``; ``watch`` is told of progress."""

    def __init__(
        self, address: str, sandbox: str, watch: Callable[[Sequence[WorkerUse]], None] | None = None
    ) -> None:
        self._address, self._sandbox, self._watch = address, sandbox, watch
        self._executors: list[ClusterExecutor] = []
        self._seen = InstalledOnWorkers()

    @property
    def workers(self) -> tuple[WorkerUse, ...]:
        """What each worker did so far, for tags and for wheels; those that did most first."""
        found: dict[str, WorkerUse] = {}
        for use in (use for executor in self._executors for use in executor.uses()):
            before = found.get(use.address, WorkerUse(use.address))
            found[use.address] = use._replace(
                jobs=before.jobs + use.jobs,
                seconds=before.seconds + use.seconds,
                notes=tuple(dict.fromkeys((*before.notes, *use.notes))),
            )
        return tuple(sorted(found.values(), key=lambda use: (-use.jobs, use.address)))

    @property
    def faults(self) -> tuple[str, ...]:
        """Warnings about workers that may not build the same bytes."""
        return tuple(self._seen.faults)

    def build_tags(
        self,
        jobs: Sequence[BuildJob],
        settings: BuildSettings,
        credentials: Credentials,
        meanwhile: Callable[[], None],
    ) -> Iterator[Outcome]:
        """The outcomes of jobs as they are ready; for ``meanwhile`` see ``executors.run_jobs``.

        Raises ``ClusterError`` if the cluster goes, or if none of its workers can do a job.
        """
        yield from self._run(jobs, settings, credentials, meanwhile)

    def build_wheels(
        self,
        jobs: Sequence[WheelJob],
        settings: BuildSettings,
        credentials: Credentials,
        meanwhile: Callable[[], None],
    ) -> Iterator[WheelOutcome]:
        """The same for wheels of published source distributions."""
        yield from self._run(jobs, settings, credentials, meanwhile)

    def _run(
        self,
        jobs: Sequence[Job],
        settings: BuildSettings,
        credentials: Credentials,
        meanwhile: Callable[[], None],
    ) -> Iterator[Any]:
        connections = max((job.connections for job in jobs if isinstance(job, BuildJob)), default=0)
        work = BuildOnWorkers(
            settings=settings_to_send(settings),
            credentials=credentials,
            output=settings.output,
            sandbox=self._sandbox,
            connections=connections,
            compressed=compression_digest(),
            seen=self._seen,
        )
        for job, outcome in executors.run_jobs(work, jobs, self._open, 1, meanwhile):
            yield outcome or work.lost(job, executors.ENDED_PROCESS)
            if self._watch:
                self._watch(self.workers)

    def _open(self, _workers: int) -> ClusterExecutor:
        executor = executors.open_dask(self._address)
        self._executors.append(executor)
        return executor
