"""The script of a part runs with the distributions that the part itself runs with.

buildout found them when it loaded the recipe, by the same options. zc.recipe.egg alone would look for all of
them once more in each run, only to write the script that is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

# pkg_resources is buildout's own copy where setuptools is 82 or newer.
from zc.buildout.easy_install import default_versions, pkg_resources, sort_working_set
from zc.recipe.egg import Scripts

from sdistmaker_recipe.names import canonicalize_name

DISTRIBUTION = "sdistmaker_recipe"
Distribution: TypeAlias = Any
"""One of pkg_resources, which has no types."""


class PartScript(Scripts):  # type: ignore[misc]  # zc.recipe.egg has no types
    """zc.recipe.egg's scripts, but for how their distributions are found."""

    def working_set(self, extra: Sequence[str] = ()) -> tuple[list[str], Any]:
        """The requirements and the working set of the script; overrides the method of zc.recipe.egg's API."""
        eggs, develop_eggs = self.options["eggs-directory"], self.options["develop-eggs-directory"]
        running = pkg_resources.working_set.resolve([pkg_resources.Requirement.parse(DISTRIBUTION)])
        developed = pkg_resources.find_distributions(develop_eggs)
        if extra or self._tells_of_picked() or not may_be_the_scripts(running, default_versions(), developed):
            found: tuple[list[str], Any] = super().working_set(extra)
            return found
        # Each location is searched, so it should be there once.
        one_each = {distribution.location: distribution for distribution in running}
        return [DISTRIBUTION], sort_working_set(one_each.values(), eggs, develop_eggs)

    def _tells_of_picked(self) -> bool:
        """Whether buildout says, or forbids, that a version is chosen which has no pin."""
        said = self.buildout["buildout"]
        forbids = said.get("allow-picked-versions") == "false"
        return forbids or said.get("show-picked-versions") == "true" or bool(said.get("update-versions-file"))


def may_be_the_scripts(
    running: Iterable[Distribution], pins: Mapping[str, str], developed: Iterable[Distribution]
) -> bool:
    """Whether zc.recipe.egg would not choose others.

    It goes by ``pins``, buildout's [versions] with normalised names, and prefers what is in the folder of
    develop eggs. What was loaded may differ: what is installed beside buildout comes before pins.
    """
    places = {distribution.key: distribution.location for distribution in developed}
    return all(
        places.get(each.key, each.location) == each.location
        and _is_allowed(each, pins.get(canonicalize_name(each.project_name), ""))
        for each in running
    )


def _is_allowed(distribution: Distribution, pin: str) -> bool:
    """Whether a pin, such as 1.0 or >=1,<2, allows the distribution; "" allows all."""
    if pin in ("", distribution.version):
        return True
    specifier = pin if pin[0] in "<>=" else f"=={pin}"
    return distribution in pkg_resources.Requirement.parse(f"{distribution.project_name}{specifier}")
