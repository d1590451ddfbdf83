"""Publish builds in batches: to wait for the disk takes as long for many archives as for one."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog.scan_state import Scan
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.flow.planning import Planned
from sdistmaker_recipe.flow.twins import note_twin
from sdistmaker_recipe.index.atomic_files import sync_filesystem
from sdistmaker_recipe.index.layout import normalised_name_of
from sdistmaker_recipe.model import (
    Built,
    BuiltWheel,
    Failed,
    Failure,
    Outcome,
    Published,
    Rejected,
    Release,
    Skipped,
    Tag,
    TagResult,
    repository_of,
)
from sdistmaker_recipe.names import same_version
from sdistmaker_recipe.stages import plan, publish
from sdistmaker_recipe.stages.publish import Index, name_owners, version_rules

SECONDS_BETWEEN_BATCHES = 0.5
"""What is ready within this time is published together."""


def open_batches(planned: Planned, run: Run) -> Batches:
    """Batches for the tags that the plan builds."""
    return Batches(
        run=run,
        index=Index(run.store, run.catalog, run.configuration.state),
        known_repositories=run.catalog.index_state.finished_repositories(),
        pending=Counter(tag.project_origin for tag in planned.plan.build),
        scans=planned.scanned.scans,
        twins=planned.twins,
    )


@dataclass(slots=True)
class Batches:
    """Takes outcomes one by one and publishes those of half a second together.

    ``known_repositories`` are the UUIDs of the repositories that an earlier run has finished, ``pending``
    counts the tags of each project that are still to come, ``scans`` are those of this run, ``twins`` as in
    ``Planned``. ``results`` collects the result of each tag.
    """

    run: Run
    index: Index
    known_repositories: frozenset[str]
    pending: Counter[str]
    scans: Sequence[Scan] = ()
    twins: Mapping[str, Release] = field(default_factory=dict)
    results: list[TagResult] = field(default_factory=list)
    _waiting: list[Outcome] = field(default_factory=list)
    _changed_projects: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _undecided: list[Built] = field(default_factory=list)
    _is_last: bool = False
    _last_batch: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Take an outcome, and publish what waits unless the last batch was a moment ago.

        Raises ``StoreError``.
        """
        self._waiting.append(outcome)
        if time.monotonic() > self._last_batch + SECONDS_BETWEEN_BATCHES:
            self.publish()

    def finish(self) -> None:
        """Publish all that waits, also builds of which it was not clear whose name they have.

        Raises ``StoreError``.
        """
        self.publish()
        if self._undecided:
            self._is_last = True
            self._waiting = [*sorted(self._undecided, key=self._order)]
            self._undecided = []
            self.publish()

    def _order(self, built: Built) -> tuple[bool, datetime, int, str]:
        """The order of builds that wait for a name: known files first, then old tags, then short paths."""
        is_known = name_owners.builds_known_file(built, self.index.catalog)
        return not is_known, built.tag.time, built.tag.origin.count("/"), built.tag.origin

    def publish(self) -> None:
        """Publish what waits: archives, catalog, and the pages of projects of which no more tags come.

        Raises ``StoreError``.
        """
        outcomes = self._waiting
        built = [outcome for outcome in outcomes if not isinstance(outcome, Failed)]
        if built:
            sync_filesystem(self.index.store.folder)
        results, undecided, errors = self._publish_each(outcomes)
        # Not before: after an interrupt the same outcomes are published again.
        self._waiting = []
        self._undecided += undecided
        _remove_archives(built, kept=undecided)
        self._write_pages(results, built)
        self.results += results
        for result in results:
            self.run.listener.finished(result)
        self._last_batch = time.monotonic()
        if errors:
            raise errors[0]

    def _publish_each(
        self, outcomes: Sequence[Outcome]
    ) -> tuple[list[TagResult], list[Built], list[StoreError]]:
        """The results of outcomes, those that have to wait, and errors, in one transaction."""
        results: list[TagResult] = []
        undecided: list[Built] = []
        errors: list[StoreError] = []
        with self.index.catalog.batch():
            for outcome in outcomes:
                # If the disk refuses one archive, the others are still published.
                try:
                    if not isinstance(outcome, Failed) and self._has_to_wait(outcome):
                        undecided.append(outcome)
                    else:
                        results.append(self._publish(outcome))
                except StoreError as error:
                    errors.append(error)
        return results, undecided, errors

    def _write_pages(self, results: Sequence[TagResult], built: Sequence[Built]) -> None:
        """Write the pages of projects of which no more tags come."""
        if projects := self._completed_projects(results):
            # If a first run is killed now, the links of its pages lead somewhere.
            self.run.writer.write_missing_root()
            # The build has read the metadata already.
            self.run.writer.write_projects(projects, {each.sha256: each.details for each in built})

    def _has_to_wait(self, built: Built) -> bool:
        """Whether builds that are still to come may tell whose name this one has."""
        if self._is_last or self._twin(built):
            return False
        catalog, configuration = self.index.catalog, self.run.configuration
        return name_owners.verdict(built, catalog, configuration, is_last=False).may_change

    def _publish(self, outcome: Outcome) -> TagResult:
        if isinstance(outcome, Failed):
            return self._remembered(
                publish.reject_failed(outcome, self.index), is_permanent=outcome.is_permanent
            )
        if twin := self._twin(outcome):
            note_twin(twin, outcome.tag, self.index.catalog)
            return Skipped(outcome.tag, plan.kept_elsewhere(twin))
        if rightful := self._tag_to_wait_for(outcome):
            reason = version_rules.reason_to_wait(rightful, outcome)
            return self._remembered(publish.refuse(outcome, reason, self.index), is_permanent=False)
        upload_time = self._upload_time(outcome.tag)
        result = publish.publish(outcome, self.index, upload_time, self.run.configuration)
        self.index.catalog.toolchains.record(outcome.tag.project_origin, outcome.toolchain)
        return self._remembered(result, is_permanent=True) if isinstance(result, Rejected) else result

    def _twin(self, built: Built) -> Release | None:
        """The release of a project in another repository whose name a tag of the same version has too."""
        release = self.twins.get(built.tag.origin)
        return release if release and release.project == normalised_name_of(built.name) else None

    def _tag_to_wait_for(self, built: Built) -> Tag | None:
        """The tag whose name is the version that another tag built, if it failed only for the moment."""
        if same_version(built.tag.version, built.version):
            return None
        for scan in self.scans:
            if scan.url == built.tag.repository:
                for tag in self.run.scan_state.tags_of(scan, [built.tag.project_path]):
                    failure = self.index.catalog.failures.get(tag.origin)
                    if failure and not failure.is_permanent and same_version(tag.version, built.version):
                        return tag
        return None

    def _upload_time(self, tag: Tag) -> datetime:
        """Now; for a repository that is new to the index, the time of the tag."""
        is_known = repository_of(tag.origin) in self.known_repositories
        return datetime.now(timezone.utc) if is_known else tag.time

    def _remembered(self, rejected: Rejected, *, is_permanent: bool) -> Rejected:
        tag = rejected.tag
        failure = Failure(
            origin=tag.origin,
            fingerprint=plan.fingerprint(tag, self.run.configuration, __version__),
            reason=rejected.reason,
            log_file=rejected.log_file,
            is_permanent=is_permanent,
            project=normalised_name_of(tag.project) or tag.project,
            tag=tag.name,
            revision=tag.revision,
        )
        return rejected._replace(is_repeated=publish.record_failure(failure, self.index.catalog))

    def _completed_projects(self, results: Sequence[TagResult]) -> list[str]:
        """The normalised names of changed projects of which no more tags come."""
        for result in results:
            if isinstance(result, Published):
                self._changed_projects[result.tag.project_origin].add(result.release.project)
        self.pending.subtract(result.tag.project_origin for result in results)
        done = [origin for origin in self._changed_projects if not self.pending[origin]]
        return sorted({project for origin in done for project in self._changed_projects.pop(origin)})


def _remove_archives(built: Iterable[Built], kept: Iterable[Built]) -> None:
    """Remove the files of builds, except those of the builds that are kept."""
    needed = {file for each in kept for file in _files_of(each)}
    for file in (file for each in built for file in _files_of(each)):
        if file not in needed:
            file.unlink(missing_ok=True)


def _files_of(built: Built) -> list[Path]:
    """The files that a build gave: the sdist, and the wheel if there is one; none if it gave bytes."""
    archives = (built.archive, built.wheel.archive if isinstance(built.wheel, BuiltWheel) else b"")
    return [archive for archive in archives if isinstance(archive, Path)]
