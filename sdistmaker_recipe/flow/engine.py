"""The flow: scan, plan, build, publish, report.

Takes a ``Configuration`` and what a door knows of the world outside, gives a ``Report``. Raises
``SdistmakerError`` where the run cannot go on; what was published by then is published.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import Catalog, archives, match_adopted, open_catalog
from sdistmaker_recipe.catalog.scan_state import LastScan, Scan
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import CatalogDamagedError, RepositoryError
from sdistmaker_recipe.flow import lifecycle, opening, production, replaced_repository, selection
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.lifecycle import MissingTags
from sdistmaker_recipe.flow.production import Produced, Production
from sdistmaker_recipe.index.renderer import Renderer
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Adoption, Failed, Plan, Published, Rejected, Release, Report, Site
from sdistmaker_recipe.stages import adopt, plan, publish, scan
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.scan import Source

if TYPE_CHECKING:
    from sdistmaker_recipe.flow.verification import Verifier

logger = logging.getLogger(__name__)


class Listener(Protocol):
    """Hears how a run goes on, in the thread that called ``run``."""

    def planned(self, plan: Plan) -> None:
        """The plan is made; building begins."""

    def finished(self, outcome: Published | Rejected) -> None:
        """A tag is built and published, or failed."""


class Run(NamedTuple):
    """The parts that one run has open, and what is the same for all of it."""

    configuration: Configuration
    context: RunContext
    catalog: Catalog
    listener: Listener
    store: IndexStore
    last: LastScan
    options_digest: str
    renderer: Renderer


class Found(NamedTuple):
    """What scans there are; ``errors`` are of repositories that could not be read."""

    scans: Sequence[Scan]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def run(configuration: Configuration, context: RunContext, listener: Listener) -> Report:
    """Do all of it; raises ``SdistmakerError``."""
    if context.revision and (report := _nothing_to_do(configuration, context)):
        return report
    with opening.locked(configuration, context):
        try:
            with opening.opened(configuration, context) as catalog:
                return _run(configuration, context, listener, catalog)
        except CatalogDamagedError as error:
            warning = opening.give_up(configuration, context, error)
        with opening.opened(configuration, context, given_up=True) as catalog:
            report = _run(configuration, context, listener, catalog)
        return report._replace(warnings=(warning, *report.warnings))


def _run(configuration: Configuration, context: RunContext, listener: Listener, catalog: Catalog) -> Report:
    with ExitStack() as stack:
        store, last = _store(configuration), LastScan(catalog)
        options_digest = plan.options_digest(configuration, __version__)
        renderer = stack.enter_context(Renderer())
        this = Run(configuration, context, catalog, listener, store, last, options_digest, renderer)
        # What is wrong with options only a web server sees is said before any work is done.
        public_index = _public_index(this)
        server = publish.server_configurations(configuration, public_index)
        sources, warnings, errors = _open_sources(this, stack)
        found = _scan(sources, this)
        renewed = replaced_repository.recognise(found.scans, last, catalog)
        adoption, verifier = _adopt(this), _verifier(this)
        missing_tags = lifecycle.look(found.scans, sources, catalog, configuration, options_digest)
        projects_to_check = selection.find_projects_to_check(store, catalog, every=context.full_scan)
        lost = verifier.lost if verifier else frozenset()
        projects_to_check |= {release.project for release in lost}
        planned = _plan(found, missing_tags, projects_to_check, adoption, lost, this)
        report = Report(
            configuration.destination,
            planned,
            warnings=(*warnings, *found.warnings, *renewed),
            errors=(*errors, *found.errors),
            adoption=adoption,
        )
        if not context.dry_run:
            listener.planned(planned)
            if not report.errors:
                _forget_failures(found, this)
            produced = _production(planned, found, projects_to_check, public_index, this).carry_out(sources)
            publish.write_server_configurations(server)
            release_changes = lifecycle.outcome(planned, missing_tags, catalog)
            _finish(found, missing_tags, this, failed=bool(report.errors))
            report = _with_results(report, produced)._replace(
                plan=planned._replace(release_changes=release_changes)
            )
        report = report._replace(warnings=(*report.warnings, *_warnings(report.plan, found, this)))
        verification = verifier.finish() if verifier else None
        report = report._replace(verification=verification, dry_run=context.dry_run)
        releases, projects = catalog.size()
        return report._replace(releases=releases, projects=projects)


def make_one(configuration: Configuration, context: RunContext) -> Path | Failed:
    """Build the one tag whose URL is the repository option; the archive's path, or how it failed.

    The archive comes to the destination, into a folder named by its project. Raises ``SdistmakerError``.
    """
    from sdistmaker_recipe.flow import jobs

    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        url = configuration.repository[0]
        source = scan.open_source(url, url, configuration.vcs, context.credentials, scratch)
        stack.enter_context(source.repository)
        tag = scan.single_tag(source, configuration)
        settings = jobs.build_settings(scratch, scratch, configuration, context, has_many_builds=False)
        production.get_ready([tag], [source], scratch, configuration, context)
        job = jobs.make_job(tag, source, settings, configuration)
        (outcome,) = jobs.run_jobs([job], context.credentials, 1)
        if isinstance(outcome, Failed):
            return outcome
        return publish.store_only(outcome, IndexStore(configuration.destination))


def _nothing_to_do(configuration: Configuration, context: RunContext) -> Report | None:
    """The report of a run that the revision of a commit gives nothing to do; None where it may have some.

    It waits for no other run: what that one is at does not matter to it.
    """
    path = configuration.state / opening.CATALOG
    if context.adopt or context.verify or not path.exists():
        return None
    with suppress(CatalogDamagedError), open_catalog(path) as catalog, ExitStack() as stack:
        sources, warnings, errors = scan.open_sources(
            configuration, context.credentials, configuration.state, stack
        )
        if errors or scan.is_touched(
            sources, context.revision, configuration, LastScan(catalog), __version__
        ):
            return None
        releases, projects = catalog.size()
        return Report(
            configuration.destination, Plan(), warnings=warnings, releases=releases, projects=projects
        )
    return None


def _store(configuration: Configuration) -> IndexStore:
    store = IndexStore(configuration.destination, configuration.state / "aside")
    store.check_destination()
    return store


def _open_sources(this: Run, stack: ExitStack) -> tuple[list[Source], tuple[str, ...], tuple[str, ...]]:
    # A dry run leaves nothing behind, not even the example.
    temporary = this.context.dry_run
    state = Path(stack.enter_context(TemporaryDirectory())) if temporary else this.configuration.state
    return scan.open_sources(this.configuration, this.context.credentials, state, stack)


def _scan(sources: Sequence[Source], this: Run) -> Found:
    scans: list[Scan] = []
    errors: list[RepositoryError] = []
    told: list[str] = []
    full = this.context.full_scan
    this.last.keep_only(this.configuration.repository)
    for source in sources:
        logger.debug("Looking for tags in %s at revision %s", source.repository.url, source.peg)
        try:
            found = scan.scan(source, this.configuration, this.last, __version__, full=full)
        except RepositoryError as error:
            errors.append(error)
            continue
        scans.append(found)
        told += [_is_forbidden(source, path) for path in found.forbidden]
        if not this.last.has_tags(found):
            told.append(f"{source.url}: no release tag of any project is there, or the filters leave none")
    if errors and len(errors) == len(sources):
        raise errors[0]
    return Found(scans, tuple(str(error) for error in errors), tuple(told))


def _is_forbidden(source: Source, path: str) -> str:
    how = "it is passed over, until a commit in it or --full-scan has it looked at again"
    return f"{source.url}/{path}: the server does not let us read this folder; {how}"


def _writer(this: Run) -> PageWriter:
    site = Site(base_url=this.configuration.index_url, browse_url=this.configuration.browse_url)
    taken = this.configuration.check_public
    return PageWriter(this.store, this.catalog, site, taken, render=this.renderer.render)


def _adopt(this: Run) -> Adoption:
    wanted, change = this.context.adopt, not this.context.dry_run
    return adopt.adopt(this.store, this.catalog, this.last, wanted=wanted, change=change)


def _verifier(this: Run) -> Verifier | None:
    """What has looked at all of the index, where that is wanted."""
    if not this.context.verify:
        return None
    from sdistmaker_recipe.flow.verification import Verifier

    verifier = Verifier(_writer(this), change=not this.context.dry_run)
    verifier.verify()
    return verifier


def _plan(
    found: Found,
    missing_tags: MissingTags,
    projects_to_check: frozenset[str],
    adoption: Adoption,
    lost: frozenset[Release],
    this: Run,
) -> Plan:
    # Who wants to read of each tag what becomes of it gets a plan of all.
    everything = this.context.dry_run or this.context.tell_all
    if everything:
        tags = [tag for each in found.scans for tag in this.last.tags(each)]
    else:
        tags = selection.select_tags(
            found.scans,
            this.last,
            this.catalog,
            projects_to_check,
            this.options_digest,
            newest=this.configuration.newest,
        )
    match_adopted.recognise(tags, this.catalog)
    releases = this.catalog.releases_from({tag.origin for tag in tags})
    missing = {origin for origin, each in releases.items() if _is_missing(each, this)}
    # A dry run gave those no second name, and moved these not away.
    missing -= {each.release.origin for each in adoption.adopted}
    missing |= {release.origin for release in lost}
    failures = [] if this.context.retry_failed else this.catalog.failures()
    known = plan.CatalogState(
        releases=releases,
        failures=lifecycle.standing_failures(failures, missing_tags, this.catalog),
        missing=missing,
        orphans=lifecycle.orphans(missing_tags, this.configuration),
    )
    planned = plan.plan(tags, known, this.configuration, __version__)
    there = {tag: releases[tag.origin] for tag in tags if tag.origin in releases}
    release_changes = lifecycle.find_release_changes(
        planned, there.items(), missing_tags, this.catalog, this.configuration
    )
    return planned._replace(release_changes=release_changes)


def _is_missing(release: Release, this: Run) -> bool:
    """Whether a release's file is gone for good; another name of it gives it back."""
    if this.store.has_file(release.project, release.filename):
        return False
    find = archives.find_copy if this.context.dry_run else archives.restore
    return not find(release, this.store, this.catalog)


