"""What pages write into parts of a buildout: options that there are, with values that are accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import options

ROOT = Path(__file__).parents[2]
PAGES = [
    *(page for page in sorted((ROOT / "docs").rglob("*.rst")) if "examples" not in page.parts),
    ROOT / "README.rst",
]
OPTIONS = {option.name: option for option in options(Door.PART)}
NOT_OURS = {
    # buildout, zc.recipe.egg, uv, pyproject.toml, setup.cfg, Subversion's servers file, headers, Python
    *("arguments", "eggs", "index", "interpreter", "offline", "parts", "recipe", "scripts"),
    *("default", "url", "build-backend", "requires", "folders", "method", "universal"),
    *("http-chunked-requests", "http-max-connections", "cache-control", "configuration", "report"),
}
"""Other names before an equals sign at the beginning of an indented line."""


def settings(text: str) -> Iterator[tuple[str, str]]:
    """The names and values that a page writes as in a part, in blocks and in the middle of text."""
    lines = [line for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if match := re.fullmatch(r"( +)([a-z][a-z0-9-]+) *=(?: (.*)|)", line):
            value = [match[3] or ""]
            for other in lines[number + 1 :]:
                if len(other) - len(other.lstrip()) <= len(match[1]):
                    break
                value.append(other.strip())
            yield match[2], "\n".join(value)
    yield from re.findall(r"``([a-z][a-z0-9-]+) = ([^`]+)``", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_in_a_page_are_accepted(page: Path) -> None:
    found = list(settings(page.read_text("utf-8")))
    assert {name for name, _ in found} <= OPTIONS.keys() | NOT_OURS
    wrong = []
    for name, value in found:
        # The example of a plug-in is not installed, and buildout has an option newest too.
        if name in OPTIONS and not value.startswith("folders") and (name, value) != ("newest", "false"):
            try:
                OPTIONS[name].parse(
                    re.sub(r"\$\{.*?\}", "/srv/buildout", value).replace("file:////", "file:///")
                )
            except ValueError as error:
                wrong.append(f"{name} = {value}: {error}")
    assert wrong == []


def test_settings_are_found_in_blocks_and_in_text() -> None:
    text = "::\n\n    one = 1\n    two =\n        a\n        b = c\n\nSet ``three = x y``.\n"
    assert list(settings(text)) == [("one", "1"), ("two", "\na\nb = c"), ("three", "x y")]
