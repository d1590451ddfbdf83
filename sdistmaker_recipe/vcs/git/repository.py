"""The tags of a git repository, or of all repositories in a folder of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import unquote

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import Tag, project_name, split_tag_path, tag_path
from sdistmaker_recipe.vcs import (
    NothingFound,
    Presence,
    PreviousScan,
    ScanExplanation,
    ScanResult,
    subdirectories,
    tag_rows,
)
from sdistmaker_recipe.vcs.background import ask_in_background
from sdistmaker_recipe.vcs.git.archive import Commit
from sdistmaker_recipe.vcs.git.export import Exporter
from sdistmaker_recipe.vcs.git.places import Place, RemotePlace
from sdistmaker_recipe.vcs.git.version import UnusableGitError
from sdistmaker_recipe.vcs.new_folder import new_folder
from sdistmaker_recipe.vcs.repository_folder import unreadable_of
from sdistmaker_recipe.vcs.subdirectories import split_project
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from sdistmaker_recipe.vcs.tag_rows import Listing, Resolve, Resolved, is_below

_THREADS = 8
_CONNECTIONS_OVER_NETWORK = 8

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class GitRepository:
    """See ``sdistmaker_recipe.vcs.Repository``. The rows of a scan are those of ``vcs.tag_rows``.

    ``find_places`` finds the repositories by their project paths; it is called with the first question.
    ``inner`` is the path of the one tag that the URL names, "" if it names a repository or a folder.
    """

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
        self._url, self._identity, self._inner = url, identity, inner
        self._find_places, self._exporter = find_places, exporter
        self._is_local, self._connections = is_local, connections
        self._places: Mapping[str, Place] | None = None
        self._listing: Listing | None = None
        self._pending: Future[Listing] | None = None
        self._head = ""
        self._unreadable: dict[str, RepositoryError] = {}
        self._lost: dict[str, str] = {}

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

    def nothing_found(self, previous: PreviousScan, tag_filter: TagFilter) -> NothingFound:
        """Which repositories the previous scan looked at, and their other tags."""
        from sdistmaker_recipe.vcs.tag_explanation import nothing_found

        return nothing_found(self._tags(), tag_filter, "git", "Push the tags: git push --tags.")

    def explain(self, path: str, tag_filter: TagFilter) -> ScanExplanation:
        """What a scan makes of a tag or a repository at a path."""
        from sdistmaker_recipe.vcs.tag_explanation import explain

        return explain(self._tags(), path, tag_filter, self._resolver(tag_filter), "git")

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        """Whether tags are at these paths."""
        paths = list(paths)
        try:
            listing = self._tags()
        except RepositoryError:
            return dict.fromkeys(paths, "unknown")
        projects = {path: (split_tag_path(path) or ("",))[0] for path in paths}
        unknown = {path for path, project in projects.items() if is_below(project, self._unreadable)}
        there = {path for path in paths if _id_at(listing, path)}
        return {
            path: "unknown" if path in unknown else "there" if path in there else "gone" for path in paths
        }

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        """Nothing: git does not record when a ref was deleted."""
        return {}

    def tag_at_url(self, tag_filter: TagFilter) -> Tag:
        """The tag that the URL names."""
        project, name, identifier = self._find(self._inner)
        path, folder = split_project(self._tags(), project) or ("", "")
        resolved = self._resolver(tag_filter)({path: {name: identifier}}).get(path, {}).get(name)
        if resolved is None or resolved.ignored:
            reason = resolved.ignored if resolved else "has no commit there"
            raise PathNotFoundError(self._url, f"the tag {reason}")
        inside = "" if folder else subdirectories.only_project(resolved.folders or (), path, name, tag_filter)
        folder = folder or inside
        known_as = unquote(tag_filter.url).removesuffix(f"/{self._inner}")
        own_name = project_name(known_as, subdirectories.join(path, folder))
        return Tag(
            repository=tag_filter.url,
            project_path=inside,
            name=name,
            path=tag_path(subdirectories.join(path, inside), name) if inside else "",
            version=subdirectories.version_at_url(folder, own_name, name, tag_filter),
            revision=resolved.commit,
            time=tag_rows.time_of(resolved.seconds),
            origin=self.identity(),
        )

    def prepare_export(self, tags: Sequence[Tag]) -> None:
        """Fetch the objects of these tags at once."""
        listing = self._tags()
        for path, place in self._all_places().items():
            if isinstance(place, RemotePlace):
                commits = {tag.name: tag.revision for tag in tags if self._is_in(path, tag)}
                known = listing.get(path, {})
                wanted = {known[name]: f"refs/tags/{name}" for name in commits.keys() & known.keys()}
                place.prepare(wanted, known, commits)

    def export(self, tag: Tag, revision: str, destination: Path) -> None:
        """Write the files of the tag's commit, as ``git archive`` gives them."""
        with new_folder(self._url, destination):
            project, name = tag_rows.project_and_name(tag.path or self._inner, self._url)
            split = split_project(self._all_places(), project)
            if split is None:
                raise PathNotFoundError(self._url, f"no repository {project!r} is there any more")
            place = self._all_places()[split[0]]
            identifier = place.id_of(name, tag.revision)
            commit = Commit(tag.revision, name, identifier) if identifier else Commit(tag.revision)
            self._exporter.export(place, commit, destination)

    def subdirectory_of(self, tag: Tag) -> str:
        """The folder of the tag's project, below the top of its repository."""
        project, _name = split_tag_path(tag.path or self._inner) or ("", "")
        split = split_project(self._all_places(), project)
        return split[1] if split else ""

    def disconnect(self) -> None:
        """Nothing is kept open."""

    def close(self) -> None:
        """Nothing is kept open."""

    def __enter__(self) -> GitRepository:
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

    def _is_in(self, path: str, tag: Tag) -> bool:
        """Whether a tag is one of the repository at a path."""
        project, _name = split_tag_path(tag.path) or ("", "")
        split = split_project(self._all_places(), project)
        return split is not None and split[0] == path

    def _find(self, path: str) -> tuple[str, str, str]:
        """The repository, the name and the id of a tag."""
        project, name = tag_rows.project_and_name(path, self._url)
        if not (identifier := _id_at(self._tags(), path)):
            split = split_project(self._tags(), project)
            raise tag_rows.missing_tag(self._url, name, self._tags()[split[0]] if split else {})
        return project, name, identifier


def _others(names: Sequence[str]) -> str:
    return f", and of {len(names) - 1} other tags" if len(names) > 1 else ""


def _id_at(listing: Listing, path: str) -> str:
    """The id of the tag at a path; "" if there is none."""
    project, name = split_tag_path(path) or ("", "")
    split = split_project(listing, project)
    return listing[split[0]].get(name, "") if split else ""


def _in_threads(ask: Callable[[Key], Answer], keys: Iterable[Key]) -> dict[Key, Answer]:
    """The answers by their keys, asked for several at a time. Raises the first error."""
    asked = list(keys)
    if len(asked) < 2:
        return {key: ask(key) for key in asked}
    with ThreadPoolExecutor(min(_THREADS, len(asked))) as executor:
        return dict(zip(asked, executor.map(ask, asked), strict=True))
