"""What changed between two listings of tags, for systems that list tags by name and object id. Pure.

git and Mercurial answer one question at once: all tags of a repository, each with the id of its object. What
a tag's object is, such as the commit and its time, has to be asked for in addition. So the rows that the
catalog keeps (``vcs.PreviousScan``) say of each release tag the id, and what was found out about it. Only a
tag with another id is asked about again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import NamedTuple, TypeAlias, TypeVar

from sdistmaker_recipe.errors import PathNotFoundError
from sdistmaker_recipe.model import project_name, split_tag_path
from sdistmaker_recipe.vcs import (
    PROJECT,
    Checkpoint,
    PreviousScan,
    ProjectTags,
    ReleaseTag,
    ScanResult,
)
from sdistmaker_recipe.vcs.subdirectories import join, versions_of
from sdistmaker_recipe.vcs.tag_filter import TagFilter

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(9999, 12, 31, tzinfo=timezone.utc)
_NAMED_TAGS = 3
"""So many tags are named in one message."""
_FORMAT = "tag rows 2"
"""What a checkpoint says of the rows: those of another format cannot be compared."""
_MARK = ":tags/"
"""Between the path of a repository and the name of a tag, in the key of a row."""

Listing: TypeAlias = Mapping[str, Mapping[str, str]]
"""The ids of tags by their names, by the path of their repository below the URL."""


class Resolved(NamedTuple):
    """What a tag's object is: ``commit`` and its time in seconds since 1970, or why it is no release.

    ``ignored`` is a clause that begins with a verb, as for ``ScanExplanation``, "" for a commit. ``folders``
    are those that are projects by the option subdirectory, None if the repository is the project.
    """

    commit: str
    seconds: int = 0
    ignored: str = ""
    folders: tuple[str, ...] | None = None


Resolve: TypeAlias = Callable[[Mapping[str, Mapping[str, str]]], Mapping[str, Mapping[str, Resolved]]]
"""Finds out what tags are: ids by names by repositories in, and what was found in the same shape out.

