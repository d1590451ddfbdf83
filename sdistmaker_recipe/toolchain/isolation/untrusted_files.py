"""Read and write the files of an exported tag, which may contain links to anywhere.

A link is followed only within the tree. Only regular files up to 8 MiB are read.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import IO

_MAX_BYTES = 8 << 20


def open_regular_file(path: Path, flags: int = os.O_RDONLY) -> IO[bytes]:
    """Open a file that a build may have replaced; raises ``OSError`` for a link, a folder or a device.

    ``flags`` are those of open(2).
    """
    return os.fdopen(open_descriptor(path, flags), "rb" if flags == os.O_RDONLY else "ab")


def open_descriptor(path: str | Path, flags: int = os.O_RDONLY) -> int:
    """The same as ``open_regular_file``, but the descriptor alone."""
    # With these flags neither a pipe nor a terminal blocks this process.
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return descriptor


def read_bytes(tree: Path, name: str) -> bytes:
    """The content of a file below tree.

    Empty if there is no regular file, if it is larger than 8 MiB, or if a link leads out of the tree.
    """
    try:
        descriptor = _open_below(tree, name)
    except (OSError, RuntimeError):  # RuntimeError: a circle of links
        return b""
    try:
        size = os.fstat(descriptor).st_size
        return os.read(descriptor, size) if size <= _MAX_BYTES else b""
    finally:
        os.close(descriptor)


def _open_below(tree: Path, name: str) -> int:
    if "/" not in name:
        try:
            return open_descriptor(f"{tree}/{name}")
        except OSError as error:
            if error.errno != errno.ELOOP:  # ELOOP: it is a link
                raise
    top = tree.resolve()
    path = (top / name).resolve()
    if top not in path.parents:
        raise FileNotFoundError(name)
    return open_descriptor(path)


def read_text(tree: Path, name: str) -> str:
    """The content as text, with U+FFFD in place of bytes that are not UTF-8; see ``read_bytes``."""
    return read_bytes(tree, name).decode("utf-8", "replace")


def read_escaped_text(tree: Path, name: str) -> str:
    """The content as text that can be written back: bytes that are not UTF-8 are escaped (PEP 383)."""
    return read_bytes(tree, name).decode("utf-8", "surrogateescape")


def write_bytes(tree: Path, name: str, content: bytes) -> None:
    """Write a file below tree in place of whatever has that name, without following a link."""
    path = tree / name
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(content)


def remove_folder(folder: Path) -> None:
    """Remove a folder and its content, whatever its permissions and however deep its folders are."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        if folder.is_symlink():
            raise NotADirectoryError(errno.ENOTDIR, "Is a symbolic link", str(folder)) from None
        # A tag can remove the permissions of its folders. Neither program follows a link in there.
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(folder)], check=False, capture_output=True)
