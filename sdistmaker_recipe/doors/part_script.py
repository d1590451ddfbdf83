"""The script of a part, which runs with the distributions that the part itself was loaded with.

Buildout has found these distributions when it loaded the recipe, by the same options. zc.recipe.egg would
search for all of them again in each run, although the script is already there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

# With setuptools 82 or newer, pkg_resources is buildout's own copy.
from zc.buildout.easy_install import default_versions, pkg_resources, sort_working_set
from zc.recipe.egg import Eggs, Scripts

from sdistmaker_recipe.names import canonicalize_name

DISTRIBUTION = "sdistmaker_recipe"
Distribution: TypeAlias = Any
"""A distribution of pkg_resources, which has no types."""


class PartScript(Scripts):  # type: ignore[misc]  # zc.recipe.egg has no types
    """The scripts of zc.recipe.egg, with another way to find their distributions."""

    def working_set(self, extra: Sequence[str] = ()) -> tuple[list[str], Any]:
        """The requirements and the working set of the script; overrides the method of zc.recipe.egg."""
        eggs, develop_eggs = self.options["eggs-directory"], self.options["develop-eggs-directory"]
        loaded = pkg_resources.working_set.resolve([pkg_resources.Requirement.parse(DISTRIBUTION)])
        developed = pkg_resources.find_distributions(develop_eggs)
        has_plugins = self.options["eggs"].split() != [DISTRIBUTION]
        if (
            extra
            or has_plugins
            or self._reports_picked()
            or not is_same_choice(loaded, default_versions(), developed)
        ):
            found: tuple[list[str], Any] = super().working_set(extra)
            return found
        # Several distributions may share a location; the path of the script should hold it once.
        by_location = {distribution.location: distribution for distribution in loaded}
        return [DISTRIBUTION], sort_working_set(by_location.values(), eggs, develop_eggs)

    def _reports_picked(self) -> bool:
        """Whether buildout reports, or forbids, the choice of a version that has no pin."""
        section = self.buildout["buildout"]
        return (
            section.get("allow-picked-versions") == "false"
            or section.get("show-picked-versions") == "true"
            or bool(section.get("update-versions-file"))
        )


def activate(buildout: Any, name: str, part: Mapping[str, str], eggs: Sequence[str]) -> None:  # noqa: ANN401
    """Install these distributions and what they need, as zc.recipe.egg does, and make them importable."""
    options = {**part, "eggs": "\n".join(eggs)}
    _requirements, found = Eggs(buildout, name, options).working_set()
    for distribution in found:
        distribution.activate(replace=False)


def is_same_choice(
    loaded: Iterable[Distribution], pins: Mapping[str, str], developed: Iterable[Distribution]
) -> bool:
    """Whether zc.recipe.egg would choose the loaded distributions, too.

    zc.recipe.egg follows ``pins``, which is buildout's [versions] with normalised names, and prefers develop
    eggs. The loaded ones can differ, since buildout prefers what is installed beside it, whatever the pins.
    """
    develop_locations = {distribution.key: distribution.location for distribution in developed}
    return all(
        develop_locations.get(distribution.key, distribution.location) == distribution.location
        and _is_allowed(distribution, pins.get(canonicalize_name(distribution.project_name), ""))
        for distribution in loaded
    )


def _is_allowed(distribution: Distribution, pin: str) -> bool:
    """Whether a pin, such as 1.0 or >=1,<2, allows the distribution; "" allows any."""
    if pin in ("", distribution.version):
        return True
    specifier = pin if pin[0] in "<>=" else f"=={pin}"
    return distribution in pkg_resources.Requirement.parse(f"{distribution.project_name}{specifier}")
