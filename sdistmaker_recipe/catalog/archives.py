"""Archives of the index: read their metadata, find other names of them, and keep those names up to date."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.former_names import legacy_folders, second_names
from sdistmaker_recipe.index import layout
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import ProjectDetails, Release, ReleaseFile


class ArchiveMetadata(NamedTuple):
    """What the metadata of an archive says: see ``model.Built``; ``metadata`` is the PKG-INFO."""

    name: str = ""
    version: str = ""
    requires_python: str = ""
    details: ProjectDetails = ProjectDetails()
    metadata_sha256: str = ""
    metadata: bytes = b""


def read_archive(path: Path) -> ArchiveMetadata:
    """The metadata of an archive that anybody may have made; raises ``BuildError`` if it is broken."""
    # Imported here, because most runs read no archive.
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


def read_wheel(path: Path) -> ArchiveMetadata:
    """The same of a wheel; its metadata, METADATA, is always served (PEP 658). Raises ``BuildError``."""
    from sdistmaker_recipe.toolchain.archives import foreign_archive

    metadata = foreign_archive.read_wheel_metadata(path)
    return ArchiveMetadata(
        name=metadata.name,
        version=metadata.version,
        requires_python=metadata.requires_python,
        metadata_sha256=hashlib.sha256(metadata.content).hexdigest(),
        metadata=metadata.content,
    )


def find_copy(release: Release, store: IndexStore, catalog: Catalog) -> str:
    """The path in the index of a second name that still has the content of a release's sdist; "" for none.

    Raises ``StoreError``.
    """
    former_names = catalog.former_names.of_project(release.project)
    candidates = [(name.folder, name.filename) for name in former_names if name.sha256 == release.sha256]
    for folder in legacy_folders(release.project, [release.name], former_names):
        candidates += [(folder, filename) for filename in second_names(folder, [release], former_names)]
    found = (path for path in candidates if store.digest(*path) == release.sha256)
    return "/".join(next(found, ()))


def restore(release: Release, store: IndexStore, catalog: Catalog) -> bool:
    """Copy the lost sdist of a release from a second name; whether one had it. Raises ``StoreError``."""
    copy = find_copy(release, store, catalog)
    if copy:
        store.add_archive(release.project, release.filename, store.folder / copy)
    return bool(copy)


def find_copy_of_wheel(release: Release, wheel: ReleaseFile, store: IndexStore, catalog: Catalog) -> str:
    """The path in the index of a former name that still has the content of a wheel; "" for none.

    Raises ``StoreError``.
    """
    former_names = catalog.former_names.of_project(release.project)
    candidates = ((name.folder, name.filename) for name in former_names if name.sha256 == wheel.sha256)
    found = (path for path in candidates if store.digest(*path) == wheel.sha256)
    return "/".join(next(found, ()))


def update_second_names(before: Release, now: Release, store: IndexStore, catalog: Catalog) -> None:
    """Let all second names of a release's former sdist show the sdist that replaced it.

    A file with other content is moved into quarantine. Former names with another suffix, such as ``.zip``,
    stay as they are: they are removed with the files of the former sdist. Raises ``StoreError``.
    """
    suffix = layout.sdist_suffix(now.filename)
    for name in catalog.former_names.of_project(before.project):
        if name.sha256 != before.sha256:
            continue
        if layout.sdist_suffix(name.filename) == suffix:
            store.link_archive(now.project, now.filename, name.folder, name.filename, before.sha256)
            catalog.former_names.add(name._replace(sha256=now.sha256))
        elif store.digest(name.folder, name.filename) not in ("", before.sha256):
            store.quarantine(name.folder, name.filename)
    former_names = catalog.former_names.of_project(now.project)
    for folder in legacy_folders(now.project, [now.name], former_names):
        for filename in second_names(folder, [now], former_names):
            store.link_archive(now.project, now.filename, folder, filename, before.sha256)
