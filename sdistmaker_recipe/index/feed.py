"""The Atom feed of new releases (RFC 4287). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from html import escape
from uuid import NAMESPACE_URL, uuid5

from sdistmaker_recipe.index.layout import ABOUT_PAGE, FEED_FILE
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.model import Release, Site

FEED_LENGTH = 50
"""The number of releases in the feed."""

_NEVER = datetime(1970, 1, 1, tzinfo=timezone.utc)


def atom_feed(latest: Sequence[Release], site: Site) -> str:
    """``releases.atom``: these releases, newest first.

    If the address of the index is not known, all addresses are relative to that of the feed (RFC 4287 section
    2).
    """
    base = f"{site.base_url.rstrip('/')}/" if site.base_url else ""
    updated = max((release.sdist.upload_time for release in latest), default=_NEVER)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<?xml-stylesheet type="text/css" href="feed.css"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<title>{_text(site.title)}: releases</title>",
        f"<id>{_id(base or site.title)}</id>",
        f"<updated>{_time(updated)}</updated>",
        f"<author><name>{_text(site.title)}</name></author>",
        f'<link rel="self" type="application/atom+xml" href="{escape(base + FEED_FILE)}"/>',
        f'<link rel="alternate" type="text/html" href="{escape(base + ABOUT_PAGE)}"/>',
        *(line for release in latest for line in _entry(release, base)),
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def _entry(release: Release, base: str) -> Iterator[str]:
    yield "<entry>"
    yanked = "" if release.yanked is None else " (yanked)"
    yield f"<title>{_text(release.name)} {_text(release.version)}{yanked}</title>"
    # The id is made from the tag, because the address can change.
    yield f"<id>{_id(release.origin)}</id>"
    yield f"<updated>{_time(release.sdist.upload_time)}</updated>"
    address = escape(f"{base}{release.project}/{ABOUT_PAGE}")
    yield f'<link rel="alternate" type="text/html" href="{address}"/>'
    yield f"<summary>{_text(release.summary or release.filename)}</summary>"
    yield "</entry>"


def _id(text: str) -> str:
    return uuid5(NAMESPACE_URL, text.encode("utf-8", "replace").decode()).urn


def _time(time: datetime) -> str:
    """The form of RFC 3339."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(text: str) -> str:
    return escape(one_line(text), quote=False)
