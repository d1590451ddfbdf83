"""Find each tag of a repository that names a release, or what became of those that were found before.

The system itself says what was changed since: for that no folder has to be looked at. A folder is looked at
anew where something came or went in it, the tags of a project also where anything below was changed; whatever
was added, copied or put in place of something else is looked at whole.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from sdistmaker_recipe import example
from sdistmaker_recipe.catalog.scan_state import Difference, LastScan, Scan
from sdistmaker_recipe.configuration.option_types import EXAMPLE
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.vcs import (
    Change,
    Credentials,
    Entry,
    Repository,
    Seen,
    load_repository,
    open_repository,
)
from sdistmaker_recipe.vcs.subversion.layout import Kind, KnownFolders, SeenFolder, look, tag_pattern
from sdistmaker_recipe.vcs.subversion.parallel_listing import ParallelListing

logger = logging.getLogger(__name__)

_CONNECTIONS = 8
"""How many there are over a network, unless the option says so."""


class Source(NamedTuple):
    """A repository open to be scanned: ``url`` is what users call it, ``peg`` the revision looked at.

    ``another`` opens one more connection to it; of ``connections`` at a time it may have so many.
    """

    url: str
    repository: Repository
    peg: str
    connections: int = 1
    another: Callable[[], Repository] | None = None


def open_sources(
    configuration: Configuration, credentials: Credentials, state: Path, stack: ExitStack
) -> tuple[list[Source], tuple[str, ...], tuple[str, ...]]:
    """Every repository that opens, warnings of quicker ways that do not work, and errors.

    The repositories are closed by ``stack``; the embedded example, where it is asked for, is loaded below the
    folder ``state``. Raises the first ``RepositoryError`` where no repository opens.
    """
    sources: list[Source] = []
    warnings: list[str] = []
    errors: list[RepositoryError] = []
    quicker = dict(enumerate(configuration.repository_on_server))
    for number, url in enumerate(configuration.repository):
        locations = [quicker[number], url] if number in quicker else [url]
        source, failures = _open_first(url, locations, configuration, credentials, state)
        if source is None:
            errors += failures
            continue
        stack.enter_context(source.repository)
        sources.append(source)
        warnings += [f"repository-on-server: {error.message}; {url} is read instead" for error in failures]
    if errors and not sources:
        raise errors[-1]
    return sources, tuple(warnings), tuple(str(error) for error in errors)


def scan(source: Source, configuration: Configuration, last: LastScan, version: str, *, full: bool) -> Scan:
    """Find every project with its tags that name releases, and remember them in ``last``.

    Only what was changed since the last scan is looked at, unless ``full`` or an option asks for all;
    ``version`` is this package's own, another of which may find other things. Raises ``RepositoryError`` when
    the repository does not answer, ``StoreError`` when the catalog cannot be used.
    """
    origin, current = _origin(source), fingerprint(configuration, version)
    known = None if full else last.scan(source.url)
    if known is not None and (known.origin, known.fingerprint) == (origin, current):
        # A restored repository can have come to the same number in another way; over a network that is asked
        # with the next revision, for each question takes time.
        is_same = known.seen.peg == source.peg and not is_near(source.repository)
        found = known if is_same else _go_on(source, configuration, last, known)
        if found is not None:
            return found
    logger.debug("Looking at all folders of %s in revision %s", source.repository.url, source.peg)
    entry = _folder(source)
    seen = Seen(source.peg, entry.revision, entry.time)
    everything = difference(source, {}, [], configuration)
    found = last.replace(source.url, origin, current, seen, everything.folders.values())
    return found._replace(forbidden=tuple(everything.forbidden))


def is_touched(
    sources: Sequence[Source], revision: str, configuration: Configuration, last: LastScan, version: str
) -> bool:
    """Whether a revision could have changed what the last scan found, as far as that can be told.

    It is asked of each repository that has it. Raises ``RepositoryError`` where none has.
    """
    current = fingerprint(configuration, version)
    errors: list[RepositoryError] = []
    for source in sources:
        known = last.scan(source.url)
        if known is None or (known.origin, known.fingerprint) != (_origin(source), current):
            return True
        try:
            changes = source.repository.changes_in(revision)
        except PathNotFoundError:
            return True
        except RepositoryError as error:
            errors.append(error)
            continue
        if changes is None or KnownFolders(last.folders(known)).touched(changes, configuration.ignore):
            return True
    if errors and len(errors) == len(sources):
        raise errors[0]
    return False


def fingerprint(configuration: Configuration, version: str) -> str:
    """A digest of all that decides what a scan finds, but for the repository."""
    matters = (
        version,
        configuration.include,
        configuration.exclude,
        configuration.ignore,
        configuration.stop_indicators,
        configuration.tag_pattern,
    )
    return hashlib.sha256(repr(matters).encode()).hexdigest()


def _go_on(source: Source, configuration: Configuration, last: LastScan, known: Scan) -> Scan | None:
    """Look at what was changed since the last scan; None where that cannot be told."""
    told = source.repository.changes(known.seen, source.peg)
    if told is None:
        return None
    if told.seen == known.seen:
        return known
    logger.debug("%s paths were changed in %s", len(told.changes), source.repository.url)
    try:
        found = difference(source, last.folders(known), told.changes, configuration)
    except PathNotFoundError:
        # Not as we knew it; perhaps because we may read less, or more, than before.
        return None
    return last.change(known, told.seen, found)._replace(forbidden=tuple(found.forbidden))


def difference(
    source: Source, kinds: Mapping[str, Kind], changes: Iterable[Change], configuration: Configuration
) -> Difference:
    """Look at the folders that changes could have made others than ``kinds`` says; at all if it says nothing.

    Raises ``RepositoryError``.
    """
    known = KnownFolders(kinds)
    found = Difference()
    every = list(changes)
    for change in every:
        if change.kind == "added" and change.path in known:
            # A copy may have anything below it: nothing that we know of there counts.
            found.gone.append(change.path)
            known.remove(change.path)
    starts = known.touched(every, configuration.ignore) if kinds else [""]

    def look_by(repository: Repository, path: str, taken_for: Kind) -> SeenFolder:
        return look(repository, source.url, source.peg, path, taken_for, configuration)

    with ParallelListing(
        look_by, source.repository, source.another, source.connections, lambda path: path not in known
    ) as lookers:
        lookers.ahead((start, known.taken_for(start)) for start in starts)
        for start in starts:
            if start in found.folders or (kinds and start not in known):
                continue
            # A stack, not recursion: the depth of a repository is not ours to limit.
            waiting = [(start, known.taken_for(start))]
            while waiting:
                path, taken_for = waiting.pop()
                folder = lookers.look(path, taken_for)
                if folder.kind == "forbidden":
                    found.forbidden.append(path)
                    found.gone.append(path)
                    known.remove(path)
                    continue
                found.folders[path] = folder
                found.gone.extend(known.update(folder))
                waiting += [each for each in folder.below if each[0] not in known][::-1]
    return found


def open_source(
    url: str, location: str, vcs: str, credentials: Credentials, state: Path, connections: int = 0
) -> Source:
    """The repository that users know as url, read at location; raises ``RepositoryError``.

    ``connections`` is the option.
    """
    read = _load_example(state) if location == EXAMPLE else location
    another = partial(open_repository, read, vcs, credentials)
    repository = another()
    most = connections or (1 if is_near(repository) else _CONNECTIONS)
    return Source(url, repository, repository.head(), most, another)


def is_near(repository: Repository) -> bool:
    """Whether a repository is on a disk of this machine, so that an answer takes no time on its way."""
    return repository.url.startswith("file:")


def single_tag(source: Source, configuration: Configuration) -> Tag:
    """The tag whose own URL the source has; raises ``RepositoryError`` where no folder is there."""
    entry = _folder(source)
    parts = [unquote(part) for part in source.url.split("/")]
    project = parts[-3] if len(parts) > 2 and parts[-2] == "tags" else ""
    match = tag_pattern(configuration, project).fullmatch(parts[-1])
    return Tag(
        repository=source.url,
        project_path="",
        name=parts[-1],
        path="",
        version=match["version"] if match else parts[-1],
        revision=entry.revision,
        time=entry.time,
        origin=_origin(source),
    )


def _folder(source: Source) -> Entry:
    """The folder that the URL itself is; raises ``PathNotFoundError`` where it is none."""
    entry = source.repository.entry("", source.peg)
    if not entry.is_folder:
        raise PathNotFoundError(source.repository.url, "a file, not a folder")
    return entry


def _origin(source: Source) -> str:
    return "/".join(filter(None, (source.repository.uuid(), source.repository.root_path())))


def _open_first(
    url: str, locations: Sequence[str], configuration: Configuration, credentials: Credentials, state: Path
) -> tuple[Source | None, list[RepositoryError]]:
    """The first location that opens and answers, and the errors of those before it.

    Whether a folder is there is asked only where that decides which location is read.
    """
    errors: list[RepositoryError] = []
    for location in locations:
        try:
            connections = configuration.connections
            source = open_source(url, location, configuration.vcs, credentials, state, connections)
            if location != locations[-1]:
                _folder(source)
        except RepositoryError as error:
            errors.append(error)
        else:
            return source, errors
    return None, errors


def _load_example(state: Path) -> str:
    """The URL of the embedded example, loaded from its dump unless that was done before."""
    folder = state / f"example-{zlib.crc32(example.open_dump().read()):08x}"
    return folder.absolute().as_uri() if folder.is_dir() else load_repository(folder, example.open_dump())
