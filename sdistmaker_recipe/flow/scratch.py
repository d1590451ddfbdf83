"""The temporary folders of a run. A run that was killed leaves them behind, and the next one removes them.

They are named by the state folder, whose lock only one run holds at a time. So a folder of that name that is
there at the beginning of a run is of no living one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

from sdistmaker_recipe.errors import StoreError


@contextmanager
def scratch_folder(state: Path) -> Iterator[Path]:
    """An empty folder for the builds of this run, among the system's temporary files.

    It is not in the state folder, because build backends look for .gitignore and the like in the folders
    above a tag. Raises ``StoreError``.
    """
    # A run that builds nothing does not need this import.
    from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder

    folder = _scratch_path(state)
    remove_leftovers(state)
    _make(folder)
    try:
        yield folder
    finally:
        remove_folder(folder)


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
    leftovers = [_scratch_path(state), _socket_path(state)]
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


def _socket_path(state: Path) -> Path:
    scratch = _scratch_path(state)
    # The path of a socket must be short.
    return scratch.with_name(f"sd-{scratch.name[-8:]}")


def _is_own(folder: Path) -> bool:
    """Whether there is a folder that belongs to the account of this process."""
    return folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StoreError.of(error, folder) from error
