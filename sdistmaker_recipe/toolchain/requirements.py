"""What tags ask to be installed for their builds: only what the index has, where a sandbox holds those."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sdistmaker_recipe.errors import BuildError

# PEP 508 has such a character in an address only, and pip takes for a path what has a slash or begins so.
_ADDRESS = re.compile(r"\s*\.|[^;]*[@/:]")


def check_origin(requirements: Iterable[str]) -> None:
    """Raise ``BuildError`` where one of these comes from an address or a folder, and not from the index.

    Installing runs its code outside of the sandbox, so it could be code of the tag itself.
    """
    for requirement in requirements:
        if _ADDRESS.match(requirement):
            asked = f"It asks for {requirement[:200]!r}, an address"
            raise BuildError(f"{asked}; within the sandbox only names are installed.")
