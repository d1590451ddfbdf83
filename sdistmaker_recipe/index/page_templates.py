"""The templates and static files of the pages for people. Pure, except for reading them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sdistmaker_recipe import __version__
from sdistmaker_recipe.index.layout import STATIC_FILES
from sdistmaker_recipe.index.safe_text import one_line

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(template: str, **values: Any) -> str:  # noqa: ANN401  # the values that the template names
    """The page that a template gives. Values are escaped, except those of ``safe_html``."""
    return _environment().get_template(template).render(**values)


def safe_html(html: str) -> Markup:
    """HTML that a template does not escape."""
    from markupsafe import Markup

    return Markup(html)


def format_date(time: datetime) -> str:
    """The date in UTC, such as 2026-11-30."""
    return time.astimezone(timezone.utc).date().isoformat()


def static_files() -> Mapping[str, str]:
    """The style and the script that all pages use, by file name; they are in the root of the index."""
    return {name: _read_resource(f"static/{name}") for name in STATIC_FILES}


def load_templates() -> None:
    """Load the templates that nearly every run needs."""
    for name in ("base.html", "root.html", "project.html"):
        _environment().get_template(name)


def _read_resource(name: str) -> str:
    return files("sdistmaker_recipe.index").joinpath(name).read_text("utf-8")


@cache
def _environment() -> Environment:
    # Imported here, because only a run that writes a page needs this slow import.
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    from sdistmaker_recipe.index.template_cache import template_cache

    environment = Environment(
        loader=FunctionLoader(lambda name: _read_resource(f"templates/{name}")),
        bytecode_cache=template_cache(),
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["version"] = __version__
    environment.globals["updated"] = None
    environment.filters["date"] = format_date
    environment.filters["line"] = one_line
    return environment
