"""Read a source distribution from a list of files of the tree, which a build left in place of an archive.

``sdistmaker_sdist`` of the shims writes such lists, but code of a tag can write one too. So a list may lie:
it is only used for regular files of the tree that are what it says they are.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

from sdistmaker_recipe.toolchain.archives.bounded_reader import MAX_BYTES_IN_MEMORY, MAX_MEMBERS
from sdistmaker_recipe.toolchain.archives.members import Sdist, read_members
from sdistmaker_recipe.toolchain.isolation.untrusted_files import open_descriptor, open_regular_file

FIRST_LINE = b"sdistmaker_recipe: list of files\n"
_MAX_BYTES_AT_ONCE = 1 << 20


class FileListError(Exception):
    """A list cannot be used: it is malformed, or a file is no longer what it was. An archive may do."""


class _ListedFile(NamedTuple):
    """A file by its path below the tree; or its content, if that is another one than there.

    ``state`` is its mode, time, size, inode number, and the time of its last change in nanoseconds.
    """

    path: str
    state: list[int]
    content: bytes | None


def open_file_list(file: Path, tree: Path) -> Sdist | None:
    """The source distribution that a file lists; None if the file has no list.

    Raises ``FileListError``, also when one of its files is opened, and ``BuildError``.
    """
    with open_regular_file(file) as content:
        if content.read(len(FIRST_LINE)) != FIRST_LINE:
            return None
        if os.fstat(content.fileno()).st_size > MAX_BYTES_IN_MEMORY:
            # Parsed, it could take many times its size.
            raise FileListError("The list is too large.")
        text = content.read()
    try:
        listed = json.loads(text)
        files = dict(_files(listed))
        folders = tuple(_folders(listed))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise FileListError(f"The list is malformed: {error}") from error
    top, now = os.path.realpath(tree), int(time.time())

    def open_file(member: tarfile.TarInfo) -> IO[bytes]:
        listed_file = files[member.name]
        if listed_file.content is not None:
            return io.BytesIO(listed_file.content)
        return _open_unchanged(f"{top}/{listed_file.path}", listed_file.state)

    # Not all at once: there may be too many.
    members = chain(
        (_member(name, [0o755, now, 0], tarfile.DIRTYPE) for name in folders),
        (_member(name, each.state) for name, each in files.items()),
    )
    return Sdist(read_members(members, MAX_MEMBERS), open_file)


def _folders(listed: Mapping[str, Any]) -> Iterator[str]:
    """The names of the archive's folders."""
    yield _text(listed["top"])
    for path in listed["folders"]:
        yield f"{listed['top']}/{_text(path)}"


def _files(listed: Mapping[str, Any]) -> Iterator[tuple[str, _ListedFile]]:
    """The files of the archive by their names in it."""
    top, contents = _text(listed["top"]), listed["contents"]
    for path, state in listed["files"].items():
        if len(state) != 5 or not all(type(value) is int for value in state):
            raise ValueError(path)
        content = contents[path].encode("latin-1") if path in contents else None
        if content is not None and len(content) != state[2]:
            raise ValueError(path)
        yield f"{top}/{_text(path)}", _ListedFile(path, state, content)


def _text(value: object) -> str:
    """The value if it is text that can be a path; raises ``ValueError``."""
    if not isinstance(value, str):
        raise ValueError(value)
    value.encode("utf-8", "surrogateescape")
    return value


def _member(name: str, state: list[int], kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, (member.mode, member.mtime, member.size) = kind, state[:3]
    return member


def _open_unchanged(path: str, state: list[int]) -> IO[bytes]:
    """Open a regular file that is still in this state, and that no link leads to."""
    try:
        descriptor = open_descriptor(path)
        # A folder above it may be a link out of the tree: the kernel knows where the open file really is.
        real_path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
    except (OSError, ValueError) as error:
        raise FileListError(f"{path!r} cannot be opened: {error}") from error
    status = os.fstat(descriptor)
    mode, size = status.st_mode & 0o7777, status.st_size
    if real_path != path or state != [mode, int(status.st_mtime), size, status.st_ino, status.st_ctime_ns]:
        os.close(descriptor)
        raise FileListError(f"{path!r} has changed.")
    if size > _MAX_BYTES_AT_ONCE:
        return os.fdopen(descriptor, "rb")
    content = os.read(descriptor, size)
    os.close(descriptor)
    return io.BytesIO(content)
