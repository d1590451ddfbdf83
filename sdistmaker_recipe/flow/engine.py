"""One run on one page: scan, plan, build, publish, report.

Each step takes the value that the step before it gave::

    Run -> Scanned -> Planned -> Builds -> Results -> Report

``Run`` holds what is open for the whole run: the options, the catalog, the index and the repositories.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import CatalogDamagedError, StoreError
from sdistmaker_recipe.flow.building import build, prepare_builds
from sdistmaker_recipe.flow.context import Listener, RunContext
from sdistmaker_recipe.flow.opening import (
    Run,
    catalog_path,
    has_catalog,
    locked,
    open_run,
    quarantine_catalog,
)
from sdistmaker_recipe.flow.planning import is_empty_first_run, plan
from sdistmaker_recipe.flow.publishing import publish, publish_nothing
from sdistmaker_recipe.flow.reporting import report
from sdistmaker_recipe.flow.scanning import scan
from sdistmaker_recipe.flow.scratch import Scratch
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import BuiltWheel, Failed, NoWheel, Plan, Rejected, Report
from sdistmaker_recipe.stages.scan import is_touched, open_source, open_sources, single_tag


def run(configuration: Configuration, context: RunContext, listener: Listener) -> Report:
    """Bring the index up to date with the tags, and return the report of what was done.

    Raises ``SdistmakerError`` if the run cannot go on. Releases that were published by then stay published.
    """
    if context.wheels_for_all:
        # Few runs have this flag.
        from sdistmaker_recipe.flow.wheels import refuse_contradiction

        refuse_contradiction(configuration.wheels, context)
    if context.revision and (untouched := _report_untouched(configuration, context)):
        return untouched
    check_destination(configuration)
    if configuration.executor == "dask":
        # Few runs have a cluster.
        from sdistmaker_recipe.flow.cluster_builds import check_cluster

        check_cluster(configuration)
    try:
        with locked(configuration, context) as is_after_crash:
            return _run_locked(configuration, context, listener, is_after_crash=is_after_crash)
    except _NothingFoundError as found:
        return found.report


class _NothingFoundError(Exception):
    """A first run found nothing. Because this is an error, ``locked`` removes the folders that it made."""

    def __init__(self, empty: Report) -> None:
        super().__init__()
        self.report = empty


def _run_locked(
    configuration: Configuration, context: RunContext, listener: Listener, *, is_after_crash: bool
) -> Report:
    """Do the steps; a damaged catalog is moved away, and then they are done again."""
    try:
        with open_run(configuration, context, listener, check_catalog=is_after_crash) as opened:
            return _steps(opened)
    except CatalogDamagedError as error:
        warning = quarantine_catalog(configuration, context, error)
    with open_run(configuration, context, listener, new_catalog=True) as opened:
        result = _steps(opened)
    return result._replace(warnings=(warning, *result.warnings))


def check_destination(configuration: Configuration, buildout: Path | None = None) -> None:
    """Refuse a folder that must not become an index; ``buildout`` is the folder of the buildout.

    Raises ``ConfigurationError``, and ``StoreError`` if this account may not look at it.
    """
    if not has_catalog(configuration):
        # Only the first run needs this import.
        from sdistmaker_recipe.flow import destination

        destination.check(configuration, buildout)


def _steps(run: Run) -> Report:
    scanned = scan(run)
    planned = plan(scanned, run)
    if run.context.dry_run:
        return report(publish_nothing(planned), run)
    if is_empty_first_run(planned, run):
        raise _NothingFoundError(report(publish_nothing(planned), run))
    with build(planned, run) as builds:
        results = publish(builds, run)
    return report(results, run)


class Made(NamedTuple):
    """The files that ``make_one`` made: the sdist, and the wheel, or why there is none.

    ``wheel`` is None if none was asked for; ``wheel_log`` is the log of a wheel that failed.
    """

    sdist: Path
    wheel: Path | NoWheel | None = None
    wheel_log: Path | None = None


def make_one(configuration: Configuration, context: RunContext) -> Made | Rejected:
    """Build the one tag at the URL in the option repository. Return the paths of the files, or how it failed.

    The files are put into ``DESTINATION/PROJECT/``, the log of a failure into ``DESTINATION-state/logs``. No
    lock, catalog or page is involved. Raises ``SdistmakerError``.
    """
    configuration = replace(configuration, wheels="pure" if context.wheel else "none")
    # A run that builds nothing does not need this import.
    from sdistmaker_recipe.flow import jobs
    from sdistmaker_recipe.stages.publish import store_archive, store_wheel, write_log, write_wheel_log

    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        scratch = Scratch(folder)
        url = configuration.repository[0]
        source = open_source(url, url, configuration, context.credentials, folder)
        stack.enter_context(source.repository)
        tag = single_tag(source, configuration)
        settings = jobs.build_settings(scratch, folder, configuration, context, has_many_builds=False)
        prepare_builds(1, [source], scratch, configuration, context)
        job = jobs.make_job(tag, source, settings, configuration)
        (outcome,) = jobs.run_jobs([job], context.credentials, 1)
        if isinstance(outcome, Failed):
            return write_log(outcome, configuration.state)
        store, wheel = IndexStore(configuration.destination), outcome.wheel
        sdist = store_archive(outcome, store)
        if isinstance(wheel, BuiltWheel):
            return Made(sdist, store_wheel(outcome, wheel, store))
        is_failure = wheel is not None and wheel.is_failure
        if wheel is None or not is_failure:
            return Made(sdist, wheel)
        return Made(sdist, wheel, write_wheel_log(wheel, outcome.name, outcome.version, configuration.state))


def _report_untouched(configuration: Configuration, context: RunContext) -> Report | None:
    """The report of a run that has nothing to do because the revision of a commit touched no tag.

    None if there may be something to do. This does not wait until another run ends, because it only reads the
    catalog. If a long transaction of the other run keeps the catalog locked, there may be something to do.
    """
    if context.adopt or context.verify or context.wheels_for_all or not has_catalog(configuration):
        return None
    try:
        with open_catalog(catalog_path(configuration)) as catalog, ExitStack() as stack:
            sources, warnings, errors = open_sources(
                configuration, context.credentials, configuration.state, stack
            )
            last = ScanState(catalog)
            if errors or is_touched(sources, context.revision, configuration, last, __version__):
                return None
            releases, projects = catalog.releases.count()
    except StoreError as error:
        if error.is_transient or isinstance(error, CatalogDamagedError):
            return None
        raise
    return Report(configuration.destination, Plan(), warnings=warnings, releases=releases, projects=projects)
