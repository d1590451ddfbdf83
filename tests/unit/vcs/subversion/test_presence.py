"""Whether folders are there that are not listed."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs.subversion.presence import FolderPresence
from tests.support.memory_repository import MemoryRepository


def may_not_read() -> RepositoryError:
    return RepositoryError("https://svn.example.com/svn", "forbidden")


class GuardedConnection(MemoryRepository):
    """Lists what may be read, as servers do, and refuses the rest."""

    def entries(self, path, revision):
        if path.startswith("secret"):
            raise may_not_read()
        return [entry for entry in super().entries(path, revision) if entry.name != "secret"]

    def entry(self, path, revision):
        if "secret" in path:
            raise may_not_read()
        return super().entry(path, revision)


def test_folders_that_are_not_listed_may_be_hidden():
    connection = GuardedConnection()
    connection.commit({"a/tags/secret/f": "", "a/tags/1.0/f": "", "secret/b/tags/1.0/f": ""})
    folders = FolderPresence(connection, "1")
    assert folders.of("a/tags/1.0") == "there"
    assert folders.of("a/tags/2.0") == "gone"
    assert folders.of("a/tags/secret") == "unknown"
    assert folders.of("none/tags/1.0") == "gone"
    connection.calls.clear()
    assert folders.of("none/tags/2.0") == "gone"
    assert connection.calls == []
    assert folders.of("secret/b/tags/1.0") == "unknown"
    with pytest.raises(PathNotFoundError):
        connection.entry("a/tags/2.0", "1")
