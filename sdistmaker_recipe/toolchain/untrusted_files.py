"""Files of an exported tag, read and written with distrust: a tag may hold links to anywhere.

What is a link is followed only while it stays in the tree, and nothing is read but regular files of a size
that text has.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import IO

_LARGEST = 8 << 20


def open_regular_file(path: Path, how: int = os.O_RDONLY) -> IO[bytes]:
    """Open a file that a build may have replaced; raises ``OSError`` where it is a link or no file.

    ``how`` are flags of open(2).
    """
    # Neither a pipe nor a terminal keeps us waiting.
    descriptor = os.open(path, how | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return os.fdopen(descriptor, "rb" if how == os.O_RDONLY else "ab")


def read_bytes(tree: Path, name: str) -> bytes:
    """The content of a file below tree; empty where it is none, is larger than 8 MiB or leads elsewhere."""
    try:
        file = _open(tree, name)
    except (OSError, RuntimeError):  # links that lead in a circle
        return b""
    with file:
        return file.read(_LARGEST) if os.fstat(file.fileno()).st_size <= _LARGEST else b""


def _open(tree: Path, name: str) -> IO[bytes]:
    if "/" not in name:
        try:
            return open_regular_file(tree / name)
        except OSError as error:
            if error.errno != errno.ELOOP:  # which is to say: a link
                raise
    top = tree.resolve()
    path = (top / name).resolve()
    if top not in path.parents:
        raise FileNotFoundError(name)
    return open_regular_file(path)


def read_text(tree: Path, name: str) -> str:
    """The text of a file below tree, as far as it is text; see ``read_bytes``."""
    return read_bytes(tree, name).decode("utf-8", "replace")


def write_bytes(tree: Path, name: str, content: bytes) -> None:
    """Put a file into tree in place of whatever has the name there, a link too."""
    path = tree / name
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(content)


def remove_folder(folder: Path) -> None:
    """Remove a folder and all that is in it, whatever permissions a tag gave it, and however deep it is."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        if folder.is_symlink():
            raise
        # A tag can take its folders' permissions away; neither program follows a link that it left in there.
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(folder)], check=False, capture_output=True)
