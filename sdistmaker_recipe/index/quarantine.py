"""What lies in the index in the place of something of ours: telling it from ours, and keeping it elsewhere.

Web servers follow no symbolic links there, and whoever made one means another place than the index: so a
link is never taken for what it points to.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path


def status(path: Path | str) -> os.stat_result | None:
    """The status of a regular file; None where none is, such as where a link, a folder or a socket is."""
    found = _found(path)
    return found if found is not None and stat.S_ISREG(found.st_mode) else None


def is_folder(path: Path | str) -> bool:
    """Whether that is a folder, and no link to one; with "/" at its end, a link to one too."""
    return folder_status(path) is not None


def folder_status(path: Path | str) -> os.stat_result | None:
    """The status of what ``is_folder``; None where none is."""
    found = _found(path)
    return found if found is not None and stat.S_ISDIR(found.st_mode) else None


def move(source: Path, aside: Path, folder: str) -> Path:
    """Move whatever is at source into a folder of ``aside``, by a name that is free; its new path.

    Of a link it is the link that is moved. Raises ``OSError``.
    """
    parent = aside
    if folder:
        parent = next(path for path in _numbered(aside / folder) if is_folder(path) or not _found(path))
    parent.mkdir(parents=True, exist_ok=True)
    target = next(path for path in _numbered(parent / source.name) if not _found(path))
    shutil.move(source, target)
    return target


def _numbered(path: Path) -> Iterator[Path]:
    number = 0
    while True:
        yield path.with_name(f"{path.name}.{number}") if number else path
        number += 1


def _found(path: Path | str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
