"""Make a ``Configuration`` of the values that doors give, or report every problem of all of them. Pure.

Layers in, from the weakest to the strongest; a ``Configuration`` or a ``ConfigurationError`` out.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sdistmaker_recipe.configuration.declaration import Door, Option
from sdistmaker_recipe.configuration.option_types import (
    EXAMPLE,
    file,
    folder,
    optional_file,
    optional_folder,
)
from sdistmaker_recipe.configuration.options import Configuration, options
from sdistmaker_recipe.configuration.urls import SecretError, may_hold_password
from sdistmaker_recipe.errors import ConfigurationError, Problem


class Layer(NamedTuple):
    """Values from one place, under the names written there; ``source`` names the place in errors.

    ``unknown_names`` are names that the door itself does not accept, to be reported with all other problems.
    ``accepted_names`` are all that it accepts, if these are not those of the options.
    """

    source: str
    door: Door
    values: Mapping[str, object]
    unknown_names: tuple[str, ...] = ()
    accepted_names: Collection[str] = ()


class Check(NamedTuple):
    """A look at what is wrong with several options together, or with files that they name.

    ``options`` are the names of all options that ``problems`` reads.
    """

    options: tuple[str, ...]
    problems: Callable[[Configuration], Sequence[Problem]]


def configure(layers: Iterable[Layer], base: Path, checks: Iterable[Check] = ()) -> Configuration:
    """The configuration that the layers make together.

    Of two layers with the same option the later one wins. Relative paths are below ``base``. Raises
    ``ConfigurationError`` with every unknown name and every bad value of every layer, and with what the
    ``checks`` find.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for layer in layers:
        layer_values, layer_problems = _parse_layer(layer)
        values |= layer_values
        problems += layer_problems
    # A bad repository would bring a false problem of repository-on-server with it.
    if not _has_problem(("repository", "repository-on-server"), problems):
        problems += _repository_problems(values)
    problems += _make_paths_absolute(values, base)
    problems += _server_file_problems(values)
    found = [
        problem
        for check in checks
        if not _has_problem(check.options, problems)
        for problem in check.problems(Configuration(**values))
    ]
    problems += dict.fromkeys(found)
    if problems:
        raise ConfigurationError(problems)
    return Configuration(**values)


def checked(configuration: Configuration, base: Path, checks: Iterable[Check] = ()) -> Configuration:
    """The configuration as if its values were written in a part: parsed, and with absolute paths.

    A program that makes a ``Configuration`` itself may put anything into it. Raises ``ConfigurationError``.
    """
    default = Configuration()
    changed = {
        option.name: _as_written(value)
        for option in options()
        if (value := getattr(configuration, option.field_name)) != getattr(default, option.field_name)
    }
    return configure([Layer("Configuration", Door.PART, changed)], base, checks)


def _as_written(value: object) -> object:
    """A value of a field as the parser takes it: in a list, each item is text."""
    return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else value


def _parse_layer(layer: Layer) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a layer by field name, and its problems in the order of the layer."""
    known = _options_by_spelling(layer.door)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    written = dict(layer.values) | dict.fromkeys(layer.unknown_names)
    for name, value in written.items():
        if name not in known or name in layer.unknown_names:
            wrong = _unknown_name(layer.door, name, layer.accepted_names or known)
            problems.append(Problem(layer.source, _printable(name), None, wrong))
            continue
        try:
            values[known[name].field_name] = known[name].parse(value)
        except ValueError as error:
            problems.append(_bad_value(layer, name, value, error, known[name]))
    return values, problems


def _options_by_spelling(door: Door) -> dict[str, Option]:
    declared = options(door)
    by_spelling = {option.spelling(door): option for option in declared}
    if door is Door.CONSTANT:
        by_spelling |= {option.alias: option for option in declared if option.alias}
    return by_spelling


def _bad_value(layer: Layer, name: str, value: object, error: ValueError, option: Option) -> Problem:
    # A flag that can be repeated gives a list even if it is given once.
    if layer.door is Door.FLAG and isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(error, SecretError):
        wrong, shown = f"{error} (the value is not shown)", None
    elif may_hold_password(repr(value)):
        wrong, shown = "is wrong (the value is not shown, because it may hold a password)", None
    else:
        wrong, shown = str(error), value
    # A question names the value that was meant, so a list of what is accepted would only hide it.
    accepted = "" if wrong.endswith("?") else f"; accepted: {option.accepted(layer.door)}"
    return Problem(layer.source, name, shown, f"{wrong}{accepted}")


def _unknown_name(door: Door, name: str, known: Iterable[str]) -> str:
    import difflib  # only an error needs it

    bare = name.lstrip("-")
    # The hyphens that all flags begin with make none of them similar.
    similar = [
        spelling
        for spelling in difflib.get_close_matches(name, known)
        if spelling != name
        and (spelling.lstrip("-").startswith(bare) or difflib.get_close_matches(bare, [spelling.lstrip("-")]))
    ]
    if similar:
        return f"is not an option; did you mean {similar[0]}?"
    if door is Door.FLAG and not name.startswith("-"):
        return "is not an option; write the option before its value (--help lists the options)"
    return "is not an option"


def _printable(name: str) -> str:
    """A name as an error may show it: an unknown name may be a URL with a password."""
    return "..." if may_hold_password(name) else name


def _has_problem(names: Collection[str], problems: Sequence[Problem]) -> bool:
    """Whether one of the options with these names has a problem, under its name at any door."""
    if not problems:
        return False
    spellings = {
        spelling
        for option in options()
        if option.name in names
        for spelling in (*(option.spelling(door) for door in Door), option.alias)
    }
    return any(problem.option in spellings for problem in problems)


def _repository_problems(values: Mapping[str, Any]) -> list[Problem]:
    """Problems of repository and repository-on-server that show only when both are known."""
    repository = values.get("repository", (EXAMPLE,))
    on_server = values.get("repository_on_server", ())
    problems = []
    if len(on_server) > len(repository):
        message = (
            f"has {len(on_server)} lines, but repository has {len(repository)}; "
            "write at most one line for each line of repository"
        )
        problems.append(Problem("options", "repository-on-server", on_server, message))
    if len(set(repository)) < len(repository):
        message = "names the same URL twice; remove one of the two lines"
        problems.append(Problem("options", "repository", repository, message))
    return problems


_PATHS = (file, folder, optional_file, optional_folder)


def _make_paths_absolute(values: dict[str, Any], base: Path) -> list[Problem]:
    """Put the absolute paths of all options that are paths into ``values``; what is wrong with them."""
    problems = []
    defaults = Configuration()
    for option in options():
        if option.parse not in _PATHS:
            continue
        path = values.get(option.field_name, getattr(defaults, option.field_name))
        try:
            values[option.field_name] = None if path is None else _absolute(path, base)
        except ValueError as error:
            problems.append(Problem("options", option.name, str(path), str(error)))
    return problems


def _absolute(path: Path, base: Path) -> Path:
    try:
        absolute = Path(os.path.normpath(base / path.expanduser()))
    except RuntimeError:
        raise ValueError("names the home folder of an unknown user; write the whole path") from None
    if not absolute.name:
        raise ValueError("is the root folder; choose a folder below it")
    return absolute


def _server_file_problems(values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the place where the configuration for nginx is to be written."""
    written, index = values.get("nginx_config"), values.get("destination")
    if written is None or index is None:
        return []
    if index in (written, *written.parents):
        message = "lies in the index, where the web server would show it; choose a path outside of the index"
    elif written == Configuration(destination=index).apache_config:
        message = "is the file with the configuration for Apache; choose another name"
    else:
        return []
    return [Problem("options", "nginx-config", str(written), message)]
