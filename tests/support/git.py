"""Repositories of git for tests: made, changed and pushed to by the program git, with nobody's settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Repository, open_repository
from tests.support.requirements import need

FIRST_SECOND = 1_500_000_000


def git(
    folder: Path,
    *arguments: str,
    stdin: bytes = b"",
    seconds: int = FIRST_SECOND,
    index: Path | None = None,
) -> str:
    """What git prints in a folder; commits and tags that it makes have this time."""
    need("git")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    time = f"{seconds} +0200"
    variables |= {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
        "GIT_AUTHOR_DATE": time,
        "GIT_COMMITTER_DATE": time,
        "LC_ALL": "C",
        **({"GIT_INDEX_FILE": str(index)} if index else {}),
    }
    command = ["git", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", *arguments]
    done = subprocess.run(command, cwd=folder, env=variables, input=stdin, capture_output=True, check=False)
    assert not done.returncode, done.stderr.decode()
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def make_bare(folder: Path) -> Path:
    """A bare repository in a new folder."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare")
    return folder


def commit(folder: Path, files: Mapping[str, str | bytes], *, seconds: int = FIRST_SECOND) -> str:
    """The id of a new commit of exactly these files on the branch main of a bare repository."""
    listed = []
    for path, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        blob = git(folder, "hash-object", "-w", "--stdin", stdin=data)
        listed.append(f"100644 blob {blob}\t{path}")
    tree = _make_tree(folder, listed)
    parent = _parent(folder)
    made = git(folder, "commit-tree", tree, "-m", f"at {seconds}", *parent, seconds=seconds)
    git(folder, "update-ref", "refs/heads/main", made)
    return made


def _make_tree(folder: Path, listed: list[str]) -> str:
    """A tree from lines of ls-tree, whose paths may have folders."""
    index = folder / "scratch-index"
    index.unlink(missing_ok=True)
    text = "".join(f"{line}\n" for line in listed).encode("utf-8", "surrogateescape")
    git(folder, "update-index", "--add", "--index-info", stdin=text, index=index)
    tree = git(folder, "write-tree", index=index)
    index.unlink(missing_ok=True)
    return tree


def _parent(folder: Path) -> list[str]:
    found = git(folder, "for-each-ref", "--format=%(objectname)", "refs/heads/main")
    return ["-p", found] if found else []


class GitServer:
    """A folder of bare repositories; see ``tests.support.tag_servers.TagServer``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._commits = 0

    @property
    def url(self) -> str:
        return f"git+{self.folder.as_uri()}"

    def at(self, project: str) -> Path:
        """The folder of a project's repository."""
        return self.folder / f"{project}.git"

    def add_project(self, project: str) -> str:
        make_bare(self.at(project))
        return self.commit_elsewhere(project)

    def put_tag(self, project: str, name: str) -> str:
        if not self.at(project).exists():
            make_bare(self.at(project))
        self.commit_elsewhere(project)
        options = ["-a", "-m", name] if self._commits % 2 else []
        git(self.at(project), "tag", "-f", *options, name, "refs/heads/main", seconds=FIRST_SECOND + 9)
        if self._commits % 3 == 0:
            git(self.at(project), "pack-refs", "--all")
        return f"{project}:refs/tags/{name}"

    def delete_tag(self, project: str, name: str) -> str:
        git(self.at(project), "tag", "-d", name)
        return f"{project}:refs/tags/{name}"

    def delete_project(self, project: str) -> str:
        shutil.rmtree(self.at(project))
        return project

    def replace_project(self, project: str, other: str) -> str:
        shutil.rmtree(self.at(project), ignore_errors=True)
        shutil.copytree(self.at(other), self.at(project))
        return project

    def commit_elsewhere(self, project: str) -> str:
        self._commits += 1
        files = {"setup.py": "setup()\n"}
        commit(self.at(project), files, seconds=FIRST_SECOND + self._commits)
        # A scan reads tags only, so one that names no release moves with the branch.
        git(self.at(project), "tag", "-f", "nightly", "refs/heads/main")
        return f"{project}:refs/heads/main"

    def open(self, path: str = "") -> Repository:
        url = f"{self.url}/{path}".rstrip("/")
        return open_repository(url, settings=RepositorySettings(known_as=self.url))
