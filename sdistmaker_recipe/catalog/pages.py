"""What the pages of the index need: which are stale, the projects of the root page, rendered descriptions."""

from __future__ import annotations

from collections.abc import Iterable

from sdistmaker_recipe.catalog.database import Database, insert
from sdistmaker_recipe.model import ListedProject

_COLUMNS = ", ".join(ListedProject._fields)


class Pages:
    """The state of pages. Every method raises ``StoreError`` when the catalog cannot be used.

    A page is *stale* from the change in the catalog that it does not show yet until it is written. Pages are
    named by their project; "" stands for the root.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def stale(self) -> frozenset[str]:
        """The projects whose pages are stale."""
        return frozenset(self._database.column("SELECT project FROM stale_page"))

    def mark_stale(self, projects: Iterable[str]) -> None:
        """Record that the pages of projects are to be written."""
        rows = [(project,) for project in projects]
        self._database.change(insert("stale_page", ["project"], "OR IGNORE"), rows)

    def mark_written(self, projects: Iterable[str]) -> None:
        """Record that the pages of projects are written."""
        rows = [(project,) for project in projects]
        self._database.change("DELETE FROM stale_page WHERE project = ?", rows)

    def listed_projects(self) -> list[ListedProject]:
        """What the root page says of each project that has a release and had its pages written, by name."""
        query = f"""
            SELECT {_COLUMNS} FROM listed_project AS listed
            WHERE EXISTS (SELECT 1 FROM release WHERE release.project = listed.project) ORDER BY project
        """
        rows = self._database.rows(query)
        return [ListedProject._make(row)._replace(is_yanked=row[-1] != 0) for row in rows]

    def list_project(self, listed: ListedProject) -> None:
        """Record what the root page says of a project."""
        self._database.change(insert("listed_project", ListedProject._fields, "OR REPLACE"), [listed])

    def description(self, project: str, digest: str) -> str | None:
        """The HTML of a project's description; None unless it was made from a source with this digest."""
        query = "SELECT html FROM description WHERE project = ? AND digest = ?"
        html: str | None = self._database.value(query, [project, digest], None)
        return html

    def set_description(self, project: str, digest: str, html: str) -> None:
        """Record the HTML of a project's description, in place of an older one: rendering is slow."""
        columns = ["project", "digest", "html"]
        self._database.change(insert("description", columns, "OR REPLACE"), [(project, digest, html)])
