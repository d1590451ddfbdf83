"""The folder in which one process builds: new for each attempt, and emptied after it."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.toolchain.isolation.sandbox import process_folder, shared_memory_folder
from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder

_LEAST_FREE_BYTES = 4 << 20
_LEAST_FREE_FILES = 100


@contextmanager
def temporary_build_folder(scratch: Path) -> Iterator[Path]:
    """An empty folder for one attempt, below this process's folder in scratch.

    At the end everything that the build left in the process's folder and in its /dev/shm is removed.
    """
    own_folder = process_folder(scratch)
    try:
        yield Path(tempfile.mkdtemp(dir=own_folder))
    finally:
        # The folders themselves stay, for they are mounted in the sandboxes of running workers.
        for folder in (own_folder, shared_memory_folder(own_folder)):
            if folder.is_dir():
                # A build may have changed its permissions, and the next one needs it.
                folder.chmod(0o700)
                _empty(folder)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            remove_folder(path)


def refuse_full_disk(folder: Path) -> None:
    """Raise ``StoreError`` if the file system of the folder has hardly any room left: see statvfs(3)."""
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if free < _LEAST_FREE_BYTES or (status.f_files > 0 and status.f_favail < _LEAST_FREE_FILES):
        hint = "Make room on this file system, or set TMPDIR to a folder on another one."
        raise StoreError(f"{folder}: {os.strerror(errno.ENOSPC)}", hint)
