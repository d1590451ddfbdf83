"""Source distribution archives: read and unpack what a build wrote, without trusting it."""

from __future__ import annotations

import gzip
import math
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple, cast

from packaging.metadata import parse_email

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.archives.bounded_reader import (
    MAX_BYTES_IN_MEMORY,
    MAX_MEMBERS,
    MAX_UNPACKED_BYTES,
    BoundedReader,
    part_too_large,
    unpacks_to_too_much,
)
from sdistmaker_recipe.toolchain.archives.file_list import open_file_list
from sdistmaker_recipe.toolchain.archives.members import (
    Sdist,
    normalized_header,
    path_parts,
    read_members,
    resolve_hard_link,
)

_MAX_BYTES_OF_COPY_IN_MEMORY = 32 << 20
_BLOCK_SIZE = 1 << 20
_MAX_TIME = 1 << 33
"""A time that every file system can store, in seconds."""


class Metadata(NamedTuple):
    """What an archive's PKG-INFO says (core metadata specification), and its bytes."""

    name: str
    version: str
    requires_python: str
    content: bytes


@contextmanager
def open_sdist(path: Path, tree: Path | None = None) -> Iterator[Sdist]:
    """The archive at path for as long as the context lasts; raises ``BuildError``, in the context too.

    With ``tree`` the file may hold a list of files of this folder: see ``open_file_list``.
    """
    if tree is not None and (listed := open_file_list(path, tree)):
        yield listed
        return
    # Decompressed before it is read: going back in compressed data would start over each time.
    try:
        with gzip.open(path) as compressed, SpooledTemporaryFile(_MAX_BYTES_OF_COPY_IN_MEMORY) as plain:
            shutil.copyfileobj(BoundedReader(compressed, _BLOCK_SIZE, MAX_UNPACKED_BYTES), plain, _BLOCK_SIZE)
            plain.seek(0)
            reader = BoundedReader(plain, MAX_BYTES_IN_MEMORY, MAX_UNPACKED_BYTES)
            with tarfile.open(fileobj=reader, mode="r:") as tar:  # type: ignore[call-overload]
                # It gives None only for members that are no files.
                open_file = cast("Callable[[tarfile.TarInfo], IO[bytes]]", tar.extractfile)
                yield Sdist(read_members(tar, MAX_MEMBERS), open_file)
    except (tarfile.TarError, EOFError, OverflowError, gzip.BadGzipFile, zlib.error) as error:
        raise BuildError(f"The archive cannot be read: {error}.") from error


def without(sdist: Sdist, top: str) -> Sdist:
    """The same archive, except that it does not have the member ``top`` and what is below it."""
    kept = {path: member for path, member in sdist.members.items() if path.partition("/")[0] != top}
    return sdist._replace(members=kept)


def read_metadata(sdist: Sdist) -> Metadata:
    """The metadata of a source distribution (PEP 625: PKG-INFO in the top folder); raises ``BuildError``."""
    member = sdist.members.get("PKG-INFO")
    if member is None or not member.isreg():
        raise BuildError("The archive has no PKG-INFO.")
    if member.size > MAX_BYTES_IN_MEMORY:
        raise part_too_large(MAX_BYTES_IN_MEMORY)
    with sdist.open_file(member) as file:
        return parse_metadata(file.read())


def parse_metadata(content: bytes, file: str = "archive's PKG-INFO") -> Metadata:
    """What the bytes of a PKG-INFO say; raises ``BuildError`` if name or version is missing.

    ``file`` is how the error calls it: the METADATA of a wheel has the same format.
    """
    fields, _ = parse_email(content)
    for field in ("name", "version"):
        if not fields.get(field):
            raise BuildError(f"The {file} has no {field.title()}.")
    return Metadata(fields["name"], fields["version"], fields.get("requires_python", ""), content)


def unpack(sdist: Sdist, folder: Path) -> Path:
    """Unpack into an existing folder, and return the archive's top folder in it; raises ``BuildError``."""
    top_names = {path_parts(member.name)[0] for member in sdist.members.values() if path_parts(member.name)}
    tree = folder / top_names.pop()
    tree.mkdir()
    try:
        _unpack_members(sdist, tree)
    except (FileExistsError, NotADirectoryError) as error:
        name = Path(error.filename2 or error.filename).relative_to(tree)
        raise BuildError(f"The archive holds {str(name)[:80]!r} twice, or something below a file.") from error
    return tree


def _unpack_members(sdist: Sdist, tree: Path) -> None:
    folders = {""}
    links = []
    left = MAX_UNPACKED_BYTES
    for path, member in sdist.members.items():
        source = resolve_hard_link(member, sdist.members)
        header = normalized_header(source, path, sdist.members)
        _make_folders(tree, path if header.isdir() else path.rpartition("/")[0], folders)
        if header.issym():
            links.append((tree / path, header.linkname))
        elif header.isreg():
            # Holes of sparse files and hard links take no space in the archive, and take it here.
            left -= header.size
            if left < 0:
                raise unpacks_to_too_much(MAX_UNPACKED_BYTES)
            with sdist.open_file(source) as content:
                _write_file(tree / path, content, header.mode, member.mtime)
    # They come last, so that nothing is written through a link.
    for link, target in links:
        link.symlink_to(target)


def _make_folders(tree: Path, path: str, folders: set[str]) -> None:
    """Make a folder below tree, and those that it is in; ``folders`` are the paths of those made before."""
    missing = []
    while path not in folders:
        missing.append(path)
        path = path.rpartition("/")[0]
    for each in reversed(missing):
        (tree / each).mkdir()
        folders.add(each)


def _write_file(path: Path, content: IO[bytes], mode: int, time: float) -> None:
    """Write a new file with these permissions, and this time in seconds since 1970."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file, _BLOCK_SIZE)
        file.flush()
        # Whatever the umask is.
        os.fchmod(descriptor, mode)
        if math.isfinite(time) and abs(time) < _MAX_TIME:
            os.utime(descriptor, (time, time))
