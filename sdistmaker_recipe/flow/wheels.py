"""Wheels of releases that were published before: which are to be built, and their way into the index.

A wheel whose file is lost or damaged is built again in any run that notices it, as lost sdists are. A wheel
that failed for the moment is tried again in the next run. All other releases without a wheel get one only if
the door asks for that.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import archives
from sdistmaker_recipe.errors import ConfigurationError, Problem, StoreError
from sdistmaker_recipe.flow.batches import SECONDS_BETWEEN_BATCHES
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.index.atomic_files import sync_filesystem
from sdistmaker_recipe.model import BuiltWheel, Release, ReleaseFile, WheelOutcome, WheelResult
from sdistmaker_recipe.stages import publish
from sdistmaker_recipe.stages.publish import Index


def refuse_contradiction(wheels: str, context: RunContext) -> None:
    """Raise ``ConfigurationError`` if wheels are asked for that the option wheels forbids."""
    if context.wheels_for_all and wheels == "none":
        message = "contradicts wheels = none; set wheels = pure, or leave out this flag"
        raise ConfigurationError([Problem("command line", "--wheels-for-all", None, message)])


def releases_to_build(
    projects_to_check: Iterable[str], damaged: Iterable[Release], run: Run
) -> tuple[Release, ...]:
    """The published releases that get a wheel, by project.

    Lost wheels are looked for in the folders of ``projects_to_check``. Wheels of ``damaged`` releases are to
    be built again in any case. Raises ``StoreError``.
    """
    chosen = [
        release
        for project in projects_to_check
        for release in run.catalog.releases.of_project(project)
        if _has_lost_wheel(release, run)
    ]
    chosen += damaged
    if run.configuration.wheels != "none":
        chosen += run.catalog.wheels.releases_to_retry()
    if run.context.wheels_for_all:
        chosen += run.catalog.wheels.releases_without(__version__, retry_failed=run.context.retry_failed)
    by_name = {(release.project, release.filename): release for release in chosen}
    return tuple(by_name[key] for key in sorted(by_name))


def still_to_build(releases: Iterable[Release], run: Run) -> list[Release]:
    """Those of the releases that still need a wheel after the tags of the run are published."""
    present = [run.catalog.releases.get(release.project, release.filename) for release in releases]
    return [
        release
        for release in present
        if release is not None
        and run.store.has_file(release.project, release.filename)
        and (not release.wheels or _has_lost_wheel(release, run))
    ]


def _has_lost_wheel(release: Release, run: Run) -> bool:
    """Whether a wheel of a release has lost its file, and no other name of the file gives it back."""
    lost = [file for file in release.wheels if not run.store.has_file(release.project, file.filename)]
    # Each is copied back, whether or not the others can be.
    restored = [_restore(release, file, run) for file in lost]
    return not all(restored)


def _restore(release: Release, wheel: ReleaseFile, run: Run) -> bool:
    """Whether another name still has the content of a lost wheel; unless in a dry run, it is copied."""
    copy = archives.find_copy_of_wheel(release, wheel, run.store, run.catalog)
    if copy and not run.context.dry_run:
        run.store.add_archive(release.project, wheel.filename, run.store.folder / copy)
    return bool(copy)


@dataclass(slots=True)
class WheelBatches:
    """Takes outcomes one by one and publishes those of half a second together, as ``flow.batches`` does.

    ``pending`` counts the releases of each project that are still to come; when there are no more, its pages
    are written. ``results`` collects the result of each release.
    """

    run: Run
    pending: Counter[str] = field(default_factory=Counter)
    results: list[WheelResult] = field(default_factory=list)
    _waiting: list[WheelOutcome] = field(default_factory=list)
    _last_batch: float = 0.0

    def add(self, outcome: WheelOutcome) -> None:
        """Take an outcome, and publish what waits unless the last batch was a moment ago.

        Raises ``StoreError``.
        """
        self._waiting.append(outcome)
        if time.monotonic() > self._last_batch + SECONDS_BETWEEN_BATCHES:
            self.publish()

    def publish(self) -> None:
        """Publish what waits: wheels, catalog, and the pages of projects of which no more wheels come.

        Raises ``StoreError``.
        """
        outcomes, run = self._waiting, self.run
        if not outcomes:
            return
        archives = _archives(outcomes)
        if archives:
            sync_filesystem(run.store.folder)
        index = Index(run.store, run.catalog, run.configuration.state)
        results: list[WheelResult] = []
        errors: list[StoreError] = []
        with run.catalog.batch():
            for outcome in outcomes:
                # If the disk refuses one wheel, the others are still published.
                try:
                    result = publish.publish_wheel(outcome, index, datetime.now(timezone.utc))
                    results += [result] if result else []
                except StoreError as error:
                    errors.append(error)
        # Not before: after an interrupt the same outcomes are published again.
        self._waiting = []
        for archive in archives:
            archive.unlink(missing_ok=True)
        self.pending.subtract(outcome.project for outcome in outcomes)
        done = {outcome.project for outcome in outcomes if not self.pending[outcome.project]}
        run.writer.write_projects(sorted(done))
        self.results += results
        for result in results:
            run.listener.wheel_finished(result)
        self._last_batch = time.monotonic()
        if errors:
            raise errors[0]


def _archives(outcomes: Collection[WheelOutcome]) -> list[Path]:
    wheels = (outcome.wheel for outcome in outcomes)
    archives = (wheel.archive for wheel in wheels if isinstance(wheel, BuiltWheel))
    return [archive for archive in archives if isinstance(archive, Path)]
