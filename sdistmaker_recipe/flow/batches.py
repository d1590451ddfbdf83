"""What is built, published some at a time: the middle of the flow, between build and report."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index.atomic_files import sync_filesystem
from sdistmaker_recipe.index.layout import private_name
from sdistmaker_recipe.model import Failed, Failure, Outcome, Published, Rejected, Tag, repository_of
from sdistmaker_recipe.stages import pages, plan, publish
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.publish import Index

_MOMENT = 0.5
"""Seconds between one batch that is published and the next."""


@dataclass(slots=True)
class Batches:
    """Takes outcomes one by one and publishes them together, for the disk takes as long for many as for one.

    ``version`` is this package's own, ``repositories`` are the UUIDs of those that an earlier run has
    finished, ``pending`` counts the tags of each project that are still to come, and ``finished`` is told
    each result, which ``results`` gathers.
    """

    index: Index
    writer: PageWriter
    configuration: Configuration
    version: str
    repositories: frozenset[str]
    pending: Counter[str]
    finished: Callable[[Published | Rejected], None]
    results: list[Published | Rejected] = field(default_factory=list)
    _ready: list[Outcome] = field(default_factory=list)
    _changed: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _last: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Take an outcome, and publish what is ready unless that was done a moment ago.

        Raises ``StoreError``.
        """
        self._ready.append(outcome)
        if time.monotonic() > self._last + _MOMENT:
            self.publish()

    def publish(self) -> None:
        """Publish what is ready: archives, catalog, and the pages of projects of which nothing more comes.

        Raises ``StoreError``.
        """
        ready = self._ready
        archives = [built.archive for built in ready if not isinstance(built, Failed)]
        if archives:
            sync_filesystem(self.index.store.folder)
        results: list[Published | Rejected] = []
        errors: list[StoreError] = []
        with self.index.catalog.batch():
            for outcome in ready:
                # One that the disk refuses takes none of the others along.
                try:
                    results.append(self._publish(outcome))
                except StoreError as error:
                    errors.append(error)
        self._ready = []
        for path in archives:
            if isinstance(path, Path):
                path.unlink(missing_ok=True)
        # Read by the build already, which spares reading it here.
        known = {built.sha256: built.details for built in ready if not isinstance(built, Failed)}
        pages.write_projects(self._completed(results), self.writer, known)
        self.results += results
        for result in results:
            self.finished(result)
        self._last = time.monotonic()
        if errors:
            raise errors[0]

    def _publish(self, outcome: Outcome) -> Published | Rejected:
        if isinstance(outcome, Failed):
            return self._remembered(
                publish.keep_failure(outcome, self.index), is_permanent=outcome.is_permanent
            )
        upload_time = self._upload_time(outcome.tag)
        result = publish.publish(outcome, self.index, upload_time, self.configuration)
        self.index.catalog.remember_toolchain(outcome.tag.project_origin, outcome.toolchain)
        return self._remembered(result, is_permanent=True) if isinstance(result, Rejected) else result

    def _upload_time(self, tag: Tag) -> datetime:
        """When a repository is new to us its releases are as old as their tags, later ones are new."""
        is_known = repository_of(tag.origin) in self.repositories
        return datetime.now(timezone.utc) if is_known else tag.time

    def _remembered(self, rejected: Rejected, *, is_permanent: bool) -> Rejected:
        tag = rejected.tag
        fingerprint = plan.fingerprint(tag, self.configuration, self.version)
        failure = Failure(
            origin=tag.origin,
            fingerprint=fingerprint,
            reason=rejected.reason,
            log_file=rejected.log_file,
            is_permanent=is_permanent,
            project=private_name(tag.project) or tag.project,
            tag=tag.name,
            revision=tag.revision,
        )
        return rejected._replace(is_repeated=publish.remember(failure, self.index))

    def _completed(self, results: Sequence[Published | Rejected]) -> list[str]:
        """The names under which projects published something, of those that had their last tag."""
        for result in results:
            if isinstance(result, Published):
                self._changed[result.tag.project_origin].add(result.release.project)
        self.pending.subtract(result.tag.project_origin for result in results)
        done = [origin for origin in self._changed if not self.pending[origin]]
        return sorted({project for origin in done for project in self._changed.pop(origin)})
