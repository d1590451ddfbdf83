"""The pages of the simple repository API, for installers: releases in, HTML and JSON out. Pure.

HTML is as in PEP 503, frozen by PEP 833: with ``data-requires-python``, ``data-yanked`` (PEP 592),
``data-core-metadata`` (PEP 714) and project status (PEP 792). JSON is as in PEP 691 with PEP 700, 714 and 792
(version 1.4). An index has many of these pages, so they are made by formatting strings, not from templates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from html import escape
from typing import Any
from urllib.parse import quote

from sdistmaker_recipe.index.layout import ABOUT_PAGE, legacy_filename, sdist_suffix
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.model import ProjectStatus, Release, ReleaseFile
from sdistmaker_recipe.names import normalised_version

PAGE_FORMAT = "11"
"""To be raised when the text of any page changes, those for people included: all are then written again."""

DESCRIPTION_FORMAT = "4"
"""To be raised when ``description.render_description`` gives other HTML for the same metadata."""

MARKDOWN_MODULE = "comrak"
"""The module that renders Markdown; readme-renderer's extra ``md`` installs it."""

BUILT_BY = "_built-by"
LACKS_CODE = "_lacks-code"
"""Keys of a file in JSON for ourselves, as PEP 691 reserves them: a lost catalog is made again from them."""

ACTIVE = ProjectStatus()

_VERSION = "1.4"
# PEP 629. The HTML root page has nothing newer than PEP 503, and some clients warn of minor versions.
_ROOT_VERSION = "1.0"
_META = {"api-version": _VERSION}
_FOR_PEOPLE = f'<link rel="alternate" type="text/html" href="{ABOUT_PAGE}">\n'
# With a fragment, because easy_install reads any other address on a project's page as one more page with
# links to releases.
_PROJECT_FOR_PEOPLE = f'<link rel="alternate" type="text/html" href="{ABOUT_PAGE}#main">\n'


def root_html(projects: Iterable[str]) -> str:
    """The root page: a link to each project, in the order given."""
    links = [f'<a href="{quote(project)}/">{escape(project)}</a><br>\n' for project in projects]
    return _html("Projects", _ROOT_VERSION, _FOR_PEOPLE, links)


def root_json(projects: Iterable[str]) -> str:
    """The root page as JSON."""
    return _dump({"meta": _META, "projects": [{"name": project} for project in projects]})


def project_html(project: str, releases: Iterable[Release], status: ProjectStatus = ACTIVE) -> str:
    """A project's page: a link to each file of each release, in the order given."""
    links = [
        _link(file.filename, file, release, _core_metadata(file))
        for release in releases
        for file in release.files
    ]
    head = "".join(_status(status)) + _PROJECT_FOR_PEOPLE
    return _html(f"Files of {project}", _VERSION, head, links)


def legacy_html(folder: str, releases: Iterable[Release]) -> str:
    """The page of one of the ``layout.legacy_folders``: a link to each release's sdist in that folder.

    The sdist has the name of ``layout.legacy_filename`` there. Clients that need such a folder do not know
    wheels.
    """
    links = [
        _link(
            legacy_filename(folder, release.version, sdist_suffix(release.filename)),
            release.sdist,
            release,
        )
        for release in releases
    ]
    return _html(f"Files of {folder}", _VERSION, "", links)


def project_json(project: str, releases: Sequence[Release], status: ProjectStatus = ACTIVE) -> str:
    """A project's page as JSON."""
    marker = {"status": status.status}
    if status.reason:
        marker["reason"] = one_line(status.reason)
    return _dump(
        {
            "meta": _META,
            "name": project,
            "project-status": marker,
            "versions": list(dict.fromkeys(normalised_version(release.version) for release in releases)),
            "files": [_file(file, release) for release in releases for file in release.files],
        }
    )


def _html(title: str, version: str, head: str, links: Iterable[str]) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="pypi:repository-version" content="{version}">\n'
        f"{head}<title>{escape(title)}</title>\n</head>\n<body>\n{''.join(links)}</body>\n</html>\n"
    )


def _status(status: ProjectStatus) -> Iterator[str]:
    if status != ACTIVE:
        yield f'<meta name="pypi:project-status" content="{escape(status.status)}">\n'
    if status.reason:
        yield f'<meta name="pypi:project-status-reason" content="{escape(one_line(status.reason))}">\n'


def _link(filename: str, file: ReleaseFile, release: Release, attributes: str = "") -> str:
    """A link to a file by this name, with Requires-Python and the yank of its release."""
    if release.requires_python:
        attributes += f' data-requires-python="{escape(release.requires_python)}"'
    if release.yanked is not None:
        attributes += f' data-yanked="{escape(one_line(release.yanked))}"'
    address = f"{quote(filename)}#sha256={file.sha256}"
    return f'<a href="{address}"{attributes}>{escape(filename)}</a><br>\n'


def _core_metadata(file: ReleaseFile) -> str:
    """The attribute of PEP 714, and the older one of PEP 658 for clients that do not know PEP 714."""
    if not file.metadata_sha256:
        return ""
    value = f'metadata="sha256={file.metadata_sha256}"'
    return f" data-core-{value} data-dist-info-{value}"


def _file(file: ReleaseFile, release: Release) -> dict[str, Any]:
    """An entry of ``files`` (PEP 691 "Project Detail")."""
    entry: dict[str, Any] = {
        "filename": file.filename,
        "url": quote(file.filename),
        "hashes": {"sha256": file.sha256},
        "size": file.size,
        "upload-time": _timestamp(file.upload_time),
    }
    if release.requires_python:
        entry["requires-python"] = release.requires_python
    if file.metadata_sha256:
        entry["core-metadata"] = {"sha256": file.metadata_sha256}
    if release.yanked is not None:
        entry["yanked"] = one_line(release.yanked) or True
    if release.python:
        entry[BUILT_BY] = one_line(release.python)
    if release.lacks_code:
        entry[LACKS_CODE] = True
    return entry


def _timestamp(time: datetime) -> str:
    """The time in the format of PEP 700: ``yyyy-mm-ddThh:mm:ss.ffffffZ``."""
    return time.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


# Without indentation, because json indents with its slow encoder.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _dump(value: object) -> str:
    return _ENCODER.encode(value) + "\n"
