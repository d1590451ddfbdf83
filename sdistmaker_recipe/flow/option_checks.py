"""What is wrong with options together, or with the files that they name: checks for ``configure``.

A run needs all of this too. Here it is looked at early, so that a door reports it with all other problems.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.configuration.parsing import Check
from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.flow.engine import check_destination
from sdistmaker_recipe.flow.opening import public_index_url, read_site
from sdistmaker_recipe.stages.publish import server_configurations

_OF_SERVERS = (
    "destination",
    "nginx-config",
    "index-url",
    "url-path",
    "public",
    "public-index",
    "public-certificates",
    "reserved",
    "auth-file",
    "require",
    "run",
)
_OF_DESTINATION = ("destination", "environments", "use-existing-folder")


def option_checks(public_index: str = "", buildout: Path | None = None) -> tuple[Check, ...]:
    """The checks of a door that knows this public index ("" for none) and this folder of the buildout."""

    def check_servers(configuration: Configuration) -> None:
        # Where the door runs nothing, the script may be given another index.
        given = public_index if configuration.run else ""
        server_configurations(configuration, public_index_url(configuration, given))

    return (
        _check(_OF_DESTINATION, lambda configuration: check_destination(configuration, buildout)),
        _check(_OF_SERVERS, check_servers),
        _check(("site-logo",), read_site),
    )


def _check(options: tuple[str, ...], look: Callable[[Configuration], object]) -> Check:
    """A check that reads these options; ``look`` raises ``ConfigurationError`` if they are wrong."""

    def problems(configuration: Configuration) -> tuple[Problem, ...]:
        try:
            look(configuration)
        except ConfigurationError as error:
            return error.problems
        return ()

    return Check(options, problems)
