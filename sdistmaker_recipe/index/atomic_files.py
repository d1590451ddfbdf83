"""Write a file completely or not at all: readers get the old content or the new, never a part.

The content goes into a temporary file in the same folder, ``.NAME.RANDOM``, which then gets its name. A run
that was killed leaves temporary files behind; web servers do not serve names that begin with a dot.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index.file_status import file_status

_TEMPORARY_NAME = r"\.(.+)\.[0-9a-f]{32}"
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""Without O_NONBLOCK, opening a pipe waits until somebody writes to it."""
_BLOCK = 1 << 20


def write_text(path: Path, text: str) -> bool:
    """Write text to a file, in UTF-8; return false, and change nothing, if the file holds it already.

    Missing folders are made. Raises ``StoreError``.
    """
    data = text.encode()
    with disk_errors(path):
        if _reads_as(path, data):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
        return True


def write_private_text(path: Path, text: str) -> None:
    """Write text to a file that only this account can read, in UTF-8. Raises ``StoreError``."""
    with disk_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, partial(_copy, text.encode(), mode=0o600))


def add_file(content: Path | bytes, target: Path) -> bool:
    """Put content where nothing is; return false, and change nothing, if target exists.

    A file at the path ``content`` is linked (hard link), or copied if the file system cannot link it. Raises
    ``OSError``.
    """
    added = _hard_link(content, target) if isinstance(content, Path) else None
    if added is None:
        with temporary_file(target) as temporary:
            _copy(content, temporary)
            added = _name(temporary, target)
    return added


def replace_file(target: Path, content: Path | bytes) -> None:
    """Put a copy of content in place of a file. Raises ``OSError``."""
    _replace(target, partial(_copy, content))


def replace_by_link(target: Path, path: Path) -> None:
    """Put a hard link to the file at path in place of target; a copy if links are not possible.

    Raises ``OSError``.
    """
    _replace(target, partial(_link_or_copy, path))


def remove_files(paths: Iterable[str]) -> None:
    """Remove files, some of which may be gone already. Raises ``OSError``."""
    for path in paths:
        with suppress(FileNotFoundError):
            os.unlink(path)


@contextmanager
def at_end(action: Callable[[], object]) -> Iterator[None]:
    """Call action at the end. If the block fails, its own error is raised, whatever becomes of action."""
    try:
        yield
    except BaseException:
        # A file system that refused a write may well refuse the removal too.
        with suppress(OSError, StoreError):
            action()
        raise
    action()


@contextmanager
def temporary_file(target: Path) -> Iterator[Path]:
    """A path for the new content of target, in the same folder; a file there is removed at the end."""
    # A run that was killed left these.
    remove_files(
        str(target.parent / name)
        for name in os.listdir(target.parent)
        if name.startswith(temporary_prefix(target.name))
    )
    temporary = target.with_name(temporary_name(target.name))
    with at_end(partial(temporary.unlink, missing_ok=True)):
        yield temporary


def temporary_prefix(name: str) -> str:
    """The beginning of all temporary names for a file of this name."""
    return f".{name[:100]}."


def temporary_name(name: str) -> str:
    """A new temporary name for a file of this name."""
    return f"{temporary_prefix(name)}{os.urandom(16).hex()}"


def is_temporary(name: str) -> bool:
    """Whether a file has a name of ``temporary_name``: a run that was killed leaves such files."""
    return re.fullmatch(_TEMPORARY_NAME, name) is not None


def file_holds(path: str, data: bytes) -> bool:
    """Whether there is a regular file at path that holds just this. Raises ``OSError``."""
    try:
        descriptor = os.open(path, _OPEN_FILE)
        try:
            # One more byte, because the file may be longer.
            return os.read(descriptor, len(data) + 1) == data
        finally:
            os.close(descriptor)
    except OSError:
        if file_status(path):
            raise
        return False


def sync_filesystem(folder: Path) -> None:
    """Wait until everything written to the file system of this folder is on the disk (syncfs).

    One call costs less than an fsync of each of many files. Raises ``StoreError``.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with disk_errors(folder):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if not hasattr(libc, "syncfs"):
                os.sync()
            elif libc.syncfs(descriptor):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(folder))
        finally:
            os.close(descriptor)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises ``OSError``."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Raise ``StoreError`` in place of an ``OSError``; path is named if the error itself names no whole path.

    The removal of a tree names files by their paths below an open folder.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error.filename, str):
            is_whole = error.filename.startswith("/")
            error.filename = _final_path(error.filename) if is_whole else None
        raise StoreError.of(error, path) from error


def _final_path(path: str) -> str:
    """The path of the file that a temporary file is for; any other path as it is."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + re.sub(_TEMPORARY_NAME, r"\1", name)


def _reads_as(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except FileNotFoundError:
        return False


def _replace(target: Path, write: Callable[[Path], None]) -> None:
    with temporary_file(target) as temporary:
        write(temporary)
        temporary.replace(target)
        _sync_folder(target.parent)


def _link_or_copy(path: Path, target: Path) -> None:
    if not _hard_link(path, target):
        _copy(path, target)


def _copy(content: Path | bytes, target: Path, mode: int = 0o666) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            with content.open("rb") as source:
                shutil.copyfileobj(source, file, _BLOCK)
        file.flush()
        os.fsync(file.fileno())


def _name(temporary: Path, target: Path) -> bool:
    """Give a temporary file its name, unless target exists; return whether it got it."""
    added = _hard_link(temporary, target)
    if added is None:
        # No hard links here. The lock of the run keeps other writers away between these two steps.
        added = not os.path.lexists(target)
        if added:
            temporary.replace(target)
    if added:
        _sync_folder(target.parent)
    return added


def _hard_link(path: Path, target: Path) -> bool | None:
    """Link a file to target, unless target exists; None if the file system cannot link it."""
    try:
        # Unlike a rename, a link never replaces an existing file.
        target.hardlink_to(path)
    except FileExistsError:
        return False
    except OSError:
        return None
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
