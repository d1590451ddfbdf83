"""What a plan says, done: tags are built and published, pages written, files of what is withdrawn removed.

The second half of the flow. The order of its steps is what keeps each promise to readers of the index: a name
is private before anything of it is built, a page comes after what it names, a file goes after the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe import executors
from sdistmaker_recipe.catalog import Catalog, private_names
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.flow import lifecycle
from sdistmaker_recipe.flow.batches import Batches
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.scratch import scratch_folder
from sdistmaker_recipe.flow.selection import NamesToReserve
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Plan, Published, Rejected, Tag
from sdistmaker_recipe.stages import pages, withdraw
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.publish import Index
from sdistmaker_recipe.stages.scan import Source


class Produced(NamedTuple):
    """The results of the tags, and warnings of names that are taken on the public index."""

    results: Sequence[Published | Rejected] = ()
    taken: tuple[str, ...] = ()


def _nothing(_batches: Batches) -> None:
    """What is built where nothing is to be built."""


@dataclass(frozen=True, slots=True)
class Production:
    """What one plan asks for, and all that is needed to do it but the repositories.

    ``names_to_reserve`` are the names that may have to be kept private, ``projects_to_check`` the projects
    that may lack files; ``version`` is this package's own, and ``finished`` is told each result.
    """

    planned: Plan
    names_to_reserve: NamesToReserve
    projects_to_check: frozenset[str]
    writer: PageWriter
    configuration: Configuration
    context: RunContext
    version: str
    public_index: str
    finished: Callable[[Published | Rejected], None]

    def carry_out(self, sources: Sequence[Source]) -> Produced:
        """Do it, with tags from these sources; what is built when it breaks off is published, with pages.

        Raises ``SdistmakerError``.
        """
        lifecycle.begin(self.planned, self._catalog)
        self._remove_leftovers()
        if self.planned.build:
            with self._ready_to_build(sources) as scratch:
                return self._produce(partial(self._build, sources, scratch))
        self._store.remove_incoming()
        return Produced() if self._is_idle() else self._produce()

    @property
    def _catalog(self) -> Catalog:
        return self.writer.catalog

    @property
    def _store(self) -> IndexStore:
        return self.writer.store

    def _remove_leftovers(self) -> None:
        """Remove what a run that broke off had still to remove: a file may be built now under that name."""
        if withdraw.has_files_to_remove(self._catalog):
            pages.write_all(self.writer)
            withdraw.remove_files(self._catalog, self._store)

    @contextmanager
    def _ready_to_build(self, sources: Sequence[Source]) -> Iterator[Path]:
        """What building waits for is begun; the folder to build in."""
        with ExitStack() as stack:
            try:
                scratch = stack.enter_context(scratch_folder(self.configuration.state))
            except StoreError:
                self._keep_all_names_private()
                raise
            get_ready(self.planned.build, sources, scratch, self.configuration, self.context)
            self._store.prepare()
            pages.begin(self.writer)
            yield scratch

    def _is_idle(self) -> bool:
        """Whether nothing is to be done where nothing is to be built."""
        wanted = (
            self.names_to_reserve
            or self.projects_to_check
            or self.planned.release_changes
            or self.configuration.check_public
        )
        return not wanted and pages.nothing_to_write(self.writer)

    def _produce(self, build: Callable[[Batches], None] = _nothing) -> Produced:
        # Before anything is built: a name that is new now must not be asked of the public index meanwhile.
        self._keep_all_names_private()
        batches = self._batches()
        try:
            build(batches)
            taken = self._find_taken()
            lifecycle.end(self.planned, batches.results, self._catalog)
        finally:
            pages.write_all(self.writer, self.projects_to_check)
            self._keep_names_private()
        withdraw.remove_files(self._catalog, self._store)
        self._remember_folders()
        return Produced(batches.results, taken)

    def _remember_folders(self) -> None:
        """So that the next run sees where files came or went since; of most folders that is remembered."""
        own = self._store.changed_folders
        if self.projects_to_check or not self._catalog.knows_folders():
            self._catalog.remember_folders(self._store.folders())
        else:
            self._catalog.remember_folders(self._store.folders(own), own)

    def _keep_all_names_private(self) -> None:
        """Those of this run first, which what is wrong with an old one must not keep from being recorded."""
        try:
            self._keep_names_private()
        finally:
            private_names.keep(self._catalog, self._store)

    def _keep_names_private(self) -> None:
        private_names.mark_guessed(
            self.names_to_reserve.tags, self.names_to_reserve.untagged, self._catalog, self._store
        )

    def _batches(self) -> Batches:
        return Batches(
            index=Index(self._store, self._catalog, self.configuration.state),
            writer=self.writer,
            configuration=self.configuration,
            version=self.version,
            repositories=self._catalog.repositories(),
            pending=Counter(tag.project_origin for tag in self.planned.build),
            finished=self.finished,
        )

    def _build(self, sources: Sequence[Source], scratch: Path, batches: Batches) -> None:
        # Here, for a run that builds nothing needs none of it.
        from sdistmaker_recipe.flow import jobs

        tags = self.planned.build
        toolchains = self._catalog.toolchains(
            {each for tag in tags for each in (tag.origin, tag.project_origin)}
        )
        with self._store.incoming() as incoming:
            try:
                for outcome in jobs.build_all(
                    tags,
                    sources,
                    toolchains,
                    scratch,
                    incoming,
                    self.configuration,
                    self.context,
                    pages.get_ready,
                ):
                    batches.add(outcome)
            finally:
                # Also when the run breaks off: what is built is published, and gets its page.
                batches.publish()

    def _find_taken(self) -> tuple[str, ...]:
        """Warnings of names that are taken on the public index, where that is to be asked."""
        if not self.configuration.check_public:
            return ()
        # So that no guess is asked for that this run has shown to be wrong.
        self._keep_names_private()
        return private_names.find_taken(self._catalog, self.public_index)


def get_ready(
    tags: Sequence[Tag],
    sources: Sequence[Source],
    scratch: Path,
    configuration: Configuration,
    context: RunContext,
) -> None:
    """Begin what building waits for; connections are given back first, for who exports may need them all.

    A copy of this process would keep them open, too.
    """
    for source in sources:
        source.repository.disconnect()
    environments = context.environments(configuration)
    executors.prestart(len(tags), partial(_expect, environments, scratch, configuration.sandbox))


def _expect(environments: Path, scratch: Path, sandbox: str) -> None:
    # Here, for this is imported in another process.
    from sdistmaker_recipe.toolchain import worker_prestart

    worker_prestart.start(environments, scratch, sandbox)
