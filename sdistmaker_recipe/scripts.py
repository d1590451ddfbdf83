"""What scripts call and buildout loads: it imports the doors, which takes most of a run that finds nothing.

So whoever interrupts a command meanwhile gets a word and no traceback, and no time goes to looking for
garbage among modules, of which there is none.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_INTERRUPTED = 130


def sdists_from_tags(*given: Any, **named: Any) -> int:  # noqa: ANN401  # see there
    """Run ``command.main`` with the arguments that a script was generated with; the exit status."""
    return _run("main", *given, **named)


def make_sdist() -> int:
    """Run ``command.make_sdist``; the exit status."""
    return _run("make_sdist")


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    """``Recipe`` is ``recipe.Recipe``, imported when buildout asks for it."""
    if name != "Recipe":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _no_collection():
        from sdistmaker_recipe.doors.recipe import Recipe
    return Recipe


def _run(name: str, *given: Any, **named: Any) -> int:  # noqa: ANN401
    try:
        with _no_collection():
            from sdistmaker_recipe.doors import command
        # All of it lives on, and a copy of this process shares its memory while nobody looks through that.
        gc.freeze()
        status: int = getattr(command, name)(*given, **named)
    except KeyboardInterrupt:
        # One that has begun answers itself, but for its first and last moments.
        sys.stderr.write("interrupted\n")
        return _INTERRUPTED
    return status


@contextmanager
def _no_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
