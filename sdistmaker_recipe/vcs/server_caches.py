"""The locks and the owners of what was fetched from servers, and the removal of what has no owner any more.

Everything of one server is in files and folders with one name, as in ``NAME.git`` and ``NAME.lock``. For each
repository that uses it there is an empty file ``NAME.of-OWNER``. So the cache of a submodule stays as long as
a repository with it is configured. If a cache is lost, it is made again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sdistmaker_recipe.errors import StoreError

_NAME = re.compile(r"(?P<name>(?:hg-)?[0-9a-f]{24})\.(?P<kind>.+)")
_OWNER = "of-"
_SYSTEMS = ("git", "mercurial")
_SHARED = {"largefiles": "clone"}
"""A folder that several caches share, and the kind of these caches."""


def claim(folder: Path, name: str, owner: str) -> None:
    """Note that the repository that users know by the URL ``owner`` uses the cache with this name.

    A disk that is full is no reason to fail: then the cache is removed once and made again.
    """
    file = folder / f"{name}.{_OWNER}{_digest(owner)}"
    with suppress(OSError):
        if not file.exists():
            file.touch()


def claim_if_made(folder: Path, name: str, owner: str) -> None:
    """The same, if there is such a cache already."""
    with suppress(OSError):
        if (folder / f"{name}.lock").exists():
            claim(folder, name, owner)


@contextmanager
def locked(lock: Path, name: str, owner: str, operation: int) -> Iterator[None]:
    """Hold the lock of the cache with this name, and note its owner; see ``claim``.

    ``operation`` is ``fcntl.LOCK_SH`` to read the cache, and ``LOCK_EX`` to change it. Raises ``StoreError``,
    also in place of an ``OSError`` of the block if that changes the cache.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        claim(lock.parent, name, owner)
    except OSError as error:
        raise StoreError.of(error, lock) from error
    try:
        fcntl.flock(descriptor, operation)
        yield
    except OSError as error:
        # A block that reads may export a tag, and an error with that is the tag's.
        if operation != fcntl.LOCK_EX:
            raise
        raise StoreError.of(error, lock.parent) from error
    finally:
        os.close(descriptor)


@contextmanager
def scratch_folder(folder: Path, name: str) -> Iterator[Path]:
    """A new folder to make the cache with this name in, whose lock the caller holds alone.

    It is removed at the end, and so is what a run left that was killed while it made this cache.
    """
    start = f"{name}.new-"
    for left in folder.glob(f"{start}*"):
        _remove(left)
    with tempfile.TemporaryDirectory(dir=folder, prefix=start) as made:
        yield Path(made)


def clean(caches: Path, owners: Iterable[str]) -> None:
    """Remove what none of these repositories uses; ``caches`` has a folder for each system.

    Folders of plug-ins are left alone.
    """
    for system in _SYSTEMS:
        remove_unused(caches / system, owners)


def remove_unused(folder: Path, owners: Iterable[str]) -> None:
    """Remove the caches in a folder that none of these repositories uses, nor any process now."""
    known = {_OWNER + _digest(owner) for owner in owners}
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    with suppress(OSError):
        for path in folder.iterdir():
            if match := _NAME.fullmatch(path.name):
                kinds[match["name"]].append(match["kind"])
    kept: set[str] = set()
    for name, there in kinds.items():
        if known.isdisjoint(there) and _is_free(folder / f"{name}.lock"):
            for kind in there:
                _remove(folder / f"{name}.{kind}")
        else:
            kept.update(there)
    for shared, kind in _SHARED.items():
        if kinds and kind not in kept:
            _remove(folder / shared)


def _digest(owner: str) -> str:
    return hashlib.sha256(owner.strip().rstrip("/").encode()).hexdigest()[:24]


def _is_free(lock: Path) -> bool:
    """Whether no other process holds the lock of a cache."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
