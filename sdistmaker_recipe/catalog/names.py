"""Which names are private, and whether the public index has projects of these names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timezone

from sdistmaker_recipe.catalog.database import Database, in_batches, insert
from sdistmaker_recipe.catalog.pages import Pages

# A name that is published, or was, comes from metadata.
_NAMES = """
    SELECT project AS name, 1 AS from_metadata FROM release
    UNION ALL SELECT name, from_metadata FROM private_name
    UNION ALL SELECT project, 1 FROM listed_project
"""


class PrivateNames:
    """The normalised names that are never redirected to the public index.

    A name is a guess, made from a project's folder, or comes from metadata; only a guess is ever taken back.
    Every method raises ``StoreError`` when the catalog cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> frozenset[str]:
        """Every private name."""
        return frozenset(self._database.column("SELECT name FROM private_name"))

    def from_metadata(self) -> frozenset[str]:
        """The private names from metadata of which nothing may be published."""
        return frozenset(self._database.column("SELECT name FROM private_name WHERE from_metadata"))

    def known_from_metadata(self, names: Collection[str]) -> frozenset[str]:
        """Those of these names that metadata gave: of what is or was published, or was refused."""
        found: set[str] = set()
        for batch, places in in_batches(names):
            query = f"SELECT DISTINCT name FROM ({_NAMES}) WHERE from_metadata AND name IN ({places})"
            found.update(self._database.column(query, batch))
        return frozenset(found)

    def has(self, name: str) -> bool:
        """Whether the name is private, or is or was that of a release."""
        return bool(self._database.rows(f"SELECT 1 FROM ({_NAMES}) WHERE name = ? LIMIT 1", [name]))

    def add_from_metadata(self, names: Iterable[str]) -> None:
        """Record names from metadata, which stay private for good."""
        statement = (
            f"{insert('private_name', ['name', 'from_metadata'])} ON CONFLICT DO UPDATE SET from_metadata = 1"
        )
        self._database.change(statement, [(name, 1) for name in names])

    def update(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Record names that are private from now on, and guesses that no longer are."""
        with self._database.batch():
            rows = [(name,) for name in added]
            self._database.change(insert("private_name", ["name"], "OR IGNORE"), rows)
            statement = "DELETE FROM private_name WHERE name = ? AND NOT from_metadata"
            self._database.change(statement, [(name,) for name in removed])


class PublicNames:
    """What the public index answered. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, database: Database, pages: Pages) -> None:
        self._database = database
        self._pages = pages

    def answers(self) -> dict[str, tuple[bool, datetime]]:
        """By name: whether the public index has a project of this name, and when it was asked."""
        rows = self._database.rows("SELECT name, is_taken, asked_at FROM public_name")
        return {name: (bool(is_taken), datetime.fromisoformat(asked_at)) for name, is_taken, asked_at in rows}

    def record(self, answers: Mapping[str, bool], asked_at: datetime) -> None:
        """Record answers of the public index; pages with another answer than before are marked stale."""
        before = {name: is_taken for name, (is_taken, _) in self.answers().items()}
        changed = [name for name, is_taken in answers.items() if before.get(name, False) != is_taken]
        time = asked_at.astimezone(timezone.utc).isoformat()
        rows = [(name, is_taken, time) for name, is_taken in answers.items()]
        with self._database.batch():
            columns = ["name", "is_taken", "asked_at"]
            self._database.change(insert("public_name", columns, "OR REPLACE"), rows)
            self._pages.mark_stale(changed)
