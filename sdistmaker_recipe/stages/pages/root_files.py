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
    from sdistmaker_recipe.index.web_pages import FailedTag, FailedWheel

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
    roots = _repository_roots(catalog)
    failed_tags = sorted(_failed_tags(failures, roots, site), key=_by_project_and_version)
    return {
        **page_templates.static_files(),
        **({site.logo.name: site.logo.content} if site.logo else {}),
        layout.FAILED_PAGE: web_pages.render_failed_page(
            failed_tags, frozenset(projects), site, _failed_wheels(catalog, roots)
        ),
        layout.FEED_FILE: feed.atom_feed(latest, site),
        layout.ABOUT_PAGE: web_pages.render_root_page(root, site),
        "index.html": simple_api.root_html(projects),
        "index.json": simple_api.root_json(projects),
    }


def _by_project_and_version(failed: FailedTag) -> tuple[object, ...]:
    """A key that sorts tags of a project by version, and those without one by name."""
    return failed.project, version_key(version_in_tag(failed.tag)), failed


def _repository_roots(catalog: Catalog) -> list[tuple[str, str]]:
    """The URLs that pages do not show, each with the path in its repository."""
    repositories = ScanState(catalog).repositories()
    return [(url, origin.partition("/")[2]) for url, origin in repositories]


def _failed_wheels(catalog: Catalog, roots: Sequence[tuple[str, str]]) -> list[FailedWheel]:
    """The failed wheels, by project and version."""
    from sdistmaker_recipe.index.web_pages import FailedWheel

    found: list[FailedWheel] = []
    for missing in catalog.wheels.failed():
        release = catalog.releases.get(missing.project, missing.filename)
        if release is not None:
            reason = safe_text.hide_repository_urls(missing.reason, roots)
            found.append(FailedWheel(release.project, release.version, reason))
    return sorted(found, key=lambda wheel: (wheel.project, version_key(wheel.version)))


def _failed_tags(
    failures: Sequence[Failure], roots: Sequence[tuple[str, str]], site: Site
) -> Iterator[FailedTag]:
    from sdistmaker_recipe.index.web_pages import FailedTag

    for failure in failures:
        yield FailedTag(
            project=failure.project,
            tag=failure.tag,
            revision=failure.revision,
            reason=safe_text.hide_repository_urls(failure.reason, roots),
            link=safe_text.tag_link(site.browse_url, failure),
        )
