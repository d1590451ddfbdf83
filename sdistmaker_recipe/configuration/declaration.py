"""How an option is declared: its names, its group, its parser, its help. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import field
from typing import Any, NamedTuple

from sdistmaker_recipe.configuration import option_types


class Door(enum.Enum):
    """A place where options are written; each place spells the name of an option in its own way."""

    PART = "part"
    CONSTANT = "constant"
    FLAG = "flag"


EVERY_DOOR = frozenset(Door)


class Group(enum.Enum):
    """The headings under which ``--help``, the defaults file and the reference page list the options."""

    REPOSITORY = "The repository"
    ACCESS = "How the repository is reached"
    PROJECTS = "Where projects are"
    TAGS = "Which tags become releases"
    WITHDRAWALS = "Withdrawn releases"
    INDEX = "The index"
    PAGES = "Pages for people"
    WEB_SERVER = "The web server"
    TOOLCHAINS = "What builds a tag"
    BUILDS = "What a build gets and may do"
    ARCHIVES = "What is published of a tag"
    RUN = "The run"


class Option(NamedTuple):
    """The declaration of one option.

    ``default`` is written as in a buildout part, ``accepts`` says in words which values are accepted,
    ``alias`` is the constant's name in sdistmaker 1.4 ("" for none), ``many`` says that the value is a list.
    """

    name: str
    group: Group
    parse: Callable[[object], Any]
    default: str
    help: str
    accepts: str
    alias: str = ""
    doors: frozenset[Door] = EVERY_DOOR
    many: bool = False

    @property
    def field_name(self) -> str:
        """The field of ``Configuration``, and the flag's destination."""
        return self.name.replace("-", "_")

    def spelling(self, door: Door) -> str:
        """The option's name as it is written at this door."""
        return {
            Door.PART: self.name,
            Door.CONSTANT: self.field_name.upper(),
            Door.FLAG: f"--{self.name}",
        }[door]

    def accepted(self, door: Door) -> str:
        """The values that are accepted at this door, in words: a flag takes one item of a list."""
        return self.accepts.replace(", one a line", "") if door is Door.FLAG else self.accepts


def declare(
    group: Group,
    parse: Callable[[object], Any],
    default: str,
    help: str,  # noqa: A002
    accepts: str,
    alias: str = "",
    doors: frozenset[Door] = EVERY_DOOR,
) -> Any:  # noqa: ANN401  # the type is the field's own
    """A field of ``Configuration`` that carries the declaration of an option; see ``Option``."""
    declaration = {
        "group": group,
        "parse": parse,
        "default": default,
        "help": help,
        "accepts": accepts,
        "alias": alias,
        "doors": doors,
        "many": parse in _LISTS,
    }
    return field(default=parse(default), metadata=declaration)


_LISTS = (
    option_types.build_requirements,
    option_types.layouts,
    option_types.lines,
    option_types.subdirectories,
    option_types.submodules,
    option_types.pins,
    option_types.other_names,
    option_types.pythons,
    option_types.repositories,
    option_types.optional_repositories,
    option_types.release_names,
    option_types.yanks,
)
