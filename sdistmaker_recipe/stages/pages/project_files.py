"""The files that show a project: its pages, metadata files, and second names of its sdists."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timezone
from itertools import chain
from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog, former_names
from sdistmaker_recipe.index import layout, simple_api
from sdistmaker_recipe.index.store import Content
from sdistmaker_recipe.model import ListedProject, ProjectDetails, Release, ReleaseFile, Site

BATCH = 200
"""So many projects are rendered at a time, so that memory does not grow with the index."""
_PUBLIC_NAME = (
    "The public index has a project of this name too, maybe a stranger's. Use this index alone, never beside "
    "the public one: an installer that asks both may take the other."
)


class SecondName(NamedTuple):
    """A second name of an sdist, in a folder beside its project's: see ``IndexStore.link_archive``."""

    project: str
    filename: str
    folder: str
    name: str


@dataclass(slots=True)
class ProjectFiles:
    """What shows some projects.

    ``content`` are files by their path in the index, ``owners`` the projects of these paths. ``listed`` is
    what the root page says of each project that has a release.
    """

    projects: Sequence[str]
    content: dict[str, Content] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    second_names: list[SecondName] = field(default_factory=list)
    listed: list[ListedProject] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ProjectRenderer:
    """Renders the pages of projects.

    ``details`` are known from metadata that was read already, by the SHA-256 of the file. ``render`` makes
    HTML of a description, and ``renderer`` identifies its version. With ``warns_of_public_names``, a page
    warns if the public index has a project of the same name.
    """

    catalog: Catalog
    site: Site
    details: Mapping[str, ProjectDetails]
    render: Callable[[ProjectDetails], str]
    renderer: str
    warns_of_public_names: bool

    def render_in_batches(self, projects: Sequence[str]) -> Iterator[ProjectFiles]:
        """The files of these projects, some projects at a time. Raises ``StoreError``."""
        failed = Counter(failure.project for failure in self.catalog.failures.all())
        notes = self._notes()
        for start in range(0, len(projects), BATCH):
            files = ProjectFiles(projects[start : start + BATCH])
            with self.catalog.batch():
                for project in files.projects:
                    releases = self.catalog.releases.of_project(project)
                    if releases:
                        self._render(project, releases, notes.get(project, ()), failed[project], files)
            yield files

    def _render(
        self,
        project: str,
        releases: Sequence[Release],
        notes: tuple[str, ...],
        failed: int,
        files: ProjectFiles,
    ) -> None:
        """Add what shows a project to files."""
        second_names = _second_names(project, releases, self.catalog)
        by_time = sorted(releases, key=lambda release: release.sdist.upload_time)
        # In this order they are written: a page comes after the metadata files that it names.
        content = {
            **self._metadata_files(project, releases),
            **_legacy_pages(by_time, second_names),
            f"{project}/index.html": simple_api.project_html(project, by_time),
            f"{project}/index.json": simple_api.project_json(project, by_time),
            **self._release_pages(project, releases),
            f"{project}/{layout.ABOUT_PAGE}": self._page_for_people(project, releases, notes, failed),
        }
        newest = layout.newest_release(releases)
        files.second_names += chain.from_iterable(second_names.values())
        files.content |= content
        files.owners |= dict.fromkeys(content, project)
        files.listed.append(_listed(newest, releases))

    def _release_pages(self, project: str, releases: Sequence[Release]) -> dict[str, Content]:
        """The pages of releases, by path."""
        from sdistmaker_recipe.index.release_page import render_release_page

        by_page: dict[str, list[Release]] = {}
        for release in releases:
            if page := layout.release_page(release):
                by_page.setdefault(f"{project}/{page}", []).append(release)
        return {path: render_release_page(some, self.site) for path, some in by_page.items()}

    def _page_for_people(
        self, project: str, releases: Sequence[Release], notes: tuple[str, ...], failed: int
    ) -> str:
        from sdistmaker_recipe.index import web_pages

        details = self._details(layout.newest_release(releases))
        page = web_pages.ProjectPage(
            project=project,
            releases=layout.newest_first(releases),
            details=details,
            description=self._description(project, details),
            notes=notes,
            failed=failed,
        )
        return web_pages.render_project_page(page, self.site)

    def _notes(self) -> dict[str, tuple[str, ...]]:
        """The warnings on the pages of projects, by project."""
        answers = self.catalog.public_names.answers() if self.warns_of_public_names else {}
        return {name: (_PUBLIC_NAME,) for name, (is_taken, _asked_at) in answers.items() if is_taken}

    def _details(self, release: Release) -> ProjectDetails:
        """The part of a release's metadata that people read.

        Requirements are those of the wheel: an sdist of old setuptools names none.
        """
        details = self._details_of(release.sdist)
        if release.wheels:
            of_wheel = self._details_of(release.wheels[0])
            return details._replace(requirements=of_wheel.requirements, extras=of_wheel.extras)
        return details

    def _details_of(self, file: ReleaseFile) -> ProjectDetails:
        if file.sha256 in self.details:
            return self.details[file.sha256]
        # Imported here, because the details are mostly known.
        from sdistmaker_recipe.index import core_metadata

        return core_metadata.project_details(self.catalog.releases.metadata(file.sha256))

    def _description(self, project: str, details: ProjectDetails) -> str:
        """The description as HTML, from the catalog if it has it: another release may say the same."""
        source = (self.renderer, details.content_type, details.description)
        digest = hashlib.sha256(repr(source).encode()).hexdigest()
        html = self.catalog.pages.description(project, digest)
        if html is None:
            html = self.render(details)
            self.catalog.pages.set_description(project, digest, html)
        return html

    def _metadata_files(self, project: str, releases: Iterable[Release]) -> dict[str, Content]:
        """The core metadata to serve beside files (PEP 658), by path."""
        return {
            f"{project}/{file.filename}{layout.METADATA_SUFFIX}": self.catalog.releases.metadata(file.sha256)
            for release in releases
            for file in release.files
            if file.metadata_sha256
        }


def _listed(newest: Release, releases: Iterable[Release]) -> ListedProject:
    """What the root page says of a project."""
    # A wheel may come much later, and changes nothing of the project.
    times = [release.sdist.upload_time for release in releases]
    return ListedProject(
        newest.project,
        newest.name,
        newest.version,
        newest.summary,
        updated_at=max(times).astimezone(timezone.utc).date().isoformat(),
        is_yanked=newest.yanked is not None,
    )


def _second_names(project: str, releases: Sequence[Release], catalog: Catalog) -> dict[str, list[SecondName]]:
    """The second names of a project's sdists, by the folder that they are in."""
    former = catalog.former_names.of_project(project)
    spellings = [release.name for release in releases]
    return {
        folder: [
            SecondName(project, release.filename, folder, name)
            for name, release in former_names.second_names(folder, releases, former).items()
        ]
        for folder in former_names.legacy_folders(project, spellings, former)
    }


def _legacy_pages(
    releases: Sequence[Release], second_names: Mapping[str, Sequence[SecondName]]
) -> dict[str, Content]:
    """The pages of folders for clients without PEP 503, by path; each lists its second names."""
    pages: dict[str, Content] = {}
    for folder, names in second_names.items():
        filenames = {name.filename for name in names}
        listed = [release for release in releases if release.filename in filenames]
        pages[f"{folder}/index.html"] = simple_api.legacy_html(folder, listed)
    return pages
