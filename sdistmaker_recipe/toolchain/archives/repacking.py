"""Write a source distribution archive so that the same files always give the same bytes."""

from __future__ import annotations

import gzip
import io
import math
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Protocol

from sdistmaker_recipe.toolchain.archives.bounded_reader import MAX_UNPACKED_BYTES, unpacks_to_too_much
from sdistmaker_recipe.toolchain.archives.members import Sdist, normalized_header, resolve_hard_link

_COMPRESSION_LEVEL = 6
_BLOCK_SIZE = 1 << 20


def repack(
    sdist: Sdist,
    target: Path,
    top_folder: str,
    latest: int,
    additional_files: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Write the members of an archive to the new file target, below ``top_folder`` in place of their own.

    ``additional_files``, by their paths below ``top_folder``, are added if the archive has none of these
    paths. Members are sorted, have no owner, the mode 0644 or 0755, and no time after ``latest`` (seconds
    since 1970). Raises ``BuildError`` if the archive has a member that a source distribution may not have.
    """
    with (
        target.open("xb") as file,
        gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, file, mtime=0) as compressed,
    ):
        written = 0
        for path in sorted({*sdist.members, *additional_files}):
            header, content = _read_member(path, sdist, latest, additional_files)
            header.name = f"{top_folder}/{path}" if path else top_folder
            with content:
                # Holes of sparse files and hard links take no space in the original, and take it here.
                if written + header.size > MAX_UNPACKED_BYTES:
                    raise unpacks_to_too_much(MAX_UNPACKED_BYTES)
                written += _write_member(header, content, compressed)
        end = 2 * tarfile.BLOCKSIZE
        compressed.write(bytes(end + -(written + end) % tarfile.RECORDSIZE))


def set_time_of_new_members(sdist: Sdist, began: int, exported: Mapping[str, int], time: int) -> None:
    """Give each member that is not older than ``began`` this time, unless it is as it was exported.

    ``exported`` has the times of exported files by their paths. All times are in seconds since 1970.
    """
    for path, member in sdist.members.items():
        is_new = math.isfinite(member.mtime) and member.mtime >= began
        if is_new and exported.get(path) != int(member.mtime):
            member.mtime = time


class _Output(Protocol):
    def write(self, data: bytes, /) -> int: ...


def _read_member(
    path: str, sdist: Sdist, latest: int, additional_files: Mapping[str, bytes]
) -> tuple[tarfile.TarInfo, IO[bytes]]:
    """The header of a member to write, and its content."""
    if path not in sdist.members:
        header = tarfile.TarInfo()
        header.size, header.mtime = len(additional_files[path]), max(latest, 0)
        return header, io.BytesIO(additional_files[path])
    member = resolve_hard_link(sdist.members[path], sdist.members)
    header = normalized_header(member, path, sdist.members)
    header.mtime = _limited_time(member, latest)
    return header, sdist.open_file(member) if header.isreg() else io.BytesIO()


def _write_member(header: tarfile.TarInfo, content: IO[bytes], output: _Output) -> int:
    """Write one member, and return the number of bytes.

    This does the same as ``TarFile.addfile`` with a fraction of the calls.
    """
    head = header.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    padding = bytes(-header.size % tarfile.BLOCKSIZE)
    if header.size <= _BLOCK_SIZE:
        output.write(head + content.read() + padding)
    else:
        output.write(head)
        shutil.copyfileobj(content, output, _BLOCK_SIZE)
        output.write(padding)
    return len(head) + header.size + len(padding)


def _limited_time(member: tarfile.TarInfo, latest: int) -> int:
    # A pax header can say that the time is not a number.
    return max(min(int(member.mtime), latest), 0) if math.isfinite(member.mtime) else latest
