"""Turn tags into jobs, and hand those to an executor: the middle of the flow, between plan and publish."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from sdistmaker_recipe import executors
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.model import BuildJob, BuildSettings, Failed, Outcome, Tag
from sdistmaker_recipe.names import same_version
from sdistmaker_recipe.stages.scan import Source, is_near
from sdistmaker_recipe.toolchain import sandbox
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from sdistmaker_recipe.toolchain.ladder import pin_for
from sdistmaker_recipe.toolchain.pip_settings import uv_variables
from sdistmaker_recipe.vcs import Credentials

logger = logging.getLogger(__name__)


def build_all(
    tags: Sequence[Tag],
    sources: Sequence[Source],
    toolchains: Mapping[str, str],
    scratch: Path,
    output: Path,
    configuration: Configuration,
    context: RunContext,
    meanwhile: Callable[[], None],
) -> Iterator[Outcome]:
    """The outcome of each tag, in the order of tags, whatever order they are ready in.

    Those that built another version than their tag says come last, so that they take no other tag's place.
    ``toolchains`` says what last built a tag, or something of a project, by their origins. Builds work in
    ``scratch``, an empty folder; archives come to ``output``, where they are the caller's; ``meanwhile`` see
    ``executors.run_jobs``.

    Raises ``ToolchainError`` where nothing can build, ``RepositoryError`` and ``StoreError`` where all the
    rest would fail too.
    """
    if not tags:
        return
    workers = configuration.jobs or os.cpu_count() or 1
    has_many_builds = len(tags) > workers
    settings = build_settings(scratch, output, configuration, context, has_many_builds=has_many_builds)
    by_url = {source.url: source for source in sources}
    jobs = []
    for tag in tags:
        # One that was published before is made again as it was.
        toolchain = toolchains.get(tag.origin) or toolchains.get(tag.project_origin, "")
        jobs.append(make_job(tag, by_url[tag.repository], settings, configuration, toolchain))
    far = [source for source in sources if not is_near(source.repository)]
    connections = max((source.connections for source in far), default=0)
    outcomes = run_jobs(jobs, context.credentials, workers, connections, meanwhile)
    yield from _own_versions_first(_in_order(jobs, outcomes))


def run_jobs(
    jobs: Sequence[BuildJob],
    credentials: Credentials,
    workers: int,
    connections: int = 0,
    meanwhile: Callable[[], None] = executors.do_nothing,
) -> Iterator[Outcome]:
    """The outcomes of jobs as they are ready; ``meanwhile`` see ``executors.run_jobs``.

    With ``connections`` tags are exported ahead of their builds, so many at a time: for repositories that
    take long to answer. Where there are no more jobs than workers, that would gain nothing.
    """
    work = partial(_build, credentials=credentials)
    open_executor: executors.OpenExecutor = executors.open_local
    if connections and len(jobs) > workers:
        fetch = partial(_fetch, credentials=credentials)
        open_executor = partial(executors.open_prefetching, prepare=fetch, lanes=min(connections, len(jobs)))
    for job, outcome in executors.run_jobs(work, jobs, open_executor, workers, meanwhile):
        died = "The build took the process down that watched over it."
        yield outcome or Failed(job.tag, died, is_permanent=False)


def _build(job: BuildJob, credentials: Credentials) -> Outcome:
    # Imported where it is done: here that would only take time.
    from sdistmaker_recipe.stages import build

    return build.build(job, credentials)


def _fetch(job: BuildJob, credentials: Credentials) -> BuildJob | None:
    from sdistmaker_recipe.stages import build

    return build.fetch(job, credentials)


def make_job(
    tag: Tag, source: Source, settings: BuildSettings, configuration: Configuration, toolchain: str = ""
) -> BuildJob:
    """The job of a tag; ``toolchain`` names what to try first."""
    pin = pin_for(tag.project, configuration.toolchain)
    return BuildJob(
        tag=tag,
        source=source.repository.url,
        vcs=configuration.vcs,
        peg=source.peg,
        settings=settings,
        toolchain=toolchain,
        pin=(pin.python, *pin.constraints) if pin else (),
        connections=0 if is_near(source.repository) else source.connections,
    )


def build_settings(
    scratch: Path, output: Path, configuration: Configuration, context: RunContext, *, has_many_builds: bool
) -> BuildSettings:
    """What all jobs share; archives come to the folder output, ``has_many_builds`` see ``BuildSettings``.

    Raises ``ToolchainError`` where the interpreter or the sandbox is missing.
    """
    environment = uv_variables(configuration.build_index, context.environment, Path(sys.prefix))
    helper_environment = tuple(environment.items())
    for python in (configuration.python, *configuration.pythons):
        if python:
            find_interpreter(python, helper_environment)
    sandboxed, warning = sandbox.choose_sandbox(configuration.sandbox)
    if warning:
        logger.warning("warning: %s", warning)
    return BuildSettings(
        scratch=scratch,
        output=output,
        environments=context.environments(configuration),
        timeout=configuration.timeout,
        python=configuration.python,
        pythons=configuration.pythons,
        include_versioned_files=configuration.include_versioned_files,
        verify_builds=configuration.verify_builds,
        unbuildable=configuration.unbuildable,
        sandbox=sandboxed,
        helper_environment=helper_environment,
        verbose=context.verbose,
        has_many_builds=has_many_builds,
    )


def _in_order(jobs: Sequence[BuildJob], outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Outcomes in the order of jobs: which of two tags gets a name must not depend on which is quicker."""
    waiting: dict[str, Outcome] = {}
    left = [job.tag.origin for job in reversed(jobs)]
    for outcome in outcomes:
        waiting[outcome.tag.origin] = outcome
        while left and left[-1] in waiting:
            yield waiting.pop(left.pop())


def _own_versions_first(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    late: list[Outcome] = []
    for outcome in outcomes:
        if isinstance(outcome, Failed) or same_version(outcome.tag.version, outcome.version):
            yield outcome
        else:
            late.append(outcome)
    yield from late
