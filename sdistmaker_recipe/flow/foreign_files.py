"""Whether a folder is an index of some tool, and whether it holds files that belong to no index."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from sdistmaker_recipe.catalog import archives
from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.index.existing_files import IndexPath, find_distributions
from sdistmaker_recipe.index.layout import ROOT_FILES, ROOT_PAGES, sdist_suffix

_HARMLESS = frozenset(
    {".DS_Store", ".gitignore", ".gitkeep", ".htaccess", ".keep", ".snapshot", ".zfs", "lost+found"}
)
"""Names that file systems, and people who want to keep an empty folder, put into it."""
_INDEX_MARKS = (b"pypi:repository-version", b'"api-version"')
"""Text on the first lines of a page of the simple API (PEP 629 and 691)."""
_DEEPEST = 3


def is_index(folder: Path) -> bool:
    """Whether a folder holds pages of an index, or distributions. Raises ``StoreError``."""
    if _has_index_page(folder):
        return True
    return any(_is_distribution(folder, path) for path in find_distributions(folder))


def _has_index_page(folder: Path) -> bool:
    for name in ROOT_PAGES:
        with suppress(OSError), (folder / name).open("rb") as page:
            start = page.read(4096)
            if any(mark in start for mark in _INDEX_MARKS):
                return True
    return False


def _is_distribution(index: Path, path: IndexPath) -> bool:
    """Whether a file is a distribution: any ``.zip`` may be a copy of something else."""
    if not sdist_suffix(path.filename):
        return path.filename.lower().endswith((".whl", ".egg"))
    try:
        archives.read_archive(index / path.folder / path.filename)
    except (BuildError, OSError):
        return False
    return True


def find_foreign_file(folder: Path) -> Path | None:
    """A file of the folder that is no distribution, is not beside one, and is no page of an index.

    Raises ``StoreError`` and ``OSError``.
    """
    known: set[str] = set()
    for path in find_distributions(folder):
        name = path.folder or path.filename
        if name not in known and _is_distribution(folder, path):
            known.add(name)
    if _has_index_page(folder):
        known.update(ROOT_FILES)
    return next(_files(folder, known), None)


def _files(folder: Path, known: Collection[str], depth: int = 0) -> Iterator[Path]:
    """Files and deep folders below a folder, and links that lead somewhere; not those with known names."""
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not (entry.name in known or _is_harmless(entry.name))]
    except (FileNotFoundError, NotADirectoryError):
        return
    entries.sort(key=lambda entry: entry.name)
    folders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    others = [Path(entry.path) for entry in entries if not entry.is_dir(follow_symlinks=False)]
    # A link that leads nowhere shows nothing to anybody.
    yield from (path for path in others if path.exists())
    if depth == _DEEPEST:
        # No index is so deep.
        yield from folders
        return
    for below in folders:
        with suppress(PermissionError):
            yield from _files(below, (), depth + 1)


def _is_harmless(name: str) -> bool:
    return name in _HARMLESS or name.startswith(".nfs")
