"""Content for an index in tests, and what its folder holds."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from sdistmaker_recipe.index.store import StoredFile

NAME = "acme-1.0.tar.gz"
OLD, NEW = b"old content", b"new content, and longer"


def files(folder: Path) -> dict[str, bytes]:
    """Every file below folder, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def stored(content: bytes, *, is_new: bool) -> StoredFile:
    return StoredFile(hashlib.sha256(content).hexdigest(), len(content), is_new)
