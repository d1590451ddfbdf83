"""Source distribution archives: read with distrust, written so that the same files give the same bytes."""

from __future__ import annotations

import gzip
import math
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import IO, NamedTuple, Protocol

from packaging.metadata import parse_email

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.bounded_reader import (
    MAX_BYTES_IN_MEMORY,
    MAX_MEMBERS,
    MAX_UNPACKED_BYTES,
    BoundedReader,
)

_COMPRESSION_LEVEL = 6
_IN_MEMORY = 32 << 20
_BLOCK = 1 << 20

Members = Mapping[str, tarfile.TarInfo]
"""The members of an archive by their path in its top folder; the last of several with one name."""


class Sdist(NamedTuple):
    """An open archive, unpacked in memory or beside it, and its members."""

    tar: tarfile.TarFile
    members: Members

    def file_names(self) -> list[str]:
        """The names of all files, without the top folder, sorted."""
        return sorted(path for path, member in self.members.items() if not member.isdir())


class Metadata(NamedTuple):
    """What an archive's PKG-INFO says (core metadata specification), and its bytes."""

    name: str
    version: str
    requires_python: str
    content: bytes


@contextmanager
def open_sdist(path: Path) -> Iterator[Sdist]:
    """The archive at path for as long as the context lasts; raises ``BuildError``, in the context too."""
    # Unpacked first: going back and forth in compressed data would start over each time.
    try:
        with gzip.open(path) as compressed, SpooledTemporaryFile(_IN_MEMORY) as plain:
            shutil.copyfileobj(BoundedReader(compressed, _BLOCK, MAX_UNPACKED_BYTES), plain, _BLOCK)
            plain.seek(0)
            limited = BoundedReader(plain, MAX_BYTES_IN_MEMORY, MAX_UNPACKED_BYTES)
            with tarfile.open(fileobj=limited, mode="r:") as tar:  # type: ignore[call-overload]
                yield Sdist(tar, _members(tar))
    except (tarfile.TarError, EOFError, OverflowError, gzip.BadGzipFile, zlib.error) as error:
        raise BuildError(f"The archive cannot be read: {error}.") from error


def read_metadata(sdist: Sdist) -> Metadata:
    """The metadata of a source distribution (PEP 625: one folder, PKG-INFO in it); raises ``BuildError``."""
    member = sdist.members.get("PKG-INFO")
    file = sdist.tar.extractfile(member) if member and member.isreg() else None
    if file is None:
        raise BuildError("The archive has no PKG-INFO.")
    return parse_metadata(file.read())


def parse_metadata(content: bytes) -> Metadata:
    """What the bytes of a PKG-INFO say; raises ``BuildError`` where name or version is missing."""
    fields, _ = parse_email(content)
    for field in ("name", "version"):
        if not fields.get(field):
            raise BuildError(f"The archive's PKG-INFO has no {field.title()}.")
    return Metadata(fields["name"], fields["version"], fields.get("requires_python", ""), content)


def repack(
    sdist: Sdist, target: Path, top: str, latest: int, more: Mapping[str, bytes] = MappingProxyType({})
) -> None:
    """Write the members of an archive to the new file target, below the folder ``top`` in place of their own.

    ``more`` are files, by their path below ``top``, to add where the archive has none of that name.
    Members are sorted, without owner, with no other mode than 0644 or 0755 and no time after ``latest``
    (seconds since 1970). Raises ``BuildError`` where a member is none that a source distribution may have.
    """
    with (
        target.open("xb") as raw,
        gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, raw, mtime=0) as compressed,
    ):
        written = 0
        for path in sorted({*sdist.members, *more}):
            info, content = _entry(path, sdist, latest, more)
            # A hole of a sparse file, or one more name of a file, costs nothing but here.
            if written + info.size > MAX_UNPACKED_BYTES:
                raise BuildError(f"The archive unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB.")
            info.name = f"{top}/{path}" if path else top
            written += _write(info, content, compressed)
        end = 2 * tarfile.BLOCKSIZE
        compressed.write(bytes(end + -(written + end) % tarfile.RECORDSIZE))


class _Output(Protocol):
    def write(self, data: bytes, /) -> int: ...


