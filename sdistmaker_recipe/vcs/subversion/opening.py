"""Open a Subversion repository through libsvn, or through the svn program."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeAlias

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.subversion.connection import Connection
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository
from sdistmaker_recipe.vcs.subversion.urls import canonical_url

OpenConnection: TypeAlias = Callable[[str, Credentials, RepositorySettings], Connection]


def open_repository(
    url: str, vcs: str, credentials: Credentials, connections: int, settings: RepositorySettings | None = None
) -> SubversionRepository:
    """Open url; ``vcs`` and ``connections`` are the options. Raises ``RepositoryError``."""

    def open_above(levels: int) -> Connection:
        above = canonical_url(url).rsplit("/", levels)[0]
        return open_connection(above, vcs, credentials, settings)

    return SubversionRepository(
        partial(open_connection, url, vcs, credentials, settings),
        connections,
        open_above=open_above if settings and settings.has_subdirectories else None,
    )


def open_connection(
    url: str,
    vcs: str = "auto",
    credentials: Credentials | None = None,
    settings: RepositorySettings | None = None,
) -> Connection:
    """A connection to url, which asks the server nothing yet; ``vcs`` is the option.

    Raises ``RepositoryError`` if what it needs is not installed.
    """
    return _OPENERS[vcs](url, credentials or Credentials(), settings or RepositorySettings())


def _through_libsvn(url: str, credentials: Credentials, settings: RepositorySettings) -> Connection:
    """A connection through libsvn."""
    try:
        from sdistmaker_recipe.vcs.subversion.libsvn import LibsvnConnection
    except ImportError as error:
        hint = "Install subvertpy, or set the option vcs to subversion-cli to use the svn program."
        raise RepositoryError(url, f"the backend subversion does not load ({error})", hint) from error
    return LibsvnConnection(url, credentials, settings)


def _through_program(url: str, credentials: Credentials, settings: RepositorySettings) -> Connection:
    """A connection through the svn program."""
    from sdistmaker_recipe.vcs.subversion.program import SvnProgramConnection

    return SvnProgramConnection(url, credentials, settings)


def _through_any(url: str, credentials: Credentials, settings: RepositorySettings) -> Connection:
    """A connection through libsvn where its binding is installed, else through the svn program."""
    try:
        import sdistmaker_recipe.vcs.subversion.libsvn  # noqa: F401  # to see whether it loads
    except ImportError as error:
        if shutil.which("svn"):
            return _through_program(url, credentials, settings)
        hint = "Install subvertpy, or the svn program (on Debian: apt install subversion)."
        raise RepositoryError(
            url, f"nothing here reads Subversion: no svn program, and {error}", hint
        ) from error
    return _through_libsvn(url, credentials, settings)


_OPENERS: Mapping[str, OpenConnection] = {
    "auto": _through_any,
    "subversion": _through_libsvn,
    "subversion-cli": _through_program,
}


def load_repository(folder: Path, dump: BinaryIO) -> str:
    """Make a repository in the new folder from a dump, through libsvn or else svnadmin; its file:// URL.

    Raises ``RepositoryError``.
    """
    try:
        from sdistmaker_recipe.vcs.subversion.libsvn import load_repository as load
    except ImportError:
        from sdistmaker_recipe.vcs.subversion.program import load_repository as load

    return load(folder, dump)
