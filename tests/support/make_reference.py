"""Write docs/reference/options.rst from the declarations of the options.

Run ``python -m tests.support.make_reference`` after a change to an option in sdistmaker_recipe.configuration;
a test compares the page with the declarations.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from sdistmaker_recipe.configuration.declaration import Door, Option
from sdistmaker_recipe.configuration.options import grouped_options, options

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "options.rst"

OPENING = """\
Options
=======

.. Written by ``python -m tests.support.make_reference`` from the declarations in
   sdistmaker_recipe/configuration/options.py. Do not edit this page.

This page lists every option by group, with its name in each place, its default and the values that
it accepts. The next section says how options are written.

.. contents::
   :local:
   :class: this-will-duplicate-information-and-it-is-still-useful-here


How options are written
-----------------------

You can write an option in three places: in a buildout part, in a defaults file, or on the command
line as a flag of ``sdists_from_tags``. If you write it in several places, the first of these wins:

1. the flag;
2. the file that ``--defaults-file`` names;
3. the file that the argument ``defaults_file`` of a generated script names;
4. the part.

A list replaces the list of a weaker place. Nothing is added to it.

List
    In a part, one item a line. Lines that begin with ``#`` are comments, and so is everything
    after a space and ``;``. In a defaults file, a list of strings, or a string with one item a
    line. On the command line, repeat the flag for each item.
Glob
    A pattern with ``*``, ``?`` and ``[a-c]``. It distinguishes upper and lower case, and ``*``
    matches ``/`` too. Only ``reserved`` is different: it compares normalised project names (PEP
    503), in which upper and lower case are the same, and so are ``-``, ``_`` and ``.``.
True and false
    ``true``, ``yes``, ``on`` or ``1``, and ``false``, ``no``, ``off`` or ``0``. In a defaults file
    also ``True`` and ``False``.
Relative path
    In a part, and in defaults files and flags of the script that a part generates, a relative path
    is below the folder of the buildout. Exception: after the flags ``--destination`` and
    ``--environments`` it is below the current folder. Without a part, all relative paths are below
    the current folder. ``~`` is the home folder.

An unknown name is an error, and so is a value that is not accepted. The error lists all problems
together, and nothing is built.
"""

DOORS = {
    Door.PART: ("Part", "a buildout part"),
    Door.CONSTANT: ("Defaults file", "a defaults file"),
    Door.FLAG: ("Flag", "a flag of sdists_from_tags"),
}


def page() -> str:
    """The text of the page, as reStructuredText."""
    sections = [OPENING.rstrip()]
    for group, declared in grouped_options().items():
        sections.append(f"\n{group.value}\n{'-' * len(group.value)}")
        sections += ["\n".join(_section(option)) for option in declared]
    return "\n\n".join(sections) + "\n"


def _section(option: Option) -> Iterator[str]:
    yield from (option.name, "~" * len(option.name), "", textwrap.fill(_escape(option.help), 98), "")
    for door, (name, _) in DOORS.items():
        if door in option.doors:
            yield f":{name}: {_literal(option.spelling(door))}"
    if option.alias:
        yield f":In sdistmaker 1.4: {_literal(option.alias)}, which a defaults file may still have"
    yield f":Default: {', '.join(map(_literal, option.default.split())) or 'empty'}"
    yield _wrapped(f":Accepted: {_escape(option.accepts)}")
    yield f":Where: {_where(option)}"


def _where(option: Option) -> str:
    """The places that accept the option, in words."""
    *most, last = [words for door, (_, words) in DOORS.items() if door in option.doors]
    return f"{', '.join(most)} or {last}" if most else f"{last} only"


def _wrapped(field: str) -> str:
    """A field of a list in lines of 100 characters; the later lines are indented."""
    return textwrap.fill(field, 100, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _literal(text: str) -> str:
    return f"``{text}``"


def _escape(text: str) -> str:
    """The text with every character escaped that reStructuredText would read as markup."""
    return re.sub(r"[\\*`|]|_\b", r"\\\g<0>", text)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    print(f"{PAGE}: {len(options())} options")
