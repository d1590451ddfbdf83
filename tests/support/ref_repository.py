"""A backend without folders, much as git would be one: bare repositories, each with refs to object ids.

It shows that ``vcs.Repository``, its values and the scan state suit more than Subversion. One listing of
refs (as by git ls-remote) answers all questions; the rows that the catalog keeps for it are refs with ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import Tag, project_name, split_tag_path
from sdistmaker_recipe.vcs import (
    PROJECT,
    Checkpoint,
    NothingFound,
    Presence,
    PreviousScan,
    ProjectTags,
    ReleaseTag,
    ScanExplanation,
    ScanResult,
)
from sdistmaker_recipe.vcs.tag_filter import TagFilter

FIRST_TIME = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
TAG_REFS = "refs/tags/"
FORMAT = "refs 1"
"""What a checkpoint says of the rows: those of another format cannot be compared."""


class Commit(NamedTuple):
    """A commit's time and files."""

    time: datetime
    files: Mapping[str, str]


@dataclass
class RefServer:
    """Repositories below one URL.

    ``refs`` has the id of each ref by the path of its repository and its name, ``pushes`` the refs that each
    push has changed, ``questions`` counts the listings that were asked for.
    """

    url: str = "https://git.example.com"
    identity: str = "5f1c3a0e"
    refs: dict[str, dict[str, str]] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    pushes: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    questions: int = 0

    def push(self, repository: str, ref: str, files: Mapping[str, str] | None) -> str:
        """Point a ref of a repository, which is made if need be, to a new commit; None deletes the ref.

        Returns what identifies the push.
        """
        refs = self.refs.setdefault(repository, {})
        if files is None:
            del refs[ref]
        else:
            commit = Commit(FIRST_TIME + timedelta(days=len(self.commits)), dict(files))
            refs[ref] = hashlib.sha1(repr((len(self.commits), commit)).encode()).hexdigest()
            self.commits[refs[ref]] = commit
        return self._note({(repository, ref)})

    def remove(self, repository: str) -> str:
        """Remove a repository."""
        return self._note({(repository, ref) for ref in self.refs.pop(repository)})

    def copy(self, repository: str, to: str) -> str:
        """Put a copy of a repository in place of another."""
        self.refs[to] = dict(self.refs[repository])
        return self._note({(to, ref) for ref in self.refs[to]})

    def _note(self, changed: Iterable[tuple[str, str]]) -> str:
        push = f"push-{len(self.pushes)}"
        self.pushes[push] = frozenset(changed)
        return push