def _forget_failures(found: Found, this: Run) -> None:
    origins = [failure.origin for failure in this.catalog.failures()]
    there = {tag.origin for each in found.scans for tag in this.last.tags_from(each, origins)}
    if gone := [origin for origin in origins if origin not in there]:
        this.catalog.forget_failures(gone)


def _production(
    planned: Plan, found: Found, projects_to_check: frozenset[str], public_index: str, this: Run
) -> Production:
    return Production(
        planned=planned,
        names_to_reserve=selection.select_names_to_reserve(
            found.scans, this.last, this.options_digest, planned.build
        ),
        projects_to_check=projects_to_check,
        writer=_writer(this),
        configuration=this.configuration,
        context=this.context,
        version=__version__,
        public_index=public_index,
        finished=this.listener.finished,
    )


def _finish(found: Found, missing_tags: MissingTags, this: Run, *, failed: bool) -> None:
    for each in found.scans:
        this.last.settle(each, this.options_digest, missing_tags.doubts[each.number])
    for uuid in {each.uuid for each in found.scans} - this.catalog.repositories():
        if not failed:
            this.catalog.finish(uuid)


def _warnings(planned: Plan, found: Found, this: Run) -> tuple[str, ...]:
    """Of tags that moved, and of lines of the option yank that are of nothing, where they may be new."""
    moved = tuple(
        release_change.reason
        for release_change in planned.release_changes
        if release_change.action == "moved"
    )
    is_new = any(scan.options_digest != this.options_digest for scan in found.scans)
    if not (is_new or this.context.dry_run or this.context.tell_all):
        return moved
    building = planned.build if this.context.dry_run else ()
    return (*moved, *lifecycle.unmatched(this.configuration.yank, building, this.catalog))


def _with_results(report: Report, produced: Produced) -> Report:
    return report._replace(
        warnings=(*report.warnings, *produced.taken),
        published=tuple(each for each in produced.results if isinstance(each, Published)),
        rejected=tuple(each for each in produced.results if isinstance(each, Rejected)),
    )


def _public_index(this: Run) -> str:
    """The option, what the door says, or buildout's constant."""
    if chosen := this.configuration.public_index or this.context.public_index:
        return chosen
    from sdistmaker_recipe.webserver.public_index import default_public_index

    return default_public_index()
