"""Tags of one repository that may build releases which a project in another repository published and keeps.

Such a tag and a release are *twins*. The tag is built once, because only its metadata tells whether it is of
the same project. If it is, it is not published, and not built again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.option_types import OtherName
from sdistmaker_recipe.index.file_conflicts import tag_name
from sdistmaker_recipe.index.name_rules import allowing_line, folder_of
from sdistmaker_recipe.model import ADOPTED, Release, Tag, project_origin, repository_of
from sdistmaker_recipe.names import canonicalize_name, same_version

_TWIN = "name in the metadata of "
"""Begins the names of notes in the catalog: the name that a build of a tag gave, by the tag's origin."""


def published_elsewhere(
    tags: Iterable[Tag],
    scan_state: ScanState,
    catalog: Catalog,
    other_names: Sequence[OtherName],
    deleted: Collection[str] = (),
) -> dict[str, Release]:
    """The releases that projects of other repositories published and keep, by the origins of these tags.

    A release is of the same project and version, its own project is still there, and its tag is not deleted.
    ``deleted`` are the origins of tags of which this run found that they are. Raises ``StoreError``.
    """
    if len({repository_of(origin) for _url, origin in scan_state.repositories()}) < 2:
        return {}
    releases: dict[str, list[Release]] = {}
    found: dict[str, Release] = {}
    for tag in tags:
        for name in _names_of_tag(tag, other_names):
            if name not in releases:
                releases[name] = [
                    each
                    for each in catalog.releases.of_project(name)
                    if _has_tag(each) and each.origin not in deleted
                ]
            for release in releases[name]:
                if are_apart(release, tag) and is_same_release(release, tag):
                    found[tag.origin] = release
    projects = {project_origin(release.origin) for release in found.values()}
    there = {project for project in projects if scan_state.has_project(project)}
    return {origin: each for origin, each in found.items() if project_origin(each.origin) in there}


def known_twins(tags: Iterable[Tag], twins: Mapping[str, Release], catalog: Catalog) -> dict[str, Release]:
    """Those of ``published_elsewhere`` of which a build showed that they have the name of the release.

    A folder of that name can hold another project, as folders called client or core do. Only a build tells.
    Raises ``StoreError``.
    """
    names = catalog.index_state.notes(_TWIN) if twins else {}
    return {
        tag.origin: release
        for tag in tags
        if (release := twins.get(tag.origin)) and names.get(tag.origin) == _name_at(release.project, tag)
    }


def note_twin(release: Release, tag: Tag, catalog: Catalog) -> None:
    """Record that a tag has the name of a release, and need not be built again. Raises ``StoreError``."""
    catalog.set_note(f"{_TWIN}{tag.origin}", _name_at(release.project, tag))
    catalog.failures.remove([tag.origin])


def _name_at(name: str, tag: Tag) -> str:
    return f"{name} at {tag.revision}"


def is_same_release(release: Release, tag: Tag) -> bool:
    """Whether a tag says the version of a release, or what the release's own tag said."""
    own = tag_name(release)
    return tag.name == own or same_version(tag.version, release.version) or same_version(tag.version, own)


def are_apart(release: Release, tag: Tag) -> bool:
    """Whether a release and a tag are of different repositories."""
    return repository_of(release.origin) != repository_of(tag.origin)


def _has_tag(release: Release) -> bool:
    return release.tag_deleted_in is None and not release.origin.startswith(ADOPTED)


def _names_of_tag(tag: Tag, other_names: Iterable[OtherName]) -> Iterator[str]:
    """The normalised names that the release of a tag may have."""
    yield canonicalize_name(tag.project)
    for line in other_names:
        if allowing_line(folder_of(tag), canonicalize_name(line.name), [line]):
            yield canonicalize_name(line.name)
