"""Put the files of a single tag into a folder that has no catalog and no pages.

A file of the same name with other content is there already: that is an error, and the file stays.
"""

from __future__ import annotations

from pathlib import Path

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index.atomic_files import sync_filesystem
from sdistmaker_recipe.index.layout import project_folder, sdist_filename
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Built, BuiltWheel


def store_archive(built: Built, store: IndexStore) -> Path:
    """Put the source distribution into the folder of its project; its path. Raises ``StoreError``."""
    return _store(sdist_filename(built.name, built.version), built, built.name, store)


def store_wheel(built: Built, wheel: BuiltWheel, store: IndexStore) -> Path:
    """Put the wheel beside the source distribution that it was built from; its path.

    Raises ``StoreError``.
    """
    return _store(wheel.filename, wheel, built.name, store)


def _store(filename: str, made: Built | BuiltWheel, name: str, store: IndexStore) -> Path:
    project = project_folder(name)
    path = store.folder / project / filename
    if isinstance(made.archive, Path):
        sync_filesystem(made.archive.parent)
    if store.add_archive(project, filename, made.archive).sha256 != made.sha256:
        raise StoreError(f"{path} is there with other content.", "Move it away first.")
    return path
