"""What the clients of today cannot install though it was built here, as warnings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sdistmaker_recipe.model import BuiltWheel, NoWheel
from sdistmaker_recipe.toolchain.ladder import Rung
from sdistmaker_recipe.toolchain.metadata_check import shortened
from sdistmaker_recipe.toolchain.requirements import requirement_problem

REQUIREMENTS_FILE = re.compile(r"(?:.*/)?[^/]+\.egg-info/requires\.txt")
"""The path of the file in which setuptools writes the requirements of a project."""

_LOCAL = r"([a-z0-9][\w.-]*)(?![\w.-])[^\n@;]*@[ \t]*file:"
_LOCAL_IN_HEADER = re.compile(rf"^Requires-Dist:[ \t]*{_LOCAL}", re.MULTILINE | re.IGNORECASE)
_LOCAL_IN_FILE = re.compile(rf"^{_LOCAL}", re.MULTILINE | re.IGNORECASE)


def local_requirement_warnings(header: str, requires_txts: Iterable[str]) -> Iterator[str]:
    """The requirements that name a file or folder of the machine that built, as Poetry writes those by path.

    ``header`` is that of PKG-INFO, and ``requires_txts`` is what ``REQUIREMENTS_FILE`` names.
    """
    found = _LOCAL_IN_HEADER.findall(header)
    for text in requires_txts:
        found += _LOCAL_IN_FILE.findall(text)
    for name in dict.fromkeys(found):
        yield (
            f"no client can install this release, for it requires {shortened(name)} from a path of the "
            "machine that built it. Require it by its name and version in a new tag."
        )


def requirement_warnings(requires_txt: str) -> Iterator[str]:
    """The requirements in such a file that PEP 508 does not know, as old versions of setuptools let pass.

    pip refuses a whole release for one of them, even if it is the requirement of an extra.
    """
    for line in requires_txt.splitlines():
        requirement = line.strip()
        if requirement and not requirement.startswith("[") and (problem := requirement_problem(requirement)):
            yield (
                "pip 24.1 and newer do not install this release, for it requires "
                f"{shortened(requirement)!r}: {problem}. "
                "Write the requirement as PEP 508 has it in a new tag."
            )


def toolchain_warnings(rung: Rung, wheel: BuiltWheel | NoWheel) -> Iterator[str]:
    """That clients need older tools too, if the build did and there is no wheel to spare them the build."""
    if rung.constraints and isinstance(wheel, NoWheel):
        constraints = " and ".join(rung.constraints)
        yield (
            f"clients build this release themselves, for it has no wheel, and newer tools than {rung.name} "
            f"fail. Give them a file with {constraints} in the option --build-constraint of pip or uv."
        )
