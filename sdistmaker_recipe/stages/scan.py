"""Walk a repository and yield each tag that names a release.

A project is a folder that holds a folder ``trunk``; its tags are the folders in its folder ``tags``
(the layout that the Subversion book recommends, chapter "Repository Layout").
"""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import unquote

from sdistmaker_recipe import example
from sdistmaker_recipe.configuration import Configuration
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import Tag, project_name
from sdistmaker_recipe.option_types import EXAMPLE
from sdistmaker_recipe.vcs import Credentials, Entry, Repository, load_repository, open_repository

logger = logging.getLogger(__name__)

_LAYOUT = frozenset({"trunk", "tags", "branches"})


@dataclass(frozen=True, slots=True)
class Source:
    """A repository open to be scanned: ``url`` is what users call it, ``peg`` the revision looked at."""

    url: str
    repository: Repository
    peg: str


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


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found: tags that name releases, in the order of paths, and names of other projects."""

    tags: tuple[Tag, ...]
    untagged: tuple[str, ...]


def scan(source: Source, configuration: Configuration) -> Scanned:
    """Every project in source with its tags that name releases.

    Raises ``RepositoryError`` when the repository does not answer.
    """
    origin = _origin(source)
    tags: list[Tag] = []
    untagged: list[str] = []
    for project_path, entries in _projects(source, "", configuration):
        found = list(_tags(source, origin, project_path, entries, configuration))
        tags += found
        if not found:
            untagged.append(project_name(source.url, project_path))
    return Scanned(tuple(tags), tuple(untagged))


def _tags(
    source: Source, origin: str, project_path: str, entries: Iterable[Entry], configuration: Configuration
) -> Iterator[Tag]:
    name = project_name(source.url, project_path)
    for entry in entries:
        if match := _pattern(configuration, name).fullmatch(entry.name):
            path = _join(project_path, f"tags/{entry.name}")
            yield Tag(
                repository=source.url,
                project_path=project_path,
                name=entry.name,
                path=path,
                version=match["version"],
                revision=entry.revision,
                time=entry.time,
                origin=f"{origin}/{path}",
            )
        else:
            logger.debug("%s names no release of %s: tag-pattern does not match", entry.name, name)


def open_source(url: str, location: str, vcs: str, credentials: Credentials, state: Path) -> Source:
    """The repository that users know as url, read at location; raises ``RepositoryError``."""
    repository = open_repository(_load_example(state) if location == EXAMPLE else location, vcs, credentials)
    return Source(url, repository, repository.head())


def single_tag(source: Source, configuration: Configuration) -> Tag:
    """The tag whose own URL the source has; raises ``RepositoryError`` where nothing is there."""
    entry = source.repository.entry("", source.peg)
    parts = [unquote(part) for part in source.url.split("/")]
    project = parts[-3] if len(parts) > 2 and parts[-2] == "tags" else ""
    match = _pattern(configuration, project).fullmatch(parts[-1])
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


def _origin(source: Source) -> str:
    return "/".join(filter(None, (source.repository.uuid(), source.repository.root_path())))


def _pattern(configuration: Configuration, project: str) -> re.Pattern[str]:
    return re.compile(configuration.tag_pattern.replace("PROJECT", re.escape(project)))


def _open_first(
    url: str, locations: Sequence[str], configuration: Configuration, credentials: Credentials, state: Path
) -> tuple[Source | None, list[RepositoryError]]:
    """The first location that opens and answers, and the errors of those before it."""
    errors: list[RepositoryError] = []
    for location in locations:
        try:
            return open_source(url, location, configuration.vcs, credentials, state), errors
        except RepositoryError as error:
            errors.append(error)
    return None, errors


def _load_example(state: Path) -> str:
    """The URL of the embedded example, loaded from its dump unless that was done before."""
    folder = state / f"example-{zlib.crc32(example.open_dump().read()):08x}"
    return folder.absolute().as_uri() if folder.is_dir() else load_repository(folder, example.open_dump())


def _projects(
    source: Source, path: str, configuration: Configuration
) -> Iterator[tuple[str, Sequence[Entry]]]:
    """The projects at path and below, each with the folders in its ``tags``, if it has that."""
    # A stack, not recursion: the depth of a repository is not ours to limit.
    waiting = [path]
    while waiting:
        path = waiting.pop()
        entries = source.repository.entries(path, source.peg)
        if any(_matches(entry.name, configuration.stop_indicators) for entry in entries):
            continue
        folders = [entry.name for entry in entries if entry.is_folder]
        is_project = "trunk" in folders
        if is_project and _wanted(source.url, path, configuration):
            has_tags = "tags" in folders
            tags = source.repository.entries(_join(path, "tags"), source.peg) if has_tags else []
            yield path, [entry for entry in tags if entry.is_folder]
        below = (name for name in folders if not (is_project and name in _LAYOUT))
        waiting += [_join(path, name) for name in below if not _matches(name, configuration.ignore)][::-1]


def _wanted(url: str, path: str, configuration: Configuration) -> bool:
    shown = path or project_name(url, path)
    included = not configuration.include or _matches(shown, configuration.include)
    return included and not _matches(shown, configuration.exclude)


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
