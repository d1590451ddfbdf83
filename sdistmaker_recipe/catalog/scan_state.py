"""What the last scan of each repository found, in the catalog: projects, tags, and the backend's own rows.

A project is *pending* from the moment when a scan finds its tags changed until a run has dealt with them.
So a run that breaks off forgets nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.index.layout import normalised_name_of
from sdistmaker_recipe.model import (
    TAGS,
    Tag,
    project_and_path,
    project_name,
    repository_of,
    tag_origin,
    tag_path,
)
from sdistmaker_recipe.vcs import PROJECT, Checkpoint, ProjectTags, ScanResult

_TAG = """
    SELECT scan.url, scan.origin, tag.project, tag.name, tag.path, tag.version, tag.revision, tag.time
    FROM seen_tag AS tag JOIN scan ON scan.id = tag.scan
"""
# Tables seen_tag and gone_tag have the path "" for a tag in its usual place. _UNSEEN does as tag_origin.
# Table seen_folder has a row for each project and each row of the backend's: path is the key, kind the value.
_PUT_ROW = """
    INSERT INTO seen_folder (scan, path, kind, name, pending) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET kind = excluded.kind, name = excluded.name, pending = excluded.pending
    WHERE kind != excluded.kind
"""
_UNSEEN = f"""
    SELECT origin FROM release WHERE origin > ? AND origin < ? AND tag_deleted_in IS NULL
    EXCEPT
    SELECT ? || CASE project WHEN '' THEN '' ELSE project || '/' END || '{TAGS}/' ||
        CASE path WHEN '' THEN name ELSE '/' || ? || path END
    FROM seen_tag WHERE scan = ?
"""
_FORMER_ORIGIN = "former origin "
_TAGS_SEEN = "tags seen in "
_NO_TAGS = "no tags in "


class Scan(NamedTuple):
    """The last scan of a repository.

    ``origin`` is the identity of what was read. ``fingerprint`` is a digest of all options that decide what a
    scan finds, ``options_digest`` one of those under which a run has dealt with all that was found, "" if
    none has. This scan could not read ``forbidden_paths``, ``unreadable`` and ``lost_tags``: see
    ``vcs.ScanResult``. They are not remembered.
    """

    number: int
    url: str
    origin: str
    fingerprint: str
    checkpoint: Checkpoint
    options_digest: str
    forbidden_paths: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()
    lost_tags: tuple[tuple[str, str], ...] = ()

    @property
    def uuid(self) -> str:
        """The UUID of the repository."""
        return repository_of(self.origin)

    def with_unread(self, found: ScanResult) -> Scan:
        """The same, with what a new look could not read."""
        return self._replace(
            forbidden_paths=found.forbidden_paths, unreadable=found.unreadable, lost_tags=found.lost_tags
        )


class GoneTag(NamedTuple):
    """A tag that a scan no longer finds; ``project`` is a path, in ``last_revision`` the tag was there.

    ``unusual_path`` is "" for a tag in its usual place.
    """

    project: str
    name: str
    last_revision: str
    unusual_path: str = ""

    @property
    def path(self) -> str:
        """The path of the tag below the repository's URL."""
        return self.unusual_path or tag_path(self.project, self.name)

    @staticmethod
    def of_origin(origin: str, identity: str, last_revision: str) -> GoneTag | None:
        """The tag with this origin; None if it was not in the repository with this identity."""
        if (found := project_and_path(origin, identity)) is None:
            return None
        project, path = found
        if origin == f"{identity}/{path}":
            return GoneTag(project, path.removeprefix(tag_path(project, "")), last_revision)
        return GoneTag(project, path.rpartition("/")[2], last_revision, path)

    def origin(self, identity: str) -> str:
        """The origin of the tag in the repository with this identity."""
        return tag_origin(identity, self.project, self.name, self.path)


