"""Turn tags into build jobs, and hand the jobs to an executor."""

from __future__ import annotations

import logging
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sdistmaker_recipe import executors
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.flow.building import worker_count
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.publishing_order import in_order_of_jobs, order_for_publishing
from sdistmaker_recipe.flow.scratch import Scratch
from sdistmaker_recipe.model import (
    ADOPTED,
    BuildJob,
    BuildSettings,
    Failed,
    NoWheel,
    Outcome,
    Release,
    Tag,
    WheelJob,
    WheelOutcome,
    project_origin,
)
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from sdistmaker_recipe.toolchain.isolation import sandbox
from sdistmaker_recipe.toolchain.ladder import pin_for, requirements_for
from sdistmaker_recipe.toolchain.missing_modules import known_distributions
from sdistmaker_recipe.toolchain.pip_settings import uv_variables
from sdistmaker_recipe.vcs import Credentials, HasSubdirectories, PreparesExport
from sdistmaker_recipe.webserver.globs import any_glob_pattern

if TYPE_CHECKING:
    # Most runs do not need this import.
    from sdistmaker_recipe.flow.cluster_builds import ClusterBuilds

_FETCHERS = 8
"""So many repositories are asked for the files of tags at one time."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BuildSite:
    """Where the builds of a run work, and by which rules.

    They work in the empty folders ``scratch``. Archives are put into the folder ``output`` and belong to the
    caller then. ``private_names`` (normalised) are never installed unasked. ``cluster`` builds, or else this
    machine. For ``meanwhile`` see ``executors.run_jobs``.
    """

    scratch: Scratch
    output: Path
    configuration: Configuration
    context: RunContext
    private_names: Collection[str]
    meanwhile: Callable[[], None]
    cluster: ClusterBuilds | None = None

    @property
    def workers(self) -> int:
        """How many processes of this machine build."""
        return worker_count(self.configuration)

    def settings(self, jobs: int) -> BuildSettings:
        """What so many jobs share; raises ``ToolchainError`` if nothing can build."""
        return build_settings(
            self.scratch,
            self.output,
            self.configuration,
            self.context,
            has_many_builds=jobs > self.workers,
            private_names=self.private_names,
        )


def build_all(
    tags: Sequence[Tag],
    sources: Sequence[Source],
    toolchains: Mapping[str, str],
    site: BuildSite,
) -> Iterator[Outcome]:
    """The outcome of each tag, in the order of ``tags``.

    Of several tags of one version, the one whose name is the version comes first. Tags whose metadata gives
    another version than the tag come last, so that a tag of that version is published first.
    ``toolchains`` names the toolchain that last built a tag or a project, by origin.

    Raises ``ToolchainError`` if nothing can build, ``RepositoryError`` and ``StoreError`` if all other tags
    would fail too.
    """
    if not tags:
        return
    settings = site.settings(len(tags))
    by_url = {source.url: source for source in sources}
    jobs = []
    for tag in tags:
        # A release whose file is lost is built by the toolchain that built it before.
        own = toolchains.get(tag.origin, "")
        toolchain = own or toolchains.get(tag.project_origin, "")
        job = make_job(tag, by_url[tag.repository], settings, site.configuration, toolchain)
        jobs.append(job._replace(is_rebuild=bool(own)))
    credentials = site.context.credentials
    if site.cluster:
        outcomes = site.cluster.build_tags(jobs, settings, credentials, site.meanwhile)
    else:
        _prepare_exports(tags, by_url)
        connections = max((source.repository.connections for source in sources), default=0)
        outcomes = run_jobs(jobs, credentials, site.workers, connections, site.meanwhile)
    yield from order_for_publishing(tags, in_order_of_jobs(jobs, outcomes))


def _prepare_exports(tags: Sequence[Tag], sources: Mapping[str, Source]) -> None:
    """Have repositories that fetch many tags at once fetch these, several repositories at a time."""
    by_repository: defaultdict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        if isinstance(sources[tag.repository].repository, PreparesExport):
            by_repository[tag.repository].append(tag)

    def prepare(url: str) -> None:
        repository = sources[url].repository
        # A build that finds its tag missing tries again, and reports the error.
        with suppress(RepositoryError):
            if isinstance(repository, PreparesExport):
                repository.prepare_export(by_repository[url])

    if by_repository:
        # Few runs have builds of such repositories.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_FETCHERS) as fetchers:
            list(fetchers.map(prepare, by_repository))


def run_jobs(
    jobs: Sequence[BuildJob],
    credentials: Credentials,
    workers: int,
    connections: int = 0,
    meanwhile: Callable[[], None] = executors.do_nothing,
) -> Iterator[Outcome]:
    """The outcomes of jobs as they are ready. For ``meanwhile`` see ``executors.run_jobs``.

    If ``connections`` is not 0, up to so many tags are exported at a time, ahead of their builds. That helps
    with repositories that take long to answer, unless there are no more jobs than workers.
    """
    work = partial(_build, credentials=credentials)
    open_executor: executors.OpenExecutor = executors.open_local
    if connections and len(jobs) > workers:
        export_ahead = partial(_export_ahead, credentials=credentials)
        open_executor = partial(
            executors.open_prefetching, prefetch=export_ahead, prefetchers=min(connections, len(jobs))
        )
    for job, outcome in executors.run_jobs(work, jobs, open_executor, workers, meanwhile):
        yield outcome or Failed(job.tag, executors.ENDED_PROCESS, is_permanent=False)


def build_wheels(releases: Sequence[Release], index: Path, site: BuildSite) -> Iterator[WheelOutcome]:
    """What becomes of the wheels of published releases, as they are ready.

    The sdists are in the folders of ``index``. Raises the errors of ``build_all``.
    """
    if not releases:
        return
    # A wheel that was lost is built again whatever the option says now.
    settings = replace(site.settings(len(releases)), wheels="pure")
    jobs = [_wheel_job(release, index, settings, site.configuration) for release in releases]
    if site.cluster:
        yield from site.cluster.build_wheels(jobs, settings, site.context.credentials, site.meanwhile)
        return
    results = executors.run_jobs(_build_wheel, jobs, executors.open_local, site.workers, site.meanwhile)
    for job, outcome in results:
        yield outcome or WheelOutcome(
            job.project, job.filename, NoWheel(executors.ENDED_PROCESS, is_failure=True)
        )


def _wheel_job(
    release: Release, index: Path, settings: BuildSettings, configuration: Configuration
) -> WheelJob:
    # The options name projects by the folders of their tags.
    is_tag_known = not release.origin.startswith(ADOPTED)
    project = project_origin(release.origin).rpartition("/")[2] if is_tag_known else release.name
    pin = pin_for(project, configuration.toolchain)
    return WheelJob(
        project=release.project,
        filename=release.filename,
        sdist=index / release.project / release.filename,
        settings=settings,
        toolchain=release.toolchain,
        pin=(pin.python, *pin.constraints) if pin else (),
        requires=requirements_for(project, configuration.build_requires),
    )


def _build_wheel(job: WheelJob) -> WheelOutcome:
    # The worker processes need this import.
    from sdistmaker_recipe.stages import build

    return build.build_published(job)


def _build(job: BuildJob, credentials: Credentials) -> Outcome:
    # The worker processes need this import, and a single build.
    from sdistmaker_recipe.stages import build

    return build.build(job, credentials)


def _export_ahead(job: BuildJob, credentials: Credentials) -> BuildJob | None:
    from sdistmaker_recipe.vcs import tag_export

    return tag_export.export_ahead(job, credentials)


def make_job(
    tag: Tag, source: Source, settings: BuildSettings, configuration: Configuration, toolchain: str = ""
) -> BuildJob:
    """The job of a tag; ``toolchain`` names the rung of the ladder to try first."""
    pin, repository = pin_for(tag.project, configuration.toolchain), source.repository
    return BuildJob(
        tag=tag,
        source=source.repository.url,
        vcs=configuration.vcs,
        peg=source.repository.head(),
        settings=settings,
        toolchain=toolchain,
        requires=requirements_for(tag.project, configuration.build_requires),
        pin=(pin.python, *pin.constraints) if pin else (),
        connections=source.repository.connections,
        repository_settings=source.settings,
        subdirectory=repository.subdirectory_of(tag) if isinstance(repository, HasSubdirectories) else "",
    )


def build_settings(
    scratch: Scratch,
    output: Path,
    configuration: Configuration,
    context: RunContext,
    *,
    has_many_builds: bool,
    private_names: Collection[str] = (),
) -> BuildSettings:
    """What all jobs of a run share: see ``BuildSettings``.

    Raises ``ToolchainError`` if an interpreter or the sandbox is missing. With executor = dask the machines
    of the workers are looked at instead of this one: see ``flow.remote_builds``.
    """
    environment = uv_variables(configuration.build_index, context.environment, Path(sys.prefix))
    helper_environment = tuple(environment.items())
    is_sandboxed = False
    if configuration.executor == "local":
        for python in (configuration.python, *configuration.pythons):
            if python:
                find_interpreter(python, helper_environment)
        is_sandboxed, warning = sandbox.choose_sandbox(configuration.sandbox)
        if warning:
            logger.warning("warning: %s", warning)
    return BuildSettings(
        scratch=scratch.folder,
        memory=scratch.memory,
        output=output,
        environments=context.environments(configuration),
        timeout=configuration.timeout,
        python=configuration.python,
        pythons=configuration.pythons,
        include_versioned_files=configuration.include_versioned_files,
        verify_builds=configuration.verify_builds,
        unbuildable=configuration.unbuildable,
        sandbox=is_sandboxed,
        private_names=_never_installed(private_names, configuration.reserved),
        helper_environment=helper_environment,
        verbose=context.verbose,
        has_many_builds=has_many_builds,
        wheels=configuration.wheels,
    )


def _never_installed(private_names: Collection[str], reserved: Sequence[str]) -> frozenset[str]:
    """The names that builds must not install unasked: of those that they may, the private and reserved."""
    known = frozenset(known_distributions())
    pattern = re.compile(any_glob_pattern(reserved, normalised=True))
    return frozenset(name for name in known if name in private_names or pattern.fullmatch(name))
