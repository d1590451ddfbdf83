"""Tags that failed to build, or whose archives were refused: their logs and their records."""

from __future__ import annotations

from pathlib import Path

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.model import Failed, Failure, Rejected, Tag
from sdistmaker_recipe.stages.publish.index import Index
from sdistmaker_recipe.stages.publish.logs import log_path, shown_reason, write_log_file
from sdistmaker_recipe.stages.publish.name_owners import reserve_names


def reject_failed(failed: Failed, index: Index) -> Rejected:
    """Write the log of a failed tag, and reserve the names that its metadata gave; raises ``StoreError``."""
    reserve_names(failed.names, failed.tag, index)
    return write_log(failed, index.state)


def write_log(failed: Failed, state: Path) -> Rejected:
    """Write the log of a failed tag below the folder ``state``; raises ``StoreError``."""
    return reject(failed.tag, failed.reason, state, failed.log)._replace(attempts=failed.attempts)


def reject(tag: Tag, reason: str, state: Path, log: str = "") -> Rejected:
    """Write why a tag is not published to a log file below the folder ``state``; raises ``StoreError``."""
    shown = shown_reason(reason)
    path = log_path(state, f"{tag.project}-{tag.name}", tag.origin)
    write_log_file(path, f"{tag.url}@{tag.revision}", shown, log)
    return Rejected(tag, shown, path)


def record_failure(failure: Failure, catalog: Catalog) -> bool:
    """Record a failure; whether the last run tried the tag, too, and had the same transient failure.

    A permanent failure is not tried again until something changes, so it is new each time. Raises
    ``StoreError``.
    """
    before = catalog.failures.get(failure.origin)
    catalog.failures.add(failure)
    return before is not None and not before.is_permanent and before.fingerprint == failure.fingerprint
