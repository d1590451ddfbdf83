"""The changesets that removed tags, read from the differences of .hgtags. Pure."""

from __future__ import annotations

from collections.abc import Iterable

_NO_CHANGESET = "0" * 40
"""The id that stands for none: hg tag --remove writes it."""


def removals(log: str, names: Iterable[str]) -> dict[str, str]:
    """The changeset that removed each of these tags; tags that none removed are left out.

    ``log`` has the changesets that changed .hgtags, the newest first, each as NUL, its id, a newline, and the
    difference.
    """
    wanted = set(names)
    found: dict[str, str] = {}
    for change in log.split("\0")[1:]:
        node, _newline, difference = change.partition("\n")
        for line in difference.split("\n"):
            if line.startswith(f"+{_NO_CHANGESET} "):
                name = line.partition(" ")[2].strip()
                if name in wanted:
                    found.setdefault(name, node)
    return found
