"""The tags of a git repository, or of all repositories in a folder of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import Tag, split_tag_path
from sdistmaker_recipe.vcs import (
    PreviousScan,
    ScanResult,
    tag_rows,
)
from sdistmaker_recipe.vcs.background import ask_in_background
from sdistmaker_recipe.vcs.git.archive import Commit
from sdistmaker_recipe.vcs.git.export import Exporter
from sdistmaker_recipe.vcs.git.places import Place, RemotePlace
from sdistmaker_recipe.vcs.git.version import UnusableGitError
from sdistmaker_recipe.vcs.listed_repository import ListedRepository
from sdistmaker_recipe.vcs.repository_folder import unreadable_of
from sdistmaker_recipe.vcs.subdirectories import split_project
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from sdistmaker_recipe.vcs.tag_rows import Listing, Resolve, Resolved

_THREADS = 8

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class GitRepository(ListedRepository[Place]):
    """A git repository, or a folder of them."""

    system = "git"
    connections_over_network = 8
    how_to_tag = "Push the tags: git push --tags."

    def __init__(
        self,
        url: str,
        identity: str,
        find_places: Callable[[], Mapping[str, Place]],
        exporter: Exporter,
        *,
        inner: str = "",
        is_local: bool = False,
        connections: int = 0,
    ) -> None:
        super().__init__(url, identity, find_places, inner=inner, is_local=is_local, connections=connections)
        self._exporter = exporter
        self._listing: Listing | None = None
        self._pending: Future[Listing] | None = None
        self._head = ""
        self._lost: dict[str, str] = {}

    def head(self) -> str:
        """A digest of all tags when this was asked first."""
        if not self._head:
            self._head = tag_rows.head_of(self._tags())
        return self._head

    def begin(self) -> None:
        """Begin to list the tags of a server in a thread; those of this machine are listed at once."""
        if not self._is_local and self._pending is None:
            self._pending = ask_in_background(self._list)

    def check(self, revision: str) -> None:
        """Raise ``RepositoryError`` unless the tag at the URL is there, or any repository."""
        if self._inner:
            self._find(self._inner)
        else:
            self._tags()

    def all_tags(self, tag_filter: TagFilter) -> ScanResult:
        """Every project and its release tags."""
        wanted, resolve = tag_rows.without_ignored(self._tags(), tag_filter), self._resolver(tag_filter)
        found = tag_rows.all_tags(wanted, self.head(), resolve, tag_filter, self._unreadable)
        self._clean()
        return self._with_unread(found, tag_filter)

    def changed_tags(self, previous: PreviousScan, tag_filter: TagFilter) -> ScanResult | None:
        """The projects whose tags have other ids than in the previous scan."""
        wanted, resolve = tag_rows.without_ignored(self._tags(), tag_filter), self._resolver(tag_filter)
        found = tag_rows.changed_tags(wanted, self.head(), previous, resolve, tag_filter, self._unreadable)
        if found and found.checkpoint != previous.checkpoint:
            self._clean()
        return found and self._with_unread(found, tag_filter)

    def touches_tags(self, revision: str, previous: PreviousScan, tag_filter: TagFilter) -> bool:
        """Whether a ref, ``[REPOSITORY:]refs/tags/NAME``, a commit or a repository is one of release tags."""
        from sdistmaker_recipe.vcs.git.pushes import touches_tags

        return touches_tags(self._url, self._tags(), revision, previous, tag_filter)

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        """Nothing: git does not record when a ref was deleted."""
        return {}

    def prepare_export(self, tags: Sequence[Tag]) -> None:
        """Fetch the objects of these tags at once."""
        listing = self._tags()
        for path, place in self._all_places().items():
            if isinstance(place, RemotePlace):
                commits = {tag.name: tag.revision for tag in tags if self._is_in(path, tag)}
                known = listing.get(path, {})
                wanted = {known[name]: f"refs/tags/{name}" for name in commits.keys() & known.keys()}
                place.prepare(wanted, known, commits)

    def disconnect(self) -> None:
        """Nothing is kept open."""

    def close(self) -> None:
        """Nothing is kept open."""

    def _tags(self) -> Listing:
        """All tags when they were first asked for."""
        if self._listing is None:
            pending, self._pending = self._pending, None
            self._listing = pending.result() if pending else self._list()
        return self._listing

    def _list(self) -> Listing:
        listing: dict[str, Mapping[str, str]] = {}
        for path, place in self._all_places().items():
            try:
                listing[path] = place.tags()
            except RepositoryError as error:
                if not path or isinstance(error, UnusableGitError):
                    raise
                self._unreadable[path] = error
        if self._unreadable and not listing:
            raise next(iter(self._unreadable.values()))
        return listing

    def _with_unread(self, found: ScanResult, tag_filter: TagFilter) -> ScanResult:
        unreadable = unreadable_of(self._unreadable, tag_filter)
        return found._replace(unreadable=unreadable, lost_tags=tuple(sorted(self._lost.items())))

    def _clean(self) -> None:
        """Remove what was fetched of tags that are gone."""
        for path, tags in self._tags().items():
            self._all_places()[path].clean(tags)

    def _resolver(self, tag_filter: TagFilter) -> Resolve:
        """Finds out what tags are, with the folders that are projects by the option subdirectory."""
        places = self._all_places()
        globs = [line.glob for line in tag_filter.subdirectories]

        def resolve(
            tags: Mapping[str, Mapping[str, str]],
        ) -> Mapping[str, Mapping[str, Resolved]]:
            return _in_threads(lambda path: commits(path, tags[path]), tags)

        def releases_of(path: str) -> list[str]:
            return [name for name in self._tags()[path] if tag_rows.is_release(path, name, tag_filter)]

        def commits(path: str, tags: Mapping[str, str]) -> Mapping[str, Resolved]:
            try:
                found = places[path].commits(tags, globs)
                if missing := sorted(tags.keys() - found.keys()):
                    reason = f"objects of the tag {missing[0]} are missing{_others(missing)}"
                    hint = places[path].loss_hint()
                    # A repository none of whose releases can be read is passed over as a whole.
                    if all(name in missing for name in releases_of(path)):
                        raise RepositoryError(places[path].url, reason, hint)
                    self._lost[path] = f"{reason}. The other tags are read. {hint}"
            except RepositoryError as error:
                if not path or isinstance(error, UnusableGitError):
                    raise
                self._unreadable[path] = error
                return {}
            return found

        return resolve

    def _export(self, place: Place, name: str, commit: str, destination: Path) -> None:
        identifier = place.id_of(name, commit)
        tagged = Commit(commit, name, identifier) if identifier else Commit(commit)
        self._exporter.export(place, tagged, destination)

    def _is_in(self, path: str, tag: Tag) -> bool:
        """Whether a tag is one of the repository at a path."""
        project, _name = split_tag_path(tag.path) or ("", "")
        split = split_project(self._all_places(), project)
        return split is not None and split[0] == path


def _others(names: Sequence[str]) -> str:
    return f", and of {len(names) - 1} other tags" if len(names) > 1 else ""


def _in_threads(ask: Callable[[Key], Answer], keys: Iterable[Key]) -> dict[Key, Answer]:
    """The answers by their keys, asked for several at a time. Raises the first error."""
    asked = list(keys)
    if len(asked) < 2:
        return {key: ask(key) for key in asked}
    with ThreadPoolExecutor(min(_THREADS, len(asked))) as executor:
        return dict(zip(asked, executor.map(ask, asked), strict=True))
