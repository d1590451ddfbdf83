"""Servers of several systems, changed and read in the same words: projects and their tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from sdistmaker_recipe.model import tag_path
from sdistmaker_recipe.vcs import PROJECT, PreviousScan, Repository, ScanResult
from tests.support.memory_repository import MemoryRepository
from tests.support.ref_repository import RefRepository, RefServer


class TagServer(Protocol):
    """A server; each change returns the commit or push that made it."""

    def add_project(self, project: str) -> str:
        """A project without tags."""

    def put_tag(self, project: str, name: str) -> str:
        """A new tag of a project, or one that moves."""

    def delete_tag(self, project: str, name: str) -> str:
        """A tag that goes."""

    def delete_project(self, project: str) -> str:
        """A project that goes with its tags."""

    def replace_project(self, project: str, other: str) -> str:
        """A copy of another project comes in place of this one, if that is there."""

    def commit_elsewhere(self, project: str) -> str:
        """A change of a project that touches none of its tags."""

    def open(self, path: str = "") -> Repository:
        """The server as it is now; with a path, that of a tag."""


class SubversionServer:
    """``open_at`` opens a path of a history."""

    def __init__(self, open_at: Callable[[MemoryRepository, str], Repository]) -> None:
        self.history = MemoryRepository()
        self._open_at = open_at

    def add_project(self, project: str) -> str:
        return self.history.commit({f"{project}/trunk/setup.py": "setup()\n"})

    def put_tag(self, project: str, name: str) -> str:
        path = tag_path(project, name)
        if path in self.history.revisions[-1].tree:
            return self.history.commit({f"{path}/moved-{self.history.head()}": ""})
        return self.history.commit(copies={path: f"{project}/trunk"})

    def delete_tag(self, project: str, name: str) -> str:
        return self.history.commit({tag_path(project, name): None})

    def delete_project(self, project: str) -> str:
        return self.history.commit({project: None})

    def replace_project(self, project: str, other: str) -> str:
        return self.history.commit(copies={project: other})

    def commit_elsewhere(self, project: str) -> str:
        return self.history.commit({f"{project}/trunk/file-{self.history.head()}": ""})

    def open(self, path: str = "") -> Repository:
        return self._open_at(self.history, path)


class RefTagServer:
    """Each project is a repository with refs."""

    def __init__(self) -> None:
        self.server = RefServer()

    def add_project(self, project: str) -> str:
        return self.commit_elsewhere(project)

    def put_tag(self, project: str, name: str) -> str:
        return self.server.push(project, f"refs/tags/{name}", {"setup.py": "setup()\n"})

    def delete_tag(self, project: str, name: str) -> str:
        return self.server.push(project, f"refs/tags/{name}", None)

    def delete_project(self, project: str) -> str:
        return self.server.remove(project)

    def replace_project(self, project: str, other: str) -> str:
        return self.server.copy(other, project)

    def commit_elsewhere(self, project: str) -> str:
        return self.server.push(project, "refs/heads/main", {"setup.py": "setup()\n"})

    def open(self, path: str = "") -> Repository:
        return RefRepository(self.server, path)


class Known:
    """What the results of scans say when they are applied one after the other, as the catalog does it."""

    def __init__(self, found: ScanResult) -> None:
        self.checkpoint = found.checkpoint
        self.tags: dict[str, dict[str, tuple[object, ...]]] = {}
        self.rows: dict[str, str] = {}
        self.apply(found)

    def apply(self, found: ScanResult) -> None:
        self.checkpoint = found.checkpoint
        for path in found.gone_projects:
            del self.tags[path]
        for key in found.dropped_rows:
            del self.rows[key]
        for project in found.projects:
            tags = self.tags.setdefault(project.path, {})
            gone = tags if project.deleted is None else project.deleted
            for name in [*gone]:
                tags.pop(name, None)
            tags.update({tag.name: tag for tag in project.tags})
        self.rows.update(found.rows)

    def previous(self) -> PreviousScan:
        return PreviousScan(self.checkpoint, self.all_rows)

    def all_rows(self) -> Mapping[str, str]:
        assert not self.rows.keys() & self.tags.keys()
        assert PROJECT not in self.rows.values()
        return {**self.rows, **dict.fromkeys(self.tags, PROJECT)}

    @property
    def names(self) -> dict[str, list[str]]:
        return {path: sorted(tags) for path, tags in self.tags.items()}
