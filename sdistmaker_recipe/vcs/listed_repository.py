"""What repositories have in common whose system lists its tags by name: git's and Mercurial's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Generic, TypeVar
from urllib.parse import unquote

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import Tag, project_name, split_tag_path, tag_path
from sdistmaker_recipe.vcs import NothingFound, Presence, ScanExplanation, subdirectories, tag_rows
from sdistmaker_recipe.vcs.new_folder import new_folder
from sdistmaker_recipe.vcs.subdirectories import split_project
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from sdistmaker_recipe.vcs.tag_rows import Listing, Resolve

Place = TypeVar("Place")
Self = TypeVar("Self", bound="ListedRepository")  # type: ignore[type-arg]


class ListedRepository(ABC, Generic[Place]):
    """See ``sdistmaker_recipe.vcs.Repository``. The rows of a scan are those of ``vcs.tag_rows``.

    ``find_places`` finds the repositories by their project paths; it is called with the first question.
    ``inner`` is the path of the one tag that the URL names, "" if it names a repository or a folder.
    """

    system: ClassVar[str]
    """The name of the system, as a word before "repository"."""
    connections_over_network: ClassVar[int]
    """How many connections to a server there may be, if the options do not say."""
    how_to_tag: ClassVar[str]
    """The commands that make a tag which others see, as a sentence."""

    def __init__(
        self,
        url: str,
        identity: str,
        find_places: Callable[[], Mapping[str, Place]],
        *,
        inner: str = "",
        is_local: bool = False,
        connections: int = 0,
    ) -> None:
        self._url, self._identity, self._inner = url, identity, inner
        self._find_places = find_places
        self._is_local, self._connections = is_local, connections
        self._places: Mapping[str, Place] | None = None
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
        return 0 if self._is_local else self._connections or self.connections_over_network

    def identity(self) -> str:
        """A digest of where it is for its users, whatever way leads there."""
        return "/".join(filter(None, (self._identity, self._inner)))

    def nothing_found(self, previous: object, tag_filter: TagFilter) -> NothingFound:
        """Which repositories a scan looked at, and their other tags."""
        from sdistmaker_recipe.vcs import tag_explanation

        return tag_explanation.nothing_found(self._tags(), tag_filter, self.system, self.how_to_tag)

    def explain(self, path: str, tag_filter: TagFilter) -> ScanExplanation:
        """What a scan makes of a tag or a repository at a path."""
        from sdistmaker_recipe.vcs import tag_explanation

        resolve = self._resolver(tag_filter)
        return tag_explanation.explain(self._tags(), path, tag_filter, resolve, self.system)

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        """Whether tags are at these paths."""
        paths = list(paths)
        try:
            listing = self._tags()
        except RepositoryError:
            return dict.fromkeys(paths, "unknown")
        return {path: self._presence(listing, path) for path in paths}

    def tag_at_url(self, tag_filter: TagFilter) -> Tag:
        """The tag that the URL names."""
        path, folder, name, identifier = self._find(self._inner)
        resolved = self._resolver(tag_filter)({path: {name: identifier}}).get(path, {}).get(name)
        if resolved is None or resolved.ignored:
            reason = resolved.ignored if resolved else "has no commit there"
            raise PathNotFoundError(self._url, f"the tag {reason}")
        inside = "" if folder else subdirectories.only_project(resolved.folders or (), path, name, tag_filter)
        folder = folder or inside
        known_as = unquote(tag_filter.url).removesuffix(f"/{self._inner}")
        project = project_name(known_as, subdirectories.join(path, folder))
        return Tag(
            repository=tag_filter.url,
            project_path=inside,
            name=name,
            path=tag_path(subdirectories.join(path, inside), name) if inside else "",
            version=subdirectories.version_at_url(folder, project, name, tag_filter),
            revision=resolved.commit,
            time=tag_rows.time_of(resolved.seconds),
            origin=self.identity(),
        )

    def export(self, tag: Tag, revision: str, destination: Path) -> None:
        """Write the files of the tag's commit, as the system's own archive command gives them."""
        with new_folder(self._url, destination):
            project, name = tag_rows.project_and_name(tag.path or self._inner, self._url)
            split = split_project(self._all_places(), project)
            if split is None:
                raise PathNotFoundError(self._url, f"no repository {project!r} is there any more")
            self._export(self._all_places()[split[0]], name, tag.revision, destination)

    def subdirectory_of(self, tag: Tag) -> str:
        """The folder of the tag's project, below the top of its repository."""
        project, _name = split_tag_path(tag.path or self._inner) or ("", "")
        split = split_project(self._all_places(), project)
        return split[1] if split else ""

    @abstractmethod
    def close(self) -> None:
        """End what is kept open."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def _tags(self) -> Listing:
        """All tags when they were first asked for. Repositories that cannot be read join ``_unreadable``."""

    @abstractmethod
    def _resolver(self, tag_filter: TagFilter) -> Resolve:
        """Finds out what tags are, with the folders that are projects by the option subdirectory."""

    @abstractmethod
    def _export(self, place: Place, name: str, commit: str, destination: Path) -> None:
        """Write the files of a commit, which a tag of this name had when it was scanned."""

    def _all_places(self) -> Mapping[str, Place]:
        if self._places is None:
            self._places = self._find_places()
        return self._places

    def _find(self, path: str) -> tuple[str, str, str, str]:
        """The repository, the folder of the project in it, the name and the id of a tag."""
        project, name = tag_rows.project_and_name(path, self._url)
        split = split_project(self._tags(), project)
        there = self._tags()[split[0]] if split else {}
        if not split or not (identifier := there.get(name)):
            raise tag_rows.missing_tag(self._url, name, there)
        return (*split, name, identifier)

    def _presence(self, listing: Listing, path: str) -> Presence:
        project, name = split_tag_path(path) or ("", "")
        if tag_rows.is_below(project, self._unreadable):
            return "unknown"
        split = split_project(listing, project)
        return "there" if split and name in listing[split[0]] else "gone"
