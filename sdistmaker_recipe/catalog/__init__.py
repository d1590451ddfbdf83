"""The catalog: an SQLite file in the state folder that remembers what was published.

``Catalog`` gives access to its tables, one object for each kind of thing:

* ``releases``: published releases, their files and metadata.
* ``wheels``: wheels of releases that were published before, and why a release has none.
* ``failures``: tags that failed to build.
* ``pages``: which pages are stale, the projects of the root page, rendered descriptions.
* ``names``: private names, and the answers of the public index.
* ``toolchains``: which toolchain built a tag.
* ``withdrawals``: which releases are withdrawn, and files that are to be removed.
* ``former_names``: names of files that the index had before.
* ``index_state``: how the last run left the index, and notes.
* ``scan_state``: what the last scan of each repository found.

Below them ``database`` is the file and ``schema`` its tables. Above them are tasks that need the catalog and
the index:

* ``name_reservation``: keep private names in the catalog and as folders of the index.
* ``archives``: read an archive of the index, and find other names of it.
* ``name_use``: who uses a name.
* ``match_adopted``: find the tags of releases that were taken over without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sdistmaker_recipe.catalog.database import Database, open_database
from sdistmaker_recipe.catalog.failures import Failures
from sdistmaker_recipe.catalog.former_names import FormerNames
from sdistmaker_recipe.catalog.index_state import IndexState
from sdistmaker_recipe.catalog.names import PrivateNames, PublicNames
from sdistmaker_recipe.catalog.pages import Pages
from sdistmaker_recipe.catalog.releases import Releases
from sdistmaker_recipe.catalog.toolchains import Toolchains
from sdistmaker_recipe.catalog.wheels import Wheels
from sdistmaker_recipe.catalog.withdrawals import Withdrawals
from sdistmaker_recipe.errors import CatalogDamagedError


class Catalog:
    """An open catalog. Every method raises ``StoreError`` when the file cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.pages = Pages(database)
        self.failures = Failures(database, self.pages)
        self.releases = Releases(database, self.failures, self.pages)
        self.wheels = Wheels(database, self.releases, self.pages)
        self.withdrawals = Withdrawals(database, self.pages)
        self.private_names = PrivateNames(database)
        self.public_names = PublicNames(database, self.pages)
        self.former_names = FormerNames(database)
        self.toolchains = Toolchains(database)
        self.index_state = IndexState(database)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows that a query finds."""
        return self._database.rows(query, values)

    def change(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each row of values."""
        self._database.change(statement, rows)

    def batch(self) -> AbstractContextManager[None]:
        """Make one transaction of all changes in the context; after an error none of them stays."""
        return self._database.batch()

    def note(self, name: str) -> str:
        """The value last noted under a name, "" for none."""
        return self.index_state.note(name)

    def set_note(self, name: str, value: str) -> None:
        """Note a value under a name."""
        self.index_state.set_note(name, value)

    def damage(self, reason: str) -> CatalogDamagedError:
        """The error that says why the file is damaged, for the caller to raise."""
        return self._database.damage(reason)

    def check(self) -> None:
        """Read all of the file; raises ``CatalogDamagedError`` if any part of it is damaged."""
        self._database.check()
        self.releases.check()


@contextmanager
def open_catalog(path: Path | None, *, as_copy: bool = False) -> Iterator[Catalog]:
    """The catalog at path, made if it is not there; None gives an empty one in memory.

    With ``as_copy`` it is a copy in memory, and the file stays as it is. A catalog of an older version is
    upgraded. Raises ``StoreError`` if the file cannot be opened or a newer version of this package wrote
    it, ``CatalogDamagedError`` if it is not a catalog.
    """
    with open_database(path, as_copy=as_copy) as database:
        yield Catalog(database)