class RefRepository:
    """See ``sdistmaker_recipe.vcs.Repository``; ``path`` is that of a single tag, "" for all repositories."""

    def __init__(self, server: RefServer, path: str = "") -> None:
        self._server = server
        self._path = path
        self._listing: dict[str, dict[str, str]] | None = None

    @property
    def url(self) -> str:
        return f"{self._server.url}/{self._path}".rstrip("/")

    @property
    def is_local(self) -> bool:
        return False

    @property
    def connections(self) -> int:
        return 4

    def identity(self) -> str:
        return f"{self._server.identity}/{self._path}".rstrip("/")

    def head(self) -> str:
        return hashlib.sha1(repr(sorted(self._rows())).encode()).hexdigest()

    def check(self, revision: str) -> None:
        if self._path and not self._object_at(self._path):
            raise self._not_found()

    def all_tags(self, tag_filter: TagFilter) -> ScanResult:
        projects = (
            ProjectTags(path, tuple(self._tags(path, refs, tag_filter)))
            for path, refs in self._projects(tag_filter).items()
        )
        return ScanResult(self._checkpoint(), tuple(projects), rows=tuple(self._rows()))

    def changed_tags(self, previous: PreviousScan, tag_filter: TagFilter) -> ScanResult | None:
        if previous.checkpoint.last_change != FORMAT:
            return None
        if previous.checkpoint == self._checkpoint():
            return ScanResult(self._checkpoint())
        before = previous.rows()
        now = dict(self._rows())
        projects = self._projects(tag_filter)
        known = {path for path, value in before.items() if value == PROJECT}
        gone = [key for key, value in before.items() if value != PROJECT and key not in now]
        return ScanResult(
            self._checkpoint(),
            projects=tuple(self._changed_projects(projects, known, before, gone, tag_filter)),
            gone_projects=tuple(known - projects.keys()),
            rows=tuple((key, value) for key, value in now.items() if before.get(key) != value),
            dropped_rows=tuple(gone),
        )

    def touches_tags(self, revision: str, previous: PreviousScan, tag_filter: TagFilter) -> bool:
        if revision not in self._server.pushes:
            raise RepositoryError(self.url, f"no push {revision}")
        return any(self._version(path, ref, tag_filter) for path, ref in self._server.pushes[revision])

    def nothing_found(self, previous: PreviousScan, tag_filter: TagFilter) -> NothingFound:
        return NothingFound(f"{len(self._refs())} repositories without a tag that names a release")

    def explain(self, path: str, tag_filter: TagFilter) -> ScanExplanation:
        return ScanExplanation(bool(self._object_at(path)), (f"{path} is a ref",))

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        return {path: "there" if self._object_at(path) else "gone" for path in paths}

    def deletions(self, last_revisions: Mapping[str, str]) -> Mapping[str, str]:
        return {}  # git does not record when a ref was deleted

    def tag_at_url(self, tag_filter: TagFilter) -> Tag:
        found = self._object_at(self._path)
        project_path, name = split_tag_path(self._path) or ("", "")
        if not found:
            raise self._not_found()
        version = tag_filter.version_of(project_name(self._server.url, project_path), name)
        time = self._server.commits[found].time
        return Tag(tag_filter.url, "", name, "", version or name, found, time, self.identity())

    def export(self, tag: Tag, revision: str, destination: Path) -> None:
        if tag.revision not in self._server.commits:
            raise PathNotFoundError(tag.url, f"no object {tag.revision}")
        destination.mkdir()
        for path, text in self._server.commits[tag.revision].files.items():
            (destination / path).write_text(text)

    def disconnect(self) -> None:
        pass

    def close(self) -> None:
        pass

    def __enter__(self) -> RefRepository:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _refs(self) -> dict[str, dict[str, str]]:
        """The refs when they were first asked for."""
        if self._listing is None:
            self._server.questions += 1
            self._listing = {path: dict(refs) for path, refs in self._server.refs.items()}
        return self._listing

    def _rows(self) -> Iterator[tuple[str, str]]:
        for path, refs in self._refs().items():
            for ref, commit in refs.items():
                yield f"{path}:{ref}", commit

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self.head(), FORMAT, EPOCH)

    def _projects(self, tag_filter: TagFilter) -> dict[str, dict[str, str]]:
        return {path: refs for path, refs in self._refs().items() if tag_filter.wants_project(path)}

    def _tags(self, path: str, refs: Mapping[str, str], tag_filter: TagFilter) -> Iterator[ReleaseTag]:
        for ref, commit in refs.items():
            version = self._version(path, ref, tag_filter)
            if version:
                time = self._server.commits[commit].time
                yield ReleaseTag(ref.removeprefix(TAG_REFS), version, commit, time)

    def _version(self, path: str, ref: str, tag_filter: TagFilter) -> str | None:
        if not (ref.startswith(TAG_REFS) and tag_filter.wants_project(path)):
            return None
        return tag_filter.version_of(project_name(tag_filter.url, path), ref.removeprefix(TAG_REFS))

    def _changed_projects(
        self,
        projects: Mapping[str, Mapping[str, str]],
        known: Iterable[str],
        before: Mapping[str, str],
        gone: Iterable[str],
        tag_filter: TagFilter,
    ) -> Iterator[ProjectTags]:
        for path, refs in projects.items():
            start = f"{path}:{TAG_REFS}"
            changed = {ref: commit for ref, commit in refs.items() if before.get(f"{path}:{ref}") != commit}
            deleted = tuple(key.removeprefix(start) for key in gone if key.startswith(start))
            if path not in known or changed or deleted:
                yield ProjectTags(path, tuple(self._tags(path, changed, tag_filter)), deleted)

    def _object_at(self, path: str) -> str:
        project_path, name = split_tag_path(path) or ("", "")
        return self._refs().get(project_path, {}).get(f"{TAG_REFS}{name}", "")

    def _not_found(self) -> PathNotFoundError:
        return PathNotFoundError(self.url, "no such tag")
