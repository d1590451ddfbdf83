"""Log files of tags and wheels that failed, and the reason that stands in them, in reports and on pages."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from sdistmaker_recipe.index.atomic_files import write_private_text
from sdistmaker_recipe.index.safe_text import one_line

_LONGEST_REASON = 600
"""So many characters, because the URL of another tag may come before what to do."""


def shown_reason(reason: str) -> str:
    """The reason as one line of bounded length."""
    return one_line(reason, _LONGEST_REASON)


def log_path(state: Path, words: str, key: str, kind: str = "") -> Path:
    """The path of the log of what ``key`` identifies, below the folder ``state``.

    ``words`` are for people; the digest of the key makes the name unique. ``kind`` comes before the digest.
    """
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip(".-")[:80]
    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
    return state / "logs" / f"{readable}{kind and f'-{kind}'}-{digest}.log"


def write_log_file(path: Path, subject: str, reason: str, log: str) -> None:
    """Write what failed, why, and all that was printed, readable for this account alone.

    Raises ``StoreError``.
    """
    write_private_text(path, f"{subject}\n{reason}\n\n{log}")
