"""The embedded example: a small Subversion repository, shipped as a dump.

Its sources are in the project's own repository, tests/samples/example; it is what is looked at where no other
repository is configured.
"""

from __future__ import annotations

import gzip
import io
from typing import BinaryIO

URL = "example:"
"""What stands for the example wherever the URL of a repository is expected."""


def open_dump() -> BinaryIO:
    """The example repository as a Subversion dump, unpacked, to be read from its beginning."""
    # Here, for most runs have a repository of their own.
    from importlib import resources

    packed = resources.files(__name__).joinpath("repository.dump.gz").read_bytes()
    return io.BytesIO(gzip.decompress(packed))
