"""The templates and static files of the pages for people. Pure, except for reading them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sdistmaker_recipe import __version__
from sdistmaker_recipe.index.layout import STATIC_FILES
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.names import is_prerelease

_LONG_NAME = re.compile(r"[A-Za-z0-9._+!-]{25,}")
"""Only names without characters of HTML, so that they need no escaping."""
_FIRST_MARK = 0xE000
"""Private to us: ``one_line`` leaves no such character in a text."""
_SEPARATORS = re.compile(r"[-_.]+(?=[^-_.])")

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


class Shape:
    """A page, or a part of one, of which only some slots differ: rendered once, and filled in many times."""

    def __init__(self, template: str, slots: Sequence[str], **values: object) -> None:
        """Render the template; ``slots`` are the names of values in it that are not given yet."""
        marks = {name: chr(_FIRST_MARK + place) for place, name in enumerate(slots)}
        html = render(template, **marks, **values)
        self._pieces = re.split(f"([{''.join(marks.values())}])", html)
        self._marks = marks

    def fill(self, **html: str) -> str:
        """The page with this HTML in its slots."""
        values = {self._marks[name]: value for name, value in html.items()}
        return "".join([values.get(piece, piece) for piece in self._pieces])


def breakable(name: str) -> str:
    """A name as HTML, with places where a long one may be broken: after ``-``, ``_`` and ``.``."""
    line = one_line(name)
    if _LONG_NAME.fullmatch(line):
        return _SEPARATORS.sub(r"\g<0><wbr>", line)
    return escape(line)


def static_files() -> Mapping[str, str]:
    """The style and the script that all pages use, by file name; they are in the root of the index."""
    return {name: _read_resource(f"static/{name}") for name in STATIC_FILES}


def load_templates() -> None:
    """Load the templates that nearly every run needs."""
    for name in ("base.html", "root.html", "project.html", "release.html", "install.html"):
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
    environment.filters["breakable"] = lambda name: safe_html(breakable(name))
    environment.filters["is_prerelease"] = is_prerelease
    return environment
