"""How the last run left the index: the times of its folders, the repositories it finished, notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sdistmaker_recipe.catalog.database import Database, insert


class IndexState:
    """What the last run left. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def folders(self) -> dict[str, int]:
        """The index's folders as the last run left them: their mtime in ns, by name."""
        return dict(self._database.rows("SELECT name, mtime_ns FROM index_folder"))

    def has_folders(self) -> bool:
        """Whether the times of folders are recorded."""
        return bool(self._database.rows("SELECT 1 FROM index_folder LIMIT 1"))

    def set_folders(self, folders: Mapping[str, int], of: Collection[str] | None = None) -> None:
        """Record the mtime in ns of all folders of the index, or only of those whose names are in ``of``.

        A folder that is not in ``folders`` is gone.
        """
        before = self.folders()
        gone = [(name,) for name in before if name not in folders and (of is None or name in of)]
        changed = [row for row in folders.items() if before.get(row[0]) != row[1]]
        if gone:
            self._database.change("DELETE FROM index_folder WHERE name = ?", gone)
        if changed:
            self._database.change(insert("index_folder", ["name", "mtime_ns"], "OR REPLACE"), changed)

    def finished_repositories(self) -> frozenset[str]:
        """The UUIDs of the repositories that a whole run has finished."""
        return frozenset(self._database.column("SELECT uuid FROM finished_repository"))

    def finish_repository(self, uuid: str) -> None:
        """Record that a run has finished a repository."""
        self._database.change(insert("finished_repository", ["uuid"], "OR IGNORE"), [(uuid,)])

    def note(self, name: str) -> str:
        """The value last noted under a name, "" for none."""
        value: str = self._database.value("SELECT value FROM note WHERE name = ?", [name], "")
        return value

    def notes(self, start: str) -> dict[str, str]:
        """The values of all notes whose names begin so, by the rest of the name."""
        query = "SELECT name, value FROM note WHERE name >= ? AND name < ?"
        rows = self._database.rows(query, [start, f"{start}\U0010ffff"])
        return {name[len(start) :]: value for name, value in rows}

    def set_note(self, name: str, value: str) -> None:
        """Note a value under a name."""
        self._database.change(insert("note", ["name", "value"], "OR REPLACE"), [(name, value)])
