"""Archives of the index: what one says of itself, and which release it is."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.former_names import FormerNames, legacy_folders, second_names
from sdistmaker_recipe.index import layout
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import ProjectDetails, Release
from sdistmaker_recipe.names import same_version


class ArchiveMetadata(NamedTuple):
    """What an archive's metadata tells of a release: see ``model.Built``; ``metadata`` is the PKG-INFO."""

    name: str = ""
    version: str = ""
    requires_python: str = ""
    details: ProjectDetails = ProjectDetails()
    metadata_sha256: str = ""
    metadata: bytes = b""


def read_archive(path: Path) -> ArchiveMetadata:
    """What an archive says of itself; raises ``BuildError`` where it cannot be read to its end."""
    # Here, for most runs read none.
    from sdistmaker_recipe.index import core_metadata
    from sdistmaker_recipe.toolchain.archives import foreign_archive

    metadata = foreign_archive.read_metadata(path)
    return ArchiveMetadata(
        name=metadata.name,
        version=metadata.version,
        requires_python=metadata.requires_python,
        details=core_metadata.project_details(metadata.content),
        metadata_sha256=core_metadata.digest_to_serve(metadata.content),
        metadata=metadata.content,
    )


def published(project: str, filename: str, version: str, catalog: Catalog) -> Release | None:
    """The release with this file or, whatever the name of its file, this version (PEP 440)."""
    if there := catalog.release(project, filename):
        return there
    for name, known in catalog.rows("SELECT filename, version FROM release WHERE project = ?", [project]):
        if same_version(known, version):
            return catalog.release(project, name)
    return None


def find_copy(release: Release, store: IndexStore, catalog: Catalog) -> str:
    """The path of a second name that still holds a release's bytes; "" where none does.

    Raises ``StoreError``.
    """
    known = FormerNames(catalog).of_project(release.project)
    places = [(each.folder, each.filename) for each in known if each.sha256 == release.sha256]
    for folder in legacy_folders(release.project, [release.name], known):
        places += [(folder, name) for name in second_names(folder, [release], known)]
    found = (place for place in places if store.digest(*place) == release.sha256)
    return "/".join(next(found, ()))


def let_names_follow(before: Release, now: Release, store: IndexStore, catalog: Catalog) -> None:
    """Show by all names of a release's file what came in its place; what is neither is moved aside.

    Names of another form, such as ``.zip``, stay what they are, to be removed as those of a release that is
    published no more. Raises ``StoreError``.
    """
    names, suffix = FormerNames(catalog), layout.sdist_suffix(now.filename)
    for name in (each for each in names.of_project(before.project) if each.sha256 == before.sha256):
        if layout.sdist_suffix(name.filename) == suffix:
            store.link_archive(now.project, now.filename, name.folder, name.filename, before.sha256)
            names.add(name._replace(sha256=now.sha256))
        elif store.digest(name.folder, name.filename) not in ("", before.sha256):
            store.quarantine(name.folder, name.filename)
    known = names.of_project(now.project)
    for folder in legacy_folders(now.project, [now.name], known):
        for second in second_names(folder, [now], known):
            store.link_archive(now.project, now.filename, folder, second, before.sha256)


def restore(release: Release, store: IndexStore, catalog: Catalog) -> bool:
    """Give a release that lost its file that of a second name, where one still holds it.

    Whether one did. Raises ``StoreError``.
    """
    copy = find_copy(release, store, catalog)
    if copy:
        store.add_archive(release.project, release.filename, store.folder / copy)
    return bool(copy)
