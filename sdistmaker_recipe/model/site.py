"""What the pages of an index share, and what its root page lists."""

from __future__ import annotations

from typing import NamedTuple

ROOT_NAMES = (
    "about.html",
    "failed.html",
    "favicon.ico",
    "feed.css",
    "index.html",
    "index.json",
    "logo.jpg",
    "logo.png",
    "logo.svg",
    "logo.webp",
    "releases.atom",
    "robots.txt",
    "search.js",
    "style.css",
)
"""Files in the root of an index. No folder may have such a name, whether the file is there or not."""

PROJECT_PAGES_PATTERN = r"index[.](?:html|json)|about(?:-[^/]+)?[.]html"
"""A regular expression for the names of a project's pages; ``about-VERSION.html`` is that of a release."""

ARCHIVE_SUFFIXES = (
    *("tar.gz", "tgz", "zip", "whl"),
    *("egg", "exe", "msi", "rpm", "deb", "dmg"),
    *("tar", "tar.bz2", "tar.xz", "tar.lz", "tar.lzma", "tar.Z", "tar.zst", "tbz", "tbz2", "txz", "tlz"),
)
"""The endings of distributions, of today and of old tools, in upper or lower case."""


class Logo(NamedTuple):
    """A picture for all pages: its name in the root of the index, and the file."""

    name: str
    content: bytes


class Site(NamedTuple):
    """What all pages of an index share.

    ``base_url`` is the index's address, "" if it is not known. ``browse_url`` is the option of that name
    (see ``index.safe_text.tag_link``).
    """

    title: str = "Python packages"
    base_url: str = ""
    browse_url: str = ""
    logo: Logo | None = None


class ListedProject(NamedTuple):
    """A project on the root page: the normalised name, its own spelling, the newest version, its summary.

    ``updated_at`` is the date of its newest file, "" if it is not known. ``is_yanked`` is true if the
    newest version is, and so all are.
    """

    project: str
    name: str
    version: str
    summary: str = ""
    updated_at: str = ""
    is_yanked: bool = False


class ProjectStatus(NamedTuple):
    """A project's status marker (PEP 792), such as ``archived``, and the reason for it."""

    status: str = "active"
    reason: str = ""
