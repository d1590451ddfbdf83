"""Open a Mercurial repository, or a folder of repositories, by its URL."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from sdistmaker_recipe.configuration.local_repository import is_folder
from sdistmaker_recipe.errors import PathNotFoundError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.mercurial.command_server import Servers
from sdistmaker_recipe.vcs.mercurial.export import Exporter
from sdistmaker_recipe.vcs.mercurial.known_tags import KnownTags
from sdistmaker_recipe.vcs.mercurial.places import DamagedPlace, LocalPlace, Place, RemotePlace, repository_in
from sdistmaker_recipe.vcs.mercurial.repository import MercurialRepository
from sdistmaker_recipe.vcs.mercurial.subrepositories import Policy
from sdistmaker_recipe.vcs.mercurial.urls import host_of, identity_of, parse
from sdistmaker_recipe.vcs.repository_folder import repositories_below


def open_repository(
    url: str, credentials: Credentials, connections: int, settings: RepositorySettings
) -> MercurialRepository:
    """Open url; ``connections`` is the option. Raises ``RepositoryError`` if it is not a URL of hg's."""
    url = url.strip().rstrip("/")
    location = parse(url)
    known = settings.known_as.strip().rstrip("/")
    own_hosts = {host_of(location.server)} - {""}
    if known:
        own_hosts |= {host_of(parse(known).server)} - {""}
    servers = Servers()
    cache = settings.cache / "mercurial" if settings.cache else None

    def open_place(server: str, for_server: Credentials) -> Place:
        if server.startswith("/"):
            return _local_place(url, server, servers)
        folder = cache or _temporary_folder(opened)
        return RemotePlace(url, server, for_server, folder, servers, known or url)

    exporter = Exporter(Policy(settings.submodules, frozenset(own_hosts)), credentials, open_place)
    if location.server:
        opened = MercurialRepository(
            url,
            _identity(url, known, location.inner),
            lambda: {"": open_place(location.server, credentials)},
            exporter,
            servers,
            inner=location.inner,
            connections=connections,
        )
    else:
        folder, inner = _above(Path(location.folder))
        opened = MercurialRepository(
            url,
            _identity(url, known, inner),
            lambda: _local_places(url, folder, servers),
            exporter,
            servers,
            KnownTags(cache / f"{identity_of(url)}.json", known or url) if cache and not inner else None,
            inner=inner,
            is_local=True,
        )
    return opened


def _identity(url: str, known: str, inner: str) -> str:
    """What identifies the repository. A tag's URL begins with it, and is taken from the URL of users."""
    if not inner:
        return identity_of(known or url)
    if known and url.startswith(f"{known}/"):
        # The tag is below a folder of repositories, whose own path is part of the tag's.
        between = unquote(url.removeprefix(f"{known}/")).removesuffix(inner).strip("/")
        return "/".join(filter(None, (identity_of(known), between)))
    parts = (known or url).split("/")
    return identity_of("/".join(parts[: len(parts) - inner.count("/") - 1]))


def _above(folder: Path) -> tuple[Path, str]:
    """The nearest repository at or above a path, and the path from there; the path itself if it exists."""
    if not is_folder(folder):
        for above in folder.parents:
            if repository_in(str(above)):
                return above, folder.relative_to(above).as_posix()
    return folder, ""


def _local_places(url: str, folder: Path, servers: Servers) -> Mapping[str, Place]:
    """The repository in a folder, or those below it; raises ``PathNotFoundError`` if there is none.

    A folder whose disk is not mounted is empty too, and that does not mean that all tags are deleted.
    """
    if not is_folder(folder):
        raise PathNotFoundError(url, "no such folder", "Check the path, and who may read it.")

    def place_in(path: str) -> Place | None:
        return LocalPlace(url, path, servers) if repository_in(path) else None

    found = repositories_below(
        folder,
        place_in,
        damaged=lambda path, reason: DamagedPlace(url, path, servers, reason),
    )
    if not found:
        raise PathNotFoundError(
            url,
            "no Mercurial repository is in this folder or below it",
            "Check the path, and who may read it.",
        )
    return found


def _local_place(url: str, folder: str, servers: Servers) -> Place:
    if repository_in(folder):
        return LocalPlace(url, folder, servers)
    raise PathNotFoundError(url, f"no Mercurial repository is in {folder}", "Check the path.")


def _temporary_folder(owner: MercurialRepository) -> Path:
    """A folder for clones that goes with the repository, where no folder is kept between runs."""
    folder = Path(tempfile.mkdtemp(prefix="sdistmaker-hg-"))
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder
