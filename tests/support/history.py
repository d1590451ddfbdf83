"""A real Subversion repository that a test lets grow, commit by commit."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from tests.support.requirements import need
from tests.support.svndump import EXECUTABLE, START, Change, Dump, Properties, add_file

SETUP = """\
from setuptools import setup
setup(name={name!r}, version={version!r}, py_modules=[{module!r}], install_requires={requires!r})
"""


class History:
    """A repository at a new folder; its ``url`` is file://, and ``youngest`` its last revision."""

    def __init__(self, folder: Path) -> None:
        need("svnadmin")
        self.folder = folder
        self.url = folder.as_uri()
        self._known: set[str] = set()
        self._date = START
        self.youngest = 0
        subprocess.run(["svnadmin", "create", str(folder)], check=True)

    def add_tag(
        self,
        project: str,
        name: str,
        files: Mapping[str, str | bytes],
        executables: Container[str] = (),
        *,
        properties: Mapping[str, Properties] | None = None,
        date: datetime | None = None,
    ) -> None:
        """Commit a tag with these files; the project's folders are made with it when they are missing.

        ``properties`` are those of files, by their path; ``date`` is as for ``commit``.
        """
        given = properties or {}
        folders = [f"{project}/trunk", f"{project}/tags", f"{project}/tags/{name}"]
        folders += [f"{project}/tags/{name}/{path}".rpartition("/")[0] for path in files]
        changes = [change for folder in dict.fromkeys(folders) for change in self._missing(folder)]
        for path, content in files.items():
            own = given.get(path, EXECUTABLE if path in executables else None)
            changes.append(add_file(f"{project}/tags/{name}/{path}", content, own))
        self.commit(changes, date)

    def release(self, project: str, version: str, *, dist: str = "", requires: Iterable[str] = ()) -> None:
        """Commit a tag of a small setuptools project that installs one module."""
        self.add_tag(project, version, setuptools_project(dist or project, version, requires))

    def delete(self, path: str) -> None:
        """Commit the deletion of path."""
        self._known = {folder for folder in self._known if not f"{folder}/".startswith(f"{path}/")}
        self.commit([Change("delete", path)])

    def commit(self, changes: Iterable[Change], date: datetime | None = None) -> None:
        """Add one revision, a day after the one before unless its date is given."""
        stream = io.BytesIO()
        self._date = date or self._date + timedelta(days=1)
        Dump(stream).commit(changes, date=self._date)
        load = ["svnadmin", "load", "--quiet", "--ignore-uuid", str(self.folder)]
        subprocess.run(load, input=stream.getvalue(), check=True, capture_output=True)
        self.youngest += 1

    @property
    def date(self) -> datetime:
        """The time of the last commit."""
        return self._date

    def _missing(self, folder: str) -> list[Change]:
        changes: list[Change] = []
        path = ""
        for part in folder.split("/"):
            path = f"{path}/{part}" if path else part
            if path not in self._known:
                self._known.add(path)
                changes.append(Change("add", path, "dir"))
        return changes


def tree(folder: Path) -> dict[str, bytes]:
    """The files of a folder on disk, by their paths relative to it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def setuptools_project(dist: str, version: str, requires: Iterable[str] = ()) -> dict[str, str]:
    """The files of a project with a legacy setup.py and one module, which knows its version."""
    module = dist.lower().replace(".", "_").replace("-", "_")
    setup = SETUP.format(name=dist, version=version, module=module, requires=list(requires))
    return {"setup.py": setup, f"{module}.py": f"version = {version!r}\n"}
