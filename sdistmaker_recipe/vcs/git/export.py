"""The files of a tag: its commit's, those of submodules, and those that Git LFS keeps."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.git.archive import Commit, repository_of_one_tag, unpack
from sdistmaker_recipe.vcs.git.errors import DamagedObjectsError
from sdistmaker_recipe.vcs.git.places import Place
from sdistmaker_recipe.vcs.git.submodules import Policy, Submodule, submodules_of
from sdistmaker_recipe.vcs.git.urls import host_of
from sdistmaker_recipe.vcs.shown_url import without_login

_DEEPEST = 8
"""Submodules in submodules; those of a repository that contains itself never end."""

OpenPlace: TypeAlias = Callable[[str, Credentials], Place]
"""Opens the repository with a URL as git takes it, or at a path."""


class Exporter(NamedTuple):
    """Exports commits. ``policy`` says which submodules may be read, ``open_place`` opens them.

    ``credentials`` are for the repository's own host.
    """

    policy: Policy
    credentials: Credentials
    open_place: OpenPlace

    def export(self, place: Place, commit: Commit, destination: Path) -> None:
        """Write the files of a commit to a new folder. Raises ``RepositoryError``."""
        wanted = {commit.tag_id: f"refs/tags/{commit.tag}"} if commit.tag else {}

        def objects() -> AbstractContextManager[Path]:
            return place.objects(wanted) if wanted else place.commit_objects(commit.identifier)

        try:
            return self._export(place, objects, commit, destination, 0)
        except PathNotFoundError:
            if not wanted:
                raise
        shutil.rmtree(destination, ignore_errors=True)
        # The tag moved after the scan. Its former commit may still be there.
        alone = Commit(commit.identifier)
        return self._export(place, lambda: place.commit_objects(alone.identifier), alone, destination, 0)

    def _export(
        self,
        place: Place,
        objects: Callable[[], AbstractContextManager[Path]],
        commit: Commit,
        destination: Path,
        level: int,
        base: str = "",
    ) -> None:
        """Export a commit. ``base`` is the URL or folder of a submodule, as its parent names it."""
        try:
            found = self._write(place, objects, commit, destination)
        except DamagedObjectsError as error:
            # Whatever else is wrong with a tag or its server, what was fetched for the others is kept.
            if error.is_forbidden:
                raise
            if not place.forget_objects():
                raise type(error)(error.url, error.reason, place.loss_hint()) from error
            shutil.rmtree(destination, ignore_errors=True)
            found = self._write(place, objects, commit, destination)
        if found and self.policy.lines:
            base = base or place.submodule_base()
            for submodule in found:
                self._add(place, base, submodule, destination, level + 1)

    def _write(
        self,
        place: Place,
        objects: Callable[[], AbstractContextManager[Path]],
        commit: Commit,
        destination: Path,
    ) -> Sequence[Submodule]:
        """Write the files of a commit to a new folder, and return its submodules, whose folders are empty."""
        with objects() as folder, repository_of_one_tag(place.url, folder, commit) as git:
            unpacked = unpack(git, commit, destination)
            if unpacked.like_pointers:
                from sdistmaker_recipe.vcs.git.large_files import Source, replace_pointers

                credentials = self._credentials_for(place.server)
                source = Source(place, folder, commit, credentials, git, self.policy)
                replace_pointers(source, destination, unpacked.like_pointers)
            return submodules_of(git, commit.identifier, unpacked.empty) if unpacked.empty else ()

    def _add(self, parent: Place, base: str, submodule: Submodule, destination: Path, level: int) -> None:
        if level > _DEEPEST:
            raise RepositoryError(parent.url, "its submodules have submodules, and so on, without an end")
        server = self.policy.server_of(parent.url, parent.server, base, submodule)
        folder = destination / submodule.path
        folder.rmdir()
        try:
            place = self.open_place(server, self._credentials_for(server))
            commit = Commit(submodule.commit)
            self._export(
                place, lambda: place.commit_objects(commit.identifier), commit, folder, level, server
            )
        except RepositoryError as error:
            raise RepositoryError(
                parent.url,
                f"the submodule {submodule.path!r} cannot be exported from "
                f"{without_login(server)}: {error.reason}",
                error.hint,
                is_transient=error.is_transient,
            ) from error

    def _credentials_for(self, server: str) -> Credentials:
        """The credentials, for no other host than the repository's own."""
        return self.credentials if host_of(server) in self.policy.own_hosts else Credentials()
