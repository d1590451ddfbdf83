"""The temporary folders of a run. A run that was killed leaves them behind, and the next one removes them.

They are named by the state folder, whose lock only one run holds at a time. So a folder of that name that is
there at the beginning of a run is of no living one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.toolchain.isolation import memory
from sdistmaker_recipe.toolchain.isolation.sandbox import SHARED_MEMORY

TEMPORARY_VARIABLES = ("TMPDIR", "TEMP", "TMP")
"""Variables that say where temporary files belong."""
_LONGEST_SOCKET_FOLDER = 74
"""In bytes; ``executors.local`` puts sockets into a folder of this one, and their paths may have 107."""

_LEAST_MEMORY = 2 << 30
_LEAST_MEMORY_OF_WORKER = 512 << 20


class Scratch(NamedTuple):
    """The temporary folders of a run: on disk, and in memory for small tags, None if there is not plenty."""

    folder: Path
    memory: Path | None = None


@contextmanager
def scratch_folders(state: Path, environment: Mapping[str, str], workers: int) -> Iterator[Scratch]:
    """Empty folders for the builds of this run, among the system's temporary files.

    They are not in the state folder, because build backends look for .gitignore and the like in the folders
    above a tag. If a variable such as TMPDIR says where temporary files belong, none is in memory. Raises
    ``StoreError``.
    """
    # A run that builds nothing does not need this import.
    from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder

    remove_leftovers(state)
    folder, in_memory = _scratch_path(state), _memory_path(state)
    _make(folder)
    try:
        has_memory = not any(map(environment.get, TEMPORARY_VARIABLES)) and has_plenty(workers)
        if has_memory:
            with suppress(StoreError):
                _make(in_memory)
        yield Scratch(folder, in_memory if has_memory and _is_own(in_memory) else None)
    finally:
        remove_folder(folder)
        if _is_own(in_memory):
            remove_folder(in_memory)


def has_plenty(workers: int) -> bool:
    """Whether there is so much memory that builds of so many workers in it take it from nobody.

    There is none if no program may run from there: tags run scripts of theirs, and load what they compile.
    """
    needed = _LEAST_MEMORY + workers * _LEAST_MEMORY_OF_WORKER
    try:
        if os.statvfs(SHARED_MEMORY).f_flag & os.ST_NOEXEC:
            return False
        return shutil.disk_usage(SHARED_MEMORY).free >= needed and memory.available_memory() >= needed
    except OSError:
        return False


def socket_folder(state: Path) -> Path:
    """The folder for the sockets of the processes that build; made if it is not there.

    It outlives the run, because a process that runs twice keeps its sockets. Raises ``StoreError``.
    """
    folder = _socket_path(state)
    if not _is_own(folder):
        _make(folder)
    return folder


def remove_leftovers(state: Path) -> None:
    """Remove what a run that was killed left in the temporary folder. Raises ``StoreError``."""
    leftovers = [_scratch_path(state), _memory_path(state), _socket_path(state)]
    if not any(_is_own(folder) for folder in leftovers):
        return
    # Few runs find any.
    from sdistmaker_recipe import executors
    from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder

    for folder in leftovers:
        try:
            if _is_own(folder) and folder != executors.folder_of_sockets():
                remove_folder(folder)
        except OSError as error:
            raise StoreError.of(error, folder) from error


def _scratch_path(state: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    # The sandbox has a /dev of its own.
    temporary = gettempdir() if not gettempdir().startswith("/dev/") else "/var/tmp"
    return Path(temporary) / f"sdistmaker-{os.getuid()}-{digest}"


def _memory_path(state: Path) -> Path:
    return SHARED_MEMORY / _scratch_path(state).name


def _socket_path(state: Path) -> Path:
    scratch = _scratch_path(state)
    path = scratch.with_name(f"sd-{scratch.name[-8:]}")
    # The path of a socket must be short, and that of TMPDIR may be long.
    return path if len(os.fsencode(path)) <= _LONGEST_SOCKET_FOLDER else Path("/tmp") / path.name


def _is_own(folder: Path) -> bool:
    """Whether there is a folder that belongs to the account of this process."""
    return folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StoreError.of(error, folder) from error
