"""The folder in which one process builds: new for each attempt, and emptied after it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdistmaker_recipe.toolchain.isolation.sandbox import process_folder, shared_memory_folder
from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder


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
