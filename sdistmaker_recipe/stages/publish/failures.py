"""Tags that failed to build, or whose archives were refused: their logs and their records."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.index.atomic_files import write_private_text
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.model import Failed, Failure, Rejected, Tag
from sdistmaker_recipe.stages.publish.index import Index
from sdistmaker_recipe.stages.publish.name_owners import reserve_names

_LONGEST_REASON = 600
"""So many characters, because the URL of another tag may come before what to do."""


def reject_failed(failed: Failed, index: Index) -> Rejected:
    """Write the log of a failed tag, and reserve the names that its metadata gave; raises ``StoreError``."""
    reserve_names(failed.names, failed.tag, index)
    return write_log(failed, index.state)


def write_log(failed: Failed, state: Path) -> Rejected:
    """Write the log of a failed tag below the folder ``state``; raises ``StoreError``."""
    return reject(failed.tag, failed.reason, state, failed.log)._replace(attempts=failed.attempts)


def reject(tag: Tag, reason: str, state: Path, log: str = "") -> Rejected:
    """Write why a tag is not published to a log file below the folder ``state``; raises ``StoreError``."""
    # The tag in the file's name is for people; the digest makes the name unique.
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{tag.project}-{tag.name}").strip(".-")[:80]
    digest = hashlib.sha256(tag.origin.encode()).hexdigest()[:8]
    path = state / "logs" / f"{readable}-{digest}.log"
    rejected = Rejected(tag, one_line(reason, _LONGEST_REASON), path)
    write_private_text(path, f"{tag.url}@{tag.revision}\n{rejected.reason}\n\n{log}")
    return rejected


def record_failure(failure: Failure, catalog: Catalog) -> bool:
    """Record a failure; whether the last run tried the tag, too, and had the same transient failure.

    A permanent failure is not tried again until something changes, so it is new each time. Raises
    ``StoreError``.
    """
    before = catalog.failures.get(failure.origin)
    catalog.failures.add(failure)
    return before is not None and not before.is_permanent and before.fingerprint == failure.fingerprint
