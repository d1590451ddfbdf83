"""Read objects: the commits of tags and their times. A folder of our own is the GIT_DIR of such calls.

So no setting and no ref of the repository that is read has any influence, and it does not matter whom its
files belong to.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.git.process import Git
from sdistmaker_recipe.vcs.subdirectories import project_folders
from sdistmaker_recipe.vcs.tag_rows import Resolved

_COMMITTER = re.compile(rb"^committer .*> *(-?\d+) [+-]\d+$", re.MULTILINE)
_TARGET = re.compile(rb"object ([0-9a-f]+)\ntype (\w+)\n")
_MOST_TAGS = 50
"""A tag may name a tag, and so on; longer chains are taken for an attack."""
_SHA256_DIGITS = 64


def make_git_folder(folder: Path, identifier: str) -> None:
    """Make the new folder a bare repository without any ref, for ids as long as this one."""
    for name in ("objects/info", "objects/pack", "refs"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/none\n", "ascii")
    is_sha256 = len(identifier) == _SHA256_DIGITS
    text = f"[core]\n\trepositoryformatversion = {int(is_sha256)}\n\tbare = true\n"
    if is_sha256:
        text += "[extensions]\n\tobjectFormat = sha256\n"
    (folder / "config").write_text(text, "ascii")


@contextmanager
def reading(url: str, objects: Path, identifier: str) -> Iterator[Git]:
    """Calls of git that read a folder of objects, whose ids are as long as this one."""
    with tempfile.TemporaryDirectory(prefix="sdistmaker-git-") as name:
        folder = Path(name, "reader.git")
        make_git_folder(folder, identifier)
        yield Git(url, folder, objects)


def read_commits(url: str, objects: Path, tags: Mapping[str, str]) -> dict[str, Resolved]:
    """What the ids of tags are, by the tags' names; tags whose objects are missing are left out.

    Raises ``RepositoryError``.
    """
    if not tags:
        return {}
    with (
        reading(url, objects, next(iter(tags.values()))) as git,
        git.conversation(["cat-file", "--batch"]) as (asks, answers),
    ):
        reader = _Reader(url, asks, answers)
        seen = {identifier: reader.resolve(identifier) for identifier in dict.fromkeys(tags.values())}
    found = {name: seen[identifier] for name, identifier in tags.items()}
    return {name: resolved for name, resolved in found.items() if resolved is not None}


def with_folders(
    url: str, objects: Path, found: Mapping[str, Resolved], globs: Sequence[str]
) -> dict[str, Resolved]:
    """The same, with the folders of each commit that match a glob and hold a project.

    Raises ``RepositoryError``.
    """
    commits = {resolved.commit for resolved in found.values() if not resolved.ignored}
    if not commits:
        return dict(found)
    with reading(url, objects, next(iter(commits))) as git:
        folders = {commit: project_folders(_files(git, commit), globs) for commit in sorted(commits)}
    return {
        name: resolved if resolved.ignored else resolved._replace(folders=folders[resolved.commit])
        for name, resolved in found.items()
    }


def _files(git: Git, commit: str) -> Iterator[str]:
    """The paths of a commit's files; those that are no text are left out."""
    listed = git.run(["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]).output
    for path in listed.split(b"\0"):
        with suppress(UnicodeDecodeError):
            yield path.decode()


class _Reader(NamedTuple):
    """Asks a call of ``git cat-file --batch`` for objects."""

    url: str
    asks: IO[bytes]
    answers: IO[bytes]

    def resolve(self, identifier: str) -> Resolved | None:
        """What an object is, or the one that it names if it is a tag; None where it is missing."""
        for _step in range(_MOST_TAGS):
            kind, content = self._read(identifier)
            if kind == "missing":
                return None
            if kind == "commit":
                match = _COMMITTER.search(content.partition(b"\n\n")[0])
                return Resolved(identifier, int(match[1][:18]) if match else 0)
            target = _TARGET.match(content) if kind == "tag" else None
            if target is None or target[2] in (b"tree", b"blob"):
                named = target[2].decode() if target else kind
                return Resolved("", ignored=f"names a {named}, not a commit")
            identifier = target[1].decode()
        return Resolved("", ignored="names a tag that names a tag, too many times")

    def _read(self, identifier: str) -> tuple[str, bytes]:
        """The kind of an object and its content."""
        self.asks.write(f"{identifier}\n".encode())
        self.asks.flush()
        _id, _space, rest = self.answers.readline().decode("ascii", "replace").strip().partition(" ")
        kind, _space, size = rest.partition(" ")
        if not kind:
            raise RepositoryError(self.url, "git cannot read its objects", "Run git fsck there.")
        return kind, self.answers.read(int(size) + 1) if size else b""
