"""The pages of the index for people: releases in, HTML out. Pure, except for reading the templates.

They load nothing but ``style.css`` and ``search.js``, have no style or script of their own, so that the web
server can forbid both, and can be read without the script. Text of unknown origin is escaped, and only http
and https URLs become links.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from sdistmaker_recipe.index.html_parts import (
    badges_html,
    file_rows,
    files_html,
    install_html,
    supported_python,
    title_html,
)
from sdistmaker_recipe.index.layout import newest_release
from sdistmaker_recipe.index.page_templates import breakable, render, safe_html
from sdistmaker_recipe.index.safe_text import one_line, without_tag_name
from sdistmaker_recipe.index.simple_api import ACTIVE
from sdistmaker_recipe.model import ListedProject, ProjectDetails, ProjectStatus, Release, Site
from sdistmaker_recipe.names import (
    canonicalize_name,
)

NO_DETAILS = ProjectDetails()

_RECENT = 10
_MOST_TAGS = 5
"""As many tags of a group are all shown; more of them are folded away."""
_EXTRA = re.compile(r"""(?:\band\s+)?\bextra\s*==\s*['"]([^'"]*)['"]\s*""")


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


class FailedWheel(NamedTuple):
    """A published release whose wheel does not build: its project, its version, and why, in one sentence."""

    project: str
    version: str
    reason: str


class _FailedGroup(NamedTuple):
    """Tags of a project that fail for the same reason; they are in the order given.

    ``label`` is how many they are, with the first and the last name, if they are not all shown at once.
    """

    tags: list[FailedTag]
    label: str
    reason: str


def render_root_page(root: RootPage, site: Site) -> str:
    """The ``about.html`` in the root."""
    return render(
        "root.html",
        site=site,
        top="",
        root=root,
        projects=safe_html("".join(map(_listed_html, root.projects))),
        updated=root.latest[0].sdist.upload_time if root.latest else None,
        counted=f"{_count(root.releases, 'release')} of {_count(len(root.projects), 'project')}",
        failed=_count(root.failed, "failed tag"),
    )


def _listed_html(listed: ListedProject) -> str:
    """The item of a project. An index has many, so each is made by formatting strings."""
    date = f"<time>{escape(listed.updated_at)}</time>" if listed.updated_at else ""
    summary = f"<p>{escape(one_line(listed.summary))}</p>" if listed.summary else ""
    return (
        f'<li><a href="{listed.project}/about.html">{breakable(listed.name)}</a>'
        f' <span class="version">{escape(one_line(listed.version))}</span>'
        f"{badges_html(listed.version, is_yanked=listed.is_yanked)}{date}{summary}</li>\n"
    )


def render_project_page(project: ProjectPage, site: Site) -> str:
    """The ``about.html`` in a project's folder."""
    chosen = newest_release(project.releases)
    recent, older = project.releases[:_RECENT], project.releases[_RECENT:]
    details = project.details
    fields = [(label, one_line(value)) for label, value in _fields(details, chosen) if value]
    dependencies = _dependencies(details)
    return render(
        "project.html",
        site=site,
        top="../",
        project=project.project,
        updated=_last_upload(project.releases),
        newest=chosen,
        heading=safe_html(title_html(chosen)),
        install=safe_html(install_html(chosen, "", site)),
        details=details,
        has_details=bool(fields or details.links or dependencies or details.classifiers),
        fields=fields,
        dependencies=dependencies,
        classifiers=_classifiers(details),
        files=safe_html(files_html([chosen])),
        recent=file_rows(recent, site),
        older=file_rows(older, site),
        older_releases=len(older),
        description=safe_html(project.description),
        status="" if project.status == ACTIVE else one_line(project.status.status),
        reason=one_line(project.status.reason),
        notes=[one_line(note, 1000) for note in project.notes],
        failed=_count(project.failed, "failed tag") if project.failed else "",
    )


def _dependencies(details: ProjectDetails) -> list[tuple[str, list[str]]]:
    """The requirements that are always installed, after "", and those of each extra, after its name."""
    groups: dict[str, list[str]] = {"": []}
    extras = [one_line(extra) for extra in details.extras]
    names = {canonicalize_name(extra): extra for extra in extras}
    groups |= {extra: [] for extra in extras}
    for requirement in map(one_line, details.requirements):
        extra = match[1] if (match := _EXTRA.search(requirement)) else ""
        shown = requirement
        if match and requirement.endswith(match[0]):
            shown = requirement[: match.start()].rstrip().removesuffix(";").rstrip()
        groups.setdefault(names.get(canonicalize_name(extra), extra), []).append(shown)
    return [(extra, shown) for extra, shown in groups.items() if extra or shown]


def _classifiers(details: ProjectDetails) -> list[tuple[str, list[str]]]:
    """Classifiers by their first part."""
    groups: dict[str, list[str]] = {}
    for classifier in map(one_line, details.classifiers):
        topic, _, value = classifier.partition(" :: ")
        groups.setdefault(topic, []).append(value or topic)
    return list(groups.items())


def _last_upload(releases: Iterable[Release]) -> datetime:
    return max(release.sdist.upload_time for release in releases)


def render_failed_page(
    failed: Iterable[FailedTag],
    published: Container[str],
    site: Site,
    wheels: Iterable[FailedWheel] = (),
) -> str:
    """``failed.html``: the failed tags by project, in the order given; ``published`` projects have a page.

    Tags of a project that fail for the same reason are put together. Below them are the failed ``wheels``.
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
        wheels=_wheels_by_project(wheels),
    )


def _wheels_by_project(wheels: Iterable[FailedWheel]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Of each project the versions of which wheels failed, as one text, with each reason."""
    projects: dict[str, dict[str, list[str]]] = {}
    for wheel in wheels:
        reason = one_line(wheel.reason, 1000)
        groups = projects.setdefault(wheel.project, {})
        group = groups.setdefault(without_tag_name(reason, wheel.version), [reason])
        group.append(one_line(wheel.version))
    return [
        (project, [(", ".join(versions), reason) for reason, *versions in groups.values()])
        for project, groups in projects.items()
    ]


def _failed_group(tags: list[FailedTag]) -> _FailedGroup:
    label = f"{len(tags)} tags ({tags[0].tag} … {tags[-1].tag})" if len(tags) > _MOST_TAGS else ""
    return _FailedGroup(tags, label, tags[-1].reason)


def _fields(details: ProjectDetails, release: Release) -> Iterator[tuple[str, str]]:
    yield "Python", supported_python(release)
    yield "Author", details.author
    yield "Maintainer", details.maintainer
    yield "License", details.license
    yield "Keywords", ", ".join(details.keywords)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
