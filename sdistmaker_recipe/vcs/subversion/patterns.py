"""Which projects and tags are at a path, by the patterns of the option layout. Pure.

A ``Position`` says how far a folder's path follows one of the patterns. From the positions of a folder and
the name of a subfolder follow those of the subfolder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from sdistmaker_recipe.configuration import layout_patterns
from sdistmaker_recipe.configuration.layout_patterns import PROJECT, TAG, VARIABLES, Pattern, Segment
from sdistmaker_recipe.model import project_name, tag_path
from sdistmaker_recipe.names import is_known_version
from sdistmaker_recipe.vcs import TagPlace
from sdistmaker_recipe.vcs.subversion.layout import LAYOUT, join
from sdistmaker_recipe.vcs.tag_filter import TagFilter, matches


class Position(NamedTuple):
    """How far a path follows a pattern: to which of its segments.

    ``above`` is the path of the folders that can be a part of the project's path. ``project`` and ``tag`` are
    None until they are known. ``before`` and ``after`` are the place of the tag, once it is known.
    """

    pattern: int
    segment: int = 0
    above: str = ""
    project: str | None = None
    tag: str | None = None
    before: str = ""
    after: str = ""


class PlacedTag(NamedTuple):
    """A tag of the project at a path; ``place`` is None for the usual place."""

    project: str
    name: str
    version: str
    place: TagPlace | None


class Folder(NamedTuple):
    """A folder with its positions; ``has_trunk`` is true if it holds a folder ``trunk``."""

    path: str
    positions: tuple[Position, ...]
    has_trunk: bool = False


class Patterns:
    """The patterns of the option layout in a filter, which decides which projects and tags are wanted."""

    def __init__(self, tag_filter: TagFilter) -> None:
        self._filter = tag_filter
        self.patterns = _parse(tag_filter.layout)

    def start(self) -> tuple[Position, ...]:
        """The positions of the folder at the URL."""
        return tuple(
            Position(number, project=None if pattern.has_project else "")
            for number, pattern in enumerate(self.patterns)
        )

    def next_segment(self, position: Position) -> Segment | None:
        """The segment for the next folder; None if the path follows the pattern to its end."""
        segments = self.patterns[position.pattern].segments
        return segments[position.segment] if position.segment < len(segments) else None

    def holds_tags(self, position: Position) -> bool:
        """Whether the project is known, and the next folder is a tag or in one."""
        segment = self.next_segment(position)
        return (
            position.project is not None
            and segment is not None
            and (segment.has_tag or position.tag is not None)
        )

    def seeks_trunk(self, positions: Iterable[Position]) -> bool:
        """Whether a folder with these positions is a project if it holds ``trunk``."""
        return any(self._kind(position) == "project with trunk" for position in positions)

    def projects(self, folder: Folder) -> set[str]:
        """The paths of the projects that are there because the folder is, even if they have no tag."""
        found = {position.project for position in folder.positions if self.holds_tags(position)}
        for position in folder.positions:
            is_project = folder.has_trunk and self._kind(position) == "project with trunk"
            if is_project and self._filter.wants_project(position.above):
                found.add(position.above)
        return {project for project in found if project is not None}

    def subfolder(self, folder: Folder, name: str) -> tuple[Position, ...]:
        """The positions of the folder with this name in a folder; none if it is not looked into."""
        names = {segment.text for segment in map(self._name_segment, folder.positions) if segment}
        found: dict[Position, None] = {}
        for position in folder.positions:
            found.update(dict.fromkeys(self._follow(position, folder, name, names)))
        return tuple(found)

    def tags(self, positions: Iterable[Position]) -> list[PlacedTag]:
        """The release tag that a folder with these positions is, none or one: by the first line that fits."""
        for position in sorted(positions, key=lambda position: position.pattern):
            project, tag = position.project, position.tag
            if self.next_segment(position) is None and project is not None and tag is not None:
                version = self._version(project, tag)
                if version is not None:
                    place: TagPlace | None = TagPlace(position.before, position.after)
                    if place == TagPlace(tag_path(project, "")):
                        place = None
                    return [PlacedTag(project, tag, version, place)]
        return []

    def _kind(self, position: Position) -> str:
        segment = self.next_segment(position)
        return segment.kind if segment else ""

    def _name_segment(self, position: Position) -> Segment | None:
        """The segment of the one name that the next folder must have; None if it may have others."""
        segment = self.next_segment(position)
        if segment and segment.kind.startswith("project"):
            segment = self.patterns[position.pattern].segments[position.segment + 1]
        return segment if segment and segment.kind == "name" else None

    def _follow(self, position: Position, folder: Folder, name: str, names: set[str]) -> Iterator[Position]:
        segment = self.next_segment(position)
        if segment is None:
            return
        if segment.kind == "name":
            if name == segment.text:
                yield self._below(position, name)
        elif segment.kind != "match":
            yield from self._follow_project(position, segment, folder, name, names)
        elif segment.has_tag:
            yield from self._follow_tag(position, segment, folder, name)
        elif self._may_be_any(name, names) and (cut := next(_cuts(segment.text, name), None)):
            if not segment.has_project:
                above = position.above if position.project is not None else join(position.above, name)
                yield self._below(position._replace(above=above), name)
                return
            project = join(position.above, name[cut[PROJECT]])
            is_release = position.tag is None or self._version(project, position.tag) is not None
            if is_release and self._filter.wants_project(project):
                yield self._below(position._replace(project=project), name)

    def _follow_project(
        self, position: Position, segment: Segment, folder: Folder, name: str, names: set[str]
    ) -> Iterator[Position]:
        """Follow a segment for a project at any depth: into its folder of the next name, and further down."""
        needs_trunk = segment.kind == "project with trunk"
        next_name = self.patterns[position.pattern].segments[position.segment + 1].text
        if name == next_name and (folder.has_trunk or not needs_trunk):
            if self._filter.wants_project(position.above):
                yield position._replace(segment=position.segment + 2, project=position.above)
            return
        is_part_of_project = name in LAYOUT and (folder.has_trunk or not needs_trunk)
        if (
            not is_part_of_project
            and name not in names - {next_name}
            and not matches(name, self._filter.ignore)
        ):
            yield position._replace(above=join(position.above, name))

    def _follow_tag(
        self, position: Position, segment: Segment, folder: Folder, name: str
    ) -> Iterator[Position]:
        candidates: list[tuple[Position, str]] = []
        for cut in _cuts(segment.text, name):
            project = join(position.above, name[cut[PROJECT]]) if PROJECT in cut else position.project
            tag = name[cut[TAG]]
            version = "" if project is None else self._version(project, tag)
            if version is not None:
                found = position._replace(
                    segment=position.segment + 1,
                    project=project,
                    tag=tag,
                    before=join(folder.path, name[: cut[TAG].start]),
                    after=name[cut[TAG].stop :],
                )
                candidates.append((found, version))
        # acme-3-tools-1.0 can be cut at two places: the right one leaves a version that installers know.
        is_known = len(candidates) > 1 and any(is_known_version(version) for _found, version in candidates)
        right = [found for found, version in candidates if not is_known or is_known_version(version)]
        yield from (
            found
            for found in right[:1]
            if not segment.has_project or self._filter.wants_project(found.project or "")
        )

    def _below(self, position: Position, name: str) -> Position:
        after = position.after if position.tag is None else f"{position.after}/{name}"
        return position._replace(segment=position.segment + 1, after=after)

    def _may_be_any(self, name: str, names: set[str]) -> bool:
        """Whether a folder of this name can be a project, or any folder that a pattern does not name."""
        return name not in LAYOUT and name not in names and not matches(name, self._filter.ignore)

    def _version(self, project: str, tag: str) -> str | None:
        return self._filter.version_of(project_name(self._filter.url, project), tag)


class TagAtUrl(NamedTuple):
    """A tag at a URL: the names of its project and of itself, its version, and its path below the URL."""

    project: str
    name: str
    version: str
    path: str = ""


def tag_at_url(tag_filter: TagFilter, parts: Sequence[str]) -> TagAtUrl | None:
    """The tag at a URL that ends with the folders ``parts``; None if no pattern leads there.

    Where the URL of the repository ends is not known. So the end of ``parts`` must follow a pattern. The
    names at the end of a pattern, such as ``src``, may be left out. Every project is wanted.
    """
    tag_filter = replace(tag_filter, include=(), exclude=(), ignore=())
    for start in Patterns(tag_filter).start():
        segments = _parse(tag_filter.layout)[start.pattern].segments
        inside: list[str] = []
        for length in range(len(segments), 0, -1):
            above = len(parts) - length
            if above >= 0:
                # Where no name is in the pattern, the project is the folder that the pattern begins in.
                of_above = replace(tag_filter, url="/".join(parts[:above]))
                if found := _tag_below(Patterns(of_above), start, [*parts[above:], *inside]):
                    project = found.project or project_name(of_above.url, "")
                    return TagAtUrl(project, found.name, found.version, "/".join(inside))
            if segments[length - 1].kind != "name":
                break
            inside.insert(0, segments[length - 1].text)
    return None


def _tag_below(patterns: Patterns, start: Position, names: Sequence[str]) -> PlacedTag | None:
    """The tag whose path, of these names, follows one pattern from its start."""
    positions: tuple[Position, ...] = (start,)
    path = ""
    for segment, name in zip(patterns.patterns[start.pattern].segments, names, strict=True):
        if segment.kind.startswith("project"):
            # Of a project at any depth, the last folder is enough.
            positions = tuple(position._replace(above=name) for position in positions if name not in LAYOUT)
        else:
            positions = patterns.subfolder(Folder(path, positions, has_trunk=True), name)
        path = join(path, name)
    return next(iter(patterns.tags(positions)), None)


@lru_cache(maxsize=8)
def _parse(layout: tuple[str, ...]) -> Sequence[Pattern]:
    return [layout_patterns.parse(line) for line in layout]


def _cuts(text: str, name: str) -> Iterator[Mapping[str, slice]]:
    """What the placeholders of a segment can stand for in a name, the shortest first part first."""
    start, first, middle, *rest = VARIABLES.split(text)
    second, end = rest or ("", "")
    if not (name.startswith(start) and name.endswith(end if second else middle)):
        return
    if not second:
        if len(name) > len(start) + len(middle):
            yield {first: slice(len(start), len(name) - len(middle))}
        return
    stop = name.find(middle, len(start) + 1)
    while stop >= 0 and stop + len(middle) < len(name) - len(end):
        yield {first: slice(len(start), stop), second: slice(stop + len(middle), len(name) - len(end))}
        stop = name.find(middle, stop + 1)
