"""The defaults file: a Python file of constants, printed with its documentation and read again."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from sdistmaker_recipe.configuration.options import Configuration, Door, Layer, Option, options
from sdistmaker_recipe.errors import ConfigurationError, Problem

_OPENING = """\
# Defaults for sdists_from_tags.
#
# Save this as a Python file, change what you like, delete what you leave alone, and use it with
#
#     sdists_from_tags --defaults-file=defaults.py
#
# In a buildout part the same options are written in lower case: TAG_PATTERN here is tag-pattern there.
# A file written for sdistmaker 1.4 works as it is: the names of then are given in brackets.
"""


def example_defaults() -> str:
    """The documented defaults file: Python that sets every constant to its default."""
    return "\n".join([_OPENING, *(_constant(option) for option in options(Door.CONSTANT))])


def read_defaults(path: Path) -> Layer:
    """The upper-case names that the Python file at path sets; the file is run.

    Raises ``ConfigurationError`` where it cannot be read or run.
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
    except BaseException as error:  # a file may raise anything, SystemExit too
        line = _line_of(error, source)
        message = f"{line}{type(error).__name__}: {error}"
        raise ConfigurationError([Problem(source, "defaults-file", None, message)]) from error
    return Layer(source, Door.CONSTANT, {name: namespace[name] for name in namespace if _is_option(name)})


def _is_option(name: str) -> bool:
    """Whether a name of the file is meant as an option; helpers are in lower case or begin with ``_``."""
    return name.isupper() and not name.startswith("_")


def _constant(option: Option) -> str:
    also = f" [{option.alias}]" if option.alias else ""
    comment = textwrap.wrap(f"{option.help}{also} Accepted: {option.accepts}.", width=96)
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
    """Where in the file itself it went wrong, as the beginning of a message; empty where nobody knows."""
    found = error.lineno if isinstance(error, SyntaxError) and error.filename == source else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == source:
            found = trace.tb_lineno
        trace = trace.tb_next
    return f"line {found}: " if found else ""
