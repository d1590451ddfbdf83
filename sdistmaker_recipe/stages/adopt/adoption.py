"""Take over the files of an index, once or on demand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

from sdistmaker_recipe.catalog import Catalog, archives, match_adopted, name_reservation
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.option_types import OtherName
from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.index.atomic_files import sync_filesystem
from sdistmaker_recipe.index.file_status import file_status
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Adopted, Adoption

if TYPE_CHECKING:
    from sdistmaker_recipe.index.existing_files import IndexPath

_NOTE = "adoption"
_BEGUN, _DONE = "begun", "done"
BATCH = 200
"""So many files are taken over in one transaction, because each transaction waits for the disk."""


def adopt(
    store: IndexStore,
    catalog: Catalog,
    state: ScanState,
    *,
    is_requested: bool,
    change: bool,
    other_names: Sequence[OtherName] = (),
) -> Adoption:
    """Take over all archives that the catalog does not know, if that is due or requested.

    It is due once, for an index whose catalog has no release yet. If a run breaks off, the next one goes on.
    Without ``change`` only the catalog is changed, which is then a copy. ``other_names`` is the option.
    Raises ``StoreError``.
    """
    if not is_requested and not _is_due(catalog):
        return Adoption()
    # Most runs adopt nothing.
    from sdistmaker_recipe.index.existing_files import find_distributions
    from sdistmaker_recipe.stages.adopt.adopter import Adopter

    paths = find_distributions(store.folder)
    catalog.set_note(_NOTE, _BEGUN)
    # Before the adopter makes any name private: then nobody could tell which private names are guesses.
    name_reservation.reserve_existing_names(_existing_names(paths, store), catalog, store, change=change)
    adopter = Adopter(store, catalog, change=change)
    remaining = iter(paths)
    while batch := list(islice(remaining, BATCH)):
        with catalog.batch():
            for path in batch:
                adopter.adopt(path)
            if change:
                sync_filesystem(store.folder)
    adopter.remove_pages_without_files()
    catalog.set_note(_NOTE, _DONE)
    return Adoption(tuple(_with_tags(adopter.adopted, catalog, state, other_names)), adopter.not_adopted())


def _is_due(catalog: Catalog) -> bool:
    note = catalog.note(_NOTE)
    if note == "" and catalog.releases.count()[0]:
        # A version of this package that took nothing over published these releases.
        catalog.set_note(_NOTE, _DONE)
        return False
    return note != _DONE


def _existing_names(paths: Iterable[IndexPath], store: IndexStore) -> Iterator[str]:
    """The names of folders with distributions, links included, and of projects with files in the root."""
    for folder, paths_in_folder in groupby(paths, lambda path: path.folder):
        if folder:
            yield folder
            continue
        for path in paths_in_folder:
            name, separator, _version = re.split(r"(-(?=v?\d)|$)", path.filename, maxsplit=1)
            yield _name_in_metadata(store.folder / path.filename) or (name if separator else "")


def _name_in_metadata(path: Path) -> str:
    """The project's name in the metadata of an archive; "" if it cannot be read."""
    try:
        return archives.read_archive(path).name if file_status(path) else ""
    except (BuildError, OSError):
        return ""


def _with_tags(
    adopted: Sequence[Adopted], catalog: Catalog, state: ScanState, other_names: Sequence[OtherName]
) -> Iterator[Adopted]:
    """The same, with the tags of the releases as far as the last scan found them."""
    names = sorted({file.release.project for file in adopted})
    tags = (tag for _name, tags_of_project in state.projects_named(names) for tag in tags_of_project)
    matched = match_adopted.match_adopted(tags, catalog, other_names)
    for file in adopted:
        yield file._replace(release=matched.get(file.release.origin, file.release))
