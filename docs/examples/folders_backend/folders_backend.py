"""Release tags that are folders on a disk: an example of a backend for sdistmaker_recipe.

Below a folder with a file ``.folders-id``, each folder that has a folder ``tags`` is a project. What is in
``tags`` are its tags.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote, urlsplit

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import RepositorySettings, Tag, project_name, split_tag_path
from sdistmaker_recipe.vcs import (
    Credentials,
    NothingFound,
    Presence,
    PreviousScan,
    ScanExplanation,
    ScanResult,
    tag_rows,
)
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from sdistmaker_recipe.vcs.tag_rows import Listing, Resolved

ID_FILE = ".folders-id"


def open_repository(
    url: str, credentials: Credentials, connections: int, settings: RepositorySettings
) -> FoldersRepository:
    """What the entry point names: open a URL such as ``folders:///srv/releases``; ask nothing yet.

    All but the URL is for servers, and a disk does not need it.
    """
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise RepositoryError(url, f"{parts.netloc} is another machine", "Write folders:///path/of/folder.")
    return FoldersRepository(url.rstrip("/"), Path(unquote(parts.path)))


class FoldersRepository:
    """See ``sdistmaker_recipe.vcs.Repository``, whose methods these are.

    ``shown`` is the folder that the URL names: that of all projects, or that of a single tag.
    """

    def __init__(self, url: str, shown: Path) -> None:
        self._url = url
        self._shown = shown
        self._listing: Listing | None = None
        self._head = ""

    @property
    def url(self) -> str:
        """The URL that it was opened with."""
        return self._url

    @property
    def is_local(self) -> bool:
        """It is on a disk of this machine."""
        return True

    @property
    def connections(self) -> int:
        """Any number of processes may read it at one time."""
        return 0

    def identity(self) -> str:
        """The line in the file, which stays when the folder moves, and the path of what is shown."""
        root = self._root()
        path = self._shown.relative_to(root).as_posix()
        identity = (root / ID_FILE).read_text("utf-8").strip()
        return identity if path == "." else f"{identity}/{path}"

    def head(self) -> str:
        """A digest of all tags, and of the times of all project folders."""
        self._tags()
        return self._head

    def check(self, revision: str) -> None:
        """Raise ``RepositoryError`` unless the folder is there."""
        self._root()
        if not self._shown.is_dir():
            raise PathNotFoundError(self._url, "no such folder")

    def all_tags(self, tag_filter: TagFilter) -> ScanResult:
        """All tags that the filter lets through."""
        return tag_rows.all_tags(self._tags(), self.head(), self._resolve, tag_filter)

    def changed_tags(self, previous: PreviousScan, tag_filter: TagFilter) -> ScanResult | None:
        """The tags that have another id than in the previous scan."""
        return tag_rows.changed_tags(self._tags(), self.head(), previous, self._resolve, tag_filter)

    def touches_tags(self, revision: str, previous: PreviousScan, tag_filter: TagFilter) -> bool:
        """Whether a path that was changed is that of a tag: here ``--revision`` gets such a path."""
        tag = split_tag_path(revision)
        known = previous.rows().keys()
        if revision in known or (tag and tag_rows.row_key(*tag) in known):
            return True
        if not (self._shown / revision).exists():
            raise RepositoryError(self._url, f"nothing is at {revision!r}", "It is a path below the URL.")
        return tag is not None

    def nothing_found(self, previous: PreviousScan, tag_filter: TagFilter) -> NothingFound:
        """What was looked at, in words."""
        found = f"{len(self._tags())} folders that have a folder tags, in none of which is a release"
        return NothingFound(found, f"A tag is a folder, such as {self._url}/PROJECT/tags/1.0.")

    def explain(self, path: str, tag_filter: TagFilter) -> ScanExplanation:
        """What a scan makes of what is at a path: one sentence for each decision."""
        project_path, name = split_tag_path(path) or (path, "")
        if name in self._tags().get(project_path, {}):
            return ScanExplanation(is_there=True, reasons=("it is the folder of a tag",))
        if path in self._tags():
            return ScanExplanation(is_there=True, reasons=("it is a project, because it has a folder tags",))
        return ScanExplanation((self._shown / path).is_dir(), ("it is neither a project nor a tag",))

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        """Whether these tags are there, whatever a filter says."""
        return {path: "there" if (self._shown / path).is_dir() else "gone" for path in paths}

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        """Nothing: a disk does not record when a folder was removed."""
        return {}

    def tag_at_url(self, tag_filter: TagFilter) -> Tag:
        """The tag that the URL itself names."""
        path = self._shown.relative_to(self._root()).as_posix()
        project_path, name = split_tag_path(path) or ("", "")
        if not (name and self._shown.is_dir()):
            raise PathNotFoundError(self._url, "no such tag")
        version = tag_filter.version_of(project_name("", project_path), name) or name
        revision, time = _state(self._shown)
        return Tag(tag_filter.url, "", name, "", version, revision, time, self.identity())

    def export(self, tag: Tag, revision: str, destination: Path) -> None:
        """Copy the files of a tag to the new folder ``destination``, all of them or none."""
        source = self._shown / tag.path
        if not source.is_dir():
            raise PathNotFoundError(tag.url, "no such tag")
        destination.mkdir()
        try:
            shutil.copytree(source, destination, symlinks=True, dirs_exist_ok=True)
            if _state(source)[0] != tag.revision:
                raise RepositoryError(tag.url, "the tag was changed meanwhile")
        except BaseException:
            shutil.rmtree(destination)
            raise

    def disconnect(self) -> None:
        """Nothing is kept open."""

    def close(self) -> None:
        """Nothing is kept open."""

    def __enter__(self) -> FoldersRepository:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _root(self) -> Path:
        """The folder of all projects: the one shown, or one above it."""
        for folder in (self._shown, *self._shown.parents):
            if (folder / ID_FILE).is_file():
                return folder
        raise PathNotFoundError(
            self._url,
            f"the folder, or one above it, has no file {ID_FILE}",
            f"If the path is right, make the file: uuidgen > {self._shown / ID_FILE}",
        )

    def _tags(self) -> Listing:
        """All tags, as they were when this was asked first: questions are answered as of that moment."""
        if self._listing is None:
            self._root()
            projects = dict(_projects(self._shown))
            self._listing = {path: _revisions(folder / "tags") for path, folder in projects.items()}
            times = [f"{path} {folder.stat().st_mtime_ns}" for path, folder in projects.items()]
            self._head = hashlib.sha256(f"{self._listing} {times}".encode()).hexdigest()
        return self._listing

    def _resolve(self, tags: Listing) -> Mapping[str, Mapping[str, Resolved]]:
        """What is behind the ids of these tags, which are new or have moved: here the time."""
        return {
            path: {
                name: Resolved(revision, int(_state(self._shown / path / "tags" / name)[1].timestamp()))
                for name, revision in names.items()
            }
            for path, names in tags.items()
        }


def _projects(root: Path) -> Iterator[tuple[str, Path]]:
    """The path and the folder of each project; there are no projects below a project."""
    for place, folders, _files in os.walk(root):
        folders.sort()
        if "tags" in folders:
            folders.clear()
            path = Path(place).relative_to(root).as_posix()
            yield ("" if path == "." else path), Path(place)


def _revisions(folder: Path) -> dict[str, str]:
    return {tag.name: _state(tag)[0] for tag in sorted(folder.iterdir()) if tag.is_dir()}


def _state(folder: Path) -> tuple[str, datetime]:
    """An id of the files below a folder, another one after each change, and the time of the youngest."""
    states = []
    youngest = folder.stat().st_mtime_ns
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        states.append(
            (path.relative_to(folder).as_posix(), status.st_mode, status.st_size, status.st_mtime_ns)
        )
        youngest = max(youngest, status.st_mtime_ns)
    time = datetime.fromtimestamp(youngest // 10**9, timezone.utc)
    return hashlib.sha256(repr((states, youngest)).encode("utf-8", "surrogateescape")).hexdigest()[:40], time
