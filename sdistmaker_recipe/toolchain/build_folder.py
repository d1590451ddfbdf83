"""The folder in which one process builds: new for each attempt, and emptied after it."""

from __future__ import annotations

import errno
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sdistmaker_recipe.errors import BuildError, SdistmakerError, StoreError
from sdistmaker_recipe.model import BuildSettings
from sdistmaker_recipe.toolchain.exported_tag import list_files
from sdistmaker_recipe.toolchain.isolation.memory import available_memory
from sdistmaker_recipe.toolchain.isolation.sandbox import process_folder, shared_memory_folder
from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder

_Outcome = TypeVar("_Outcome")

_LEAST_FREE_BYTES = 4 << 20
_LEAST_FREE_FILES = 100
_LEAST_BYTES_IN_MEMORY = 1 << 30
_MAX_BYTES_IN_MEMORY = 16 << 20
_MAX_PACKED_BYTES_IN_MEMORY = 2 << 20
_ACCESS_CONTROL_LISTS = ("system.posix_acl_access", "system.posix_acl_default")
"""What decides who may open a folder, and with which permissions files in it are made: see acl(5)."""


class TooLargeForMemoryError(Exception):
    """A tag cannot be exported to a folder in memory, or not built there."""


def in_memory_or_on_disk(make: Callable[[BuildSettings], _Outcome], settings: BuildSettings) -> _Outcome:
    """What ``make`` returns for these settings, or on disk if it does not fit into the folder in memory."""
    if settings.memory is not None:
        with suppress(TooLargeForMemoryError, OSError):
            return make(settings)
    return make(replace(settings, memory=None))


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
                _remove_access_control(folder)
                folder.chmod(0o700)
                _empty(folder)


def _remove_access_control(folder: Path) -> None:
    if sys.platform == "linux":
        for name in _ACCESS_CONTROL_LISTS:
            # Most folders have none.
            with suppress(OSError):
                os.removexattr(folder, name)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            remove_folder(path)


@contextmanager
def limit_in_memory(scratch: Path, memory: Path | None) -> Iterator[None]:
    """Limit the files that are exported to ``scratch`` in the context, if it is below the folder ``memory``.

    Raises ``TooLargeForMemoryError`` if they are more than 16 MiB, or if they cannot be exported at all, and
    ``BuildError`` if folders are nested too deep.
    """
    if memory is None or memory not in scratch.parents:
        yield
        return
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Neither libsvn nor a program gets far with one large file.
    most = former[1] if former[1] != resource.RLIM_INFINITY else _MAX_BYTES_IN_MEMORY
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(_MAX_BYTES_IN_MEMORY, most), former[1]))
    try:
        yield
    except (BuildError, SdistmakerError, OSError) as error:
        raise TooLargeForMemoryError from error
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    if sum((scratch / path).lstat().st_size for path in list_files(scratch)) > _MAX_BYTES_IN_MEMORY:
        raise TooLargeForMemoryError


def place_to_unpack(archive: Path, scratch: Path, memory: Path | None) -> Path:
    """The folder of the two in which to build what is in an archive: in memory if that is small."""
    return memory if memory and archive.stat().st_size <= _MAX_PACKED_BYTES_IN_MEMORY else scratch


def refuse_full_memory(memory: Path | None) -> None:
    """Raise ``TooLargeForMemoryError`` if the folder in memory, where a build works, has no room left."""
    if memory is not None and _is_nearly_full(memory):
        raise TooLargeForMemoryError


def refuse_short_memory(memory: Path | None) -> None:
    """Raise ``TooLargeForMemoryError`` if builds in the folder in memory soon take it from other programs.

    What they write there stays in memory until they end, whatever else needs it.
    """
    if memory is not None:
        status = os.statvfs(memory)
        if min(status.f_bavail * status.f_frsize, available_memory()) < _LEAST_BYTES_IN_MEMORY:
            raise TooLargeForMemoryError


def _is_nearly_full(folder: Path) -> bool:
    """Whether the file system of the folder has hardly any room left: see statvfs(3)."""
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    return free < _LEAST_FREE_BYTES or (status.f_files > 0 and status.f_favail < _LEAST_FREE_FILES)


def refuse_full_disk(folder: Path) -> None:
    """Raise ``StoreError`` if the file system of the folder has hardly any room left."""
    if _is_nearly_full(folder):
        hint = "Make room on this file system, or set TMPDIR to a folder on another one."
        raise StoreError(f"{folder}: {os.strerror(errno.ENOSPC)}", hint)
