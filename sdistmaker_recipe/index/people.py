"""The pages of the index for people: what is published in, text out. Pure but for reading its templates.

They need nothing from elsewhere and no script to be read; no style or script stands in them, so a server can
forbid all but ``style.css`` and ``search.js``. Text of unknown origin stays text, and only http and https
addresses become links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sdistmaker_recipe.index.core_metadata import About
from sdistmaker_recipe.index.layout import STATIC_FILES
from sdistmaker_recipe.index.pages import ACTIVE
from sdistmaker_recipe.model import ProjectStatus, Release

if TYPE_CHECKING:
    from jinja2 import Environment

NOTHING = About()


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages share.

    ``base_url`` is the index's address where it is known, ``browse_url`` the option of that name (see
    ``text.tag_link``).
    """

    title: str = "Python packages"
    base_url: str = ""
    browse_url: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A project on the root page: the normalised name, its own spelling, the newest version, its summary."""

    project: str
    name: str
    version: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Root:
    """What the root page says.

    ``releases`` and ``failed`` count releases and failed tags; ``latest`` are the newest releases, newest
    first.
    """

    projects: tuple[Listed, ...] = ()
    releases: int = 0
    latest: tuple[Release, ...] = ()
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Project:
    """What a project's page says; ``project`` is the normalised name.

    ``releases`` (at least one) are in the order of ``layout.newest_first``; ``about`` and ``description``
    (HTML of ``description.render_description``) are of the metadata of ``layout.newest(releases)``; ``notes``
    are warnings in plain text; ``failed`` counts the project's failed tags.
    """

    project: str
    releases: tuple[Release, ...]
    about: About = NOTHING
    description: str = ""
    status: ProjectStatus = ACTIVE
    notes: tuple[str, ...] = ()
    failed: int = 0


@dataclass(frozen=True, slots=True)
class FailedTag:
    """A tag that does not build: ``project`` is its normalised name or a guess, ``reason`` one sentence."""

    project: str
    tag: str
    revision: str
    reason: str


def root_about(root: Root, site: Site) -> str:
    """The root's ``about.html``."""
    raise NotImplementedError


def project_about(project: Project, site: Site) -> str:
    """A project's ``about.html``."""
    raise NotImplementedError


def failed_tags(failed: Iterable[FailedTag], site: Site) -> str:
    """``failed.html``: the failed tags by project, in the order given."""
    raise NotImplementedError


def static_files() -> Mapping[str, str]:
    """The files in the root that pages for people name, by their name."""
    return {name: _packaged(f"static/{name}") for name in STATIC_FILES}


def _packaged(name: str) -> str:
    return files("sdistmaker_recipe.index").joinpath(name).read_text("utf-8")


@cache
def _templates() -> Environment:
    # Only a run that writes a page pays for this import.
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(lambda name: _packaged(f"templates/{name}")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
