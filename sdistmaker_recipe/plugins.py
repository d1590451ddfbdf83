"""Version control backends of other distributions, found by their entry points.

A distribution declares a backend in the group ``sdistmaker_recipe.vcs`` (packaging.python.org, "Entry points
specification")::

    [project.entry-points."sdistmaker_recipe.vcs"]
    folders = "folders_backend:open_repository"

The name before the ``=`` is that of the backend, for the option vcs. It serves the URLs ``folders://`` and
all that begin with ``folders+``, as git serves ``git+https://``. So the schemes are known without importing
anything. Built-in backends come first: entry points are read only if none of them serves a URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

GROUP = "sdistmaker_recipe.vcs"


class PluginError(Exception):
    """A plug-in does not load; the text says which one, of which distribution, and why."""


class Plugin(NamedTuple):
    """The backend with this name, and the entry points that declare it: one, unless distributions clash."""

    name: str
    entry_points: tuple[Any, ...]

    @property
    def distribution(self) -> str:
        """The distributions that declare it, with their versions."""
        return " and ".join(_distribution(entry_point) for entry_point in self.entry_points)

    @property
    def is_ambiguous(self) -> bool:
        """Whether several distributions declare it, so that nobody knows which one is meant."""
        return len(self.entry_points) > 1

    def load(self) -> Any:  # noqa: ANN401  # its caller knows what it should be
        """The object that the entry point names. Raises ``PluginError``."""
        if self.is_ambiguous:
            raise PluginError(
                f"the plug-in {self.name} is declared by several distributions: {self.distribution}; "
                "uninstall all but one"
            )
        (entry_point,) = self.entry_points
        try:
            return entry_point.load()
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"the plug-in {self.name} of the distribution {self.distribution} does not load "
                f"({entry_point.value}): {type(error).__name__}: {error}"
            ) from error


def installed_plugins() -> Mapping[str, Plugin]:
    """The declared backends by their names in lower case. Nothing of them is imported."""
    # This import is slow, and few runs need it.
    from importlib.metadata import entry_points

    found: dict[str, list[Any]] = {}
    for entry_point in entry_points(group=GROUP):
        found.setdefault(entry_point.name.lower(), []).append(entry_point)
    return {name: Plugin(name, tuple(declaring)) for name, declaring in sorted(found.items())}


def plugin_for_scheme(plugins: Mapping[str, Plugin], scheme: str) -> Plugin | None:
    """The plug-in that serves URLs of this scheme, such as ``folders`` for the scheme ``folders+https``."""
    lower = scheme.lower()
    return plugins.get(lower) or plugins.get(lower.partition("+")[0])


def _distribution(entry_point: Any) -> str:  # noqa: ANN401  # importlib.metadata is not imported here
    distribution = entry_point.dist
    return f"{distribution.name} {distribution.version}" if distribution else "of unknown name"
