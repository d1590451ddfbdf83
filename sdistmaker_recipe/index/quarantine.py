"""Move files out of the index: files that stand in the way of ours, and damaged ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from sdistmaker_recipe.index.file_status import is_folder, path_status


def move(source: Path, quarantine_folder: Path, folder: str) -> Path:
    """Move whatever is at source into ``quarantine_folder``, and return its new path.

    It goes into the subfolder ``folder`` ("" for none). If a name is in use, ".1", ".2" and so on is added. A
    link is moved itself, not the file that it points to. Raises ``OSError``.
    """
    parent = quarantine_folder
    if folder:
        candidates = _numbered(quarantine_folder / folder)
        parent = next(path for path in candidates if is_folder(path) or not path_status(path))
    parent.mkdir(parents=True, exist_ok=True)
    target = next(path for path in _numbered(parent / source.name) if not path_status(path))
    shutil.move(source, target)
    return target


def _numbered(path: Path) -> Iterator[Path]:
    number = 0
    while True:
        yield path.with_name(f"{path.name}.{number}") if number else path
        number += 1
