"""What tests of options and of their parsing share."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.declaration import Door, Option
from sdistmaker_recipe.configuration.options import options
from sdistmaker_recipe.configuration.parsing import Layer, configure
from sdistmaker_recipe.errors import ConfigurationError, Problem

BASE = Path("/buildout")
URLS = ("https://svn.example.com/one", "https://svn.example.com/two")


def by_name(name: str) -> Option:
    return next(option for option in options() if option.name == name)


def part(**values: object) -> Layer:
    return Layer("[sdists]", Door.PART, {name.replace("_", "-"): value for name, value in values.items()})


def problems(*layers: Layer) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as caught:
        configure(layers, BASE)
    return caught.value.problems
