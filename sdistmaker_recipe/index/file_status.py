"""The status of files and folders, without following symbolic links.

Web servers follow no symbolic links inside the index, and a link shows something that is kept elsewhere. So a
link never counts as the file or folder that it points to.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def file_status(path: Path | str) -> os.stat_result | None:
    """The status of a regular file; None for anything else, such as a link, a folder or a socket."""
    status = path_status(path)
    return status if status is not None and stat.S_ISREG(status.st_mode) else None


def folder_status(path: Path | str) -> os.stat_result | None:
    """The status of a folder; None for anything else. A link to a folder counts if path ends with "/"."""
    status = path_status(path)
    return status if status is not None and stat.S_ISDIR(status.st_mode) else None


def is_folder(path: Path | str) -> bool:
    """Whether there is a folder: see ``folder_status``."""
    return folder_status(path) is not None


def path_status(path: Path | str) -> os.stat_result | None:
    """The status of whatever is at path, of a link itself; None if nothing is there."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
