"""Open a git repository, or a folder of repositories, by its URL."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from sdistmaker_recipe.configuration.local_repository import git_folder_of, is_folder, main_folder_of
from sdistmaker_recipe.errors import PathNotFoundError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.git.export import Exporter
from sdistmaker_recipe.vcs.git.places import DamagedPlace, LocalPlace, Place, RemotePlace
from sdistmaker_recipe.vcs.git.repository import GitRepository
from sdistmaker_recipe.vcs.git.submodules import Policy
from sdistmaker_recipe.vcs.git.urls import host_of, identity_of, parse, with_user
from sdistmaker_recipe.vcs.repository_folder import repositories_below

SUFFIX = ".git"
_MARKS = frozenset(("HEAD", "objects", "refs"))
"""Each repository has files or folders of these names (gitrepository-layout(5))."""


def open_repository(
    url: str, credentials: Credentials, connections: int, settings: RepositorySettings
) -> GitRepository:
    """Open url; ``connections`` is the option. Raises ``RepositoryError`` if it is not a URL of git's."""
    url = url.strip().rstrip("/")
    location = parse(url)
    known = settings.known_as.strip().rstrip("/")
    own_hosts = {host_of(location.server)}
    if known and not parse(known).folder:
        own_hosts.add(host_of(parse(known).server))
    cache = settings.cache / "git" if settings.cache else None

    def open_place(server: str, for_server: Credentials) -> Place:
        if server.startswith("/"):
            return _local_place(url, Path(server))
        reached = with_user(server, for_server.username)
        folder = cache or _temporary_folder(places_owner)
        return RemotePlace(url, reached, for_server, folder, known or url)

    exporter = Exporter(Policy(settings.submodules, frozenset(own_hosts)), credentials, open_place)
    if location.server:
        inner = location.inner
        opened = GitRepository(
            url,
            _identity(url, known, inner),
            lambda: {"": open_place(location.server, credentials)},
            exporter,
            inner=inner,
            connections=connections,
        )
    else:
        folder = Path(location.folder)
        found, inner = _above(folder)
        opened = GitRepository(
            url,
            _identity(url, known, inner),
            lambda: _local_places(url, found),
            exporter,
            inner=inner,
            is_local=True,
        )
    places_owner = opened
    return opened


def _identity(url: str, known: str, inner: str) -> str:
    """What identifies the repository. A tag's URL begins with it, and is taken from the URL of users."""
    base = known or url
    if not inner:
        return identity_of(base)
    if known and url.startswith(f"{known}/"):
        # The tag is below a folder of repositories, whose own path is part of the tag's.
        between = unquote(url.removeprefix(f"{known}/")).removesuffix(inner).strip("/").removesuffix(SUFFIX)
        return "/".join(filter(None, (identity_of(known), between)))
    return identity_of(unquote(base).removesuffix(f"/{inner}") if "://" not in base else _cut(base, inner))


def _cut(url: str, inner: str) -> str:
    parts = url.split("/")
    return "/".join(parts[: len(parts) - inner.count("/") - 1])


def _above(folder: Path) -> tuple[Path, str]:
    """The nearest repository at or above a path, and the path from there; the path itself if it exists."""
    if is_folder(folder):
        return folder, ""
    for above in folder.parents:
        for candidate in (above, Path(f"{above}{SUFFIX}")):
            if git_folder_of(candidate):
                return candidate, folder.relative_to(above).as_posix()
    return folder, ""


def _local_places(url: str, folder: Path) -> Mapping[str, Place]:
    """The repository in a folder, or those below it; raises ``PathNotFoundError`` if there is none.

    A folder whose disk is not mounted is empty too, and that does not mean that all tags are deleted.
    """
    if not is_folder(folder):
        with_suffix = Path(f"{folder}{SUFFIX}")
        if not is_folder(with_suffix):
            raise PathNotFoundError(url, "no such folder", "Check the path, and who may read it.")
        folder = with_suffix

    def place_in(path: str) -> Place | None:
        inner = git_folder_of(path)
        return LocalPlace(url, inner, main_folder_of(path, inner)) if inner else None

    found = repositories_below(
        folder,
        place_in,
        suffix=SUFFIX,
        marks=_MARKS,
        damaged=lambda path, reason: DamagedPlace(url, path, reason),
    )
    if not found:
        raise PathNotFoundError(
            url, "no git repository is in this folder or below it", "Check the path, and who may read it."
        )
    return found


def _local_place(url: str, folder: Path) -> Place:
    for candidate in (folder, Path(f"{folder}{SUFFIX}")):
        if git_folder := git_folder_of(candidate):
            return LocalPlace(url, git_folder, main_folder_of(candidate, git_folder))
    raise PathNotFoundError(url, f"no git repository is in {folder}", "Check the path.")


def _temporary_folder(owner: GitRepository) -> Path:
    """A folder for objects that goes with the repository, where no folder is kept between runs."""
    folder = Path(tempfile.mkdtemp(prefix="sdistmaker-git-"))
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder
