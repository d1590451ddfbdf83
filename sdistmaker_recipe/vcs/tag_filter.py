"""Which projects and tags of a repository are wanted: the options that decide what a scan finds. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from sdistmaker_recipe.configuration.option_types import Subdirectory
from sdistmaker_recipe.configuration.options import STANDARD_LAYOUT, TAG_PATTERN, Configuration
from sdistmaker_recipe.model import project_name

_LONGER_NAME = re.compile(r"[vV]\d+[-_/@][vV]?\d+\.\d.*")
"""The end of ``api-v2-1.0``, a tag of ``api-v2`` and not of ``api``. No version of PEP 440 is like that."""
_IN_NAMES = re.compile(r"[-_.]+")
"""What is alike in the names of projects (PEP 503)."""
_NEVER = "(?!)"
"""A regular expression that matches nothing, not even the empty text."""


class TagMatch(NamedTuple):
    """What a tag's name says of a project in a folder: the version, and how long its beginning is.

    ``length`` is that of the project's name or prefix in front of the version, 0 for a version alone.
    """

    version: str
    length: int = 0


@dataclass(frozen=True, slots=True)
class TagFilter:
    """The options of these names, for the repository that users know by ``url``."""

    url: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    stop_indicators: tuple[str, ...] = ()
    tag_pattern: str = TAG_PATTERN
    layout: tuple[str, ...] = (STANDARD_LAYOUT,)
    subdirectories: tuple[Subdirectory, ...] = ()

    @property
    def is_standard(self) -> bool:
        """Whether the layout is the usual one alone, and each tag is of one project."""
        return self.layout == (STANDARD_LAYOUT,) and not self.subdirectories

    @staticmethod
    def of(url: str, configuration: Configuration) -> TagFilter:
        """The filter that the options make for the repository with this URL."""
        return TagFilter(
            url=url,
            include=_globs_for(url, configuration.include),
            exclude=_globs_for(url, configuration.exclude),
            ignore=configuration.ignore,
            stop_indicators=configuration.stop_indicators,
            tag_pattern=configuration.tag_pattern,
            layout=configuration.layout,
            subdirectories=configuration.subdirectory,
        )

    def wants_project(self, path: str) -> bool:
        """Whether the options include and exclude let the project at path through."""
        name = path or project_name(self.url, path)
        is_included = not self.include or matches(name, self.include)
        return is_included and not matches(name, self.exclude)

    def ignores_path(self, path: str) -> bool:
        """Whether the option ignore names what is at path, or a folder that it is in."""
        return any(matches(part, self.ignore) for part in path.split("/"))

    def version_of(self, project: str, tag_name: str) -> str | None:
        """The version that a tag's name says, of the project with this name; None if it names no release.

        To compile a pattern takes longer than to list a folder, and there may be thousands of projects. So
        with the default option one pattern serves all tags whose names do not hold that of their project.
        Whether a name holds another, whatever the case, is a simple question in ASCII only.
        """
        is_default = self.tag_pattern == TAG_PATTERN
        is_simple = is_default and project.isascii() and tag_name.isascii()
        if is_simple and project and _letters(project) not in _letters(tag_name):
            pattern = re.compile(TAG_PATTERN.replace("PROJECT", _NEVER))
        else:
            pattern = self.pattern_of(project)
        match = pattern.fullmatch(tag_name)
        if match is None or (is_default and _is_of_longer_name(tag_name, match.start("version"))):
            return None
        return match["version"]

    def version_in(self, folder: str, project: str, tag_name: str) -> str | None:
        """The version that a tag's name says, of the project in a folder of a repository with several.

        None if it names no release of this project. See the option subdirectory.
        """
        match = self.match_in(folder, project, tag_name)
        return match and match.version

    def match_in(self, folder: str, project: str, tag_name: str) -> TagMatch | None:
        """What a tag's name says of the project in a folder; of several lines, the longest prefix counts."""
        found = [
            match
            for line in self.subdirectories
            if is_below(folder, line.glob) and (match := self._match_by_line(line, folder, project, tag_name))
        ]
        return max(found, key=lambda match: match.length, default=None)

    def may_be_in_subdirectory(self, tag_name: str) -> bool:
        """Whether a tag's name may name a release of any folder."""
        prefixes = [line.prefix for line in self.subdirectories]
        is_any = None in prefixes and any(character.isdigit() for character in tag_name)
        return is_any or any(prefix is not None and tag_name.startswith(prefix) for prefix in prefixes)

    def _match_by_line(self, line: Subdirectory, folder: str, project: str, tag_name: str) -> TagMatch | None:
        if line.prefix is None:
            return self._match_after_name(folder, project, tag_name)
        if not tag_name.startswith(line.prefix):
            return None
        version = self.version_of(project, tag_name.removeprefix(line.prefix))
        return TagMatch(version, len(line.prefix)) if version else None

    def _match_after_name(self, folder: str, project: str, tag_name: str) -> TagMatch | None:
        """What names such as ``1.2``, ``NAME-1.2``, ``NAME/v1.2`` and ``FOLDER/1.2`` say."""
        for before in dict.fromkeys((folder, project)):
            name = _in_any_spelling(before)
            match = re.fullmatch(rf"(?i:{name})[-_/@](.+)", tag_name) if before else None
            if match and self.tag_pattern == TAG_PATTERN and _LONGER_NAME.fullmatch(match[1]):
                continue
            if match and (version := self.version_of(project, match[1])):
                return TagMatch(version, match.start(1))
        version = self.version_of(project, tag_name)
        return TagMatch(version) if version else None

    def pattern_of(self, project: str) -> re.Pattern[str]:
        """Matches the names of tags of the project with this name that name releases."""
        return re.compile(self.tag_pattern.replace("PROJECT", _in_any_spelling(project)))


def _in_any_spelling(name: str) -> str:
    """A regular expression for a project's name in all spellings that PEP 503 makes one."""
    return "[-_.]+".join(map(re.escape, _IN_NAMES.split(name)))


def _letters(name: str) -> str:
    """A name without what is alike in names, and without its case."""
    return name.lower().replace("-", "").replace("_", "").replace(".", "")


def _is_of_longer_name(tag_name: str, start: int) -> bool:
    """Whether a tag with a name in front of its version, which begins at start, is that of a longer name."""
    return start > 1 and _LONGER_NAME.fullmatch(tag_name, start - 1) is not None


def _globs_for(url: str, globs: Iterable[str]) -> tuple[str, ...]:
    """The globs that count for the repository with this URL; one may begin with the URL of a repository."""
    own = f"{url.rstrip('/')}/"
    return tuple(glob.removeprefix(own) for glob in globs if glob.startswith(own) or "://" not in glob)


def is_below(folder: str, glob: str) -> bool:
    """Whether the path of a folder matches a glob, folder by folder; ``.`` is the top folder, ``""``."""
    parts, globs = folder.split("/"), ("" if glob == "." else glob).split("/")
    return len(parts) == len(globs) and all(map(fnmatchcase, parts, globs))


def first_match(name: str, globs: Iterable[str]) -> str:
    """The first of several globs that a name matches, with regard to case; "" if it matches none."""
    return next((glob for glob in globs if fnmatchcase(name, glob)), "")


def matches(name: str, globs: Iterable[str]) -> bool:
    """Whether a name matches one of several globs, with regard to case."""
    return any(fnmatchcase(name, glob) for glob in globs)
