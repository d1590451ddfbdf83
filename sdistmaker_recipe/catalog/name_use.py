"""Who uses a name: found in the releases, the last scans and the private names.

Only one thing is recorded: which project's metadata gave a name first. It counts while nothing else tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.option_types import OtherName
from sdistmaker_recipe.index.layout import normalised_name_of
from sdistmaker_recipe.index.name_rules import Folder, NameUse, Publisher, allowing_line, foreign_publishers
from sdistmaker_recipe.model import ADOPTED, TAGS, Release, Tag, project_name, project_origin, repository_of

_CLAIM = "first use of the name "


def name_use(name: str, catalog: Catalog, other_names: Sequence[OtherName]) -> NameUse:
    """All that is known of the use of a normalised name; ``other_names`` is the option.

    Raises ``StoreError``.
    """
    claimant = catalog.note(f"{_CLAIM}{name}")
    scans = ScanState(catalog)
    read = scans.repositories()
    repositories = frozenset(repository_of(origin) for _url, origin in read)
    publishers: dict[str, Publisher] = {}
    has_unknown = False
    for origin, tag_url, has_tag in catalog.releases.sources_of(name):
        if origin.startswith(ADOPTED):
            has_unknown = True
            continue
        project = project_origin(origin)
        # Without any scan nobody can say which repositories are read.
        is_live = has_tag and (not repositories or repository_of(origin) in repositories)
        before = publishers.get(project)
        folder = before.folder if before else _folder(project, tag_url, read)
        publishers[project] = Publisher(
            folder=folder,
            is_live=is_live or (before is not None and before.is_live),
            is_there=before.is_there if before else scans.has_project(project),
            is_guest=project != claimant and allowing_line(folder, name, other_names) is not None,
        )
    return NameUse(
        name=name,
        publishers=tuple(publishers.values()),
        folders=tuple(scans.projects_called(name)),
        has_unknown=has_unknown,
        is_private=catalog.private_names.has(name),
        claimant=claimant,
        repositories=repositories,
    )


def is_own_name(name: str, tag: Tag, catalog: Catalog) -> bool:
    """Whether nothing but releases of the tag's project have the name: if none has, that of its folder.

    This is a quick question for most builds. Raises ``StoreError``.
    """
    is_used, is_shared = catalog.releases.use_of(name, tag.origin)
    return not is_shared and (is_used or name == normalised_name_of(tag.project))


def claim_name(name: str, tag: Tag, catalog: Catalog) -> None:
    """Record that the metadata of a tag gave a normalised name, if it is the first. Raises ``StoreError``.

    A name that equals that of the folder needs no record, and neither does one that is private already.
    """
    if name != normalised_name_of(tag.project) and not catalog.private_names.has(name):
        catalog.set_note(f"{_CLAIM}{name}", tag.project_origin)


def pass_on_name(release: Release, tag: Tag, catalog: Catalog) -> None:
    """Record that the name of a release belongs to the project of this tag, if it was that of its own.

    Raises ``StoreError``.
    """
    claimant = catalog.note(f"{_CLAIM}{release.project}")
    if claimant in ("", project_origin(release.origin)) and release.project != normalised_name_of(
        tag.project
    ):
        catalog.set_note(f"{_CLAIM}{release.project}", tag.project_origin)


def mixed_names(catalog: Catalog, other_names: Sequence[OtherName]) -> list[NameUse]:
    """The names under which a project has published although they belong to another one, in order.

    ``other_names`` is the option. Raises ``StoreError``.
    """
    projects: dict[str, set[str]] = {}
    for name, origin, has_tag in catalog.releases.origins_by_name():
        if has_tag and not origin.startswith(ADOPTED):
            projects.setdefault(name, set()).add(project_origin(origin))
    uses = [
        name_use(name, catalog, other_names) for name, origins in sorted(projects.items()) if len(origins) > 1
    ]
    return [use for use in uses if foreign_publishers(use)]


def _folder(project: str, tag_url: str, repositories: Iterable[tuple[str, str]]) -> Folder:
    """The folder of the project with this origin; ``tag_url`` is that of one of its tags.

    ``repositories`` are the URLs and origins of those that are read.
    """
    places = [
        (project[len(root) + 1 :], url) for url, root in repositories if f"{project}/".startswith(f"{root}/")
    ]
    of_tag = tag_url.rpartition(f"/{TAGS}/")[0]
    path, url = min(places, key=lambda place: len(place[0]), default=(project.partition("/")[2], of_tag))
    return Folder(project, project_name(url, path), path)
