"""Names that are kept from the public index before anything of them is published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sdistmaker_recipe.catalog import name_reservation
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.index.layout import normalised_name_of
from sdistmaker_recipe.model import Tag


@dataclass(frozen=True, slots=True)
class NamesToReserve:
    """Projects whose names may have to be reserved, or released.

    ``tags`` are all tags of such projects, ``untagged`` the names of such projects without any tag: see
    ``name_reservation.update_guessed_names``.
    """

    tags: tuple[Tag, ...]
    untagged: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.tags or self.untagged)


def select_names_to_reserve(
    scans: Sequence[Scan], scan_state: ScanState, options_digest: str, tags_to_build: Iterable[Tag]
) -> NamesToReserve:
    """The projects that changed since the last run, and those of which a tag is built."""
    names = {normalised_name_of(tag.project) for tag in tags_to_build} - {""}
    for scan in scans:
        names |= scan_state.project_names(scan, pending=scan.options_digest == options_digest)
    projects = list(scan_state.projects_named(sorted(names)))
    untagged = tuple(name for name, tags in projects if not tags)
    return NamesToReserve(tuple(tag for _name, tags in projects for tag in tags), untagged)


def reserve_names(names: NamesToReserve, run: Run) -> None:
    """Keep the names of these projects, and every name that ever was private, from the public index.

    Raises ``StoreError``.
    """
    try:
        update_guessed_names(names, run)
    finally:
        # The names of this run come first: a fault with an old name must not prevent their recording.
        name_reservation.reserve_all(run.catalog, run.store)


def update_guessed_names(names: NamesToReserve, run: Run) -> None:
    """Reserve the names that folders suggest, and release those that metadata proved wrong.

    Raises ``StoreError``.
    """
    name_reservation.update_guessed_names(names.tags, names.untagged, run.catalog, run.store)


def find_names_on_public_index(names: NamesToReserve, run: Run) -> tuple[str, ...]:
    """Warnings about private names that the public index has too; none unless option check-public is set.

    Raises ``StoreError``.
    """
    if not run.configuration.check_public:
        return ()
    # The public index must not be asked for a guess that this run has proved wrong.
    update_guessed_names(names, run)
    return name_reservation.check_public_index(run.catalog, run.public_index)
