"""Write the files of a commit as ``git archive`` gives them.

It applies the attributes of the commit: export-ignore, export-subst, line ends, encodings. No filter is
configured, so none runs. The repository that git sees has one ref, the tag, and no history. So what
and ``$Format:%(describe)$`` become does not change when branches move.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.git.errors import DamagedObjectsError, MissingCommitError
from sdistmaker_recipe.vcs.git.objects import make_git_folder
from sdistmaker_recipe.vcs.git.process import Git

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LARGEST_POINTER = 1024
_SETTINGS = ("-c", "core.abbrev=7")
"""``$Format:%h$`` would grow with the number of objects in the repository, which a tag does not decide."""
_BUFFER = 1 << 18


class Commit(NamedTuple):
    """A commit to export, by its id; ``tag`` and ``tag_id`` are the name and the object of its tag."""

    identifier: str
    tag: str = ""
    tag_id: str = ""


class Unpacked(NamedTuple):
    """What is to be done after unpacking: paths below the folder of the files.

    ``empty`` are folders without anything in them, as git writes for submodules. ``like_pointers`` are files
    with the text of a pointer of Git LFS; attributes decide whether each is one.
    """

    empty: tuple[str, ...]
    like_pointers: tuple[str, ...]


@contextmanager
def repository_of_one_tag(url: str, objects: Path, commit: Commit) -> Iterator[Git]:
    """Calls of git that see this commit, and its tag as the only ref."""
    with tempfile.TemporaryDirectory(prefix="sdistmaker-git-") as name:
        folder = Path(name, "export.git")
        make_git_folder(folder, commit.identifier)
        if commit.tag:
            peeled = f"^{commit.identifier}\n" if commit.tag_id != commit.identifier else ""
            packed = (
                f"# pack-refs with: peeled fully-peeled sorted \n{commit.tag_id} refs/tags/{commit.tag}\n"
            )
            (folder / "packed-refs").write_text(f"{packed}{peeled}", "utf-8")
        yield Git(url, folder, objects)


def unpack(git: Git, commit: Commit, folder: Path) -> Unpacked:
    """Write the files of a commit into the new folder.

    Raises ``MissingCommitError`` if there is no such commit, ``DamagedObjectsError`` if git fails, and
    ``RepositoryError`` if a path leads out of the folder.
    """
    folder.mkdir()
    with tempfile.TemporaryFile() as errors:
        try:
            with git.stream([*_SETTINGS, "archive", "--format=tar", commit.identifier], errors) as stream:
                return _unpack(git.url, stream, folder)
        except (FileExistsError, NotADirectoryError) as error:
            path = os.path.relpath(os.fsdecode(error.filename), folder)
            raise RepositoryError(git.url, f"the tag holds the path {path!r} twice") from error
        except tarfile.ReadError as error:
            errors.seek(0)
            printed = errors.read().decode("utf-8", "replace")
            if "not a valid object name" in printed or "not a tree object" in printed:
                raise MissingCommitError(git.url, f"no commit {commit.identifier}") from error
            raise DamagedObjectsError.of(git.error(printed, 1)) from error


def _unpack(url: str, stream: object, folder: Path) -> Unpacked:
    """Write what a tar stream of git's holds."""
    root = os.fspath(folder)
    folders = {"": 0.0}
    filled: set[str] = set()
    pointers: list[str] = []
    with tarfile.open(  # type: ignore[call-overload]
        fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for member in archive:
            path = member.name.rstrip("/")
            if not path or path == ".":
                continue
            _check(url, path, folders)
            parent = path.rpartition("/")[0]
            filled.add(parent)
            target = f"{root}/{path}"
            if member.isdir():
                os.mkdir(target)
                folders[path] = member.mtime
            elif member.issym():
                os.symlink(member.linkname, target)
                os.utime(target, (member.mtime, member.mtime), follow_symlinks=False)
            elif member.isfile():
                if _write(archive, member, target):
                    pointers.append(path)
            else:
                raise RepositoryError(url, f"the tag holds {path!r}, which is no file, folder or link")
            folders[parent] = member.mtime
            archive.members = []  # a stream needs no list of what went by
    for path, seconds in reversed(folders.items()):
        os.utime(f"{root}/{path}", (seconds, seconds))
    empty = tuple(path for path in folders if path and path not in filled)
    return Unpacked(empty, tuple(pointers))


def _check(url: str, path: str, folders: dict[str, float]) -> None:
    """Raise ``RepositoryError`` for a path that does not lead to a place below the folder."""
    *above, _name = parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts) or "\0" in path:
        raise RepositoryError(url, f"the tag holds the path {path!r}, which git would not check out")
    # git lists each folder before what is in it. A link in place of the folder leads elsewhere.
    if "/".join(above) not in folders:
        raise RepositoryError(url, f"the tag holds the path {path!r} twice, as a link and as a folder")


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: str) -> bool:
    """Write a file; whether it has the text of a pointer of Git LFS."""
    source = archive.extractfile(member)
    if source is None:
        raise AssertionError("a file has content")
    mode = 0o755 if member.mode & 0o100 else 0o644
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with open(descriptor, "wb", buffering=0) as file:
        start = source.read(_BUFFER)
        file.write(start)
        if member.size > _BUFFER:
            shutil.copyfileobj(source, file, _BUFFER)
        os.fchmod(descriptor, mode)
    os.utime(target, (member.mtime, member.mtime))
    return member.size < _LARGEST_POINTER and start.startswith(_POINTER)
