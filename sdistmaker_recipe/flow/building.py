"""Build: the tags of the plan become source distributions, one after the other as they are asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.flow.planning import Planned
from sdistmaker_recipe.flow.reserved_names import reserve_names
from sdistmaker_recipe.flow.scratch import Scratch, scratch_folders, socket_folder
from sdistmaker_recipe.index.layout import normalised_name_of
from sdistmaker_recipe.model import Outcome, WheelOutcome
from sdistmaker_recipe.stages import pages
from sdistmaker_recipe.stages.scan import Source

if TYPE_CHECKING:
    # Most runs do not need this import.
    from sdistmaker_recipe.flow.cluster_builds import ClusterBuilds
    from sdistmaker_recipe.flow.jobs import BuildSite


class Builds(NamedTuple):
    """The builds of a plan, ready to start.

    Entering ``outcomes`` starts them, and gives their outcomes in the order of the plan. Entering ``wheels``
    afterwards does so for the wheels of published releases, as they are ready. Archives that nobody took are
    removed when it is left. ``cluster`` is the one that builds, None if this machine does.
    """

    planned: Planned
    outcomes: AbstractContextManager[Iterator[Outcome]]
    wheels: AbstractContextManager[Iterator[WheelOutcome]]
    cluster: ClusterBuilds | None = None


@contextmanager
def build(planned: Planned, run: Run) -> Iterator[Builds]:
    """Begin what builds have to wait for; the folder that they work in is removed at the end.

    Raises ``SdistmakerError``.
    """
    run.listener.planned(planned.plan)
    with ExitStack() as stack:
        tags, wheels = planned.plan.build, planned.plan.wheels
        if not tags and not wheels:
            run.store.remove_incoming()
            yield Builds(planned, nullcontext(iter(())), nullcontext(iter(())))
            return
        try:
            workers = worker_count(run.configuration)
            folders = scratch_folders(run.configuration.state, run.context.environment, workers)
            scratch = stack.enter_context(folders)
        except StoreError:
            # Nothing can be built, but the names of new projects must be private all the same.
            reserve_names(planned.names_to_reserve, run)
            raise
        cluster = _cluster(run)
        if cluster:
            for source in run.sources:
                source.repository.disconnect()
        else:
            _keep_sockets_in(socket_folder(run.configuration.state))
            prepare_builds(len(tags) or len(wheels), run.sources, scratch, run.configuration, run.context)
        run.store.prepare()
        yield Builds(
            planned,
            _outcomes(planned, scratch, run, cluster) if tags else nullcontext(iter(())),
            _wheels(planned, scratch, run, cluster) if wheels else nullcontext(iter(())),
            cluster,
        )


def prepare_builds(
    jobs: int,
    sources: Sequence[Source],
    scratch: Scratch,
    configuration: Configuration,
    context: RunContext,
) -> None:
    """Start the processes that run so many jobs.

    Connections are given back first: the processes that export may need all of them, and a copy of this
    process would keep them open.
    """
    # A run that builds nothing does not need this import, nor the other ones below.
    from sdistmaker_recipe import executors

    for source in sources:
        source.repository.disconnect()
    environments = context.environments(configuration)
    executors.prestart(jobs, partial(_start_expected_worker, environments, scratch, configuration.sandbox))


def worker_count(configuration: Configuration) -> int:
    """How many processes build."""
    return configuration.jobs or os.cpu_count() or 1


def _keep_sockets_in(folder: Path) -> None:
    from sdistmaker_recipe import executors

    executors.keep_sockets_in(folder)


def _cluster(run: Run) -> ClusterBuilds | None:
    """The cluster that the options name; None if this machine builds."""
    if run.configuration.executor == "local":
        return None
    from sdistmaker_recipe.flow.cluster_builds import ClusterBuilds

    return ClusterBuilds(run.configuration.scheduler, run.configuration.sandbox, run.listener.workers_changed)


@contextmanager
def _outcomes(
    planned: Planned, scratch: Scratch, run: Run, cluster: ClusterBuilds | None
) -> Iterator[Iterator[Outcome]]:
    from sdistmaker_recipe.flow import jobs

    tags = planned.plan.build
    origins = {origin for tag in tags for origin in (tag.origin, tag.project_origin)}
    toolchains = run.catalog.toolchains.of(origins)
    with run.store.incoming() as incoming:
        site = _site(planned, scratch, incoming, run, cluster)
        yield jobs.build_all(tags, run.sources, toolchains, site)


@contextmanager
def _wheels(
    planned: Planned, scratch: Scratch, run: Run, cluster: ClusterBuilds | None
) -> Iterator[Iterator[WheelOutcome]]:
    from sdistmaker_recipe.flow import jobs, wheels

    with run.store.incoming() as incoming:
        site = _site(planned, scratch, incoming, run, cluster)
        releases = wheels.still_to_build(planned.plan.wheels, run)
        yield jobs.build_wheels(releases, run.store.folder, site)


def _site(
    planned: Planned, scratch: Scratch, incoming: Path, run: Run, cluster: ClusterBuilds | None
) -> BuildSite:
    from sdistmaker_recipe.flow.jobs import BuildSite

    return BuildSite(
        scratch=scratch,
        output=incoming,
        configuration=run.configuration,
        context=run.context,
        private_names=_private_names(planned, run),
        meanwhile=pages.import_renderers,
        cluster=cluster,
    )


def _private_names(planned: Planned, run: Run) -> frozenset[str]:
    """The names of this run's projects, and of all that ever were private; normalised.

    A stranger may have them on the public index, so no build may install one unasked.
    """
    tags = (*planned.plan.build, *planned.names_to_reserve.tags)
    projects = {*(tag.project for tag in tags), *planned.names_to_reserve.untagged}
    releases = run.catalog.releases
    published = frozenset(releases.projects()) | releases.former_projects()
    return published | run.catalog.private_names.all() | set(map(normalised_name_of, projects))


def _start_expected_worker(environments: Path, scratch: Scratch, sandbox: str) -> None:
    # Imported in the other process only.
    from sdistmaker_recipe.toolchain import worker_prestart

    worker_prestart.prestart_worker(environments, scratch.folder, sandbox, scratch.memory)
