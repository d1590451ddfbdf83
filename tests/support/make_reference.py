"""Write docs/reference/options.rst from the declarations of the options.

Run ``python -m tests.support.make_reference`` after a change to an option in sdistmaker_recipe.configuration;
a test compares the page with the declarations.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from sdistmaker_recipe.configuration.options import Door, Option, options

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "options.rst"

OPENING = """\
Options
=======

.. Written by ``python -m tests.support.make_reference`` from the declarations in
   sdistmaker_recipe/configuration.py: make no changes here.

An option is written as an option of a buildout part, as a constant of a defaults file, or as a
flag of ``sdists_from_tags``. Where it is written in several places, a flag wins over the file of
``--defaults-file``, that over the file of the argument ``defaults_file``, and that over the part. A
list takes the place of the list before; nothing is added to it.

List
    One item a line in a part, where lines that begin with ``#``, and what follows a space and ``;``,
    are comments. In a defaults file a list of strings, or a string with one item a line. As a flag
    it is repeated for each item.
Glob
    Knows ``*``, ``?`` and ``[a-c]``. Capital letters count, and ``*`` matches ``/`` too. Only ``reserved``
    is about normalised project names, in which capitals do not count, nor which of ``-``, ``_`` and
    ``.`` is used.
True and false
    ``true``, ``yes``, ``on`` or ``1``, and ``false``, ``no``, ``off`` or ``0``; in a defaults file also
    ``True`` and ``False``.
Relative path
    Is below the buildout's folder in a part, and in the flags of the script that it generates.
    Otherwise it is below the current folder. ``~`` is the home folder.

An unknown name, or a value that is not accepted, is an error. All errors are reported together, and
nothing is built then.

.. contents:: All options
   :local:
"""

DOORS = {
    Door.PART: ("Part", "a buildout part"),
    Door.CONSTANT: ("Defaults file", "a defaults file"),
    Door.FLAG: ("Flag", "a flag of sdists_from_tags"),
}


def page() -> str:
    """The text of the page, as reStructuredText."""
    return "\n\n".join([OPENING, *("\n".join(_section(option)) for option in options())]) + "\n"


def _section(option: Option) -> Iterator[str]:
    yield from (option.name, "-" * len(option.name), "", textwrap.fill(_escape(option.help), 98), "")
    for door, (name, _) in DOORS.items():
        if door in option.doors:
            yield f":{name}: {_literal(option.spelling(door))}"
    if option.alias:
        yield f":In sdistmaker 1.4: {_literal(option.alias)}, which a defaults file may still have"
    yield f":Default: {', '.join(map(_literal, option.default.split())) or 'empty'}"
    yield f":Accepted: {_escape(option.accepts)}"
    yield f":Where: {_where(option)}"


def _where(option: Option) -> str:
    """The places that accept the option, in words."""
    *most, last = [words for door, (_, words) in DOORS.items() if door in option.doors]
    return f"{', '.join(most)} or {last}" if most else f"{last} only"


def _literal(text: str) -> str:
    return f"``{text}``"


def _escape(text: str) -> str:
    """Text in which nothing is markup."""
    return re.sub(r"[\\*`|]|_\b", r"\\\g<0>", text)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    print(f"{PAGE}: {len(options())} options")
