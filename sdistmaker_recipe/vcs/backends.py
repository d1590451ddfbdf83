"""Backends by name; each is imported only when it is used."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from sdistmaker_recipe.configuration.option_types import holds_password
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials, Repository

Opener: TypeAlias = Callable[[str, Credentials], Repository]

AUTO = "auto"


def _subversion(url: str, credentials: Credentials) -> Repository:
    try:
        from sdistmaker_recipe.vcs.subversion.libsvn import SubversionRepository
    except ImportError as error:
        hint = "Install subvertpy, or set the option vcs to subversion-cli to use the svn program."
        raise RepositoryError(url, f"the backend subversion does not load ({error})", hint) from error
    return SubversionRepository(url, credentials)


def _subversion_cli(url: str, credentials: Credentials) -> Repository:
    from sdistmaker_recipe.vcs.subversion.program import SubversionCliRepository

    return SubversionCliRepository(url, credentials)


def _any_subversion(url: str, credentials: Credentials) -> Repository:
    """Through libsvn where its binding is installed, else through the svn program."""
    try:
        import sdistmaker_recipe.vcs.subversion.libsvn  # noqa: F401  # to see whether it loads
    except ImportError as error:
        if shutil.which("svn"):
            return _subversion_cli(url, credentials)
        hint = "Install subvertpy, or the svn program (on Debian: apt install subversion)."
        raise RepositoryError(
            url, f"nothing here reads Subversion: no svn program, and {error}", hint
        ) from error
    return _subversion(url, credentials)


BACKENDS: dict[str, Opener] = {
    "subversion": _subversion,
    "subversion-cli": _subversion_cli,
}
"""What each name opens."""

SCHEMES: tuple[tuple[re.Pattern[str], Opener], ...] = (
    (re.compile(r"(https?|svn|svn\+[^:]+|file)", re.IGNORECASE), _any_subversion),
)
"""What "auto" opens, by the URL's scheme: the first that matches."""


def open_repository(url: str, backend: str, credentials: Credentials) -> Repository:
    """Open url with the backend of this name; "auto" chooses by the URL's scheme and what is installed."""
    refuse_password(url)
    return _opener(url, backend)(url, credentials)


def load_repository(folder: Path, dump: BinaryIO) -> str:
    """Make a Subversion repository at the new folder from a dump, through libsvn or else svnadmin."""
    try:
        from sdistmaker_recipe.vcs.subversion.libsvn import load_repository as load
    except ImportError:
        from sdistmaker_recipe.vcs.subversion.program import load_repository as load

    return load(folder, dump)


def _opener(url: str, backend: str) -> Opener:
    if backend == AUTO:
        return _by_scheme(url)
    if backend not in BACKENDS:
        known = ", ".join((AUTO, *BACKENDS))
        raise RepositoryError(url, f"no backend is called {backend!r}", f"Known are {known}.")
    return BACKENDS[backend]


def _by_scheme(url: str) -> Opener:
    scheme, separator, _rest = url.strip().partition("://")
    for pattern, opener in SCHEMES:
        if separator and pattern.fullmatch(scheme):
            return opener
    raise RepositoryError(
        url,
        "no backend serves such a URL",
        "It must begin with http, https, svn, svn+ssh or file, as in file:///path/to/repository.",
    )


def refuse_password(url: str) -> None:
    """Raise ``RepositoryError`` for a URL with a password inside, without repeating the password.

    Options are written to disk and shown in process lists and logs.
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
