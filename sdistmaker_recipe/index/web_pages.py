"""The pages of the index for people: releases in, HTML out. Pure, except for reading the templates.

They load nothing but ``style.css`` and ``search.js``, have no style or script of their own, so that the web
server can forbid both, and can be read without the script. Text of unknown origin is escaped, and only http
and https URLs become links.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from sdistmaker_recipe.index.layout import newest_release
from sdistmaker_recipe.index.page_templates import format_date, render, safe_html
from sdistmaker_recipe.index.safe_text import one_line, tag_link, without_tag_name
from sdistmaker_recipe.index.simple_api import ACTIVE
from sdistmaker_recipe.model import ListedProject, ProjectDetails, ProjectStatus, Release, ReleaseFile, Site
from sdistmaker_recipe.names import is_known_version

NO_DETAILS = ProjectDetails()

_RECENT = 10
_MOST_TAGS = 5
"""As many tags of a group are all shown; more of them are folded away."""
_UNKNOWN_INDEX = '<span class="index">INDEX-URL</span>'
"""If the address of the index is not known here, the script fills it in."""


class RootPage(NamedTuple):
    """The content of the root page.

    ``releases`` and ``failed`` are the numbers of releases and of failed tags; ``latest`` are the last
    releases published, the last one first.
    """

    projects: tuple[ListedProject, ...] = ()
    releases: int = 0
    latest: tuple[Release, ...] = ()
    failed: int = 0


class ProjectPage(NamedTuple):
    """The content of a project's page; ``project`` is the normalised name.

    ``releases`` (at least one) are in the order of ``layout.newest_first``. ``details`` and ``description``
    (HTML of ``description.render_description``) are from the metadata of ``layout.newest_release(releases)``.
    ``notes`` are warnings in plain text; ``failed`` is the number of the project's failed tags.
    """

    project: str
    releases: tuple[Release, ...]
    details: ProjectDetails = NO_DETAILS
    description: str = ""
    status: ProjectStatus = ACTIVE
    notes: tuple[str, ...] = ()
    failed: int = 0


class FailedTag(NamedTuple):
    """A tag that does not build.

    ``project`` is the normalised name, or a guess, which may not be a valid name. ``reason`` is one sentence,
    ``link`` the web address of the tag or "".
    """

    project: str
    tag: str
    revision: str
    reason: str
    link: str = ""


class _FailedGroup(NamedTuple):
    """Tags of a project that fail for the same reason; they are in the order given.

    ``label`` is how many they are, with the first and the last name, if they are not all shown at once.
    """

    tags: list[FailedTag]
    label: str
    reason: str


class _Row(NamedTuple):
    """A file of a release as a table shows it, by columns.

    ``label`` is the version, with the kind of the file unless that is an sdist. ``built_by`` names the Python
    that built it if that is not the usual one.
    """

    label: str
    url: str
    date: str
    python: str
    built_by: str
    size: str
    revision: str
    tag: str
    sha256: str
    yanked: str | None


def render_root_page(root: RootPage, site: Site) -> str:
    """The ``about.html`` in the root."""
    return render(
        "root.html",
        site=site,
        top="",
        root=root,
        updated=root.latest[0].sdist.upload_time if root.latest else None,
        counted=f"{_count(root.releases, 'release')} of {_count(len(root.projects), 'project')}",
        failed=_count(root.failed, "failed tag"),
    )


def render_project_page(project: ProjectPage, site: Site) -> str:
    """The ``about.html`` in a project's folder."""
    chosen = newest_release(project.releases)
    recent, older = project.releases[:_RECENT], project.releases[_RECENT:]
    return render(
        "project.html",
        site=site,
        top="../",
        project=project.project,
        updated=_last_upload(project.releases),
        newest=chosen,
        not_installable=_not_installable(chosen),
        details=project.details,
        fields=[(label, one_line(value)) for label, value in _fields(project.details, chosen) if value],
        index=f"{site.base_url.rstrip('/')}/" if site.base_url else safe_html(_UNKNOWN_INDEX),
        recent=_rows(recent, site),
        older=_rows(older, site),
        older_releases=len(older),
        description=safe_html(project.description),
        status="" if project.status == ACTIVE else one_line(project.status.status),
        reason=one_line(project.status.reason),
        notes=[one_line(note, 1000) for note in project.notes],
        failed=_count(project.failed, "failed tag") if project.failed else "",
    )


def _last_upload(releases: Iterable[Release]) -> datetime:
    return max(file.upload_time for release in releases for file in release.files)


def _not_installable(release: Release) -> str:
    """Why the page offers no line that installs this release; "" if it does."""
    if not is_known_version(release.version):
        return "PEP 440 does not know this version, so current installers such as pip and uv do not see it."
    if release.lacks_code:
        return "The archive has none of the project's Python code."
    return ""


def render_failed_page(failed: Iterable[FailedTag], published: Container[str], site: Site) -> str:
    """``failed.html``: the failed tags by project, in the order given; ``published`` projects have a page.

    Tags of a project that fail for the same reason are put together.
    """
    projects: dict[str, dict[str, list[FailedTag]]] = {}
    for failed_tag in failed:
        tag = FailedTag(
            project=one_line(failed_tag.project, 200) or "unnamed",
            tag=one_line(failed_tag.tag),
            revision=one_line(failed_tag.revision, 12),
            reason=one_line(failed_tag.reason, 1000),
            link=failed_tag.link,
        )
        groups = projects.setdefault(tag.project, {})
        groups.setdefault(without_tag_name(tag.reason, tag.tag), []).append(tag)
    shown = {name: [_failed_group(tags) for tags in groups.values()] for name, groups in projects.items()}
    return render(
        "failed.html",
        site=site,
        top="",
        # An id has no space (HTML 5), and is unique on the page.
        projects=[(name, quote(name, safe=""), name in published, groups) for name, groups in shown.items()],
        counted=_count(sum(len(group.tags) for groups in shown.values() for group in groups), "tag"),
    )


def _failed_group(tags: list[FailedTag]) -> _FailedGroup:
    label = f"{len(tags)} tags ({tags[0].tag} … {tags[-1].tag})" if len(tags) > _MOST_TAGS else ""
    return _FailedGroup(tags, label, tags[-1].reason)


def _rows(releases: Iterable[Release], site: Site) -> list[_Row]:
    return [_row(file, release, site) for release in releases for file in release.files]


def _row(file: ReleaseFile, release: Release, site: Site) -> _Row:
    return _Row(
        label=release.version if file.kind == "sdist" else f"{release.version} ({file.kind})",
        url=quote(file.filename),
        date=format_date(file.upload_time),
        python=_python(release) or "any",
        built_by=release.python,
        size=_size(file.size),
        revision=one_line(release.revision, 12),
        tag=tag_link(site.browse_url, release),
        sha256=file.sha256,
        yanked=release.yanked if release.yanked is None else one_line(release.yanked),
    )


def _fields(details: ProjectDetails, release: Release) -> Iterator[tuple[str, str]]:
    yield "Python", _python(release)
    yield "Author", details.author
    yield "License", details.license


def _python(release: Release) -> str:
    """Requires-Python with a space after each comma, so that a narrow screen can break the line."""
    return one_line(release.requires_python.replace(",", ", "), 100)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    """A number of bytes in decimal units, with three digits."""
    for unit, amount in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= 0.9995 * amount:
            return f"{size / amount:{'.3g' if size < 999.5 * amount else ',.0f'}} {unit}"
    return f"{size} B"
