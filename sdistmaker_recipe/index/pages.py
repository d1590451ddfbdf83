"""The pages of the index: releases in, text out. Pure.

HTML is the simple repository API of PEP 503 with ``data-requires-python``, at the version that PEP 629 lets
it name; JSON is PEP 691 as extended by PEP 700 and PEP 792 (version 1.4).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sdistmaker_recipe.model import Release

if TYPE_CHECKING:
    from jinja2 import Environment

FORMAT = "1"
"""Rises when pages say the same things in another way, so that all are written again."""

_META = {"api-version": "1.4"}


def root_html(projects: Iterable[str]) -> str:
    """The root page: a link to each project, in the order given."""
    return _templates().get_template("root.html").render(projects=list(projects))


def root_json(projects: Iterable[str]) -> str:
    """The root page as JSON."""
    return _dump({"meta": _META, "projects": [{"name": project} for project in projects]})


def project_html(project: str, releases: Sequence[Release]) -> str:
    """A project's page: a link to each release's file, in the order given."""
    return _templates().get_template("project.html").render(project=project, releases=releases)


def project_json(project: str, releases: Sequence[Release]) -> str:
    """A project's page as JSON."""
    return _dump(
        {
            "meta": _META,
            "name": project,
            "project-status": {"status": "active"},
            "versions": list(dict.fromkeys(release.version for release in releases)),
            "files": [_file(release) for release in releases],
        }
    )


def _file(release: Release) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": release.filename,
        "url": quote(release.filename),
        "hashes": {"sha256": release.sha256},
        "size": release.size,
        "upload-time": _timestamp(release.upload_time),
    }
    if release.requires_python:
        entry["requires-python"] = release.requires_python
    return entry


def _timestamp(time: datetime) -> str:
    """The form that PEP 700 asks for: ``yyyy-mm-ddThh:mm:ss.ffffffZ``."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


@cache
def _templates() -> Environment:
    # Only a run that writes a page pays for this import.
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def load(name: str) -> str:
        return files("sdistmaker_recipe.index").joinpath(f"templates/{name}").read_text("utf-8")

    environment = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["quote"] = quote
    return environment
