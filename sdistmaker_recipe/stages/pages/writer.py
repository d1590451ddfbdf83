"""Decide which pages to write, and write them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.index import layout, simple_api
from sdistmaker_recipe.index.store import Content, IndexStore
from sdistmaker_recipe.model import ProjectDetails, Site

if TYPE_CHECKING:
    from sdistmaker_recipe.stages.pages.project_files import ProjectRenderer

_NOTE = "pages"
_UNREAD_METADATA = "unread metadata"


def import_renderers() -> None:
    """Import what the first page needs. A run can do this while it waits for something else."""
    from sdistmaker_recipe.index import feed, page_templates, release_page, web_pages  # noqa: F401

    page_templates.load_templates()


def renderer_version() -> str:
    """Identifies the renderer of descriptions: descriptions of another one are rendered again."""
    markdown = " with Markdown" if find_spec(simple_api.MARKDOWN_MODULE) else ""
    return f"{simple_api.DESCRIPTION_FORMAT}{markdown}"


def _render_here(details: ProjectDetails) -> str:
    from sdistmaker_recipe.index import description

    return description.render_description(details)


@dataclass(frozen=True, slots=True)
class PageWriter:
    """Writes pages from the catalog to the index. Every method raises ``StoreError``.

    With ``warns_of_public_names``, the page of a project warns if the public index has a project of the same
    name. ``render`` makes HTML of a description, and ``renderer`` identifies its version.
    """

    store: IndexStore
    catalog: Catalog
    site: Site
    warns_of_public_names: bool = False
    renderer: str = field(default_factory=renderer_version)
    render: Callable[[ProjectDetails], str] = _render_here

    def write_all(self, projects_to_check: Container[str] = ()) -> None:
        """Write stale and missing pages, and those of the root if any of them changed.

        Missing files are looked for in the folders of ``projects_to_check`` only. If this version, or an
        option, makes pages that look different, all are written again.
        """
        projects = self.catalog.releases.projects()
        stale = self.catalog.pages.stale()
        is_current = self.is_current()
        if not is_current:
            _read_metadata(self.catalog)
        self.write_projects(
            project
            for project in projects
            if not is_current or project in stale or project in projects_to_check
        )
        if not is_current or stale or not self._has_root():
            self.write_root()
            # Projects that have no release any more have no other page.
            self.catalog.pages.mark_written(["", *(stale - set(projects))])
        if not is_current:
            self.catalog.set_note(_NOTE, self._look())

    def write_projects(
        self, projects: Iterable[str], details: Mapping[str, ProjectDetails] = MappingProxyType({})
    ) -> None:
        """Write the pages of these projects.

        ``details`` are known from metadata that was read already, by the SHA-256 of the file.
        """
        names = list(projects)
        if not names:
            return
        for files in self._renderer(details).render_in_batches(names):
            for second_name in files.second_names:
                self.store.link_archive(*second_name)
            self.store.write_pages(files.content)
            for project in files.projects:
                if former := self._former_pages(project, files.content):
                    self.store.remove_release_pages(project, former)
            with self.catalog.batch():
                for listed in files.listed:
                    self.catalog.pages.list_project(listed)
                self.catalog.pages.mark_written(files.projects)

    def write_root(self) -> None:
        """Write the pages of the root, and remove a logo of another format than that of today."""
        files = self._root_files(self.catalog.releases.projects())
        self.store.write_pages(files)
        former = [name for name in layout.LOGO_FILES if name not in files and self.store.has_file("", name)]
        if former:
            self.store.remove_files("", former)

    def write_missing_root(self) -> None:
        """Write the pages of the root unless all are there: the pages of projects link to them.

        They list the projects whose pages are written already.
        """
        if not self._has_root():
            listed = [project.project for project in self.catalog.pages.listed_projects()]
            self.store.write_pages(self._root_files(listed))

    def compare_projects(
        self, projects: Iterable[str], damaged: Container[tuple[str, str]] = ()
    ) -> Iterator[tuple[str, str, bool]]:
        """The files that ``write_projects`` writes: project, path in the index, and whether it is current.

        Second names of sdists that are missing, or ``damaged`` (project and file name), are left out.
        """
        for files in self._renderer({}).render_in_batches(list(projects)):
            for second_name in files.second_names:
                sdist = (second_name.project, second_name.filename)
                if sdist not in damaged and self.store.has_file(*sdist):
                    path = f"{second_name.folder}/{second_name.name}"
                    yield second_name.project, path, self.store.is_same_archive(*second_name)
            for path, content in files.content.items():
                yield files.owners[path], path, self.store.is_page_current(path, content)
            for project in files.projects:
                for name in self._former_pages(project, files.content):
                    yield project, f"{project}/{name}", False

    def compare_root(self) -> Iterator[tuple[str, bool]]:
        """The files of the root: the name of each, and whether it is current."""
        files = self._root_files(self.catalog.releases.projects())
        for path, content in files.items():
            yield path, self.store.is_page_current(path, content)

    def is_current(self) -> bool:
        """Whether written pages look as this version and these options make them."""
        return self.catalog.note(_NOTE) == self._look()

    def has_nothing_to_write(self) -> bool:
        """Whether ``write_all`` without projects to check would write nothing."""
        return self.is_current() and not self.catalog.pages.stale() and self._has_root()

    def mark_empty_index_current(self) -> None:
        """If nothing is published, record that pages look as they do now: all are yet to be written."""
        if not self.catalog.releases.latest(1):
            self.catalog.set_note(_NOTE, self._look())

    def _former_pages(self, project: str, content: Container[str]) -> list[str]:
        """The pages of releases in a project's folder that are not in content: of releases that are gone."""
        pages = self.store.release_pages(project)
        return [name for name in pages if f"{project}/{name}" not in content]

    def _has_root(self) -> bool:
        logo = (self.site.logo.name,) if self.site.logo else ()
        return self.store.has_pages("", (*layout.ROOT_FILES, *logo))

    def _look(self) -> str:
        """A digest of what decides how pages look, whatever is published."""
        logo = self.site.logo and (self.site.logo.name, hashlib.sha256(self.site.logo.content).hexdigest())
        site = self.site._replace(logo=None)
        parts = (__version__, simple_api.PAGE_FORMAT, self.renderer, site, logo, self.warns_of_public_names)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _root_files(self, projects: Sequence[str]) -> dict[str, Content]:
        # Runs without news do not need this import, nor the one below.
        from sdistmaker_recipe.stages.pages.root_files import root_files

        return root_files(projects, self.catalog, self.site)

    def _renderer(self, details: Mapping[str, ProjectDetails]) -> ProjectRenderer:
        from sdistmaker_recipe.stages.pages.project_files import ProjectRenderer

        return ProjectRenderer(
            self.catalog, self.site, details, self.render, self.renderer, self.warns_of_public_names
        )


def _read_metadata(catalog: Catalog) -> None:
    """Record what metadata says of releases, if the catalog comes from its first version, which did not."""
    if catalog.note(_UNREAD_METADATA):
        from sdistmaker_recipe.index import core_metadata

        with catalog.batch():
            for release in catalog.releases.all():
                content = catalog.releases.metadata(release.sha256)
                digest = core_metadata.digest_to_serve(content)
                summary = core_metadata.project_details(content).summary
                sdist = release.sdist._replace(metadata_sha256=digest)
                catalog.releases.set_metadata(release._replace(summary=summary, files=(sdist,)))
            catalog.set_note(_UNREAD_METADATA, "")
