"""Folders of the system, and the paths by which one is reached."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def _paths(text: str) -> frozenset[Path]:
    return frozenset(map(Path, text.split()))


SYSTEM = _paths(
    """
    /bin /boot /dev /efi /etc /lib /lib32 /lib64 /libx32 /lost+found /nix /proc /run /sbin /snap /sys /usr
    /usr/local/bin /usr/local/etc /usr/local/include /usr/local/lib /usr/local/lib64 /usr/local/libexec
    /usr/local/sbin /var/backups /var/lib/apt /var/lib/dpkg /var/lib/rpm /var/lock /var/log /var/mail /var/run
    /var/spool /Applications /Library /System /private/etc
    """
)
"""Folders of the system (FHS 3.0): neither they nor anything below them may be an index."""

SHARED = _paths(
    """
    / /dev/shm /export /export/home /home /media /mnt /opt /run/media /run/user /srv /tmp /usr/home /usr/local
    /usr/local/share /usr/local/src /var /var/cache /var/lib /var/opt /var/tmp /Users /Volumes
    """
)
"""Folders with one folder for each account, disk or purpose: an index may only be below them."""

_DOCUMENT_ROOTS = _paths(
    """
    /srv/http /srv/www /srv/www/htdocs /usr/local/apache2/htdocs /usr/local/www /usr/share/httpd
    /usr/share/nginx/html /var/www /var/www/html
    """
)
_DOCUMENT_ROOT_NAMES = frozenset({"htdocs", "public_html", "wwwroot"})
_FOLDERS_OF_SITES = _paths("/srv/www /usr/local/www /usr/share/httpd /var/www")
"""Document roots of some systems, which hold a folder for each site on most."""


def system_folder(path: Path) -> Path | None:
    """The folder of the system that a path is, or is in, and where no index may be. Pure."""
    if path in SHARED:
        return path
    for folder in (path, *path.parents):
        if folder in SYSTEM:
            return folder
        if folder in SHARED or folder in _DOCUMENT_ROOTS:
            return None
    return None


def is_document_root(path: Path) -> bool:
    """Whether web servers of distributions serve this folder, or its name says that one does. Pure."""
    return path in _DOCUMENT_ROOTS or path.name in _DOCUMENT_ROOT_NAMES


def is_served(path: Path) -> bool:
    """Whether web servers of distributions serve all that is below this folder. Pure."""
    return is_document_root(path) and path not in _FOLDERS_OF_SITES


def spellings(path: Path) -> tuple[Path, ...]:
    """The path as written, without symbolic links, and below each folder of the system that it is in.

    A folder has several paths if it is mounted twice, or if the file system ignores case.
    """
    found = dict.fromkeys((path, resolved(path)))
    known = _identities((*SYSTEM, *SHARED))
    end = resolved(path)
    for folder in (end, *end.parents):
        for same in known.get(_identity(folder) or (0, 0), ()):
            found[same / end.relative_to(folder)] = None
    return tuple(found)


def _identities(folders: Iterable[Path]) -> dict[tuple[int, int], list[Path]]:
    known: dict[tuple[int, int], list[Path]] = {}
    for folder in folders:
        # A link such as /bin is the folder that it leads to.
        if (identity := _identity(folder)) and not folder.is_symlink():
            known.setdefault(identity, []).append(folder)
    return known


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def is_same(one: Path, other: Path) -> bool:
    """Whether both paths lead to one file or folder that exists."""
    return _identity(one) is not None and _identity(one) == _identity(other)


def resolved(path: Path) -> Path:
    """The path without symbolic links, as far as it exists."""
    return Path(os.path.realpath(path))
