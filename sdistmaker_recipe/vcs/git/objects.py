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
from sdistmaker_recipe.vcs.subdirectories import join, may_be_above, project_folders
from sdistmaker_recipe.vcs.tag_rows import Resolved

_COMMITTER = re.compile(rb"^committer .*> *(-?\d+) [+-]\d+$", re.MULTILINE)
_TARGET = re.compile(rb"object ([0-9a-f]+)\ntype (\w+)\n")
_MOST_TAGS = 50
"""A tag may name a tag, and so on; longer chains are taken for an attack."""
_SHA256_DIGITS = 64
_BUFFER = 1 << 18


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

    Tags whose objects are missing are left out. Raises ``RepositoryError``.
    """
    commits = {resolved.commit for resolved in found.values() if not resolved.ignored}
    if not commits:
        return dict(found)
    with (
        reading(url, objects, next(iter(commits))) as git,
        git.conversation(["cat-file", "--batch"]) as (asks, answers),
    ):
        trees = _Trees(_Reader(url, asks, answers), globs)
        folders = {commit: trees.folders_of(commit) for commit in sorted(commits)}
    tags: dict[str, Resolved] = {}
    for name, resolved in found.items():
        inside = None if resolved.ignored else folders[resolved.commit]
        if resolved.ignored or inside is not None:
            tags[name] = resolved._replace(folders=inside)
    return tags


class _Trees:
    """Looks for projects in trees, in folders that globs lead to. Most tags share most of their trees."""

    def __init__(self, reader: _Reader, globs: Sequence[str]) -> None:
        self._reader, self._globs = reader, globs
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def folders_of(self, commit: str) -> tuple[str, ...] | None:
        """The folders of a commit that match a glob and hold a project; None if objects are missing."""
        content = self._reader.read(commit)[1]
        tree = content.partition(b"\n")[0].removeprefix(b"tree ").decode("ascii", "replace")
        try:
            return tuple(sorted(self._below(tree, "", len(tree) // 2)))
        except _MissingObjectError:
            return None

    def _below(self, tree: str, folder: str, id_length: int) -> tuple[str, ...]:
        """The folders with a project, of the one whose tree this is and those below it."""
        if (tree, folder) not in self._known:
            entries = list(self._entries(tree, id_length))
            found = list(
                project_folders((join(folder, name) for name, inner in entries if not inner), self._globs)
            )
            for name, inner in entries:
                below = join(folder, name)
                if inner and may_be_above(below, self._globs):
                    found += self._below(inner, below, id_length)
            self._known[tree, folder] = tuple(found)
        return self._known[tree, folder]

    def _entries(self, tree: str, id_length: int) -> Iterator[tuple[str, str]]:
        """The names in a tree, each with the id of its tree, "" for a file; those that are no text not."""
        kind, content = self._reader.read(tree)
        if kind != "tree":
            raise _MissingObjectError
        start = 0
        while start < len(content) - 1:
            end = content.index(b"\0", start)
            mode, _space, name = content[start:end].partition(b" ")
            start = end + 1 + id_length
            with suppress(UnicodeDecodeError):
                yield name.decode(), content[end + 1 : start].hex() if mode.lstrip(b"0") == b"40000" else ""


class _MissingObjectError(Exception):
    """An object is not there, or is of another kind."""


class _Reader(NamedTuple):
    """Asks a call of ``git cat-file --batch`` for objects."""

    url: str
    asks: IO[bytes]
    answers: IO[bytes]

    def resolve(self, identifier: str) -> Resolved | None:
        """What an object is, or the one that it names if it is a tag; None if it is missing."""
        for _step in range(_MOST_TAGS):
            kind, content = self.read(identifier)
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

    def read(self, identifier: str) -> tuple[str, bytes]:
        """The kind of an object, "missing" if it is not there, and its content with a byte more.

        Files have none: they may be large, and nobody needs it.
        """
        self.asks.write(f"{identifier}\n".encode())
        self.asks.flush()
        _id, _space, rest = self.answers.readline().decode("ascii", "replace").strip().partition(" ")
        kind, _space, size = rest.partition(" ")
        if not kind:
            raise RepositoryError(self.url, "git cannot read its objects", "Run git fsck there.")
        if kind != "blob":
            return kind, self.answers.read(int(size) + 1) if size else b""
        left = int(size) + 1
        while left:
            left -= len(self.answers.read(min(left, _BUFFER))) or left
        return kind, b""
