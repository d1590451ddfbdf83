"""Numbers and dates of revisions."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sdistmaker_recipe.errors import RepositoryError

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def revision_number(url: str, revision: str) -> int:
    """The number of a revision. Raises ``RepositoryError``, which names url, if it is not one."""
    if not (revision.isascii() and revision.isdecimal()):
        raise RepositoryError(url, f"{revision!r} is not a revision", "A revision is a number, such as 1234.")
    return int(revision)


def time_of(text: str) -> datetime:
    """The time in a property svn:date; EPOCH for an empty one.

    Subversion reads the digits after the dot as a number of microseconds, however many a converter of
    repositories wrote.
    """
    seconds, _dot, microseconds = text.removesuffix("Z").partition(".")
    if not seconds:
        return EPOCH
    return datetime.fromisoformat(f"{seconds}+00:00") + timedelta(microseconds=int(microseconds or 0))
