"""The page of a release, for people: releases in, HTML out. Pure, except for reading the templates.

An index has many of these pages, so the template is rendered once, and then filled in for each release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape

from sdistmaker_recipe.index.html_parts import (
    files_html,
    install_html,
    supported_python,
    title_html,
)
from sdistmaker_recipe.index.page_templates import Shape, format_date
from sdistmaker_recipe.index.safe_text import one_line, tag_link
from sdistmaker_recipe.model import Release, Site
from sdistmaker_recipe.names import normalised_version


def render_release_page(releases: Sequence[Release], site: Site) -> str:
    """The page of a release, ``layout.release_page``.

    There are several ``releases`` if a project has several archives of one version. The page says nothing of
    other releases, so it stays the same when one is published.
    """
    release = releases[0]
    summary = escape(one_line(release.summary))
    updated = max(each.sdist.upload_time for each in releases)
    return _shape(site).fill(
        title=escape(f"{one_line(release.name)} {one_line(release.version)}"),
        heading=title_html(release),
        lead=f'<p class="lead">{summary}</p>\n' if summary else "",
        install=install_html(release, f"=={normalised_version(release.version)}", site),
        files=files_html(releases, with_digest=True),
        facts="".join(_facts(release, site)),
        date=format_date(updated),
    )


@lru_cache(maxsize=4)
def _shape(site: Site) -> Shape:
    slots = ("title", "heading", "lead", "install", "files", "facts", "date")
    return Shape("release.html", slots, site=site, top="../")


def _facts(release: Release, site: Site) -> Iterator[str]:
    """What is known of a release, as the groups of a list."""
    revision = escape(one_line(release.revision, 12))
    if link := tag_link(site.browse_url, release):
        revision = f'<a href="{escape(link)}">{revision}</a>'
    python, built_by = escape(supported_python(release)), escape(one_line(release.python, 100))
    for label, value in (("Python", python), ("Built by", built_by), ("Revision", revision)):
        if value:
            yield f"<div><dt>{label}</dt><dd>{value}</dd></div>\n"
