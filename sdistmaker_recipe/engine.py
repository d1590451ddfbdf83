"""The flow: scan, plan, build, publish, report.

Takes a ``Configuration`` and what a door knows of the world outside, gives a ``Report``. Raises
``SdistmakerError`` where the run cannot go on; what was published by then is published.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Protocol

from filelock import FileLock, Timeout

from sdistmaker_recipe import executors
from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.configuration import Configuration
from sdistmaker_recipe.errors import LockHeldError, RepositoryError, StoreError
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import (
    BuildJob,
    BuildSettings,
    Failed,
    Outcome,
    Plan,
    Published,
    Rejected,
    Report,
    Tag,
)
from sdistmaker_recipe.stages import build, plan, publish, scan
from sdistmaker_recipe.stages.publish import Index
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.toolchain import sandbox
from sdistmaker_recipe.toolchain.ladder import pinned
from sdistmaker_recipe.vcs import Credentials

logger = logging.getLogger(__name__)

_WORKER_DIED = "The build took the process down that watched over it."


class Listener(Protocol):
    """Hears how a run goes on, in the thread that called ``run``."""

    def planned(self, plan: Plan) -> None:
        """The plan is made; building begins."""

    def finished(self, outcome: Published | Rejected) -> None:
        """A tag is built and published, or failed."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a door knows of the world outside, beside the options.

    ``environment`` holds the caller's environment variables, ``cache`` the user's cache folder for this
    program, ``public_index`` the URL to redirect to where the option is empty ("" asks buildout's constant).
    """

    cache: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Credentials = field(default_factory=Credentials)
    public_index: str = ""
    dry_run: bool = False
    retry_failed: bool = False
    verbose: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """The parts that one run has open."""

    configuration: Configuration
    circumstances: Circumstances
    catalog: Catalog
    listener: Listener


def run(configuration: Configuration, circumstances: Circumstances, listener: Listener) -> Report:
    """Do all of it; raises ``SdistmakerError``."""
    with _opened(configuration, circumstances) as catalog, ExitStack() as stack:
        this = Run(configuration, circumstances, catalog, listener)
        # What is wrong with options only a web server sees is said before any work is done.
        server = publish.server_configurations(configuration, _public_index(this))
        sources, warnings, errors = _open_sources(this, stack)
        tags, unread = _scan(sources, this)
        planned = _plan(tags, this)
        report = Report(configuration.destination, planned, warnings=warnings, errors=(*errors, *unread))
        if circumstances.dry_run:
            return replace(report, dry_run=True)
        listener.planned(planned)
        outcomes = _build_and_publish(planned, tags, sources, this)
        publish.write_server_configurations(server)
        releases, projects = catalog.size()
        return replace(
            report,
            published=tuple(each for each in outcomes if isinstance(each, Published)),
            rejected=tuple(each for each in outcomes if isinstance(each, Rejected)),
            releases=releases,
            projects=projects,
        )


def make_one(configuration: Configuration, circumstances: Circumstances) -> Path | Failed:
    """Build the one tag whose URL is the repository option; the archive's path, or how it failed.

    The archive comes to the destination, into a folder named by its project. Raises ``SdistmakerError``.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        url = configuration.repository[0]
        source = scan.open_source(url, url, configuration.vcs, circumstances.credentials, scratch)
        stack.enter_context(source.repository)
        tag = scan.single_tag(source, configuration)
        settings = _settings(scratch, configuration, circumstances)
        pin = _pin(tag, configuration)
        job = BuildJob(tag, source.repository.url, configuration.vcs, source.peg, settings, pin=pin)
        work = partial(build.build, credentials=circumstances.credentials)
        ((_, outcome),) = executors.run_jobs(work, [job], executors.open_local, 1)
        if outcome is None:
            return Failed(tag, _WORKER_DIED)
        if isinstance(outcome, Failed):
            return outcome
        return publish.store_only(outcome, IndexStore(configuration.destination))


@contextmanager
def _opened(configuration: Configuration, circumstances: Circumstances) -> Iterator[Catalog]:
    """The catalog, with the lock held; a dry run changes nothing and needs no lock."""
    path = configuration.state / "catalog.sqlite3"
    if circumstances.dry_run:
        with open_catalog(path if path.exists() else None) as catalog:
            yield catalog
        return
    try:
        configuration.state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(configuration.state / "lock").acquire(timeout=configuration.wait)
    except Timeout as error:
        message = f"Another run works on {configuration.destination}."
        raise LockHeldError(message, "Try again later, or wait for it with --wait SECONDS.") from error
    except OSError as error:
        raise StoreError(f"{configuration.state}: {error.strerror or error}") from error
    with lock, open_catalog(path) as catalog:
        yield catalog


def _open_sources(this: Run, stack: ExitStack) -> tuple[list[Source], tuple[str, ...], tuple[str, ...]]:
    # A dry run leaves nothing behind, not even the example.
    temporary = this.circumstances.dry_run
    state = Path(stack.enter_context(TemporaryDirectory())) if temporary else this.configuration.state
    return scan.open_sources(this.configuration, this.circumstances.credentials, state, stack)


def _scan(sources: Sequence[Source], this: Run) -> tuple[list[Tag], tuple[str, ...]]:
    tags: list[Tag] = []
    errors: list[RepositoryError] = []
    for source in sources:
        logger.debug("Looking for tags in %s at revision %s", source.repository.url, source.peg)
        try:
            tags += scan.scan(source, this.configuration)
        except RepositoryError as error:
            errors.append(error)
    if errors and len(errors) == len(sources):
        raise errors[0]
    return tags, tuple(str(error) for error in errors)


def _plan(tags: Sequence[Tag], this: Run) -> Plan:
    releases = this.catalog.releases()
    store = IndexStore(this.configuration.destination)
    missing = {each.origin for each in releases if not store.has_archive(each.project, each.filename)}
    retry = this.circumstances.retry_failed
    known = plan.Known(
        releases={release.origin: release for release in releases},
        failures={} if retry else {failure.origin: failure for failure in this.catalog.failures()},
        missing=missing,
    )
    return plan.plan(tags, known, this.configuration, _version())


def _build_and_publish(
    planned: Plan, tags: Sequence[Tag], sources: Sequence[Source], this: Run
) -> list[Published | Rejected]:
    index = Index(IndexStore(this.configuration.destination), this.catalog, this.configuration.state)
    outcomes: list[Published | Rejected] = []
    # Before anything is built: a name that is new now must not be asked of the public index meanwhile.
    publish.mark_private(tags, index)
    try:
        for outcome in _build(planned.build, sources, this):
            outcomes.append(_publish(outcome, index, this))
            this.listener.finished(outcomes[-1])
    finally:
        # Also when the run breaks off: what has its archive published gets its page.
        changed = {each.release.project for each in outcomes if isinstance(each, Published)}
        publish.write_pages(changed, index)
        publish.mark_private(tags, index)
    for source in sources:
        this.catalog.finish(source.repository.uuid())
    return outcomes


def _build(tags: Sequence[Tag], sources: Sequence[Source], this: Run) -> Iterator[Outcome]:
    if not tags:
        return
    with _scratch(this.configuration.state) as scratch:
        settings = _settings(scratch, this.configuration, this.circumstances)
        by_url = {source.url: source for source in sources}
        toolchains = this.catalog.toolchains()
        jobs = [_job(tag, by_url[tag.repository], settings, toolchains, this) for tag in tags]
        work = partial(build.build, credentials=this.circumstances.credentials)
        workers = this.configuration.jobs or os.cpu_count() or 1
        for job, outcome in executors.run_jobs(work, jobs, executors.open_local, workers):
            yield outcome or Failed(job.tag, _WORKER_DIED)


def _job(
    tag: Tag, source: Source, settings: BuildSettings, toolchains: Mapping[str, str], this: Run
) -> BuildJob:
    return BuildJob(
        tag=tag,
        source=source.repository.url,
        vcs=this.configuration.vcs,
        peg=source.peg,
        settings=settings,
        toolchain=toolchains.get(tag.project_origin, ""),
        pin=_pin(tag, this.configuration),
    )


def _pin(tag: Tag, configuration: Configuration) -> tuple[str, ...]:
    pin = pinned(tag.project, configuration.toolchain)
    return (pin.python, *pin.constraints) if pin else ()


def _settings(scratch: Path, configuration: Configuration, circumstances: Circumstances) -> BuildSettings:
    from sdistmaker_recipe.toolchain.indexes import uv_variables

    environment = uv_variables(configuration.build_index, circumstances.environment, Path(sys.prefix))
    sandboxed, warning = sandbox.choose(configuration.sandbox)
    if warning:
        logger.warning("warning: %s", warning)
    return BuildSettings(
        scratch=scratch,
        environments=configuration.environments or circumstances.cache / "environments",
        timeout=configuration.timeout,
        python=configuration.python,
        pythons=configuration.pythons,
        include_versioned_files=configuration.include_versioned_files,
        verify_builds=configuration.verify_builds,
        unbuildable=configuration.unbuildable,
        sandbox=sandboxed,
        helper_environment=tuple(environment.items()),
        verbose=circumstances.verbose,
    )


def _publish(outcome: Outcome, index: Index, this: Run) -> Published | Rejected:
    tag = outcome.tag
    if isinstance(outcome, Failed):
        result: Published | Rejected = publish.keep_failure(outcome, index)
    else:
        refuse = this.configuration.version_mismatch == "refuse"
        upload_time = _upload_time(tag, index)
        result = publish.publish(outcome, index, upload_time, refuse_mismatch=refuse)
        index.catalog.remember_toolchain(tag.project_origin, outcome.toolchain)
    lasting = outcome.lasting if isinstance(outcome, Failed) else True
    if isinstance(result, Rejected) and lasting:
        publish.remember(result, plan.fingerprint(tag, this.configuration, _version()), index)
    return result


def _upload_time(tag: Tag, index: Index) -> datetime:
    """When a repository is new to us its releases are as old as their tags, later ones are new."""
    first_run = tag.origin.partition("/")[0] not in index.catalog.repositories()
    return tag.time if first_run else datetime.now(timezone.utc)


def _public_index(this: Run) -> str:
    """The option, what the door says, or buildout's constant, which is remembered: its import is slow."""
    if chosen := this.configuration.public_index or this.circumstances.public_index:
        return chosen
    note = f"public index of zc.buildout {version('zc.buildout')}"
    if not (known := this.catalog.note(note)):
        from sdistmaker_recipe.webserver.public_index import default_public_index

        known = default_public_index()
        if not this.circumstances.dry_run:
            this.catalog.set_note(note, known)
    return known


@contextmanager
def _scratch(state: Path) -> Iterator[Path]:
    """An empty folder for this run, whose builds see no files above it; what a broken run left goes first.

    It is among the system's temporary files, for build backends look for .gitignore and the like in the
    folders above a tag. Raises ``StoreError``.
    """
    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    folder = Path(gettempdir()) / f"sdistmaker-{os.getuid()}-{digest}"
    try:
        if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid():
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _version() -> str:
    return version("sdistmaker_recipe")
