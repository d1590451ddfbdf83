"""How many connections of a limit are free."""

from __future__ import annotations

from sdistmaker_recipe.vcs.connection_limit import Limit


def free(limit: Limit) -> int:
    """How many could be had now."""
    taken = []
    while file := limit._take():
        taken.append(file)
    for file in taken:
        file.close()
    return len(taken)
