"""Parts of the pages of projects and of releases, as HTML. Pure, except for reading the templates."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from sdistmaker_recipe.index.layout import release_page
from sdistmaker_recipe.index.page_templates import Shape, breakable, format_date
from sdistmaker_recipe.index.safe_text import one_line, tag_link
from sdistmaker_recipe.model import Release, ReleaseFile, Site
from sdistmaker_recipe.names import is_known_version, is_prerelease

_KINDS = {"sdist": "Source distribution", "wheel": "Wheel"}
_UNKNOWN_INDEX = '<span class="index">INDEX-URL</span>'
"""If the address of the index is not known here, the script fills it in."""
_YANKED = ' <strong class="badge">yanked</strong>'
_EARLY = ' <strong class="badge early">pre-release</strong>'


class Row(NamedTuple):
    """A file of a release as a table shows it, by columns.

    ``label`` is the version, with the kind of the file unless that is an sdist. ``page`` is the page of the
    release, "" if it has none. ``built_by`` names the Python that built it if that is not the usual one.
    ``early`` is true for a pre-release.
    """

    label: str
    page: str
    url: str
    filename: str
    date: str
    python: str
    built_by: str
    size: str
    revision: str
    tag: str
    sha256: str
    yanked: str | None
    early: bool


def file_rows(releases: Iterable[Release], site: Site) -> list[Row]:
    """The files of releases, in their order."""
    return [_row(file, release, site) for release in releases for file in release.files]


def _row(file: ReleaseFile, release: Release, site: Site) -> Row:
    return Row(
        label=release.version if file.kind == "sdist" else f"{release.version} ({file.kind})",
        page=quote(release_page(release)),
        url=quote(file.filename),
        filename=file.filename,
        date=format_date(file.upload_time),
        python=supported_python(release) or "any",
        built_by=one_line(release.python, 100),
        size=_size(file.size),
        revision=one_line(release.revision, 12),
        tag=tag_link(site.browse_url, release),
        sha256=file.sha256,
        yanked=release.yanked if release.yanked is None else one_line(release.yanked),
        early=is_prerelease(release.version),
    )


def supported_python(release: Release) -> str:
    """Requires-Python with a space after each comma, so that a narrow screen can break the line."""
    return one_line(release.requires_python.replace(",", ", "), 100)


def _size(size: int) -> str:
    """A number of bytes in decimal units, with three digits."""
    for unit, amount in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= 0.9995 * amount:
            return f"{size / amount:{'.3g' if size < 999.5 * amount else ',.0f'}} {unit}"
    return f"{size} B"


def not_installable(release: Release) -> str:
    """Why a page offers no line that installs this release; "" if it does."""
    if not is_known_version(release.version):
        return "PEP 440 does not know this version, so current installers such as pip and uv do not see it."
    if release.yanked is not None:
        return "This release is yanked: installers choose it only if this very version is asked for."
    if release.lacks_code:
        return "The archive has none of the project's Python code."
    return ""


def install_html(release: Release, pin: str, site: Site) -> str:
    """The lines that install a release, or why there are none; ``pin`` is added to the project's name."""
    if reason := not_installable(release):
        return f'<p class="notice">{escape(reason)}</p>'
    project = f"{escape(one_line(release.name))}{escape(pin)}"
    return _install_shape(site.base_url).fill(project=project, folder=escape(release.project))


@lru_cache(maxsize=4)
def _install_shape(base_url: str) -> Shape:
    index = escape(f"{base_url.rstrip('/')}/") if base_url else _UNKNOWN_INDEX
    return Shape("install.html", ("project", "folder"), index=index, has_hint=not base_url)


def badges_html(version: str, *, is_yanked: bool) -> str:
    """The marks of a release that installers do not choose by themselves."""
    return (_EARLY if is_prerelease(version) else "") + (_YANKED if is_yanked else "")


def title_html(release: Release) -> str:
    """The name and version of a release for the main heading, with its badges."""
    badges = badges_html(release.version, is_yanked=release.yanked is not None)
    version = escape(one_line(release.version))
    return f'{breakable(release.name)} <span class="version">{version}</span>{badges}'


def files_html(releases: Iterable[Release], *, with_digest: bool = False) -> str:
    """The items of a list of the files of releases, to download."""
    files = (file for release in releases for file in release.files)
    return "".join([_file_html(file, with_digest=with_digest) for file in files])


def _file_html(file: ReleaseFile, *, with_digest: bool) -> str:
    digest = ""
    if with_digest:
        name = escape(file.filename)
        digest = f'\n<p>SHA-256 <code data-copy="SHA-256 of {name}">{file.sha256}</code></p>'
    return (
        f'<li><a download href="{quote(file.filename)}">{breakable(file.filename)}</a>\n'
        f"<p>{_KINDS.get(file.kind, file.kind)}, {_size(file.size)}, "
        f"<time>{format_date(file.upload_time)}</time></p>{digest}</li>\n"
    )
