"""The example plug-in of docs/examples, and a collection of folders that it reads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sdistmaker_recipe.model import tag_path
from sdistmaker_recipe.vcs import Repository, open_repository

PLUGIN = Path(__file__).parents[2] / "docs/examples/folders_backend"


def install(target: Path) -> None:
    """Install the plug-in with pip into a folder that can then be put on the path of Python.

    pip builds in a copy, because setuptools leaves its own folders beside what it builds.
    """
    with TemporaryDirectory() as folder:
        source = shutil.copytree(PLUGIN, Path(folder, "source"))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*pip, "--no-index", "--target", str(target), str(source)], check=True)


def build_wheel(target: Path) -> None:
    """Put a wheel of the plug-in into a folder."""
    with TemporaryDirectory() as folder:
        source = shutil.copytree(PLUGIN, Path(folder, "source"))
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*pip, "--no-index", "--wheel-dir", str(target), str(source)], check=True)


class FolderServer:
    """See ``tag_servers.TagServer``; the plug-in must be importable. A change is the path that it changed.

    Each change has another time, also where the clock of the file system is slow.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._changes = 1_600_000_000
        folder.mkdir()
        (folder / ".folders-id").write_text("5f1c3a0e\n")

    def add_project(self, project: str) -> str:
        (self.folder / project / "tags").mkdir(parents=True)
        return self._changed(project)

    def put_tag(self, project: str, name: str) -> str:
        folder = self.folder / tag_path(project, name)
        folder.mkdir(exist_ok=True)
        (folder / "setup.py").write_text("setup()\n")
        return self._changed(tag_path(project, name))

    def delete_tag(self, project: str, name: str) -> str:
        shutil.rmtree(self.folder / tag_path(project, name))
        self._changed(project)
        return tag_path(project, name)

    def delete_project(self, project: str) -> str:
        shutil.rmtree(self.folder / project)
        return project

    def replace_project(self, project: str, other: str) -> str:
        shutil.rmtree(self.folder / project, ignore_errors=True)
        shutil.copytree(self.folder / other, self.folder / project)
        return self._changed(project)

    def commit_elsewhere(self, project: str) -> str:
        path = f"{project}/notes-{self._changes}"
        (self.folder / path).write_text("")
        self._changed(project)
        return path

    def open(self, path: str = "") -> Repository:
        return open_repository(f"folders://{self.folder}/{path}".rstrip("/"))

    def _changed(self, path: str) -> str:
        self._changes += 1
        os.utime(self.folder / path, (self._changes, self._changes))
        return path
