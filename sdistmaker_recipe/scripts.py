"""What the scripts call: the commands are imported here, which takes most of a run that finds nothing.

So whoever interrupts one meanwhile gets a word and no traceback, and no time goes to looking for garbage
among modules, of which there is none.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

_INTERRUPTED = 130


def sdists_from_tags(*given: Any, **named: Any) -> int:  # noqa: ANN401  # see there
    """Run ``command.main`` with the arguments that a script was generated with; the exit status."""
    return _run("main", *given, **named)


def make_sdist() -> int:
    """Run ``command.make_sdist``; the exit status."""
    return _run("make_sdist")


def _run(name: str, *given: Any, **named: Any) -> int:  # noqa: ANN401
    try:
        return _imported(name)(*given, **named)
    except KeyboardInterrupt:
        # One that has begun answers itself, but for its first and last moments.
        sys.stderr.write("interrupted\n")
        return _INTERRUPTED


def _imported(name: str) -> Callable[..., int]:
    gc.disable()
    try:
        from sdistmaker_recipe import command
    finally:
        # All of it lives on, and a copy of this process shares its memory while nobody looks through that.
        gc.freeze()
        gc.enable()
    found: Callable[..., int] = getattr(command, name)
    return found
