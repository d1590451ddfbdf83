"""How many connections of a limit are free."""

from __future__ import annotations

from sdistmaker_recipe.vcs.connection_limit import ConnectionLimit


def free(limit: ConnectionLimit) -> int:
    """How many could be had now."""
    taken = []
    while file := limit._lock_free_one():
        taken.append(file)
    for file in taken:
        file.close()
    return len(taken)
