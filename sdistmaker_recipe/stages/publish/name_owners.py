"""Which name a build may be published under, by ``index.name_rules`` and what the catalog knows."""

from __future__ import annotations

from sdistmaker_recipe.catalog import Catalog, name_reservation
from sdistmaker_recipe.catalog.name_use import claim_name, is_own_name, mixed_names, name_use
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index import name_rules
from sdistmaker_recipe.index.layout import normalised_name_of, project_folder, sdist_filename
from sdistmaker_recipe.model import ADOPTED, Built, Release, Tag, is_same_place, repository_of
from sdistmaker_recipe.stages.publish.index import Index


def verdict(
    built: Built, catalog: Catalog, configuration: Configuration, *, is_last: bool = True
) -> name_rules.Verdict:
    """Whether a build may be published under its name.

    Unless it ``is_last``, other builds of this run may change the answer. Raises ``StoreError``.
    """
    name, folder = project_folder(built.name), name_rules.folder_of(built.tag)
    if is_own_name(name, built.tag, catalog):
        return name_rules.ALLOWED
    if name_rules.allowing_line(folder, name, configuration.other_names):
        return name_rules.ALLOWED
    before = catalog.releases.find(name, sdist_filename(built.name, built.version), built.version)
    if before is not None and is_same_place(before.origin, built.tag.origin):
        return name_rules.ALLOWED
    return name_rules.verdict(
        folder,
        name_use(name, catalog, configuration.other_names),
        is_moved=before is not None and _is_moved(before, built),
        has_known_file=before is not None and _is_known_file(before, built),
        has_known_version=before is not None and before.origin.startswith(ADOPTED),
        is_last=is_last,
    )


def builds_known_file(built: Built, catalog: Catalog) -> bool:
    """Whether a build is a release that was taken over without a tag, byte for byte, and not withdrawn.

    Raises ``StoreError``.
    """
    filename = sdist_filename(built.name, built.version)
    before = catalog.releases.find(project_folder(built.name), filename, built.version)
    return before is not None and _is_known_file(before, built)


def refusal(built: Built, catalog: Catalog, configuration: Configuration) -> str:
    """Why a build is not published under its name, and what to do; "" if it may be.

    Raises ``StoreError``.
    """
    found = verdict(built, catalog, configuration)
    if found.is_allowed:
        return ""
    folder = name_rules.folder_of(built.tag)
    return name_rules.refusal(folder, built.name, project_folder(built.name), found.owner)


def reserve_names(names: tuple[str, ...], tag: Tag, index: Index) -> None:
    """Reserve names that the metadata of a tag gave, though nothing is published; raises ``StoreError``."""
    for name in filter(None, map(normalised_name_of, names)):
        claim_name(name, tag, index.catalog)
    name_reservation.reserve_metadata_names(names, index.catalog, index.store)


def warn_of_mixed_names(catalog: Catalog, configuration: Configuration) -> tuple[str, ...]:
    """Warnings about names under which several projects have published, one for each name.

    The catalog notes these names, so no later run warns of them.

    Raises ``StoreError``.
    """
    _start, *known = catalog.note(name_rules.WARNED_NOTE).split() or [""]
    warnings: dict[str, str] = {}
    for use in mixed_names(catalog, configuration.other_names):
        owner = name_rules.owner_of(use)
        if use.name in known or owner is None:
            continue
        for publisher in name_rules.foreign_publishers(use):
            folder = publisher.folder
            if not name_rules.allowing_line(folder, use.name, configuration.other_names):
                warnings.setdefault(use.name, name_rules.mixed_warning(folder, use.name, owner.origin))
    start = name_rules.start_of_warned_note(configuration.other_names)
    if (note := " ".join([start, *known, *warnings])) != catalog.note(name_rules.WARNED_NOTE):
        catalog.set_note(name_rules.WARNED_NOTE, note)
    return tuple(warnings.values())


def _is_known_file(before: Release, built: Built) -> bool:
    is_there = before.origin.startswith(ADOPTED) and before.tag_deleted_in is None
    return is_there and before.sha256 == built.sha256


def _is_moved(before: Release, built: Built) -> bool:
    """Whether a build is a release whose tag is gone, of a tag that is the same in another place."""
    tag = built.tag
    is_copy = before.revision == tag.revision and repository_of(before.origin) == repository_of(tag.origin)
    return before.tag_deleted_in is not None and (is_copy or before.sha256 == built.sha256)
