"""Which toolchain built a tag, and which one built something of a project last."""

from __future__ import annotations

from collections.abc import Collection

from sdistmaker_recipe.catalog.database import Database, in_batches, insert


class Toolchains:
    """Toolchains that worked. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, origins: Collection[str]) -> dict[str, str]:
        """The toolchains by origin: of a tag the one that built it, of a project the one that worked last."""
        found: dict[str, str] = {}
        for batch, places in in_batches(origins):
            of_projects = f"SELECT project_origin, name FROM toolchain WHERE project_origin IN ({places})"
            of_tags = f"SELECT origin, toolchain FROM release WHERE origin IN ({places})"
            found |= self._database.rows(of_projects, batch)
            found |= self._database.rows(of_tags, batch)
        return found

    def record(self, project_origin: str, name: str) -> None:
        """Record the toolchain that built something of the project with this origin."""
        query = "SELECT name FROM toolchain WHERE project_origin = ?"
        if self._database.value(query, [project_origin], None) != name:
            columns = ["project_origin", "name"]
            self._database.change(insert("toolchain", columns, "OR REPLACE"), [(project_origin, name)])
