"""Archives of unknown origin: read to their end, with little memory, for what their PKG-INFO says."""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.archive import Metadata, parse_metadata
from sdistmaker_recipe.toolchain.bounded_reader import (
    MAX_BYTES_IN_MEMORY,
    MAX_MEMBERS,
    MAX_UNPACKED_BYTES,
    BoundedReader,
)

_BLOCK = 1 << 20

_ERRORS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,  # of gzip and bz2 too
    OverflowError,
    RecursionError,  # headers of headers
    RuntimeError,  # a password, or a compression that is not known
    ValueError,
)


def read_metadata(path: Path) -> Metadata:
    """What the PKG-INFO of a source distribution says, a .tar.gz, .tgz or .zip; all of the file is read.

    So one that is cut off or damaged is told from one that is whole, where checksums tell. Raises
    ``BuildError`` with the reason in one sentence.
    """
    try:
        with path.open("rb") as file:
            is_zip = path.name.lower().endswith(".zip")
            content = _in_zip(file) if is_zip else _in_tar(file)
    except _ERRORS as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BuildError(f"The archive cannot be read: {reason}.") from error
    if content is None:
        raise BuildError("The archive has no PKG-INFO.")
    return parse_metadata(content)


def _in_tar(file: IO[bytes]) -> bytes | None:
    with gzip.GzipFile(fileobj=file) as compressed:
        limited = BoundedReader(compressed, MAX_BYTES_IN_MEMORY, MAX_UNPACKED_BYTES)
        found = None
        with tarfile.open(fileobj=limited, mode="r:") as tar:  # type: ignore[call-overload]
            tops = _Tops()
            while (member := tar.next()) is not None:
                tops.add(member.name)
                # They would be kept for a way back.
                tar.members = []
                if tops.is_metadata(member.name) and member.isreg():
                    found = _whole(tar.extractfile(member), member.size)
        # What follows the last member is checked by gzip at the very end.
        while limited.read(_BLOCK):
            pass
        return found


def _in_zip(file: IO[bytes]) -> bytes | None:
    found = None
    left = MAX_UNPACKED_BYTES
    with zipfile.ZipFile(BoundedReader(file, MAX_BYTES_IN_MEMORY, 1 << 62)) as archive:
        tops = _Tops()
        for member in archive.infolist():
            tops.add(member.filename)
            with archive.open(member) as content:
                if tops.is_metadata(member.filename):
                    found = _whole(content, member.file_size)
                while block := content.read(_BLOCK):
                    left -= len(block)
                    if left < 0:
                        raise BuildError(f"The archive unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB.")
    return found


def _whole(content: IO[bytes] | None, size: int) -> bytes:
    if content is None or size > MAX_BYTES_IN_MEMORY:
        raise BuildError(f"The archive's PKG-INFO has more than {MAX_BYTES_IN_MEMORY >> 20} MiB.")
    return content.read(MAX_BYTES_IN_MEMORY)


class _Tops:
    """Sees that an archive has one folder (PEP 625), and not too many members."""

    def __init__(self) -> None:
        self._top = ""
        self._left = MAX_MEMBERS

    def add(self, name: str) -> None:
        parts = _parts(name)
        self._left -= 1
        if self._left < 0:
            raise BuildError(f"The archive has more than {MAX_MEMBERS} members.")
        if parts and parts[0] != (self._top or parts[0]):
            raise BuildError("The archive holds more than one folder.")
        self._top = self._top or "".join(parts[:1])

    def is_metadata(self, name: str) -> bool:
        parts = _parts(name)
        return len(parts) == 2 and parts[1] == "PKG-INFO"


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]