class ScanState:
    """What the last scans found. Every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def repositories(self) -> list[tuple[str, str]]:
        """The URL of each repository that was scanned, and its origin."""
        return self._rows("SELECT url, origin FROM scan")

    def scan(self, url: str) -> Scan | None:
        """The last scan of the repository that users know by this URL."""
        query = (
            "SELECT id, url, origin, fingerprint, peg, revision, time, options_digest FROM scan WHERE url = ?"
        )
        for number, known, origin, fingerprint, *checkpoint, options_digest in self._rows(query, [url]):
            revision, last_change, time = checkpoint
            read = Checkpoint(revision, last_change, datetime.fromisoformat(time))
            return Scan(number, known, origin, fingerprint, read, options_digest)
        return None

    def keep_only(self, urls: Sequence[str]) -> None:
        """Forget the repositories that have none of these URLs."""
        known = [url for (url,) in self._rows("SELECT url FROM scan")]
        for url in set(known) - set(urls):
            self._forget(url)

    def replace(self, url: str, origin: str, fingerprint: str, found: ScanResult) -> Scan:
        """Forget what was found in a repository, and record all that is found now."""
        before = self.scan(url)
        with self._catalog.batch():
            if before and before.origin != origin:
                self._catalog.set_note(f"{_FORMER_ORIGIN}{url}", before.origin)
            self._forget(url)
            columns = "url, origin, fingerprint, peg, revision, time, options_digest"
            values = (url, origin, fingerprint, *_checkpoint_columns(found.checkpoint))
            self._change(f"INSERT INTO scan ({columns}) VALUES (?, ?, ?, ?, ?, ?, '')", values)
            ((number,),) = self._rows("SELECT id FROM scan WHERE url = ?", [url])
            scan = Scan(number, url, origin, fingerprint, found.checkpoint, "")
            self._apply(scan, found)
        return scan.with_unread(found)

    def former_origin(self, scan: Scan) -> str:
        """The last other origin that was read at a repository's URL; "" if there was none."""
        return self._catalog.note(f"{_FORMER_ORIGIN}{scan.url}")

    def change(self, scan: Scan, found: ScanResult) -> Scan:
        """Record what changed since the last scan."""
        with self._catalog.batch():
            self._apply(scan, found)
            values = (*_checkpoint_columns(found.checkpoint), scan.number)
            self._change("UPDATE scan SET peg = ?, revision = ?, time = ? WHERE id = ?", values)
        return scan._replace(checkpoint=found.checkpoint).with_unread(found)

    def rows(self, scan: Scan) -> dict[str, str]:
        """The rows of the last scan, for the backend: see ``vcs.PreviousScan``."""
        return dict(self._rows("SELECT path, kind FROM seen_folder WHERE scan = ?", [scan.number]))

    def tags(self, scan: Scan) -> list[Tag]:
        """All tags of a repository."""
        return self._tags("WHERE tag.scan = ?", [scan.number])

    def pending_projects(self, scan: Scan) -> list[str]:
        """The paths of projects whose tags no run has dealt with as they are now."""
        query = "SELECT path FROM seen_folder WHERE scan = ? AND pending"
        return [path for (path,) in self._rows(query, [scan.number])]

    def tags_of(self, scan: Scan, projects: Iterable[str]) -> list[Tag]:
        """The tags of the projects at these paths."""
        where = "WHERE tag.scan = ? AND tag.project = ?"
        return [tag for project in projects for tag in self._tags(where, [scan.number, project])]

    def tags_from(self, scan: Scan, origins: Iterable[str]) -> list[Tag]:
        """The tags with these origins; an origin that no tag of the repository has is left out."""
        found: list[Tag] = []
        for origin in origins:
            if tag := GoneTag.of_origin(origin, scan.origin, ""):
                where = "WHERE tag.scan = ? AND tag.project = ? AND "
                if tag.unusual_path:
                    found += self._tags(f"{where}tag.path = ?", [scan.number, tag.project, tag.path])
                else:
                    where += "tag.name = ? AND tag.path = ''"
                    found += self._tags(where, [scan.number, tag.project, tag.name])
        return found

    def has_tags(self, scan: Scan) -> bool:
        """Whether the repository has any tag."""
        return bool(self._rows("SELECT 1 FROM seen_tag WHERE scan = ? LIMIT 1", [scan.number]))

    def note_tags(self, scan: Scan) -> None:
        """Remember for good that the repository has had a release tag; forget that it had none before."""
        if not self._catalog.note(f"{_TAGS_SEEN}{scan.origin}"):
            self._catalog.set_note(f"{_TAGS_SEEN}{scan.origin}", "yes")
        if self._catalog.note(f"{_NO_TAGS}{scan.origin}"):
            self._catalog.set_note(f"{_NO_TAGS}{scan.origin}", "")

    def is_known_without_tags(self, scan: Scan) -> bool:
        """Whether a run has dealt with it that scans under these options find no release tag any more."""
        return self._catalog.note(f"{_NO_TAGS}{scan.origin}") == scan.fingerprint

    def had_tags(self, scan: Scan) -> bool:
        """Whether a scan has ever found a release tag in the repository, or in that which it replaced."""
        for origin in filter(None, (scan.origin, self.former_origin(scan))):
            query = "SELECT 1 FROM release WHERE origin > ? AND origin < ? LIMIT 1"
            # A catalog of an earlier version has releases, and no note.
            if self._catalog.note(f"{_TAGS_SEEN}{origin}") or self._rows(query, [f"{origin}/", f"{origin}0"]):
                return True
        return False

    def projects_named(self, names: Iterable[str]) -> Iterator[tuple[str, list[Tag]]]:
        """The projects of all repositories that have one of these normalised names, with their tags."""
        query = "SELECT scan.id, path FROM seen_folder JOIN scan ON scan.id = scan WHERE name = ?"
        for name in names:
            for number, path in self._rows(query, [name]):
                yield name, self._tags("WHERE tag.scan = ? AND tag.project = ?", [number, path])

    def project_names(self, scan: Scan, *, pending: bool) -> frozenset[str]:
        """The normalised names of all projects, or of those that are pending."""
        condition = "pending" if pending else f"kind = '{PROJECT}'"
        query = f"SELECT name FROM seen_folder WHERE scan = ? AND name != '' AND {condition}"
        return frozenset(name for (name,) in self._rows(query, [scan.number]))

    def projects_called(self, name: str) -> list[str]:
        """The origins of all projects whose folders have this normalised name."""
        query = f"""
            SELECT origin, path FROM seen_folder JOIN scan ON scan.id = scan
            WHERE name = ? AND kind = '{PROJECT}' ORDER BY origin, path
        """
        return [f"{origin}/{path}".rstrip("/") for origin, path in self._rows(query, [name])]

    def has_project(self, origin: str) -> bool:
        """Whether a scan found the project with this origin."""
        query = f"SELECT 1 FROM seen_folder WHERE scan = ? AND path = ? AND kind = '{PROJECT}'"
        for number, start in self._rows("SELECT id, origin FROM scan"):
            if f"{origin}/".startswith(f"{start}/") and self._rows(query, [number, origin[len(start) + 1 :]]):
                return True
        return False

    def places_of(self, project: str) -> Iterator[str]:
        """The origin of a project, and those that it has in repositories that replaced its own."""
        yield project
        for url, origin in self.repositories():
            former = self._catalog.note(f"{_FORMER_ORIGIN}{url}")
            if former and f"{project}/".startswith(f"{former}/"):
                yield f"{origin}{project[len(former) :]}"

    def mark_pending(self, tags: Iterable[Tag]) -> None:
        """Have the projects of these tags planned, although the scan found no change of them."""
        query = (
            "UPDATE seen_folder SET pending = 1 WHERE scan = (SELECT id FROM scan WHERE url = ?) AND path = ?"
        )
        self._catalog.change(query, sorted({(tag.repository, tag.project_path) for tag in tags}))

    def gone_tags(self, scan: Scan) -> list[GoneTag]:
        """The tags that are no longer found, and that no run has dealt with since."""
        query = "SELECT project, name, peg, path FROM gone_tag WHERE scan = ?"
        return [GoneTag(*row) for row in self._rows(query, [scan.number])]

    def origins_without_tag(self, scan: Scan) -> list[str]:
        """The origins of releases whose tags are not found, but of those known to be deleted."""
        start = f"{scan.origin}/"
        root = scan.origin.partition("/")[2]
        values = [start, f"{scan.origin}0", start, root and f"{root}/", scan.number]
        return [origin for (origin,) in self._rows(_UNSEEN, values)]

    def settle(self, scan: Scan, options_digest: str, unconfirmed: Collection[GoneTag] = ()) -> None:
        """Record that a run has dealt with all that was found, under options with this digest.

        The tags in ``unconfirmed`` stay to be dealt with: the repository did not say whether they are gone.
        """
        if not (self.is_known_without_tags(scan) or self.has_tags(scan)):
            self._catalog.set_note(f"{_NO_TAGS}{scan.origin}", scan.fingerprint)
        is_settled = scan.options_digest == options_digest and not self.pending_projects(scan)
        if is_settled and set(self.gone_tags(scan)) == set(unconfirmed):
            return
        with self._catalog.batch():
            self._change("DELETE FROM gone_tag WHERE scan = ?", [scan.number])
            rows = [
                (scan.number, tag.project, tag.name, tag.unusual_path, tag.last_revision)
                for tag in unconfirmed
            ]
            self._catalog.change("INSERT INTO gone_tag VALUES (?, ?, ?, ?, ?)", rows)
            self._change("UPDATE seen_folder SET pending = 0 WHERE scan = ? AND pending", [scan.number])
            self._change("UPDATE scan SET options_digest = ? WHERE id = ?", [options_digest, scan.number])

    def _forget(self, url: str) -> None:
        condition = "WHERE scan IN (SELECT id FROM scan WHERE url = ?)"
        with self._catalog.batch():
            for table in ("seen_tag", "gone_tag", "seen_folder"):
                self._change(f"DELETE FROM {table} {condition}", [url])
            self._change("DELETE FROM scan WHERE url = ?", [url])

    def _apply(self, scan: Scan, found: ScanResult) -> None:
        """Record what was found, in the order that ``ScanResult`` asks for."""
        for path in found.gone_projects:
            self._forget_tags(scan, "WHERE scan = ? AND project = ?", [scan.number, path])
        gone = [(scan.number, key) for key in (*found.gone_projects, *found.dropped_rows)]
        self._catalog.change("DELETE FROM seen_folder WHERE scan = ? AND path = ?", gone)
        for project in found.projects:
            self._put_project(scan, project)
        rows = ((scan.number, key, value, "", False) for key, value in found.rows)
        self._catalog.change(_PUT_ROW, rows)

    def _put_project(self, scan: Scan, project: ProjectTags) -> None:
        name = normalised_name_of(project_name(scan.url, project.path))
        self._change(_PUT_ROW, [scan.number, project.path, PROJECT, name, True])
        query = "SELECT name, path, version, revision, time FROM seen_tag WHERE scan = ? AND project = ?"
        before = {tuple(row[:2]): tuple(row) for row in self._rows(query, [scan.number, project.path])}
        rows = (
            (tag.name, project.path_of(tag.name), *tag[1:3], tag.time.isoformat()) for tag in project.tags
        )
        now = {row[:2]: row for row in rows}
        deleted = (
            None if project.deleted is None else {(tag, project.path_of(tag)) for tag in project.deleted}
        )
        gone = (before.keys() if deleted is None else before.keys() & deleted) - now.keys()
        changed = [(scan.number, project.path, *tag) for key, tag in now.items() if before.get(key) != tag]
        condition = "WHERE scan = ? AND project = ? AND name = ? AND path = ?"
        for key in gone:
            self._forget_tags(scan, condition, [scan.number, project.path, *key])
        self._catalog.change("INSERT OR REPLACE INTO seen_tag VALUES (?, ?, ?, ?, ?, ?, ?)", changed)
        self._catalog.change(f"DELETE FROM gone_tag {condition}", [row[:4] for row in changed])
        if gone or changed:
            pending = "UPDATE seen_folder SET pending = 1 WHERE scan = ? AND path = ?"
            self._change(pending, [scan.number, project.path])

    def _forget_tags(self, scan: Scan, condition: str, values: Sequence[Any]) -> None:
        """Move tags that are no longer found to the list of those that are gone."""
        gone = f"SELECT scan, project, name, path, ? FROM seen_tag {condition}"
        self._change(f"INSERT OR REPLACE INTO gone_tag {gone}", [scan.checkpoint.revision, *values])
        self._change(f"DELETE FROM seen_tag {condition}", values)

    def _tags(self, where: str, values: Sequence[Any]) -> list[Tag]:
        return [
            _tag(*row)
            for row in self._rows(f"{_TAG} {where} ORDER BY tag.project, tag.name, tag.path", values)
        ]

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        return self._catalog.rows(query, values)

    def _change(self, statement: str, values: Sequence[Any]) -> None:
        self._catalog.change(statement, [values])


def _checkpoint_columns(checkpoint: Checkpoint) -> tuple[str, str, str]:
    """The values of the columns peg, revision and time."""
    return checkpoint.revision, checkpoint.last_change, checkpoint.last_change_time.isoformat()


def _tag(
    url: str, origin: str, project: str, name: str, path: str, version: str, revision: str, time: str
) -> Tag:
    path = path or tag_path(project, name)
    return Tag(
        repository=url,
        project_path=project,
        name=name,
        path=path,
        version=version,
        revision=revision,
        time=datetime.fromisoformat(time),
        origin=tag_origin(origin, project, name, path),
    )
