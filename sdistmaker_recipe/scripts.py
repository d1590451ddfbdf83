"""The entry points: functions that scripts call, and the recipe that buildout loads.

They import the doors, which takes most of the time of a run that finds nothing to do. Meanwhile an interrupt
ends with one word in place of a traceback, and garbage collection is off, because modules are no garbage.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_INTERRUPTED = 130


def sdists_from_tags(*arguments: Any, **options: Any) -> int:  # noqa: ANN401  # those of command.main
    """Run ``command.main`` with the arguments that a script was generated with; the exit status."""
    return _run("main", *arguments, **options)


def make_sdist() -> int:
    """Run ``command.make_sdist``; the exit status."""
    return _run("make_sdist")


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """The class ``recipe.Recipe``, which is imported when buildout asks for ``Recipe`` (PEP 562)."""
    if name != "Recipe":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _garbage_collection_off():
        from sdistmaker_recipe.doors.recipe import Recipe
    return Recipe


def _run(name: str, *arguments: Any, **options: Any) -> int:  # noqa: ANN401
    try:
        with _garbage_collection_off():
            from sdistmaker_recipe.doors import command
        # Modules are never garbage. If they are not searched, forked processes also share their memory.
        gc.freeze()
        status: int = getattr(command, name)(*arguments, **options)
    except KeyboardInterrupt:
        # The command handles an interrupt itself, except in its first and last moments.
        sys.stderr.write("interrupted\n")
        return _INTERRUPTED
    return status


@contextmanager
def _garbage_collection_off() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
