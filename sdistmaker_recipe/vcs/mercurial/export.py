"""The files of a changeset, with those of its subrepositories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.mercurial.places import Place
from sdistmaker_recipe.vcs.mercurial.subrepositories import Policy, Subrepository
from sdistmaker_recipe.vcs.mercurial.urls import host_of
from sdistmaker_recipe.vcs.shown_url import without_login

_DEEPEST = 8
"""Subrepositories in subrepositories; those of a repository that contains itself never end."""

OpenPlace: TypeAlias = Callable[[str, Credentials], Place]
"""Opens the repository with a URL as hg takes it, or at a path."""


class Exporter(NamedTuple):
    """Exports changesets. ``policy`` says which subrepositories may be read, ``open_place`` opens them.

    ``credentials`` are for the repository's own host.
    """

    policy: Policy
    credentials: Credentials
    open_place: OpenPlace

    def export(self, place: Place, node: str, destination: Path, level: int = 0) -> None:
        """Write the files of a changeset to a new folder. Raises ``RepositoryError``."""
        place.archive(node, destination)
        if self.policy.lines:
            for included in place.subrepositories(node):
                self._add(place, included, destination, level + 1)

    def _add(self, parent: Place, included: Subrepository, destination: Path, level: int) -> None:
        if level > _DEEPEST:
            raise RepositoryError(parent.url, "its subrepositories have subrepositories without an end")
        server = self.policy.server_of(parent.url, parent.server, included)
        folder = destination / included.path
        if not _is_inside(folder, destination):
            raise RepositoryError(
                parent.url, f"the subrepository {included.path!r} is behind a symbolic link"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            place = self.open_place(server, self._credentials_for(server))
            self.export(place, included.node, folder, level)
        except RepositoryError as error:
            raise RepositoryError(
                parent.url,
                f"the subrepository {included.path!r} cannot be exported from "
                f"{without_login(server)}: {error.reason}",
                error.hint,
                is_transient=error.is_transient,
            ) from error

    def _credentials_for(self, server: str) -> Credentials:
        """The credentials, for no other host than the repository's own."""
        return self.credentials if host_of(server) in self.policy.own_hosts else Credentials()


def _is_inside(folder: Path, destination: Path) -> bool:
    """Whether a folder is below destination, also behind symbolic links, which tags bring along."""
    return folder.resolve().is_relative_to(destination.resolve())
