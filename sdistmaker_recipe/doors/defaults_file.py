"""The defaults file, a Python file of constants: print a documented example, and read a file."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from sdistmaker_recipe.configuration.declaration import Door, Group, Option
from sdistmaker_recipe.configuration.options import Configuration, grouped_options
from sdistmaker_recipe.configuration.parsing import Layer
from sdistmaker_recipe.errors import ConfigurationError, Problem

_OPENING = """\
# Defaults for sdists_from_tags.
#
# Save this as a Python file. Change the values you need and delete the others. Then use it:
#
#     sdists_from_tags --defaults-file=defaults.py
#
# A buildout part has the same options in lower case, with hyphens: TAG_PATTERN here is tag-pattern there.
# A file that was written for sdistmaker 1.4 still works. Its names are given in brackets.
"""


def example_defaults() -> str:
    """The documented defaults file: Python that sets every constant to its default."""
    sections = (_section(group, declared) for group, declared in grouped_options(Door.CONSTANT).items())
    return "\n".join([_OPENING, *sections])


def read_defaults(path: Path) -> Layer:
    """The upper-case names that the Python file at ``path`` sets; the file is run.

    Raises ``ConfigurationError`` if the file cannot be read or run.
    """
    source = str(path)
    namespace: dict[str, Any] = {"__file__": source, "__name__": "defaults"}
    try:
        exec(compile(path.read_bytes(), source, "exec"), namespace)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ConfigurationError([Problem(source, "defaults-file", None, message)]) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the file may raise anything, SystemExit too
        line = _line_of(error, source)
        message = f"{line}{type(error).__name__}: {error}"
        raise ConfigurationError([Problem(source, "defaults-file", None, message)]) from error
    return Layer(source, Door.CONSTANT, {name: namespace[name] for name in namespace if _is_option(name)})


def _is_option(name: str) -> bool:
    """Whether a name of the file is an option; helpers are in lower case or begin with ``_``."""
    return name.isupper() and not name.startswith("_")


def _section(group: Group, declared: list[Option]) -> str:
    heading = f"# ---- {group.value} ".ljust(98, "-")
    return "\n".join([heading, "", *(_constant(option) for option in declared)])


def _constant(option: Option) -> str:
    alias = f" [{option.alias}]" if option.alias else ""
    comment = textwrap.wrap(f"{option.help}{alias} Accepted: {option.accepts}.", width=96)
    value = getattr(Configuration(), option.field_name)
    return "\n".join(
        [*(f"# {line}" for line in comment), f"{option.spelling(Door.CONSTANT)} = {_literal(value)}", ""]
    )


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + "".join(f"\n    {str(item)!r}," for item in value) + ("\n]" if value else "]")
    if value is None:
        return "''"
    return repr(str(value)) if isinstance(value, Path) else repr(value)


def _line_of(error: BaseException, source: str) -> str:
    """The line of the file that raised the error, as the beginning of a message; "" if it is not known."""
    number = error.lineno if isinstance(error, SyntaxError) and error.filename == source else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == source:
            number = trace.tb_lineno
        trace = trace.tb_next
    return f"line {number}: " if number else ""
