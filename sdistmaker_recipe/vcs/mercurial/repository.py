"""The tags of a Mercurial repository, or of all repositories in a folder of this machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import split_tag_path
from sdistmaker_recipe.vcs import (
    PROJECT,
    PreviousScan,
    ScanResult,
    tag_rows,
)
from sdistmaker_recipe.vcs.background import ask_in_background
from sdistmaker_recipe.vcs.listed_repository import ListedRepository
from sdistmaker_recipe.vcs.mercurial.command_server import Servers
from sdistmaker_recipe.vcs.mercurial.export import Exporter
from sdistmaker_recipe.vcs.mercurial.known_tags import Known, KnownTags
from sdistmaker_recipe.vcs.mercurial.places import Place
from sdistmaker_recipe.vcs.repository_folder import unreadable_of
from sdistmaker_recipe.vcs.subdirectories import split_project
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from sdistmaker_recipe.vcs.tag_rows import Listing, Resolve, Resolved

Answer = TypeVar("Answer")


class MercurialRepository(ListedRepository[Place]):
    """A Mercurial repository, or a folder of them."""

    system = "Mercurial"
    connections_over_network = 4
    how_to_tag = "Make a tag and push it: hg tag 1.0; hg push."

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
        super().__init__(url, identity, find_places, inner=inner, is_local=is_local, connections=connections)
        self._exporter, self._servers, self._known_tags = exporter, servers, known_tags
        self._listing: Listing | None = None
        self._states: Mapping[str, str] | None = None
        self._pending: Future[Mapping[str, str]] | None = None

    def head(self) -> str:
        """A digest of the newest changesets when this was asked first."""
        return hashlib.sha256(repr(sorted(self._all_states().items())).encode()).hexdigest()[:40]

    def begin(self) -> None:
        """Begin to ask a server in a thread; the state of local repositories is read at once."""
        if not self._is_local and self._pending is None:
            self._pending = ask_in_background(self._ask_states)

    def check(self, revision: str) -> None:
        """Raise ``RepositoryError`` unless the tag at the URL is there, or any repository."""
        if self._inner:
            self._find(self._inner)
        else:
            self._all_states()

    def all_tags(self, tag_filter: TagFilter) -> ScanResult:
        """Every project and its release tags."""
        wanted = tag_rows.without_ignored(self._tags(), tag_filter)
        found = tag_rows.all_tags(
            wanted, self.head(), self._resolver(tag_filter), tag_filter, self._unreadable
        )
        return found._replace(unreadable=unreadable_of(self._unreadable, tag_filter))

    def changed_tags(self, previous: PreviousScan, tag_filter: TagFilter) -> ScanResult | None:
        """The projects whose tags are of other changesets than in the previous scan."""
        head = self.head()
        if previous.checkpoint == tag_rows.checkpoint_of(head, self._unreadable):
            return ScanResult(previous.checkpoint, unreadable=unreadable_of(self._unreadable, tag_filter))
        self._read_tags(self._known_tags.read() if self._known_tags else {})
        wanted = tag_rows.without_ignored(self._tags(), tag_filter)
        resolve = self._resolver(tag_filter)
        found = tag_rows.changed_tags(wanted, head, previous, resolve, tag_filter, self._unreadable)
        return found and found._replace(unreadable=unreadable_of(self._unreadable, tag_filter))

    def touches_tags(self, revision: str, previous: PreviousScan, tag_filter: TagFilter) -> bool:
        """Whether a changeset, or one that came after it, changed tags.

        The hooks of Mercurial are told the first changeset of a push.
        """
        answers = self._ask(lambda _path, place: place.touches_tags(revision), self._readable()).values()
        if any(answers):
            return True
        known = {path for path, value in previous.rows().items() if value == PROJECT}
        if any(split_project(self._readable(), project) is None for project in known):
            return True
        if False not in answers:
            raise RepositoryError(self._url, f"no changeset {revision}", "Write its id in full.")
        return False

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        """The changeset that removed each of these tags, which .hgtags records."""
        places = self._readable()
        names: dict[str, dict[str, list[str]]] = {}
        for path in last_revisions:
            project, name = split_tag_path(path) or ("", "")
            if split := split_project(places, project):
                names.setdefault(split[0], {}).setdefault(name, []).append(path)
        found: dict[str, str] = {}
        for repository, paths in names.items():
            answers = self._ask(partial(_removals, names=paths), {repository: places[repository]})
            for name, node in answers.get(repository, {}).items():
                found |= dict.fromkeys(paths[name], node)
        return found

    def disconnect(self) -> None:
        """End the processes of hg until the next question."""
        self._servers.close()

    def close(self) -> None:
        """End the processes of hg."""
        self._servers.close()

    def _readable(self) -> Mapping[str, Place]:
        self._all_states()
        return {path: place for path, place in self._all_places().items() if path not in self._unreadable}

    def _all_states(self) -> Mapping[str, str]:
        """The state of each repository when it was first asked for; those that may not be read have none."""
        if self._states is None:
            pending, self._pending = self._pending, None
            try:
                self._states = pending.result() if pending else self._read_states()
            except RepositoryError as error:
                if pending is None or error.is_transient or error.is_forbidden:
                    raise
                # hg serve may answer the first of several questions at a time with an error.
                self._states = self._read_states()
        return self._states

    def _ask_states(self) -> Mapping[str, str]:
        """The same in a thread of its own, whose process of hg nobody else can use."""
        try:
            return self._read_states()
        finally:
            self._servers.close()

    def _read_states(self) -> Mapping[str, str]:
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
        return states

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
            self._listing = {**same, **self._ask(lambda _path, place: place.tags(), asked)}
            if self._unreadable and not self._listing:
                raise next(iter(self._unreadable.values()))
            if self._known_tags and asked:
                self._known_tags.write({path: (states[path], tags) for path, tags in self._listing.items()})
        return self._listing

    def _resolver(self, tag_filter: TagFilter) -> Resolve:
        """Finds out what tags are, with the folders that are projects by the option subdirectory."""
        globs = [line.glob for line in tag_filter.subdirectories]

        def read(place: Place, nodes: Iterable[str]) -> dict[str, Resolved]:
            times = place.times()
            there = [node for node in nodes if node in times]
            folders = place.folders(there, globs) if globs else {}
            return {node: Resolved(node, times[node], folders=folders.get(node)) for node in there}

        def resolve(tags: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, Resolved]]:
            places = {path: self._all_places()[path] for path in tags}
            found = self._ask(lambda path, place: read(place, tags[path].values()), places)
            return {
                path: {name: of_path[node] for name, node in tags[path].items() if node in of_path}
                for path, of_path in found.items()
            }

        return resolve

    def _ask(self, ask: Callable[[str, Place], Answer], places: Mapping[str, Place]) -> dict[str, Answer]:
        """The answers of places. Those of a folder that fail have none, and are passed over from now on."""
        answers = _in_threads(lambda path, place: _answer_or_error(ask, path, place), places)
        given: dict[str, Answer] = {}
        for path, (answer, error) in answers.items():
            if error is None:
                given[path] = cast("Answer", answer)
            elif path:
                self._unreadable[path] = error
            else:
                raise error
        return given

    def _export(self, place: Place, name: str, commit: str, destination: Path) -> None:
        self._exporter.export(place, commit, destination)


def _in_threads(ask: Callable[[str, Place], Answer], places: Mapping[str, Place]) -> dict[str, Answer]:
    """The answers of places, asked for several at a time. Raises the first error.

    Each thread has its process of hg, which computes all the time, so there are no more of them than cores.
    """
    if len(places) < 4:
        return {path: ask(path, place) for path, place in places.items()}
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as executor:
        return dict(zip(places, executor.map(ask, places, places.values()), strict=True))


def _answer_or_error(
    ask: Callable[[str, Place], Answer], path: str, place: Place
) -> tuple[Answer | None, RepositoryError | None]:
    try:
        return ask(path, place), None
    except RepositoryError as error:
        return None, error


def _removals(_path: str, place: Place, names: Iterable[str]) -> dict[str, str]:
    return place.removals(names)
