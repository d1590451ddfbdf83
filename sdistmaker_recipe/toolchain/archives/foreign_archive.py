"""Read the metadata of archives of unknown origin: to their end, and with little memory."""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.archives.archive import Metadata, parse_metadata
from sdistmaker_recipe.toolchain.archives.bounded_reader import (
    MAX_BYTES_IN_MEMORY,
    MAX_MEMBERS,
    MAX_UNPACKED_BYTES,
    BoundedReader,
    unpacks_to_too_much,
)
from sdistmaker_recipe.toolchain.archives.members import path_parts, several_top_folders, too_many_members

_BLOCK_SIZE = 1 << 20
_NO_LIMIT = 1 << 62

READ_ERRORS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,  # of gzip and bz2 too
    OverflowError,
    RecursionError,  # headers of headers
    RuntimeError,  # a password, or an unknown compression
    ValueError,
)
"""What reading a malformed archive can raise."""


def read_metadata(path: Path) -> Metadata:
    """What the PKG-INFO of a source distribution says, which is a .tar.gz, .tgz or .zip.

    The file is read to its end, so that checksums show whether it is damaged or cut off. Raises
    ``BuildError`` with the reason in one sentence.
    """
    try:
        with path.open("rb") as file:
            is_zip = path.name.lower().endswith(".zip")
            content = _read_zip(file) if is_zip else _read_tar(file)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BuildError(f"The archive cannot be read: {reason}.") from error
    if content is None:
        raise BuildError("The archive has no PKG-INFO.")
    return parse_metadata(content)


def read_wheel_metadata(path: Path) -> Metadata:
    """What METADATA in the ``.dist-info`` folder of a wheel says; see ``read_metadata``."""
    try:
        with path.open("rb") as file:
            content = _read_wheel(file)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BuildError(f"The wheel cannot be read: {reason}.") from error
    if content is None:
        raise BuildError("The wheel has no METADATA.")
    return parse_metadata(content)


def _read_tar(file: IO[bytes]) -> bytes | None:
    """The bytes of PKG-INFO; None if there is none."""
    with gzip.GzipFile(fileobj=file) as compressed:
        reader = BoundedReader(compressed, MAX_BYTES_IN_MEMORY, MAX_UNPACKED_BYTES)
        content = None
        with tarfile.open(fileobj=reader, mode="r:") as tar:  # type: ignore[call-overload]
            check = _MemberCheck()
            while (member := tar.next()) is not None:
                check.add(member.name)
                # tarfile keeps all members to go back to them, which would take memory.
                tar.members = []
                if check.is_metadata(member.name) and member.isreg():
                    content = _read_whole(tar.extractfile(member), member.size)
        # gzip checks what follows the last member when it comes to the end.
        while reader.read(_BLOCK_SIZE):
            pass
        return content


def _read_zip(file: IO[bytes]) -> bytes | None:
    """The bytes of PKG-INFO; None if there is none."""
    check = _MemberCheck()
    return _read_members(file, check.add, check.is_metadata)


def _read_wheel(file: IO[bytes]) -> bytes | None:
    """The bytes of METADATA; None if there is none."""
    left = MAX_MEMBERS

    def count(_name: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise too_many_members(MAX_MEMBERS)

    return _read_members(file, count, _is_wheel_metadata)


def _is_wheel_metadata(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder.endswith(".dist-info") and rest == "METADATA"


def _read_members(
    file: IO[bytes], add: Callable[[str], None], is_metadata: Callable[[str], bool]
) -> bytes | None:
    """Read each member of a zip archive to its end; the bytes of the one that is the metadata."""
    content = None
    left = MAX_UNPACKED_BYTES
    with zipfile.ZipFile(BoundedReader(file, MAX_BYTES_IN_MEMORY, _NO_LIMIT)) as archive:
        for member in archive.infolist():
            add(member.filename)
            with archive.open(member) as data:
                if is_metadata(member.filename):
                    content = _read_whole(data, member.file_size)
                while block := data.read(_BLOCK_SIZE):
                    left -= len(block)
                    if left < 0:
                        raise unpacks_to_too_much(MAX_UNPACKED_BYTES)
    return content


def _read_whole(data: IO[bytes] | None, size: int) -> bytes:
    if data is None or size > MAX_BYTES_IN_MEMORY:
        raise BuildError(f"The archive's metadata has more than {MAX_BYTES_IN_MEMORY >> 20} MiB.")
    return data.read(MAX_BYTES_IN_MEMORY)


class _MemberCheck:
    """Checks that an archive has one top folder (PEP 625), and not too many members."""

    def __init__(self) -> None:
        self._top_name = ""
        self._left = MAX_MEMBERS

    def add(self, name: str) -> None:
        """Take the next member's name; raises ``BuildError``."""
        parts = path_parts(name)
        self._left -= 1
        if self._left < 0:
            raise too_many_members(MAX_MEMBERS)
        if parts and parts[0] != (self._top_name or parts[0]):
            raise several_top_folders()
        self._top_name = self._top_name or "".join(parts[:1])

    def is_metadata(self, name: str) -> bool:
        """Whether it is PKG-INFO in the top folder."""
        parts = path_parts(name)
        return len(parts) == 2 and parts[1] == "PKG-INFO"
