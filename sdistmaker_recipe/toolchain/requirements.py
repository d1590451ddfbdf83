"""What tags ask to be installed for their builds: what is a requirement, and what comes from the index."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sdistmaker_recipe.errors import BuildError

# PEP 508 has such a character in an address only, and pip takes for a path what has a slash or begins so.
_ADDRESS = re.compile(r"\s*\.|[^;]*[@/:]")


def requirement_problem(requirement: str) -> str:
    """Why this is no requirement (PEP 508), as the end of a sentence; "" where it is one."""
    # Here, for only what builds asks, and other processes import this module, too.
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(requirement)
    except InvalidRequirement as error:
        # What follows points at a place in the line before, which a sentence cannot.
        return str(error).partition("\n")[0] or "it cannot be read"
    except RecursionError:
        return "it is nested too deep"
    return ""


def refuse_direct_references(requirements: Iterable[str]) -> None:
    """Raise ``BuildError`` where one of these comes from an address or a folder, and not from the index.

    Installing runs its code outside of the sandbox, so it could be code of the tag itself.
    """
    for requirement in requirements:
        if _ADDRESS.match(requirement):
            asked = f"It asks for {requirement[:200]!r}, an address"
            raise BuildError(f"{asked}; within the sandbox only names are installed.")
