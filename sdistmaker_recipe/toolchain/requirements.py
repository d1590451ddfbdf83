"""Check build requirements before they are installed: their syntax, and whether the index has them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.names import canonicalize_name

# In PEP 508 only a URL has one of these characters; pip takes a text with a slash or a dot in front as a
# path.
_NAME_END = re.compile(r"[^A-Za-z0-9._-]")
_DIRECT_REFERENCE = re.compile(r"\s*\.|[^;]*[@/:]")


def requirement_problem(requirement: str) -> str:
    """Why this is no requirement (PEP 508), as the end of a sentence; "" if it is one."""
    # Imported late, for only builds need it, and other processes import this module too.
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(requirement)
    except InvalidRequirement as error:
        # The lines after the first point at a column of it, which makes no sense in a sentence.
        return str(error).partition("\n")[0] or "it cannot be read"
    except RecursionError:
        return "it is nested too deep"
    return ""


def distribution(requirement: str) -> str:
    """The normalised name (PEP 503) of the distribution that a requirement (PEP 508) names."""
    return canonicalize_name(_NAME_END.split(requirement.strip(), maxsplit=1)[0])


def refuse_direct_references(requirements: Iterable[str]) -> None:
    """Raise ``BuildError`` if a requirement is a direct reference (PEP 440) or a path.

    Its code would run during the installation, outside of the sandbox, and could be code of the tag itself.
    """
    for requirement in requirements:
        if _DIRECT_REFERENCE.match(requirement):
            reason = f"The tag requires {requirement[:200]!r}, which is an address or a folder."
            raise BuildError(f"{reason} Require it by its name, and add it to the index of build-index.")
