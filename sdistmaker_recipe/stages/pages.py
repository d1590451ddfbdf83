"""Write the pages of what is published, for programs and for people: a pure function of the catalog.

What is equal stays untouched. Of a project the files that its pages name come before the pages. What renders
pages for people is imported where one is rendered, for most runs render none.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sdistmaker_recipe.catalog import Catalog, former_names
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.index import layout, safe_text, simple_api
from sdistmaker_recipe.index.store import Content, IndexStore
from sdistmaker_recipe.model import ListedProject, ProjectDetails, Release, Site

if TYPE_CHECKING:
    from sdistmaker_recipe.index.web_pages import ProjectPage

_NOTE = "pages"
_UNREAD = "unread metadata"
_AT_ONCE = 200
"""Of so many projects the pages are in memory at one time."""
_LATEST = 10
_TAKEN = (
    "The public index has a project of this name too, maybe a stranger's. Use this index alone, never beside "
    "the public one: an installer that asks both may take the other."
)


def renderer() -> str:
    """Names what renders descriptions: those that another left are made again."""
    return (
        f"{simple_api.DESCRIPTION_FORMAT}{' with Markdown' if find_spec(simple_api.MARKDOWN_MODULE) else ''}"
    )


def _render_here(told: ProjectDetails) -> str:
    from sdistmaker_recipe.index import description

    return description.render_description(told)


@dataclass(frozen=True, slots=True)
class PageWriter:
    """What pages are made from and where they go; with ``taken`` they warn of names taken elsewhere.

    ``render`` makes HTML of a description.
    """

    store: IndexStore
    catalog: Catalog
    site: Site
    taken: bool = False
    renderer: str = field(default_factory=renderer)
    render: Callable[[ProjectDetails], str] = _render_here


def write_projects(
    projects: Iterable[str], writer: PageWriter, known: Mapping[str, ProjectDetails] = MappingProxyType({})
) -> None:
    """Write the pages of these projects; raises ``StoreError``.

    ``known`` is what metadata says that was read already, by the digest of the archive.
    """
    if not (every := list(projects)):
        return
    for pages_of_some in _render(every, writer, known):
        for link in pages_of_some.links:
            writer.store.link_archive(*link)
        writer.store.write_pages(pages_of_some.content)
        with writer.catalog.batch():
            for each in pages_of_some.listed:
                writer.catalog.pages.list_project(each)
            writer.catalog.pages.mark_written(pages_of_some.projects)


def compare_projects(
    projects: Iterable[str], writer: PageWriter, damaged: Container[tuple[str, str]] = ()
) -> Iterator[tuple[str, str, bool]]:
    """Each file that ``write_projects`` would see to: its project, its path, whether it is as it should be.

    Second names are left out of archives that are not there, or ``damaged``, by project and file name. Raises
    ``StoreError``.
    """
    for pages_of_some in _render(list(projects), writer, {}):
        for link in pages_of_some.links:
            archive = (link.project, link.filename)
            if archive not in damaged and writer.store.has_file(*archive):
                yield link.project, f"{link.folder}/{link.name}", writer.store.is_same_archive(*link)
        for path, content in pages_of_some.content.items():
            yield pages_of_some.owners[path], path, writer.store.is_page_current(path, content)


def compare_root(writer: PageWriter) -> Iterator[tuple[str, bool]]:
    """Each file of the root: its name, and whether it is as it should be. Raises ``StoreError``."""
    for path, content in _root_files(writer.catalog.releases.projects(), writer).items():
        yield path, writer.store.is_page_current(path, content)


def is_current(writer: PageWriter) -> bool:
    """Whether pages that are not owed are as this version and these options make them."""
    return writer.catalog.note(_NOTE) == _look(writer)


def get_ready() -> None:
    """Import what a first page needs, which can be done while something else is waited for."""
    from sdistmaker_recipe.index import feed, page_templates, web_pages  # noqa: F401

    page_templates.load_templates()


def begin(writer: PageWriter) -> None:
    """Of an index without projects all pages will look as they do now."""
    if not writer.catalog.releases.latest(1):
        writer.catalog.set_note(_NOTE, _look(writer))


def nothing_to_write(writer: PageWriter) -> bool:
    """Whether ``write_all`` would write nothing, where no project is doubtful."""
    return (
        is_current(writer)
        and not writer.catalog.pages.stale()
        and writer.store.has_pages("", layout.ROOT_FILES)
    )


def write_all(writer: PageWriter, projects_to_check: Container[str] = ()) -> None:
    """Write the pages that are owed, any that are missing, and those of the root; raises ``StoreError``.

    Of projects only the ``projects_to_check`` are looked at for missing files. All pages are written
    again after an upgrade, or an option, that changes what pages look like.
    """
    every = writer.catalog.releases.projects()
    owed = writer.catalog.pages.stale()
    current = is_current(writer)
    if not current:
        _read_metadata(writer.catalog)
    write_projects(
        [project for project in every if not current or project in owed or project in projects_to_check],
        writer,
    )
    if not current or owed or not writer.store.has_pages("", layout.ROOT_FILES):
        writer.store.write_pages(_root_files(every, writer))
        writer.catalog.pages.mark_written(["", *(owed - set(every))])
    if not current:
        writer.catalog.set_note(_NOTE, _look(writer))


def write_missing_root(writer: PageWriter) -> None:
    """Write the pages of the root unless all are there: the pages of projects link to them.

    They list the projects whose pages are written already. Raises ``StoreError``.
    """
    if not writer.store.has_pages("", layout.ROOT_FILES):
        listed = [project.project for project in writer.catalog.pages.listed_projects()]
        writer.store.write_pages(_root_files(listed, writer))


def write_root(writer: PageWriter) -> None:
    """Write the pages of the root; raises ``StoreError``."""
    writer.store.write_pages(_root_files(writer.catalog.releases.projects(), writer))


def _read_metadata(catalog: Catalog) -> None:
    """Read what a catalog of the first version did not record of its releases; pages are written after it."""
    if catalog.note(_UNREAD):
        from sdistmaker_recipe.index import core_metadata

        with catalog.batch():
            for release in catalog.releases.all():
                content = catalog.releases.metadata(release.sha256)
                digest = core_metadata.digest_to_serve(content)
                summary = core_metadata.project_details(content).summary
                sdist = release.sdist._replace(metadata_sha256=digest)
                catalog.releases.set_metadata(release._replace(summary=summary, files=(sdist,)))
            catalog.set_note(_UNREAD, "")


def _look(writer: PageWriter) -> str:
    """Tells whether pages that were written would be written so again, whatever is published."""
    parts = (simple_api.PAGE_FORMAT, writer.renderer, writer.site, writer.taken)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Link(NamedTuple):
    """A second name of an archive: see ``IndexStore.link_archive``."""

    project: str
    filename: str
    folder: str
    name: str


@dataclass(slots=True)
class _Rendered:
    """What some projects are shown by: pages and whose they are, second names of archives, the root page."""

    projects: Sequence[str]
    content: dict[str, Content] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    listed: list[ListedProject] = field(default_factory=list)


def _render(
    every: Sequence[str], writer: PageWriter, known: Mapping[str, ProjectDetails]
) -> Iterator[_Rendered]:
    from sdistmaker_recipe.index import web_pages

    failed = Counter(failure.project for failure in writer.catalog.failures.all())
    notes = _notes(writer)
    for some in (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)):
        rendered = _Rendered(some)
        with writer.catalog.batch():
            for project in some:
                if releases := writer.catalog.releases.of_project(project):
                    links = _links(project, releases, writer.catalog)
                    told = _told(releases, known, writer)
                    for_people = web_pages.ProjectPage(
                        project=project,
                        releases=layout.newest_first(releases),
                        details=told,
                        description=_description(project, told, writer),
                        notes=notes.get(project, ()),
                        failed=failed[project],
                    )
                    files = _files(for_people, releases, links, writer)
                    rendered.links += chain.from_iterable(links.values())
                    rendered.content |= files
                    rendered.owners |= dict.fromkeys(files, project)
                    rendered.listed.append(_listed(project, releases))
        yield rendered


def _notes(writer: PageWriter) -> dict[str, tuple[str, ...]]:
    """What the page of each project warns of, by its normalised name."""
    watched = writer.catalog.public_names.answers().items() if writer.taken else ()
    return {name: (_TAKEN,) for name, (taken, _) in watched if taken}


def _told(
    releases: Sequence[Release], known: Mapping[str, ProjectDetails], writer: PageWriter
) -> ProjectDetails:
    """What the metadata says of a project that its page shows."""
    chosen = layout.newest_release(releases)
    if chosen.sha256 in known:
        return known[chosen.sha256]
    # Here, for it is mostly known.
    from sdistmaker_recipe.index import core_metadata

    return core_metadata.project_details(writer.catalog.releases.metadata(chosen.sha256))


def _files(
    for_people: ProjectPage,
    releases: Sequence[Release],
    links: Mapping[str, Sequence[Link]],
    writer: PageWriter,
) -> dict[str, Content]:
    """The files of a project by their path; metadata first, and the pages that name it after."""
    from sdistmaker_recipe.index import web_pages

    project = for_people.project
    by_time = sorted(releases, key=lambda release: release.sdist.upload_time)
    return {
        **_metadata_files(project, releases, writer),
        **_written_pages(by_time, links),
        f"{project}/index.html": simple_api.project_html(project, by_time),
        f"{project}/index.json": simple_api.project_json(project, by_time),
        f"{project}/{layout.ABOUT_PAGE}": web_pages.render_project_page(for_people, writer.site),
    }


def _metadata_files(project: str, releases: Iterable[Release], writer: PageWriter) -> dict[str, Content]:
    return {
        f"{project}/{file.filename}{layout.METADATA_SUFFIX}": writer.catalog.releases.metadata(file.sha256)
        for release in releases
        for file in release.files
        if file.metadata_sha256
    }


def _links(project: str, releases: Sequence[Release], catalog: Catalog) -> dict[str, list[Link]]:
    """The second names of archives in the folders for clients that know no normalised names."""
    known = catalog.former_names.of_project(project)
    return {
        folder: [
            Link(project, release.filename, folder, name)
            for name, release in former_names.second_names(folder, releases, known).items()
        ]
        for folder in former_names.legacy_folders(project, [each.name for each in releases], known)
    }


def _written_pages(releases: Sequence[Release], links: Mapping[str, Sequence[Link]]) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for folder, theirs in links.items():
        writer = {link.filename for link in theirs}
        fitting = [release for release in releases if release.filename in writer]
        found[f"{folder}/index.html"] = simple_api.legacy_html(folder, fitting)
    return found


def _description(project: str, told: ProjectDetails, writer: PageWriter) -> str:
    """The description as HTML; that of an earlier release stands where this one says the same."""
    made_from = (writer.renderer, told.content_type, told.description)
    digest = hashlib.sha256(repr(made_from).encode()).hexdigest()
    html = writer.catalog.pages.description(project, digest)
    if html is None:
        html = writer.render(told)
        writer.catalog.pages.set_description(project, digest, html)
    return html


def _listed(project: str, releases: Sequence[Release]) -> ListedProject:
    chosen = layout.newest_release(releases)
    return ListedProject(project, chosen.name, chosen.version, chosen.summary)


def _root_files(projects: Sequence[str], writer: PageWriter) -> dict[str, Content]:
    from sdistmaker_recipe.index import feed, page_templates, web_pages

    failures = writer.catalog.failures.all()
    latest = writer.catalog.releases.latest(feed.FEED_LENGTH)
    root = web_pages.RootPage(
        projects=tuple(writer.catalog.pages.listed_projects()),
        releases=writer.catalog.releases.count()[0],
        latest=tuple(latest[:_LATEST]),
        failed=len(failures),
    )
    browse = writer.site.browse_url
    roots = [(url, origin.partition("/")[2]) for url, origin in ScanState(writer.catalog).repositories()]
    failed = sorted(
        web_pages.FailedTag(
            project=each.project,
            tag=each.tag,
            revision=each.revision,
            reason=safe_text.hide_repository_urls(each.reason, roots),
            link=safe_text.tag_link(browse, each),
        )
        for each in failures
    )
    return {
        **page_templates.static_files(),
        layout.FAILED_PAGE: web_pages.render_failed_page(failed, frozenset(projects), writer.site),
        layout.FEED_FILE: feed.atom_feed(latest, writer.site),
        layout.ABOUT_PAGE: web_pages.render_root_page(root, writer.site),
        "index.html": simple_api.root_html(projects),
        "index.json": simple_api.root_json(projects),
    }
