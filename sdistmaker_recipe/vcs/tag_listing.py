"""Answers to the questions about tags, for a system that lists all its tags at once. Pure.

Such a system knows an id for the state of each tag: an object id, or a digest of the files. The rows that the
catalog keeps are these ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.model import project_name, split_tag_path
from sdistmaker_recipe.vcs import (
    PROJECT,
    Checkpoint,
    Presence,
    PreviousScan,
    ProjectTags,
    ReleaseTag,
    ScanResult,
)
from sdistmaker_recipe.vcs.tag_filter import TagFilter


class TagId(NamedTuple):
    """A tag's project, by its path, and its name."""

    project: str
    name: str


TimesOf: TypeAlias = Callable[[Collection[TagId]], Mapping[TagId, datetime]]
"""The times (UTC) of tags; it is asked once a scan, for those only that are new or have moved."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class TagListing(NamedTuple):
    """The revision of each tag, by the path of its project and by its name.

    ``format`` names what ids and rows mean. If it differs from that of the previous scan, everything is
    looked at anew.
    """

    revisions: Mapping[str, Mapping[str, str]]
    format: str

    def checkpoint(self, revision: str = "") -> Checkpoint:
        """A checkpoint at ``revision``, by default a digest of all tags."""
        return Checkpoint(revision or self.digest(), self.format, _EPOCH)

    def digest(self) -> str:
        """A text that is another one as soon as any tag is."""
        return hashlib.sha256(repr(sorted(self._rows().items())).encode("utf-8", "replace")).hexdigest()[:40]

    def all_tags(self, checkpoint: Checkpoint, tag_filter: TagFilter, times_of: TimesOf) -> ScanResult:
        """See ``Repository.all_tags``."""
        wanted = self._wanted(tag_filter)
        times = times_of(list(wanted))
        projects = (
            ProjectTags(path, tuple(self._release_tags(path, names, wanted, times)))
            for path, names in self.revisions.items()
            if tag_filter.wants_project(path)
        )
        return ScanResult(checkpoint, tuple(projects), rows=tuple(self._rows().items()))

    def changed_tags(
        self, checkpoint: Checkpoint, previous: PreviousScan, tag_filter: TagFilter, times_of: TimesOf
    ) -> ScanResult | None:
        """See ``Repository.changed_tags``."""
        if previous.checkpoint.last_change != self.format:
            return None
        if previous.checkpoint == checkpoint:
            return ScanResult(checkpoint)
        before, now = previous.rows(), self._rows()
        known = {path for path, value in before.items() if value == PROJECT}
        gone = [key for key, value in before.items() if value != PROJECT and key not in now]
        changed = {key: revision for key, revision in now.items() if before.get(key) != revision}
        wanted = {
            tag: version for tag, version in self._wanted(tag_filter).items() if row_key(tag) in changed
        }
        there = {path for path in self.revisions if tag_filter.wants_project(path)}
        projects = self._changed_projects(there, known, gone, wanted, times_of(list(wanted)))
        return ScanResult(
            checkpoint,
            projects=tuple(projects),
            gone_projects=tuple(sorted(known - there)),
            rows=tuple(changed.items()),
            dropped_rows=tuple(gone),
        )

    def revision_at(self, path: str) -> str | None:
        """The revision of the tag at a path in our notation; None if there is no such tag."""
        project_path, name = split_tag_path(path) or ("", "")
        return self.revisions.get(project_path, {}).get(name)

    def presence(self, paths: Iterable[str]) -> Mapping[str, Presence]:
        """See ``Repository.presence``."""
        return {path: "gone" if self.revision_at(path) is None else "there" for path in paths}

    def _rows(self) -> dict[str, str]:
        return {
            row_key(TagId(path, name)): revision
            for path, names in self.revisions.items()
            for name, revision in names.items()
        }

    def _wanted(self, tag_filter: TagFilter) -> dict[TagId, str]:
        """The versions of the tags that the filter lets through."""
        found = {}
        for path, names in self.revisions.items():
            if tag_filter.wants_project(path):
                project = project_name(tag_filter.url, path)
                for name in names:
                    if version := tag_filter.version_of(project, name):
                        found[TagId(path, name)] = version
        return found

    def _release_tags(
        self,
        path: str,
        names: Iterable[str],
        wanted: Mapping[TagId, str],
        times: Mapping[TagId, datetime],
    ) -> Iterator[ReleaseTag]:
        """The wanted tags of a project; one without a time was found to be none after all."""
        for name in names:
            tag = TagId(path, name)
            if tag in wanted and tag in times:
                yield ReleaseTag(name, wanted[tag], self.revisions[path][name], times[tag])

    def _changed_projects(
        self,
        there: Collection[str],
        known: Collection[str],
        gone: Iterable[str],
        wanted: Mapping[TagId, str],
        times: Mapping[TagId, datetime],
    ) -> Iterator[ProjectTags]:
        changed: dict[str, list[str]] = {path: [] for path in there if path not in known}
        deleted: dict[str, list[str]] = {}
        for tag in wanted:
            changed.setdefault(tag.project, []).append(tag.name)
            if tag not in times:
                deleted.setdefault(tag.project, []).append(tag.name)
        for key in gone:
            path, _separator, name = key.partition(_SEPARATOR)
            if path in there:
                deleted.setdefault(path, []).append(name)
        for path in sorted(changed.keys() | deleted.keys()):
            tags = self._release_tags(path, changed.get(path, ()), wanted, times)
            yield ProjectTags(path, tuple(tags), tuple(deleted.get(path, ())))


_SEPARATOR = "//"
"""No path has that within it, so no row is taken for another one, or for a project."""


def row_key(tag: TagId) -> str:
    """The key of the row that has the revision of a tag."""
    return f"{tag.project}{_SEPARATOR}{tag.name}"
