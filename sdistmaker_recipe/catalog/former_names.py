"""Names that archives had in the index before us: they stay, for somebody may know their addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.index import layout
from sdistmaker_recipe.names import canonicalize_name

_COLUMNS = "folder, filename, project, sha256"


class FormerName(NamedTuple):
    """A file that is no release's own: where it is, whose it is, and the SHA-256 of what it holds.

    Most are second names of a release's file. One with a digest that no release of the project has lost
    against another file of its release; it is only there.
    """

    folder: str
    filename: str
    project: str
    sha256: str


class FormerNames:
    """What the catalog knows of them; every method raises ``StoreError`` when it cannot be used."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, name: FormerName) -> None:
        """Record one, in place of what was known of the same path."""
        self._catalog.change("INSERT OR REPLACE INTO former_name VALUES (?, ?, ?, ?)", [name])

    def find(self, folder: str, filename: str) -> FormerName | None:
        """What is known of a file."""
        query = f"SELECT {_COLUMNS} FROM former_name WHERE folder = ? AND filename = ?"
        return next((FormerName(*row) for row in self._catalog.rows(query, [folder, filename])), None)

    def forget(self, names: Iterable[FormerName]) -> None:
        """Forget those whose files are gone."""
        rows = [(each.folder, each.filename) for each in names]
        self._catalog.change("DELETE FROM former_name WHERE folder = ? AND filename = ?", rows)

    def of_project(self, project: str) -> list[FormerName]:
        """Those of the project with this normalised name."""
        query = f"SELECT {_COLUMNS} FROM former_name WHERE project = ? ORDER BY folder, filename"
        return [FormerName(*row) for row in self._catalog.rows(query, [project])]

    def in_folder(self, folder: str) -> dict[str, FormerName]:
        """Those in a folder of the index, by the name of the file."""
        query = f"SELECT {_COLUMNS} FROM former_name WHERE folder = ?"
        return {
            each.filename: each for each in (FormerName(*row) for row in self._catalog.rows(query, [folder]))
        }


class Archive(Protocol):
    """The sdist of a release: a published one, or one that is to be removed."""

    @property
    def filename(self) -> str:
        """Its name in the project's folder."""

    @property
    def version(self) -> str:
        """The version of the release."""

    @property
    def sha256(self) -> str:
        """The digest of the file."""


A = TypeVar("A", bound=Archive)


def legacy_folders(project: str, names: Iterable[str], known: Iterable[FormerName]) -> tuple[str, ...]:
    """The folders beside the project's own that need a page: see ``layout.legacy_folders``.

    A folder that was there in another spelling, ``My_Project``, needs one too: clients without PEP 503 ask
    for it, and web servers answer for what is there.
    """
    there = {each.folder for each in known if canonicalize_name(each.folder) == project != each.folder}
    return tuple(sorted({*layout.legacy_folders(names), *filter(layout.is_allowed_folder, there)}))


def is_by_rule(folder: str, filename: str, release: Archive, name: str) -> bool:
    """Whether a release of a project of this name has its second name there, whatever was there before us."""
    return folder in layout.legacy_folders([name]) and filename in second_names(folder, [release], ())


def second_names(folder: str, releases: Iterable[A], known: Iterable[FormerName]) -> dict[str, A]:
    """The files that such a folder shows, by name, each a second name of a release's file.

    A release is left out whose name there is taken by another file that was there before us.
    """
    taken = {each.filename: each.sha256 for each in known if each.folder == folder}
    found: dict[str, A] = {}
    for release in releases:
        if layout.has_legacy_filename(folder, release.version):
            suffix = layout.sdist_suffix(release.filename)
            name = layout.legacy_filename(folder, release.version, suffix)
            if taken.get(name, release.sha256) == release.sha256:
                found[name] = release
    return found
