"""The pages in the root of the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.index import layout, safe_text, simple_api
from sdistmaker_recipe.index.store import Content
from sdistmaker_recipe.model import Failure, Site
from sdistmaker_recipe.names import version_in_tag, version_key

if TYPE_CHECKING:
    from sdistmaker_recipe.index.web_pages import FailedTag

_LATEST = 10
"""So many releases are on the root page."""


def root_files(projects: Sequence[str], catalog: Catalog, site: Site) -> dict[str, Content]:
    """The files in the root of the index, by name; ``projects`` are those that its pages list."""
    # Imported here, because most runs write no page.
    from sdistmaker_recipe.index import feed, page_templates, web_pages

    failures = catalog.failures.all()
    latest = catalog.releases.latest(feed.FEED_LENGTH)
    root = web_pages.RootPage(
        projects=tuple(catalog.pages.listed_projects()),
        releases=catalog.releases.count()[0],
        latest=tuple(latest[:_LATEST]),
        failed=len(failures),
    )
    failed_tags = sorted(_failed_tags(failures, catalog, site), key=_by_project_and_version)
    return {
        **page_templates.static_files(),
        **({site.logo.name: site.logo.content} if site.logo else {}),
        layout.FAILED_PAGE: web_pages.render_failed_page(failed_tags, frozenset(projects), site),
        layout.FEED_FILE: feed.atom_feed(latest, site),
        layout.ABOUT_PAGE: web_pages.render_root_page(root, site),
        "index.html": simple_api.root_html(projects),
        "index.json": simple_api.root_json(projects),
    }


def _by_project_and_version(failed: FailedTag) -> tuple[object, ...]:
    """A key that sorts tags of a project by version, and those without one by name."""
    return failed.project, version_key(version_in_tag(failed.tag)), failed


def _failed_tags(failures: Sequence[Failure], catalog: Catalog, site: Site) -> Iterator[FailedTag]:
    from sdistmaker_recipe.index.web_pages import FailedTag

    repositories = ScanState(catalog).repositories()
    roots = [(url, origin.partition("/")[2]) for url, origin in repositories]
    for failure in failures:
        yield FailedTag(
            project=failure.project,
            tag=failure.tag,
            revision=failure.revision,
            reason=safe_text.hide_repository_urls(failure.reason, roots),
            link=safe_text.tag_link(site.browse_url, failure),
        )
