"""Open the configured repositories, ask each for its release tags or their changes, and record these."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe import example
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.configuration.option_types import EXAMPLE
from sdistmaker_recipe.configuration.options import STANDARD_LAYOUT, Configuration
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import RepositorySettings, Tag
from sdistmaker_recipe.vcs import (
    BeginsEarly,
    Credentials,
    NothingFound,
    PreviousScan,
    Repository,
    load_repository,
    open_repository,
)
from sdistmaker_recipe.vcs.tag_filter import TagFilter


class Source(NamedTuple):
    """A repository open to be scanned; ``url`` is the one that users know it by."""

    url: str
    repository: Repository
    settings: RepositorySettings = RepositorySettings()


def open_sources(
    configuration: Configuration, credentials: Credentials, state: Path, stack: ExitStack
) -> tuple[list[Source], tuple[str, ...], tuple[str, ...]]:
    """Every repository that opens, warnings of quicker ways that do not work, and errors.

    ``stack`` closes the repositories. The embedded example, if an option asks for it, is loaded below the
    folder ``state``. Raises the first ``RepositoryError`` if no repository opens.
    """
    sources: list[Source] = []
    warnings: list[str] = []
    errors: list[RepositoryError] = []
    quicker = dict(enumerate(configuration.repository_on_server))
    begun = _begin(configuration, credentials, state)
    for number, url in enumerate(configuration.repository):
        locations = [quicker[number], url] if number in quicker else [url]
        source, failures = _open_first(url, locations, configuration, credentials, state, begun)
        if source is None:
            errors += failures
            continue
        stack.enter_context(source.repository)
        sources.append(source)
        warnings += [f"repository-on-server: {error.message}; {url} is read instead" for error in failures]
    if errors and not sources:
        raise errors[-1]
    return sources, tuple(warnings), tuple(str(error) for error in errors)


def open_source(
    url: str, location: str, configuration: Configuration, credentials: Credentials, state: Path
) -> Source:
    """The repository that users know as url, read at location; the folder ``state`` is kept between runs.

    Raises ``RepositoryError`` if it does not answer.
    """
    source = _open(url, location, configuration, credentials, state)
    source.repository.head()
    return source


def _open(
    url: str, location: str, configuration: Configuration, credentials: Credentials, state: Path
) -> Source:
    """The repository that users know as url, to be read at location; it is not asked for anything."""
    read = _load_example(state) if location == EXAMPLE else location
    settings = RepositorySettings(
        known_as=url,
        cache=state.absolute() / "repositories",
        submodules=configuration.submodules,
        externals=configuration.externals,
        has_subdirectories=bool(configuration.subdirectory),
    )
    repository = open_repository(read, configuration.vcs, credentials, configuration.connections, settings)
    return Source(url, repository, settings)


def _begin(configuration: Configuration, credentials: Credentials, state: Path) -> dict[str, Source]:
    """Of several repositories, those that can be asked at the same time; they are being asked."""
    begun: dict[str, Source] = {}
    if len(configuration.repository) > 1:
        for url in configuration.repository[len(configuration.repository_on_server) :]:
            # The error shows again where the repository is opened in its turn.
            with suppress(RepositoryError):
                source = _open(url, url, configuration, credentials, state)
                if isinstance(source.repository, BeginsEarly):
                    source.repository.begin()
                    begun[url] = source
    return begun


def scan(source: Source, configuration: Configuration, state: ScanState, version: str, *, full: bool) -> Scan:
    """Find every project and its release tags, and record them in ``state``.

    The repository is asked for changes since the last scan. It is asked for everything if ``full`` says so,
    if an option changed that decides what is found, and after an upgrade: ``version`` is that of this
    package. Raises ``RepositoryError`` when the repository does not answer, ``StoreError`` when the catalog
    cannot be used.
    """
    repository, tag_filter = source.repository, TagFilter.of(source.url, configuration)
    origin, current = repository.identity(), fingerprint(configuration, version)
    last = None if full else state.scan(source.url)
    if last is not None and (last.origin, last.fingerprint) == (origin, current):
        changes = repository.changed_tags(_previous(last, state), tag_filter)
        if changes is not None:
            if changes.checkpoint == last.checkpoint:
                return last.with_unread(changes)
            return state.change(last, changes)
    return state.replace(source.url, origin, current, repository.all_tags(tag_filter))


def is_touched(
    sources: Sequence[Source], revision: str, configuration: Configuration, state: ScanState, version: str
) -> bool:
    """Whether a revision can have changed what the last scan of any repository found.

    Each repository that has the revision is asked. Raises ``RepositoryError`` if none has it.
    """
    current = fingerprint(configuration, version)
    errors: list[RepositoryError] = []
    for source in sources:
        repository, tag_filter = source.repository, TagFilter.of(source.url, configuration)
        last = state.scan(source.url)
        if last is None or (last.origin, last.fingerprint) != (repository.identity(), current):
            return True
        try:
            if repository.touches_tags(revision, _previous(last, state), tag_filter):
                return True
        except RepositoryError as error:
            errors.append(error)
    if errors and len(errors) == len(sources):
        raise errors[0]
    return False


def nothing_found(
    source: Source, found: Scan, configuration: Configuration, state: ScanState
) -> NothingFound:
    """What a scan looked at that found no release tag. Raises ``RepositoryError``."""
    return source.repository.nothing_found(_previous(found, state), TagFilter.of(source.url, configuration))


def single_tag(source: Source, configuration: Configuration) -> Tag:
    """The tag whose own URL the source has; raises ``RepositoryError`` if no tag is there."""
    return source.repository.tag_at_url(TagFilter.of(source.url, configuration))


def fingerprint(configuration: Configuration, version: str) -> str:
    """A digest of all that decides what a scan finds, but for the repository."""
    deciding = (
        version,
        configuration.include,
        configuration.exclude,
        configuration.ignore,
        configuration.stop_indicators,
        configuration.tag_pattern,
        # Scans of catalogs that were made before there was this option stay valid.
        *(() if configuration.layout == (STANDARD_LAYOUT,) else (configuration.layout,)),
        *((configuration.subdirectory,) if configuration.subdirectory else ()),
    )
    return hashlib.sha256(repr(deciding).encode()).hexdigest()


def _previous(last: Scan, state: ScanState) -> PreviousScan:
    return PreviousScan(last.checkpoint, lambda: state.rows(last))


def _open_first(
    url: str,
    locations: Sequence[str],
    configuration: Configuration,
    credentials: Credentials,
    state: Path,
    begun: Mapping[str, Source],
) -> tuple[Source | None, list[RepositoryError]]:
    """The first location that opens and answers, and the errors of those before it.

    Only where there is another location to read instead, the repository is asked for what its URL names.
    """
    errors: list[RepositoryError] = []
    for location in locations:
        try:
            source = begun.get(location) or _open(url, location, configuration, credentials, state)
            source.repository.head()
            if location != locations[-1]:
                source.repository.check(source.repository.head())
        except RepositoryError as error:
            errors.append(error)
        else:
            return source, errors
    return None, errors


def _load_example(state: Path) -> str:
    """The URL of the embedded example, loaded from its dump unless that was done before."""
    folder = state / f"example-{zlib.crc32(example.open_dump().read()):08x}"
    return folder.absolute().as_uri() if folder.is_dir() else load_repository(folder, example.open_dump())
