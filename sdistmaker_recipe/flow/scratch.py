"""The folder that a run works in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.toolchain.untrusted_files import remove_folder


@contextmanager
def scratch_folder(state: Path) -> Iterator[Path]:
    """An empty folder for this run, whose builds see no files above it; what a broken run left goes first.

    It is among the system's temporary files, for build backends look for .gitignore and the like in the
    folders above a tag. Raises ``StoreError``.
    """
    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    # The sandbox has a /dev of its own.
    temporary = gettempdir() if not gettempdir().startswith("/dev/") else "/var/tmp"
    folder = Path(temporary) / f"sdistmaker-{os.getuid()}-{digest}"
    with _empty(folder) as scratch:
        yield scratch


@contextmanager
def _empty(folder: Path) -> Iterator[Path]:
    """A new folder in place of what a broken run of this user left there; it goes at the end."""
    try:
        if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid():
            remove_folder(folder)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StoreError.of(error, folder) from error
    try:
        yield folder
    finally:
        remove_folder(folder)
