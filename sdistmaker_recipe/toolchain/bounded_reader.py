"""Archives that promise too much are refused before they take it: memory, the disk, or hours."""

from __future__ import annotations

import gzip
import io
from typing import IO

from sdistmaker_recipe.errors import BuildError

MAX_UNPACKED_BYTES = 4 << 30
"""Bytes that one archive may unpack to; what is larger is taken for a bomb."""
MAX_BYTES_IN_MEMORY = 8 << 20
"""Bytes that headers, a directory of a zip file, or a PKG-INFO may have: what has to be in memory."""
MAX_MEMBERS = 100_000
"""Files and folders that one archive may have."""


class BoundedReader:
    """A file that is read forwards, and that is refused where it asks for too much memory or time."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, at_once: int, altogether: int) -> None:
        self._file = file
        self._at_once = at_once
        self._altogether = altogether

    def read(self, size: int = -1, /) -> bytes:
        """Read as a file does."""
        data = self._file.read(min(size, self._at_once + 1) if size >= 0 else self._at_once + 1)
        if len(data) > self._at_once:
            raise BuildError(f"The archive has a part that would take more than {self._at_once >> 20} MiB.")
        self._check(self._file.tell())
        return data

    def seek(self, position: int, whence: int = io.SEEK_SET, /) -> int:
        """Go there, as a file does."""
        if whence == io.SEEK_SET:
            self._check(position)
        return self._file.seek(position, whence)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()

    def seekable(self) -> bool:
        """It is."""
        return True

    def _check(self, position: int) -> None:
        if position > self._altogether:
            raise BuildError(f"The archive unpacks to more than {self._altogether >> 20} MiB.")
