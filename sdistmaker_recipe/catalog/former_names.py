"""Names that files had in the index before it was taken over: they stay, because links to them may exist.

An sdist can have *second names* beside its own: former names, and names by rule in folders for clients that
know no normalised names (see ``index.layout.legacy_folders``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

from sdistmaker_recipe.catalog.database import Database, insert
from sdistmaker_recipe.index import layout
from sdistmaker_recipe.names import canonicalize_name

_COLUMNS = "folder, filename, project, sha256"


class FormerName(NamedTuple):
    """A file that is not a release's own: its folder and name, its project, and the SHA-256 of its content.

    Most have the content of a release's sdist. A file with other content lost against another file of the
    same release: it stays, but no page lists it.
    """

    folder: str
    filename: str
    project: str
    sha256: str


class FormerNames:
    """The recorded former names. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: FormerName) -> None:
        """Record a former name, in place of what was recorded of the same path."""
        self._database.change(insert("former_name", FormerName._fields, "OR REPLACE"), [name])

    def get(self, folder: str, filename: str) -> FormerName | None:
        """The former name at a path of the index."""
        return next(iter(self._select("folder = ? AND filename = ?", folder, filename)), None)

    def remove(self, names: Iterable[FormerName]) -> None:
        """Forget names whose files are gone."""
        rows = [(name.folder, name.filename) for name in names]
        self._database.change("DELETE FROM former_name WHERE folder = ? AND filename = ?", rows)

    def of_project(self, project: str) -> list[FormerName]:
        """The former names of the project with this normalised name."""
        return self._select("project = ? ORDER BY folder, filename", project)

    def in_folder(self, folder: str) -> dict[str, FormerName]:
        """The former names in a folder of the index, by the name of the file."""
        return {name.filename: name for name in self._select("folder = ?", folder)}

    def _select(self, condition: str, *values: str) -> list[FormerName]:
        query = f"SELECT {_COLUMNS} FROM former_name WHERE {condition}"
        return [FormerName(*row) for row in self._database.rows(query, values)]


class Sdist(Protocol):
    """An sdist of a release, be it published or to be removed."""

    @property
    def filename(self) -> str:
        """Its name in the project's folder."""

    @property
    def version(self) -> str:
        """The version of the release."""

    @property
    def sha256(self) -> str:
        """The digest of the file, in hexadecimal."""


S = TypeVar("S", bound=Sdist)


def legacy_folders(project: str, names: Iterable[str], former_names: Iterable[FormerName]) -> tuple[str, ...]:
    """The folders beside the project's own that need a page: see ``layout.legacy_folders``.

    A folder that the index had in another spelling, such as ``My_Project``, needs a page too: clients without
    PEP 503 ask for it, and a web server answers for every folder that is there.
    """
    folders = {name.folder for name in former_names}
    spellings = (folder for folder in folders if canonicalize_name(folder) == project != folder)
    return tuple(sorted({*layout.legacy_folders(names), *filter(layout.is_allowed_folder, spellings)}))


def is_by_rule(folder: str, filename: str, release: Sdist, name: str) -> bool:
    """Whether the release of a project of this name has that second name by rule, not as a former name."""
    return folder in layout.legacy_folders([name]) and filename in second_names(folder, [release], ())


def second_names(folder: str, sdists: Iterable[S], former_names: Iterable[FormerName]) -> dict[str, S]:
    """The files that such a folder shows, by name, each a second name of an sdist.

    A release is left out if a former name with other content is in the place of its second name.
    """
    digests = {name.filename: name.sha256 for name in former_names if name.folder == folder}
    found: dict[str, S] = {}
    for sdist in sdists:
        if layout.has_legacy_filename(folder, sdist.version):
            suffix = layout.sdist_suffix(sdist.filename)
            filename = layout.legacy_filename(folder, sdist.version, suffix)
            if digests.get(filename, sdist.sha256) == sdist.sha256:
                found[filename] = sdist
    return found
