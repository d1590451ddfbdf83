"""Rules of every export: a new folder, or nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sdistmaker_recipe.errors import PathNotFoundError


@contextlib.contextmanager
def new_folder(url: str, destination: Path) -> Iterator[None]:
    """Guard the export of url to destination, and remove what a failed export left there.

    Raises ``FileExistsError`` if something is there before, ``FileNotFoundError`` if its parent is not,
    and ``PathNotFoundError`` if the export wrote a file, as it does for a file's URL.
    """
    if os.path.lexists(destination):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(destination))
    if not destination.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(destination.parent))
    try:
        yield
        if destination.is_symlink() or not destination.is_dir():
            raise not_a_folder(url)
    except BaseException:
        _remove(destination)
        raise


def not_a_folder(url: str) -> PathNotFoundError:
    """The error for a URL where a file is."""
    return PathNotFoundError(url, "a file, not a folder", "Write the URL of the folder that holds it.")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
