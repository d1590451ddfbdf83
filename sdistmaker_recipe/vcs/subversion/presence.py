"""Whether folders are in a repository that are no longer listed, asked with few questions."""

from __future__ import annotations

import logging

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Presence
from sdistmaker_recipe.vcs.subversion.connection import Connection
from sdistmaker_recipe.vcs.subversion.layout import parent_of

logger = logging.getLogger(__name__)


class FolderPresence:
    """Answers whether folders are there in one revision, and remembers what it asked."""

    def __init__(self, connection: Connection, revision: str) -> None:
        self._connection = connection
        self._revision = revision
        self._subfolders: dict[str, frozenset[str]] = {}
        self._settled: dict[str, Presence] = {}
        """Folders that are gone or unknown; the same holds for all below them."""

    def of(self, path: str) -> Presence:
        """Whether a folder is at path."""
        settled = [self._settled[folder] for folder in _folders_above(path) if folder in self._settled]
        if settled:
            return settled[0]
        folder, _slash, name = path.rpartition("/")
        if folder not in self._subfolders:
            presence = self._list(folder)
            if presence != "there":
                return self._settle(folder, presence)
        # A folder that the server does not let us read may be missing in the listing, so it is asked for.
        return "there" if name in self._subfolders[folder] else self._ask(path)

    def _list(self, folder: str) -> Presence:
        try:
            entries = self._connection.entries(folder, self._revision)
        except PathNotFoundError:
            return "gone"
        except RepositoryError as error:
            return _unknown(error)
        self._subfolders[folder] = frozenset(entry.name for entry in entries if entry.is_folder)
        return "there"

    def _ask(self, path: str) -> Presence:
        try:
            return "there" if self._connection.entry(path, self._revision).is_folder else "gone"
        except PathNotFoundError:
            return "gone"
        except RepositoryError as error:
            return _unknown(error)

    def _settle(self, folder: str, presence: Presence) -> Presence:
        """Note the highest folder for which the same holds, so that it is asked for once."""
        parent = parent_of(folder)
        while parent and self._ask(parent) == presence:
            folder, parent = parent, parent_of(parent)
        self._settled[folder] = presence
        return presence


def _folders_above(path: str) -> list[str]:
    """The folders above path, from the top."""
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _unknown(error: RepositoryError) -> Presence:
    logger.debug("Whether a tag was deleted is not known: %s", error)
    return "unknown"
