"""What the last scan saw, in the catalog's file: folders, projects and tags of each repository.

A project is *pending* from the moment a scan sees its tags otherwise than before until a run has dealt with
them; so nothing is forgotten by a run that breaks off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.index.layout import private_name
from sdistmaker_recipe.model import Tag, project_name, repository_of
from sdistmaker_recipe.vcs import Seen
from sdistmaker_recipe.vcs.subversion.layout import Kind, SeenFolder, SeenTag, join

_TAG = """
    SELECT scan.url, scan.origin, tag.project, tag.name, tag.version, tag.revision, tag.time
    FROM seen_tag AS tag JOIN scan ON scan.id = tag.scan
"""
_PUT = """
    INSERT INTO seen_folder (scan, path, kind, name, pending) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET kind = excluded.kind, name = excluded.name, pending = excluded.pending
    WHERE kind != excluded.kind
"""
_UNSEEN = """
    SELECT origin FROM release WHERE origin > ? AND origin < ? AND deleted IS NULL
    EXCEPT
    SELECT ? || CASE project WHEN '' THEN '' ELSE project || '/' END || 'tags/' || name
    FROM seen_tag WHERE scan = ?
"""
_FORMER = "former origin "
_BELOW = "scan = ? AND ({0} = ? OR {0} > ? AND {0} < ?)"


class Scan(NamedTuple):
    """The last scan of a repository.

    ``origin`` names what was read whatever URL it is reached by, ``fingerprint`` tells of all options that
    decide what a scan finds, ``options_digest`` of those under which a run has dealt with all of it
    ("" for none). ``forbidden`` are folders that this scan came to and could not read, which is
    not remembered.
    """

    number: int
    url: str
    origin: str
    fingerprint: str
    seen: Seen
    options_digest: str
    forbidden: tuple[str, ...] = ()

    @property
    def uuid(self) -> str:
        """That of the repository."""
        return repository_of(self.origin)


class GoneTag(NamedTuple):
    """A tag of a repository that is no longer seen, within its project; ``peg`` is where it last was."""

    project: str
    name: str
    peg: str

    @property
    def path(self) -> str:
        """Its path below the repository's URL."""
        return join(self.project, f"tags/{self.name}")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a scan saw otherwise: paths that are gone, with all below, and then folders as they are now.

    A path can be gone and there again, as something else. Of what is below ``forbidden`` folders nothing was
    seen.
    """

    gone: list[str] = field(default_factory=list)
    folders: dict[str, SeenFolder] = field(default_factory=dict)
    forbidden: list[str] = field(default_factory=list)


class LastScan:
    """What was seen; every method raises ``StoreError`` when the catalog cannot be used."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def repositories(self) -> list[tuple[str, str]]:
        """The URL of each repository that was scanned, and what its origins begin with."""
        return self._rows("SELECT url, origin FROM scan")

    def scan(self, url: str) -> Scan | None:
        """The last scan of the repository that users know by this URL."""
        query = "SELECT id, url, origin, fingerprint, peg, revision, time, outlook FROM scan WHERE url = ?"
        for number, known, origin, fingerprint, peg, revision, time, options_digest in self._rows(
            query, [url]
        ):
            seen = Seen(peg, revision, datetime.fromisoformat(time))
            return Scan(number, known, origin, fingerprint, seen, options_digest)
        return None

    def keep_only(self, urls: Sequence[str]) -> None:
        """Forget the repositories that have none of these URLs."""
        known = [url for (url,) in self._rows("SELECT url FROM scan")]
        for url in set(known) - set(urls):
            self._forget(url)

    def replace(
        self, url: str, origin: str, fingerprint: str, seen: Seen, folders: Iterable[SeenFolder]
    ) -> Scan:
        """Forget what was seen of a repository; this is what is there."""
        before = self.scan(url)
        with self._catalog.batch():
            if before and before.origin != origin:
                self._catalog.set_note(f"{_FORMER}{url}", before.origin)
            self._forget(url)
            values = (url, origin, fingerprint, seen.peg, seen.revision, seen.time.isoformat())
            columns = "url, origin, fingerprint, peg, revision, time, outlook"
            self._change(f"INSERT INTO scan ({columns}) VALUES (?, ?, ?, ?, ?, ?, '')", values)
            ((number,),) = self._rows("SELECT id FROM scan WHERE url = ?", [url])
            for folder in folders:
                self._put(number, url, folder)
        return Scan(number, url, origin, fingerprint, seen, "")

    def former_origin(self, scan: Scan) -> str:
        """The last other ``origin`` that was read at a repository's URL; "" where there was none."""
        return self._catalog.note(f"{_FORMER}{scan.url}")

    def change(self, scan: Scan, seen: Seen, difference: Difference) -> Scan:
        """Go on from the last scan."""
        with self._catalog.batch():
            for path in difference.gone:
                self._remove(scan, path)
            for folder in difference.folders.values():
                self._put(scan.number, scan.url, folder, scan.seen.peg)
            values = (seen.peg, seen.revision, seen.time.isoformat(), scan.number)
            self._change("UPDATE scan SET peg = ?, revision = ?, time = ? WHERE id = ?", values)
        return scan._replace(seen=seen)

    def folders(self, scan: Scan) -> dict[str, Kind]:
        """What each folder that was looked at is."""
        return dict(self._rows("SELECT path, kind FROM seen_folder WHERE scan = ?", [scan.number]))

    def tags(self, scan: Scan) -> list[Tag]:
        """All tags of a repository."""
        return self._tags("WHERE tag.scan = ?", [scan.number])

    def pending(self, scan: Scan) -> list[str]:
        """The paths of projects whose tags no run has dealt with as they are now."""
        query = "SELECT path FROM seen_folder WHERE scan = ? AND pending"
        return [path for (path,) in self._rows(query, [scan.number])]

    def tags_of(self, scan: Scan, projects: Iterable[str]) -> list[Tag]:
        """The tags of the projects at these paths."""
        where = "WHERE tag.scan = ? AND tag.project = ?"
        return [tag for project in projects for tag in self._tags(where, [scan.number, project])]

    def tags_from(self, scan: Scan, origins: Iterable[str]) -> list[Tag]:
        """The tags of a repository with these origins; others are left out."""
        found: list[Tag] = []
        for origin in origins:
            path, slash, name = origin.rpartition("/")
            prefix, project = f"{scan.origin}/", path.removesuffix("tags").removesuffix("/")
            if slash and path.endswith("/tags") and origin.startswith(prefix):
                where = "WHERE tag.scan = ? AND tag.project = ? AND tag.name = ?"
                found += self._tags(where, [scan.number, project[len(prefix) :], name])
        return found

    def has_tags(self, scan: Scan) -> bool:
        """Whether there is any tag."""
        return bool(self._rows("SELECT 1 FROM seen_tag WHERE scan = ? LIMIT 1", [scan.number]))

    def projects_named(self, names: Iterable[str]) -> Iterator[tuple[str, list[Tag]]]:
        """The projects of all repositories whose folders have such normalised names, with their tags."""
        query = "SELECT scan.id, path FROM seen_folder JOIN scan ON scan.id = scan WHERE name = ?"
        for name in names:
            for number, path in self._rows(query, [name]):
                yield name, self._tags("WHERE tag.scan = ? AND tag.project = ?", [number, path])

    def names(self, scan: Scan, *, pending: bool) -> frozenset[str]:
        """The normalised names of the folders of projects: of all, or of those that are pending."""
        which = "pending" if pending else "kind = 'project'"
        query = f"SELECT name FROM seen_folder WHERE scan = ? AND name != '' AND {which}"
        return frozenset(name for (name,) in self._rows(query, [scan.number]))

    def gone(self, scan: Scan) -> list[GoneTag]:
        """The tags that are gone and that no run has dealt with since."""
        query = "SELECT project, name, peg FROM gone_tag WHERE scan = ?"
        return [GoneTag(*row) for row in self._rows(query, [scan.number])]

    def unseen(self, scan: Scan) -> list[str]:
        """The origins of releases of tags of this repository that are not seen, nor known to be deleted."""
        start = f"{scan.origin}/"
        return [origin for (origin,) in self._rows(_UNSEEN, [start, f"{scan.origin}0", start, scan.number])]

    def settle(self, scan: Scan, options_digest: str, doubts: Collection[GoneTag] = ()) -> None:
        """A run has dealt with all that is there, under the options that outlook tells of.

        Of ``doubts`` nobody knows yet whether they are gone; they stay to be dealt with.
        """
        settled = scan.options_digest == options_digest and not self.pending(scan)
        if settled and set(self.gone(scan)) == set(doubts):
            return
        with self._catalog.batch():
            self._change("DELETE FROM gone_tag WHERE scan = ?", [scan.number])
            rows = [(scan.number, each.project, each.name, each.peg) for each in doubts]
            self._catalog.change("INSERT INTO gone_tag VALUES (?, ?, ?, ?)", rows)
            self._change("UPDATE seen_folder SET pending = 0 WHERE scan = ? AND pending", [scan.number])
            self._change("UPDATE scan SET outlook = ? WHERE id = ?", [options_digest, scan.number])

    def _forget(self, url: str) -> None:
        chosen = "WHERE scan IN (SELECT id FROM scan WHERE url = ?)"
        with self._catalog.batch():
            for table in ("seen_tag", "gone_tag", "seen_folder"):
                self._change(f"DELETE FROM {table} {chosen}", [url])
            self._change("DELETE FROM scan WHERE url = ?", [url])

    def _put(self, number: int, url: str, folder: SeenFolder, before: str = "") -> None:
        """Remember a folder; ``before`` is the revision that the scan goes on from."""
        is_project = folder.kind == "project"
        name = private_name(project_name(url, folder.path)) if is_project else ""
        self._change(_PUT, [number, folder.path, folder.kind, name, is_project])
        if folder.kind == "tags":
            self._put_tags(number, folder.path.rpartition("/")[0], folder.tags, before)

    def _put_tags(self, number: int, project: str, tags: Iterable[SeenTag], peg: str) -> None:
        query = "SELECT name, version, revision, time FROM seen_tag WHERE scan = ? AND project = ?"
        before = {(name, *rest) for name, *rest in self._rows(query, [number, project])}
        now = {(tag.name, tag.version, tag.revision, tag.time.isoformat()) for tag in tags}
        where = "WHERE scan = ? AND project = ? AND name = ?"
        for name, *_rest in before - now:
            self._forget_tags(number, peg, where, [number, project, name])
        rows = [(number, project, *row) for row in now - before]
        self._catalog.change("INSERT INTO seen_tag VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._catalog.change(f"DELETE FROM gone_tag {where}", [row[:3] for row in rows])
        if before != now:
            self._make_pending(number, project)

    def _remove(self, scan: Scan, path: str) -> None:
        """All at a path and below; the tags of a project go with their folder."""
        number, peg = scan.number, scan.seen.peg
        project, _slash, name = path.rpartition("/")
        if name == "tags" and self._rows(
            "SELECT 1 FROM seen_folder WHERE scan = ? AND path = ? AND kind = 'tags'", [number, path]
        ):
            self._forget_tags(number, peg, "WHERE scan = ? AND project = ?", [number, project])
            self._make_pending(number, project)
        below = (number, path, f"{path}/", f"{path}0")  # "0" comes after "/"
        self._forget_tags(number, peg, f"WHERE {_BELOW.format('project')}", below)
        self._change(f"DELETE FROM seen_folder WHERE {_BELOW.format('path')}", below)

    def _forget_tags(self, number: int, peg: str, where: str, values: Sequence[Any]) -> None:
        """Tags are no longer seen, which were up to revision peg."""
        gone = f"SELECT {number}, project, name, ? FROM seen_tag {where}"
        self._change(f"INSERT OR REPLACE INTO gone_tag {gone}", [peg, *values])
        self._change(f"DELETE FROM seen_tag {where}", values)

    def _make_pending(self, number: int, project: str) -> None:
        where = "WHERE scan = ? AND path = ? AND kind = 'project'"
        self._change(f"UPDATE seen_folder SET pending = 1 {where}", [number, project])

    def _tags(self, where: str, values: Sequence[Any]) -> list[Tag]:
        return [_tag(*row) for row in self._rows(f"{_TAG} {where} ORDER BY tag.project, tag.name", values)]

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        return self._catalog.rows(query, values)

    def _change(self, statement: str, values: Sequence[Any]) -> None:
        self._catalog.change(statement, [values])


def _tag(url: str, origin: str, project: str, name: str, version: str, revision: str, time: str) -> Tag:
    path = join(project, f"tags/{name}")
    return Tag(
        repository=url,
        project_path=project,
        name=name,
        path=path,
        version=version,
        revision=revision,
        time=datetime.fromisoformat(time),
        origin=f"{origin}/{path}",
    )
