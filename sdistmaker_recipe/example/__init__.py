"""The embedded example: a small Subversion repository as a dump, used if no repository is configured.

``python -m tests.support.make_example`` makes the dump from tests/samples/example.
"""

from __future__ import annotations

import gzip
import io
from typing import BinaryIO

URL = "example:"
"""The URL of the example, for the option ``repository``."""


def open_dump() -> BinaryIO:
    """The dump of the example repository, uncompressed."""
    # Imported here, because most runs have a repository of their own.
    from importlib import resources

    packed = resources.files(__name__).joinpath("repository.dump.gz").read_bytes()
    return io.BytesIO(gzip.decompress(packed))
