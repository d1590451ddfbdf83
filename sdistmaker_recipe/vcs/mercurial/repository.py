"""The tags of a Mercurial repository, or of all repositories in a folder of this machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar, cast

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import Tag, project_name, split_tag_path
from sdistmaker_recipe.vcs import (
    PROJECT,
    NothingFound,
    Presence,
    PreviousScan,
    ScanExplanation,
    ScanResult,
    tag_rows,
)
from sdistmaker_recipe.vcs.mercurial.command_server import Servers
from sdistmaker_recipe.vcs.mercurial.export import Exporter
from sdistmaker_recipe.vcs.mercurial.known_tags import Known, KnownTags
from sdistmaker_recipe.vcs.mercurial.places import Place
from sdistmaker_recipe.vcs.new_folder import new_folder
from sdistmaker_recipe.vcs.repository_folder import unreadable_of
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from sdistmaker_recipe.vcs.tag_rows import Listing, Resolved

_CONNECTIONS_OVER_NETWORK = 4

Answer = TypeVar("Answer")


class MercurialRepository:
    """See ``sdistmaker_recipe.vcs.Repository``. The rows of a scan are those of ``vcs.tag_rows``.

    ``find_places`` finds the repositories by their project paths; it is called with the first question.
    ``inner`` is the path of the one tag that the URL names, "" where it names a repository or a folder.
    """

    def __init__(
        self,
        url: str,
        identity: str,
        find_places: Callable[[], Mapping[str, Place]],
        exporter: Exporter,
        servers: Servers,
        known_tags: KnownTags | None = None,
        *,
        inner: str = "",
        is_local: bool = False,
        connections: int = 0,
    ) -> None:
        self._url, self._identity, self._inner = url, identity, inner
        self._find_places, self._exporter, self._servers = find_places, exporter, servers
        self._known_tags = known_tags
        self._is_local, self._connections = is_local, connections
        self._places: Mapping[str, Place] | None = None
        self._listing: Listing | None = None
        self._states: Mapping[str, str] | None = None
        self._unreadable: dict[str, RepositoryError] = {}

    @property
    def url(self) -> str:
        """The URL that it was opened with."""
        return self._url

    @property
    def is_local(self) -> bool:
        """Whether it is on a disk of this machine."""
        return self._is_local

    @property
    def connections(self) -> int:
        """How many connections to it there may be; any number to a local one."""
        return 0 if self._is_local else self._connections or _CONNECTIONS_OVER_NETWORK

    def identity(self) -> str:
        """A digest of where it is for its users, whatever way leads there."""
        return "/".join(filter(None, (self._identity, self._inner)))

    def head(self) -> str:
        """A digest of the newest changesets when this was asked first."""
        return hashlib.sha256(repr(sorted(self._all_states().items())).encode()).hexdigest()[:40]

    def check(self, revision: str) -> None:
        """Raise ``RepositoryError`` unless the tag at the URL is there, or any repository."""
        if self._inner:
            self._find(self._inner)
        else:
            self._all_states()

    def all_tags(self, tag_filter: TagFilter) -> ScanResult:
        """Every project and its release tags."""
        wanted = tag_rows.without_ignored(self._tags(), tag_filter)
        found = tag_rows.all_tags(wanted, self.head(), self._resolve, tag_filter, self._unreadable)
        return found._replace(unreadable=unreadable_of(self._unreadable, tag_filter))

    def changed_tags(self, previous: PreviousScan, tag_filter: TagFilter) -> ScanResult | None:
        """The projects whose tags are of other changesets than in the previous scan."""
        head = self.head()
        if previous.checkpoint == tag_rows.checkpoint_of(head, self._unreadable):
            return ScanResult(previous.checkpoint, unreadable=unreadable_of(self._unreadable, tag_filter))
        self._read_tags(self._known_tags.read() if self._known_tags else {})
        wanted = tag_rows.without_ignored(self._tags(), tag_filter)
        found = tag_rows.changed_tags(wanted, head, previous, self._resolve, tag_filter, self._unreadable)
        return found and found._replace(unreadable=unreadable_of(self._unreadable, tag_filter))

    def touches_tags(self, revision: str, previous: PreviousScan, tag_filter: TagFilter) -> bool:
        """Whether a changeset, or one that came after it, changed tags.

        The hooks of Mercurial are told the first changeset of a push.
        """
        answers = self._ask(lambda place: place.touches_tags(revision), self._readable()).values()
        if any(answers):
            return True
        known = {path for path, value in previous.rows().items() if value == PROJECT}
        if known - self._readable().keys():
            return True
        if False not in answers:
            raise RepositoryError(self._url, f"no changeset {revision}", "Write its id in full.")
        return False

    def nothing_found(self, previous: PreviousScan, tag_filter: TagFilter) -> NothingFound:
        """Which repositories the previous scan looked at, and their other tags."""
        from sdistmaker_recipe.vcs import tag_explanation

        hint = "Make a tag and push it: hg tag 1.0; hg push."
        return tag_explanation.nothing_found(self._tags(), tag_filter, "Mercurial", hint)

    def explain(self, path: str, tag_filter: TagFilter) -> ScanExplanation:
        """What a scan makes of a tag or a repository at a path."""
        from sdistmaker_recipe.vcs import tag_explanation

        return tag_explanation.explain(self._tags(), path, tag_filter, self._resolve, "Mercurial")

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        """Whether tags are at these paths."""
        paths = list(paths)
        try:
            listing = self._tags()
        except RepositoryError:
            return dict.fromkeys(paths, "unknown")
        return {path: self._presence(listing, path) for path in paths}

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        """The changeset that removed each of these tags, which .hgtags records."""
        names: dict[str, dict[str, str]] = {}
        for path in last_revisions:
            project, name = split_tag_path(path) or ("", "")
            names.setdefault(project, {})[name] = path
        places = self._readable()
        found: dict[str, str] = {}
        for project, paths in names.items():
            if place := places.get(project):
                answers = self._ask(partial(_removals, names=paths), {project: place})
                removed = answers.get(project, {})
                found |= {paths[name]: node for name, node in removed.items()}
        return found

    def tag_at_url(self, tag_filter: TagFilter) -> Tag:
        """The tag that the URL names."""
        project, name, node = self._find(self._inner)
        resolved = self._resolve({project: {name: node}}).get(project, {}).get(name)
        if resolved is None:
            raise PathNotFoundError(self._url, "the tag's changeset is not there")
        known_as = tag_filter.url.removesuffix(f"/{self._inner}")
        match = tag_filter.pattern_of(project_name(known_as, project)).fullmatch(name)
        return Tag(
            repository=tag_filter.url,
            project_path="",
            name=name,
            path="",
            version=match["version"] if match else name,
            revision=resolved.commit,
            time=tag_rows.time_of(resolved.seconds),
            origin=self.identity(),
        )

    def export(self, tag: Tag, revision: str, destination: Path) -> None:
        """Write the files of the tag's changeset, as ``hg archive`` gives them."""
        with new_folder(self._url, destination):
            project, _name = tag_rows.project_and_name(tag.path or self._inner, self._url)
            place = self._all_places().get(project)
            if place is None:
                raise PathNotFoundError(self._url, f"no repository {project!r} is there any more")
            self._exporter.export(place, tag.revision, destination)

    def disconnect(self) -> None:
        """End the processes of hg until the next question."""
        self._servers.close()

    def close(self) -> None:
        """End the processes of hg."""
        self._servers.close()

    def __enter__(self) -> MercurialRepository:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _all_places(self) -> Mapping[str, Place]:
        if self._places is None:
            self._places = self._find_places()
        return self._places

    def _readable(self) -> Mapping[str, Place]:
        self._all_states()
        return {path: place for path, place in self._all_places().items() if path not in self._unreadable}

    def _all_states(self) -> Mapping[str, str]:
        """The state of each repository when it was first asked for; those that may not be read have none."""
        if self._states is None:
            states: dict[str, str] = {}
            for path, place in self._all_places().items():
                try:
                    states[path] = place.state()
                except RepositoryError as error:
                    if not path:
                        raise
                    self._unreadable[path] = error
            if self._unreadable and not states:
                raise next(iter(self._unreadable.values()))
            self._states = states
        return self._states

    def _tags(self) -> Listing:
        """All tags when they were first asked for."""
        return self._read_tags({})

    def _read_tags(self, known: Known) -> Listing:
        """All tags; repositories in a known state are not asked."""
        if self._listing is None:
            states = self._all_states()
            unchanged = [path for path, state in states.items() if path in known and known[path][0] == state]
            same = {path: known[path][1] for path in unchanged}
            asked = {path: place for path, place in self._readable().items() if path not in same}
            self._listing = {**same, **self._ask(lambda place: place.tags(), asked)}
            if self._unreadable and not self._listing:
                raise next(iter(self._unreadable.values()))
            if self._known_tags and asked:
                self._known_tags.write({path: (states[path], tags) for path, tags in self._listing.items()})
        return self._listing

    def _resolve(self, tags: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, Resolved]]:
        times = self._ask(lambda place: place.times(), {path: self._all_places()[path] for path in tags})
        return {
            path: {
                name: Resolved(node, times[path][node]) for name, node in nodes.items() if node in times[path]
            }
            for path, nodes in tags.items()
            if path in times
        }

    def _ask(self, ask: Callable[[Place], Answer], places: Mapping[str, Place]) -> dict[str, Answer]:
        """The answers of places. Those of a folder that fail have none, and are passed over from now on."""
        answers = _in_threads(lambda place: _answer_or_error(ask, place), places)
        given: dict[str, Answer] = {}
        for path, (answer, error) in answers.items():
            if error is None:
                given[path] = cast("Answer", answer)
            elif path:
                self._unreadable[path] = error
            else:
                raise error
        return given

    def _presence(self, listing: Listing, path: str) -> Presence:
        project, name = split_tag_path(path) or ("", "")
        if tag_rows.is_below(project, self._unreadable):
            return "unknown"
        return "there" if name in listing.get(project, {}) else "gone"

    def _find(self, path: str) -> tuple[str, str, str]:
        """The repository, the name and the changeset of a tag."""
        project, name = tag_rows.project_and_name(path, self._url)
        if not (node := self._tags().get(project, {}).get(name)):
            raise PathNotFoundError(self._url, f"no tag {name}")
        return project, name, node


def _in_threads(ask: Callable[[Place], Answer], places: Mapping[str, Place]) -> dict[str, Answer]:
    """The answers of places, asked for several at a time. Raises the first error.

    Each thread has its process of hg, which computes all the time, so there are no more of them than cores.
    """
    if len(places) < 4:
        return {path: ask(place) for path, place in places.items()}
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as executor:
        return dict(zip(places, executor.map(ask, places.values()), strict=True))


def _answer_or_error(
    ask: Callable[[Place], Answer], place: Place
) -> tuple[Answer | None, RepositoryError | None]:
    try:
        return ask(place), None
    except RepositoryError as error:
        return None, error


def _removals(place: Place, names: Iterable[str]) -> dict[str, str]:
    return place.removals(names)