def _entry(
    path: str, sdist: Sdist, latest: int, more: Mapping[str, bytes]
) -> tuple[tarfile.TarInfo, bytes | IO[bytes]]:
    """The header of a member to write, and its content."""
    if path not in sdist.members:
        info = tarfile.TarInfo()
        info.size, info.mtime = len(more[path]), max(latest, 0)
        return info, more[path]
    member = _resolved(sdist.members[path], sdist.members)
    info = _normalised(member, path, sdist.members)
    info.mtime = _time(member, latest)
    return info, (sdist.tar.extractfile(member) or b"") if info.isreg() else b""


def _write(info: tarfile.TarInfo, content: bytes | IO[bytes], output: _Output) -> int:
    """Write one member; the number of bytes. What ``TarFile.addfile`` does, in a fraction of the calls."""
    header = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    padding = bytes(-info.size % tarfile.BLOCKSIZE)
    if isinstance(content, bytes) or info.size <= _BLOCK:
        output.write(header + (content if isinstance(content, bytes) else content.read()) + padding)
    else:
        output.write(header)
        shutil.copyfileobj(content, output, _BLOCK)
        output.write(padding)
    return len(header) + info.size + len(padding)


def unpack(sdist: Sdist, folder: Path) -> Path:
    """Unpack into an existing folder; the archive's own top folder in it. Raises ``BuildError``."""
    for path, member in sdist.members.items():
        _normalised(_resolved(member, sdist.members), path, sdist.members)
    if hasattr(tarfile, "data_filter"):
        sdist.tar.extraction_filter = tarfile.data_filter
    # No others: of several with one name only the last was looked at.
    sdist.tar.extractall(folder, list(sdist.members.values()))
    tops = {_parts(member.name)[0] for member in sdist.members.values() if _parts(member.name)}
    return folder / tops.pop()


def _members(tar: tarfile.TarFile) -> Members:
    members: dict[str, tarfile.TarInfo] = {}
    tops: set[str] = set()
    for number, member in enumerate(tar):
        if number >= MAX_MEMBERS:
            raise BuildError(f"The archive has more than {MAX_MEMBERS} members.")
        path = _inner_path(member.name)
        # A file outside a folder stays visible, so that it is not taken for the folder.
        if path or path not in members or members[path].isdir():
            members[path] = member
        tops.update(_parts(member.name)[:1])
    if len(tops) > 1 and all(member.isdir() for path, member in members.items() if not path):
        raise BuildError("The archive holds more than one folder.")
    return members


def _strange(member: tarfile.TarInfo) -> BuildError:
    return BuildError(f"The archive holds {member.name[:80]!r}, neither a file nor a folder in it.")


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


def _inner_path(name: str) -> str:
    """The path without its first part; empty for that part itself."""
    parts = _parts(name)
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise BuildError(f"The archive holds {name[:80]!r}, a path that leads out of it.")
    return "/".join(parts[1:])


def _resolved(member: tarfile.TarInfo, members: Members) -> tarfile.TarInfo:
    """The file that a hard link is another name of; any other member is its own."""
    for _ in range(len(members)):
        if not member.islnk():
            return member
        target = _inner_path(member.linkname)
        if target not in members:
            break
        member = members[target]
    raise BuildError(f"The archive holds {member.name[:80]!r}, a link to nothing.")


def _normalised(member: tarfile.TarInfo, path: str, members: Members) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    executable = member.isdir() or member.mode & 0o100
    info.mode = 0o755 if executable else 0o644
    if member.isdir():
        info.type = tarfile.DIRTYPE
    elif member.isreg() and path:
        info.size = member.size
    elif member.issym() and path and _stays_inside(path, member.linkname, members):
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, member.linkname, 0o777
    else:
        raise _strange(member)
    return info


def _stays_inside(path: str, target: str, members: Members) -> bool:
    """Whether a symbolic link at path leads to somewhere in the archive, and not by way of another link."""
    if target.startswith("/") or "\0" in target:
        return False
    place = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(target).parts:
        if (member := members.get("/".join(place))) is not None and member.issym():
            return False
        if part != "..":
            place.append(part)
        elif place:
            place.pop()
        else:
            return False
    return True


def _time(member: tarfile.TarInfo, latest: int) -> int:
    # A pax header can say that the time is no number.
    return max(min(int(member.mtime), latest), 0) if math.isfinite(member.mtime) else latest
