"""The pages of the index for people: what is published in, text out. Pure but for reading its templates.

They need nothing from elsewhere and no script to be read; no style or script stands in them, so a server can
forbid all but ``style.css`` and ``search.js``. Text of unknown origin stays text, and only http and https
addresses become links.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from sdistmaker_recipe.index.layout import STATIC_FILES, newest
from sdistmaker_recipe.index.safe_text import one_line, tag_link
from sdistmaker_recipe.index.simple_api import ACTIVE
from sdistmaker_recipe.model import ListedProject, ProjectDetails, ProjectStatus, Release, Site

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

NOTHING = ProjectDetails()

_RECENT = 10
_INDEX = '<span class="index">INDEX-URL</span>'
"""Where the address of the index is not known here, the script puts it."""


class Root(NamedTuple):
    """What the root page says.

    ``releases`` and ``failed`` count releases and failed tags; ``latest`` are the newest releases, newest
    first.
    """

    projects: tuple[ListedProject, ...] = ()
    releases: int = 0
    latest: tuple[Release, ...] = ()
    failed: int = 0


class Project(NamedTuple):
    """What a project's page says; ``project`` is the normalised name.

    ``releases`` (at least one) are in the order of ``layout.newest_first``; ``details`` and ``description``
    (HTML of ``description.render_description``) are of the metadata of ``layout.newest(releases)``; ``notes``
    are warnings in plain text; ``failed`` counts the project's failed tags.
    """

    project: str
    releases: tuple[Release, ...]
    details: ProjectDetails = NOTHING
    description: str = ""
    status: ProjectStatus = ACTIVE
    notes: tuple[str, ...] = ()
    failed: int = 0


class FailedTag(NamedTuple):
    """A tag that does not build.

    ``project`` is its normalised name, or a guess that may be no name at all; ``reason`` one sentence;
    ``link`` a web address of the tag or "".
    """

    project: str
    tag: str
    revision: str
    reason: str
    link: str = ""


class _Row(NamedTuple):
    """A release as a table shows it, by columns."""

    version: str
    url: str
    date: str
    python: str
    size: str
    revision: str
    tag: str
    sha256: str
    yanked: str | None


def root_about(root: Root, site: Site) -> str:
    """The root's ``details.html``."""
    return _render(
        "root.html",
        site,
        top="",
        root=root,
        counted=f"{_count(root.releases, 'release')} of {_count(len(root.projects), 'project')}",
        failed=_count(root.failed, "failed tag"),
    )


def project_about(project: Project, site: Site) -> str:
    """A project's ``details.html``."""
    chosen = newest(project.releases)
    rows = [_row(release, site) for release in project.releases]
    return _render(
        "project.html",
        site,
        top="../",
        project=project.project,
        newest=chosen,
        details=project.details,
        facts=[(label, one_line(value)) for label, value in _facts(project.details, chosen) if value],
        index=f"{site.base_url.rstrip('/')}/" if site.base_url else _markup(_INDEX),
        recent=rows[:_RECENT],
        older=rows[_RECENT:],
        description=_markup(project.description),
        status="" if project.status == ACTIVE else one_line(project.status.status),
        reason=one_line(project.status.reason),
        notes=[one_line(note, 1000) for note in project.notes],
        failed=_count(project.failed, "failed tag") if project.failed else "",
    )


def failed_tags(failed: Iterable[FailedTag], published: Container[str], site: Site) -> str:
    """``failed.html``: the failed tags by project, in the order given; ``published`` projects have a page."""
    projects: dict[str, list[FailedTag]] = {}
    for each in failed:
        tag = FailedTag(
            project=one_line(each.project, 200) or "unnamed",
            tag=one_line(each.tag),
            revision=one_line(each.revision, 12),
            reason=one_line(each.reason, 1000),
            link=each.link,
        )
        projects.setdefault(tag.project, []).append(tag)
    return _render(
        "failed.html",
        site,
        top="",
        # No id may hold a space (HTML 5), and no two be the same.
        projects=[(name, quote(name, safe=""), name in published, tags) for name, tags in projects.items()],
        counted=_count(sum(map(len, projects.values())), "tag"),
    )


def _row(release: Release, site: Site) -> _Row:
    return _Row(
        version=release.version,
        url=quote(release.filename),
        date=_date(release.upload_time),
        python=_python(release) or "any",
        size=_size(release.size),
        revision=one_line(release.revision, 12),
        tag=tag_link(site.browse_url, release),
        sha256=release.sha256,
        yanked=release.yanked if release.yanked is None else one_line(release.yanked),
    )


def _date(time: datetime) -> str:
    return time.astimezone(timezone.utc).date().isoformat()


def _facts(details: ProjectDetails, release: Release) -> Iterator[tuple[str, str]]:
    yield "Python", _python(release)
    yield "Author", details.author
    yield "License", details.license


def _python(release: Release) -> str:
    """Requires-Python with a space behind each comma, where a narrow screen can break it."""
    return one_line(release.requires_python.replace(",", ", "), 100)


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def _size(size: int) -> str:
    """A number of bytes for people, three digits in powers of ten."""
    for unit, amount in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= 0.9995 * amount:
            return f"{size / amount:{'.3g' if size < 999.5 * amount else ',.0f'}} {unit}"
    return f"{size} B"


def static_files() -> Mapping[str, str]:
    """The files in the root that pages for people name, by their name."""
    return {name: _packaged(f"static/{name}") for name in STATIC_FILES}


def get_ready() -> None:
    """Load the templates that nearly every run needs."""
    for name in ("base.html", "root.html", "project.html"):
        _templates().get_template(name)


def _render(template: str, site: Site, **values: Any) -> str:  # noqa: ANN401  # what the template names
    return _templates().get_template(template).render(site=site, **values)


def _markup(html: str) -> Markup:
    """HTML that a template does not escape."""
    from markupsafe import Markup

    return Markup(html)


def _packaged(name: str) -> str:
    return files("sdistmaker_recipe.index").joinpath(name).read_text("utf-8")


@cache
def _templates() -> Environment:
    # Only a run that writes a page pays for this import.
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    from sdistmaker_recipe.index.template_cache import template_cache

    environment = Environment(
        loader=FunctionLoader(lambda name: _packaged(f"templates/{name}")),
        bytecode_cache=template_cache(),
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["date"] = _date
    environment.filters["line"] = one_line
    return environment