Tags of which nothing can be found out now are left out. They are asked about again in a later scan.
"""


def head_of(listing: Listing) -> str:
    """A digest of all tags, which is another one after any change."""
    digest = hashlib.sha256()
    for path, tags in sorted(listing.items()):
        digest.update(repr((path, sorted(tags.items()))).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:40]


def checkpoint_of(head: str, unreadable: Iterable[str] = ()) -> Checkpoint:
    """The checkpoint of a scan of the listing with this head; ``unreadable`` are repositories and tags.

    With these it is another one, so the next scan compares all rows.
    """
    if paths := sorted(unreadable):
        head = hashlib.sha256(repr((head, paths)).encode()).hexdigest()[:40]
    return Checkpoint(head, _FORMAT, _EPOCH)


def is_below(path: str, folders: Collection[str]) -> bool:
    """Whether one of these paths of folders is that of a project, or of a folder above it."""
    parts = path.split("/")
    return any("/".join(parts[:length]) in folders for length in range(1, len(parts) + 1))


def without_ignored(listing: Listing, tag_filter: TagFilter) -> Listing:
    """The tags of the repositories that are in no folder which the option ignore names."""
    return {path: tags for path, tags in listing.items() if not tag_filter.ignores_path(path)}


def project_and_name(path: str, url: str) -> tuple[str, str]:
    """The project and the name of the tag at a path below a URL. Raises ``PathNotFoundError``."""
    project, name = split_tag_path(path) or ("", "")
    if not name:
        raise PathNotFoundError(url, "not the URL of a tag", "It ends with /tags/NAME.")
    return project, name


def missing_tag(url: str, name: str, there: Collection[str]) -> PathNotFoundError:
    """The error for a URL of a tag that is not ``there``, with the names of tags that may be meant."""
    # Only an error needs it.
    import difflib

    if not there:
        return PathNotFoundError(url, f"no tag {name}", "No tag is there. Correct the URL, or push the tags.")
    similar = difflib.get_close_matches(name, there, n=_NAMED_TAGS) or sorted(there)[:_NAMED_TAGS]
    more = f" and {len(there) - len(similar)} more" if len(there) > len(similar) else ""
    hint = f"Correct the URL, or push the tag. The repository has {', '.join(similar)}{more}."
    return PathNotFoundError(url, f"no tag {name}", hint)


def all_tags(
    listing: Listing, head: str, resolve: Resolve, tag_filter: TagFilter, unreadable: Collection[str] = ()
) -> ScanResult:
    """Every project and its release tags: see ``vcs.Repository.all_tags``. ``head`` is that of all tags.

    ``unreadable`` are the paths of repositories that cannot be read. ``resolve`` may add to them.
    """
    rows, lost = _rows(listing, {}, resolve, tag_filter)
    rows, listing = _readable(rows, unreadable), _readable(listing, unreadable)
    projects = (
        ProjectTags(project, tuple(tags.values()))
        for path in listing
        for project, tags in _projects(path, rows.get(path, {}), tag_filter).items()
    )
    checkpoint = checkpoint_of(head, _all_unread(unreadable, lost))
    return ScanResult(checkpoint, tuple(projects), rows=tuple(_encoded(rows)))


def changed_tags(
    listing: Listing,
    head: str,
    previous: PreviousScan,
    resolve: Resolve,
    tag_filter: TagFilter,
    unreadable: Collection[str] = (),
) -> ScanResult | None:
    """What changed since the previous scan: see ``vcs.Repository.changed_tags``.

    Nothing changes of what was found before in the repositories at the paths ``unreadable``, which cannot be
    read. ``resolve`` may add to them. Nor does it of tags that ``resolve`` leaves out.
    """
    if previous.checkpoint.last_change != _FORMAT:
        return None
    if previous.checkpoint == checkpoint_of(head, unreadable):
        return ScanResult(previous.checkpoint)
    remembered = previous.rows()
    before = _decoded(remembered)
    now, lost = _rows(listing, before, resolve, tag_filter)
    projects_before = {path: value for path, value in remembered.items() if value == PROJECT}
    known = set(_readable(projects_before, unreadable))
    before, now = _readable(before, unreadable), _readable(now, unreadable)
    listing = _readable(listing, unreadable)
    old, new = dict(_encoded(before)), dict(_encoded(now))
    changed: list[ProjectTags] = []
    there: set[str] = set()
    for path in sorted(listing):
        rows_before, rows_now = before.get(path, {}), now.get(path, {})
        projects = _projects(path, rows_now, tag_filter)
        there |= projects.keys()
        if rows_before != rows_now or not projects.keys() <= known:
            was = _projects(path, rows_before, tag_filter)
            changed += _changed_projects(projects, was, known)
    return ScanResult(
        checkpoint_of(head, _all_unread(unreadable, lost)),
        projects=tuple(changed),
        gone_projects=tuple(sorted(known - there)),
        rows=tuple((key, value) for key, value in new.items() if old.get(key) != value),
        dropped_rows=tuple(key for key in old if key not in new),
    )


def row_key(path: str, name: str) -> str:
    """The key of the row of a tag of the repository at a path."""
    return f"{path}{_MARK}{name}"


def is_release(path: str, name: str, tag_filter: TagFilter) -> bool:
    """Whether the options make a release of a tag with this name, of the repository at path."""
    if tag_filter.subdirectories:
        return _has_path(name) and tag_filter.may_be_in_subdirectory(name)
    return tag_filter.wants_project(path) and _version(path, name, tag_filter) is not None


def time_of(seconds: int) -> datetime:
    """A commit's time (UTC). What no calendar holds becomes the first or the last day of it."""
    try:
        return max(datetime.fromtimestamp(seconds, tz=timezone.utc), _EPOCH)
    except (ValueError, OverflowError, OSError):
        return _EPOCH if seconds < 0 else _LATEST


_Rows: TypeAlias = dict[str, dict[str, tuple[str, Resolved]]]
"""What is known of tags, with the id that it was found out by, by names by repositories."""


_Value = TypeVar("_Value")


def _readable(by_path: Mapping[str, _Value], unreadable: Collection[str]) -> dict[str, _Value]:
    """What belongs to other paths than those that cannot be read."""
    return {path: value for path, value in by_path.items() if not is_below(path, unreadable)}


