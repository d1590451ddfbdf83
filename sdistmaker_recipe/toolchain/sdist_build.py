"""Build the source distribution of a tree with one rung of the ladder."""

from __future__ import annotations

from sdistmaker_recipe.model import BuildSettings
from sdistmaker_recipe.toolchain import hooks, setup_py
from sdistmaker_recipe.toolchain.build_context import BuildContext, RawSdist
from sdistmaker_recipe.toolchain.build_system import BuildSystem
from sdistmaker_recipe.toolchain.environments import environment_for
from sdistmaker_recipe.toolchain.git_repository import hide_outer_repositories
from sdistmaker_recipe.toolchain.ladder import Rung


def build_sdist(
    rung: Rung, build_system: BuildSystem, context: BuildContext, settings: BuildSettings
) -> RawSdist:
    """Install the build requirements, then call the backend's hooks, or run setup.py on an old Python.

    The time for installing does not count against the deadline. Raises ``BuildError`` and
    ``ToolchainError``.
    """
    hide_outer_repositories(context)
    if rung.runs_setup_py:
        return setup_py.build_sdist(rung, context, settings)
    requires = (*build_system.requires, *rung.requirements)
    with context.deadline.paused():
        environment = environment_for(requires, rung, settings)
    if hooks.may_have_extra_requirements(build_system, context.tree) and (
        extra := hooks.get_requires_for_build_sdist(build_system, environment, context)
    ):
        with context.deadline.paused():
            environment = environment_for([*requires, *extra], rung, settings)
    return hooks.build_sdist(build_system, environment, context)
