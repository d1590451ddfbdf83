"""The SQLite file below the catalog: queries and transactions, with its errors translated to ours.

This module and ``schema`` are the only ones that import ``sqlite3``.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

from sdistmaker_recipe.catalog.schema import (
    SCHEMA_VERSION,
    damaged_value,
    missing_columns,
    schema_version,
    upgrade,
)
from sdistmaker_recipe.errors import SAME_ACCOUNT, CatalogDamagedError, StoreError

T = TypeVar("T")

_HINT = "The catalog can be moved away: the next run makes a new one. What is published stays."
_DAMAGE = ("malformed", "not a database", "Could not decode")
_MISSING = ("no such table", "no such column", "has no column named", "values were supplied")
_DISK = ("disk", "readonly", "unable to open")
_LOCKED = ("locked",)
_BATCH = 500
"""So many values are bound to one statement. SQLite has a limit, in old versions 999."""


class Database:
    """An open SQLite file. Every method raises ``StoreError`` when the file cannot be used."""

    def __init__(self, connection: sqlite3.Connection, path: Path | str) -> None:
        self._connection = connection
        self._path = path
        self._in_batch = False

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows that a query finds."""
        with self._errors():
            return self._connection.execute(query, values).fetchall()

    def column(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """The values that a query of one column finds."""
        return [value for (value,) in self.rows(query, values)]

    def value(self, query: str, values: Sequence[Any], default: Any) -> Any:  # noqa: ANN401  # any column
        """The one value that a query finds; default where it finds none."""
        return next(iter(self.column(query, values)), default)

    def read(
        self, make: Callable[[Iterable[tuple[Any, ...]]], T], query: str, values: Sequence[Any] = ()
    ) -> T:
        """What make returns for the rows that a query finds.

        Raises ``CatalogDamagedError`` if make raises ``ValueError`` or ``TypeError``.
        """
        try:
            with self._errors():
                return make(self._connection.execute(query, values))
        except (ValueError, TypeError) as error:
            raise self.damage(str(error)) from error

    def change(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each row of values, all in one transaction."""
        with self._errors(), nullcontext() if self._in_batch else self._connection:
            self._connection.executemany(statement, rows)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make one transaction of all changes in the context; after an error none of them stays."""
        with self._errors(), nullcontext() if self._in_batch else self._connection:
            before, self._in_batch = self._in_batch, True
            try:
                yield
            finally:
                self._in_batch = before

    def check(self) -> None:
        """Read all of the file; raises ``CatalogDamagedError`` if any part of it is damaged."""
        found: list[str] = self.column("PRAGMA integrity_check(1)")
        if found != ["ok"]:
            raise self.damage(found[0])
        with self._errors():
            missing = missing_columns(self._connection)
            wrong = "" if missing else damaged_value(self._connection)
        if missing:
            raise self.damage(f"there is no {missing[0]}")
        if wrong:
            raise self.damage(f"{wrong} holds a damaged value")

    def damage(self, reason: str) -> CatalogDamagedError:
        """The error that says why the file is damaged, for the caller to raise."""
        return CatalogDamagedError(f"{self._path}: {reason}", _HINT)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _store_error(self._path, error, self._connection) from error
        except UnicodeDecodeError as error:
            # SQLite quotes damaged text of the schema in its own messages.
            raise self.damage(str(error)) from error


@contextmanager
def open_database(path: Path | None, *, as_copy: bool = False) -> Iterator[Database]:
    """The database at path with the present schema; see ``catalog.open_catalog``."""
    name = ":memory:" if path is None else str(path)
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(closing(sqlite3.connect(":memory:" if as_copy else name)))
            if path is not None and as_copy:
                # SQLite must be able to roll back what a killed run left half written, before it can read.
                with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as original:
                    original.backup(connection)
        except sqlite3.Error as error:
            raise _store_error(name, error) from error
        except UnicodeDecodeError as error:
            raise CatalogDamagedError(f"{name}: {error}", _HINT) from error
        _prepare(connection, name)
        yield Database(connection, name)


def in_batches(values: Collection[str]) -> Iterator[tuple[list[str], str]]:
    """As many values as one statement takes, and the placeholders for them, until all are given."""
    remaining = list(values)
    for start in range(0, len(remaining), _BATCH):
        batch = remaining[start : start + _BATCH]
        yield batch, placeholders(len(batch))


def placeholders(count: int) -> str:
    """Text with so many placeholders for the values of a statement."""
    return ", ".join("?" * count)


def insert(table: str, columns: Sequence[str], conflict: str = "") -> str:
    """The statement that inserts a row; conflict is empty, "OR REPLACE" or "OR IGNORE"."""
    return f"INSERT {conflict} INTO {table} ({', '.join(columns)}) VALUES ({placeholders(len(columns))})"


def _prepare(connection: sqlite3.Connection, name: str) -> None:
    try:
        version = schema_version(connection)
        if version < SCHEMA_VERSION:
            upgrade(connection)
    except sqlite3.Error as error:
        raise _store_error(name, error, connection) from error
    except UnicodeDecodeError as error:
        raise CatalogDamagedError(f"{name}: {error}", _HINT) from error
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{name}: is of version {version}, this program knows version {SCHEMA_VERSION}",
            "A newer sdistmaker_recipe wrote it: use that one.",
        )


def _store_error(
    path: Path | str, error: sqlite3.Error, connection: sqlite3.Connection | None = None
) -> StoreError:
    """Our error for one of SQLite's; ``connection`` is the one that failed, if it was open by then."""
    # Before Python 3.11 the error has no text if SQLite quotes text that is not UTF-8.
    reason = str(error) or "its schema has text that is not UTF-8"
    is_damaged = _has_any(_DAMAGE, error) or not str(error)
    if connection and not is_damaged and _has_any(_MISSING, error):
        # If nothing is missing in the file, the statement is wrong, and another catalog would not help.
        with suppress(sqlite3.Error):
            is_damaged = bool(missing_columns(connection))
    if is_damaged:
        return CatalogDamagedError(f"{path}: {reason}", _HINT)
    if _has_any(_LOCKED, error):
        hint = "Another run writes to it. Try again later."
        return StoreError(f"{path}: {reason}", hint, is_transient=True)
    # SQLite does not say why a file cannot be opened.
    is_forbidden = Path(path).is_file() and not os.access(path, os.R_OK | os.W_OK)
    # If the disk failed, it would be bad advice to move the file away.
    hint = SAME_ACCOUNT if is_forbidden else "" if _has_any(_DISK, error) else _HINT
    return StoreError(f"{path}: {reason}", hint)


def _has_any(words: Iterable[str], error: sqlite3.Error) -> bool:
    return any(text in str(error) for text in words)
