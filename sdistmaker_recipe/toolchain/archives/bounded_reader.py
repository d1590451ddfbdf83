"""Limits for archives of unknown origin: too large ones are refused before they fill memory or disk."""

from __future__ import annotations

import gzip
import io
from typing import IO

from sdistmaker_recipe.errors import BuildError

MAX_UNPACKED_BYTES = 4 << 30
"""The size that one archive may unpack to; a larger one is treated as a decompression bomb."""
MAX_BYTES_IN_MEMORY = 8 << 20
"""The size of headers, of a zip file's directory, or of PKG-INFO: parts that have to be in memory."""
MAX_MEMBERS = 100_000
"""The number of files and folders that one archive may have."""


class BoundedReader:
    """A file that is read forwards, and raises ``BuildError`` for a read or a position beyond its limits.

    ``max_read`` and ``max_position`` are in bytes.
    """

    def __init__(self, file: IO[bytes] | gzip.GzipFile, max_read: int, max_position: int) -> None:
        self._file = file
        self._max_read = max_read
        self._max_position = max_position

    def read(self, size: int = -1, /) -> bytes:
        """Read up to size bytes, or the rest."""
        data = self._file.read(min(size, self._max_read + 1) if size >= 0 else self._max_read + 1)
        if len(data) > self._max_read:
            raise part_too_large(self._max_read)
        self._check(self._file.tell())
        return data

    def seek(self, position: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position, as a file does."""
        if whence == io.SEEK_SET:
            self._check(position)
        return self._file.seek(position, whence)

    def tell(self) -> int:
        """The position."""
        return self._file.tell()

    def seekable(self) -> bool:
        """True."""
        return True

    def _check(self, position: int) -> None:
        if position > self._max_position:
            raise unpacks_to_too_much(self._max_position)


def part_too_large(limit: int) -> BuildError:
    """The error for an archive with a part that has to be in memory, and is larger than this."""
    return BuildError(f"The archive has a part that would take more than {limit >> 20} MiB.")


def unpacks_to_too_much(limit: int) -> BuildError:
    """The error for an archive that unpacks to more than this number of bytes."""
    return BuildError(f"The archive unpacks to more than {limit >> 20} MiB.")
