"""What a run has to itself: the lock, and the catalog, which is given up where it is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone

from filelock import FileLock, Timeout

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import CatalogDamagedError, LockHeldError, StoreError
from sdistmaker_recipe.flow.context import RunContext

CATALOG = "catalog.sqlite3"
_COMPANIONS = ("", "-journal", "-wal", "-shm")
"""What SQLite calls the files beside a database; one of those would be taken for that of the next."""


@contextmanager
def locked(configuration: Configuration, context: RunContext) -> Iterator[None]:
    """Keep other runs away; a dry run changes nothing and needs no lock.

    Raises ``LockHeldError`` and ``StoreError``.
    """
    if context.dry_run:
        yield
        return
    try:
        configuration.state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(configuration.state / "lock").acquire(timeout=configuration.wait)
    except Timeout as error:
        message = f"Another run works on {configuration.destination}."
        raise LockHeldError(message, "Try again later, or wait for it with --wait SECONDS.") from error
    except OSError as error:
        raise StoreError.of(error, configuration.state) from error
    with lock:
        yield


def opened(
    configuration: Configuration, context: RunContext, *, given_up: bool = False
) -> AbstractContextManager[Catalog]:
    """The catalog; a copy in a dry run, and a new one where it is not there, or ``given_up``.

    Raises ``StoreError``.
    """
    path = configuration.state / CATALOG
    if not context.dry_run:
        return open_catalog(path)
    return open_catalog(None if given_up or not path.exists() else path, as_copy=True)


def give_up(configuration: Configuration, context: RunContext, error: CatalogDamagedError) -> str:
    """Move a damaged catalog out of the way; a warning that says so. Raises ``StoreError``."""
    path = configuration.state / CATALOG
    if context.dry_run:
        return f"{error.message}; a run would move it aside and make a new one from the index"
    aside = path.with_name(f"catalog-{datetime.now(timezone.utc):%Y%m%dT%H%M%S%fZ}-damaged.sqlite3")
    for companion in _COMPANIONS:
        file = path.with_name(f"{path.name}{companion}")
        try:
            file.rename(f"{aside}{companion}")
        except FileNotFoundError:
            continue
        except OSError as failed:
            raise StoreError.of(failed, file) from failed
    return f"{error.message}; it is moved to {aside}, and a new one is made from the index"