def _all_unread(unreadable: Collection[str], lost: Mapping[str, Collection[str]]) -> list[str]:
    """The paths of repositories that cannot be read, and those of tags in others that cannot."""
    tags = [row_key(path, name) for path, names in _readable(lost, unreadable).items() for name in names]
    return [*unreadable, *tags]


def _rows(
    listing: Listing, before: _Rows, resolve: Resolve, tag_filter: TagFilter
) -> tuple[_Rows, dict[str, list[str]]]:
    """What is known of all release tags, and the names of those that have no answer, by path.

    Those with a new id are asked about. Of those without an answer, what was known before stays.
    """
    kept: _Rows = {}
    new: dict[str, dict[str, str]] = {}
    for path, tags in listing.items():
        known = before.get(path, {})
        for name, identifier in tags.items():
            if is_release(path, name, tag_filter):
                if name in known and known[name][0] == identifier:
                    kept.setdefault(path, {})[name] = known[name]
                else:
                    new.setdefault(path, {})[name] = identifier
    answers = resolve(new) if new else {}
    lost: dict[str, list[str]] = {}
    for path, asked in new.items():
        for name, identifier in asked.items():
            if resolved := answers.get(path, {}).get(name):
                kept.setdefault(path, {})[name] = (identifier, resolved)
                continue
            lost.setdefault(path, []).append(name)
            if name in before.get(path, {}):
                kept.setdefault(path, {})[name] = before[path][name]
    return kept, lost


def _changed_projects(
    now: Mapping[str, Mapping[str, ReleaseTag]],
    before: Mapping[str, Mapping[str, ReleaseTag]],
    known: set[str],
) -> Iterator[ProjectTags]:
    for project, tags in now.items():
        old = before.get(project, {}) if project in known else {}
        changed = tuple(tag for name, tag in tags.items() if old.get(name) != tag)
        deleted = tuple(name for name in old if name not in tags)
        if project not in known or changed or deleted:
            yield ProjectTags(project, changed, deleted)


def _projects(
    path: str, rows: Mapping[str, tuple[str, Resolved]], tag_filter: TagFilter
) -> dict[str, dict[str, ReleaseTag]]:
    """The projects of the repository at a path, and their release tags by name.

    The repository itself is a project even without a tag, unless its folders are to be looked at.
    """
    found: dict[str, dict[str, ReleaseTag]] = {}
    if not tag_filter.subdirectories and tag_filter.wants_project(path):
        found[path] = {}
    for name, (_identifier, resolved) in sorted(rows.items()):
        for folder, version in _versions(path, name, resolved, tag_filter).items():
            tag = ReleaseTag(name, version, resolved.commit, time_of(resolved.seconds))
            found.setdefault(join(path, folder), {})[name] = tag
    return found


def _versions(path: str, name: str, resolved: Resolved, tag_filter: TagFilter) -> dict[str, str]:
    """The versions that a tag publishes, by the folders of their projects."""
    if resolved.ignored:
        return {}
    if resolved.folders is not None:
        return versions_of(path, resolved.folders, name, tag_filter)
    version = _version(path, name, tag_filter) if tag_filter.wants_project(path) else None
    return {"": version} if version else {}


def _version(path: str, name: str, tag_filter: TagFilter) -> str | None:
    return tag_filter.version_of(project_name(tag_filter.url, path), name) if _has_path(name) else None


def _has_path(name: str) -> bool:
    """Whether PROJECT/tags/NAME can be taken apart again, at the last /tags/."""
    return "/tags/" not in f"/{name}"


def _encoded(rows: _Rows) -> Iterator[tuple[str, str]]:
    for path, tags in rows.items():
        for name, (identifier, resolved) in tags.items():
            yield row_key(path, name), json.dumps([identifier, *resolved], separators=(",", ":"))


def _decoded(rows: Mapping[str, str]) -> _Rows:
    decoded: _Rows = {}
    for key, value in rows.items():
        if value != PROJECT:
            path, _mark, name = key.partition(_MARK)
            identifier, commit, seconds, ignored, folders = json.loads(value)
            in_folders = None if folders is None else tuple(folders)
            resolved = Resolved(commit, seconds, ignored, in_folders)
            decoded.setdefault(path, {})[name] = (identifier, resolved)
    return decoded
