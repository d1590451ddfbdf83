"""Backends by name. The modules of one are imported when a repository is opened by it.

Backends of other distributions come last: see ``sdistmaker_recipe.plugins``. The object that such an entry
point names is an ``Opener``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from sdistmaker_recipe.configuration.urls import holds_password
from sdistmaker_recipe.errors import RepositoryError, SdistmakerError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.plugins import Plugin, PluginError, installed_plugins, plugin_for_scheme
from sdistmaker_recipe.vcs import Credentials, Repository

Opener: TypeAlias = Callable[[str, Credentials, int, RepositorySettings], Repository]
"""Opens a URL with credentials, the option connections, and what else a backend may need to know."""

AUTO = "auto"
SUBVERSION, GIT, MERCURIAL = "subversion", "git", "mercurial"


def _subversion(vcs: str) -> Opener:
    """Opens Subversion repositories by the way that this value of the option vcs names."""

    def open_subversion(
        url: str, credentials: Credentials, connections: int, settings: RepositorySettings
    ) -> Repository:
        from sdistmaker_recipe.vcs.subversion import opening

        return opening.open_repository(url, vcs, credentials, connections, settings)

    return open_subversion


def _git(url: str, credentials: Credentials, connections: int, settings: RepositorySettings) -> Repository:
    from sdistmaker_recipe.vcs.git import opening

    return opening.open_repository(url, credentials, connections, settings)


def _mercurial(
    url: str, credentials: Credentials, connections: int, settings: RepositorySettings
) -> Repository:
    from sdistmaker_recipe.vcs.mercurial import opening

    return opening.open_repository(url, credentials, connections, settings)


BACKENDS: dict[str, Opener] = {
    GIT: _git,
    MERCURIAL: _mercurial,
    **{name: _subversion(name) for name in (SUBVERSION, "subversion-cli")},
}
"""The backend of each name."""

SCHEMES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(https?|svn|svn\+[^:]+|file)://.*", re.IGNORECASE), SUBVERSION),
    (re.compile(r"(git|git\+(https?|ssh|file))://.*|[\w.-]+@[\w.-]+:(?!//).*", re.IGNORECASE), GIT),
    (re.compile(r"hg\+(https?|ssh|file)://.*", re.IGNORECASE), MERCURIAL),
)
"""The systems of "auto": the first one whose pattern matches the URL."""

_BY_SYSTEM: dict[str, Opener] = {SUBVERSION: _subversion(AUTO), GIT: _git, MERCURIAL: _mercurial}
"""The backend of each system for "auto"."""


def open_repository(
    url: str, backend: str, credentials: Credentials, connections: int, settings: RepositorySettings
) -> Repository:
    """Open url with the backend of this name; "auto" chooses by the URL's scheme and what is installed."""
    refuse_password(url)
    return _opener(url, backend)(url, credentials, connections, settings)


def system_of(url: str, backend: str) -> str:
    """The system that the backend of this name reads at url; the name of a plug-in is that of its system."""
    if backend != AUTO:
        return SUBVERSION if backend == "subversion-cli" else backend
    return _builtin_system(url) or url.partition("://")[0].partition("+")[0].lower()


def load_repository(folder: Path, dump: BinaryIO) -> str:
    """Make a Subversion repository in the new folder from a dump."""
    from sdistmaker_recipe.vcs.subversion import opening

    return opening.load_repository(folder, dump)


def _opener(url: str, backend: str) -> Opener:
    if backend == AUTO:
        return _by_scheme(url)
    if backend in BACKENDS:
        return BACKENDS[backend]
    plugins = installed_plugins()
    if backend.lower() not in plugins:
        known = ", ".join((AUTO, *BACKENDS, *plugins))
        raise RepositoryError(url, f"no backend is called {backend!r}", f"Known are {known}.")
    return _plugin(url, plugins[backend.lower()])


def _builtin_system(url: str) -> str:
    """The system of a URL that a built-in backend serves, "" for others."""
    return next((system for pattern, system in SCHEMES if pattern.fullmatch(url.strip())), "")


def _by_scheme(url: str) -> Opener:
    scheme, separator, _rest = url.strip().partition("://")
    if system := _builtin_system(url):
        return _BY_SYSTEM[system]
    plugins = installed_plugins()
    if separator and (plugin := plugin_for_scheme(plugins, scheme)):
        return _plugin(url, plugin)
    schemes = " ".join(f"The plug-in {name} serves {name}://." for name in plugins)
    raise RepositoryError(
        url,
        "no backend serves such a URL",
        "It must begin with http, https, svn, svn+ssh or file, as in file:///path/to/repository, or with "
        "git, or with git+ or hg+ and https, ssh or file. "
        f"{schemes or 'No plug-in for another system is installed.'}",
    )


def _plugin(url: str, plugin: Plugin) -> Opener:
    """Opens repositories with a plug-in, which is imported here."""
    try:
        opener = plugin.load()
    except PluginError as error:
        hint = "Install what it needs, or another version of it, for the Python that runs this command."
        raise RepositoryError(url, str(error), "" if plugin.is_ambiguous else hint) from error

    def open_plugin(
        url: str, credentials: Credentials, connections: int, settings: RepositorySettings
    ) -> Repository:
        # Few runs have a plug-in.
        from sdistmaker_recipe.vcs.plugin_guard import error_of, guard

        try:
            opened: Repository = opener(url, credentials, connections, settings)
        except SdistmakerError:
            raise
        except Exception as error:
            raise error_of(error, plugin, url) from error
        return guard(opened, plugin, url)

    return open_plugin


def refuse_password(url: str) -> None:
    """Raise ``RepositoryError`` for a URL with a password inside; the message does not repeat it.

    Options are written to disk, and process lists and logs show them.
    """
    if not holds_password(url.strip()):
        return
    scheme, _, rest = url.strip().partition("://")
    user = rest.partition(":")[0]
    raise RepositoryError(
        f"{scheme}://{user}:***@{rest.rpartition('@')[2]}",
        "a password inside a URL ends up in files and logs, so it is refused",
        "Take it out of the URL: put it into an environment variable and name that in the option "
        "password-variable, with the user in the option username; or let svn store it.",
    )
