"""Patterns of the option layout: the paths of tags, as folder names with placeholders. Pure.

A pattern is a path of segments, each for one folder: a name, ``{project}``, ``{tag}``, ``*``, or a name with
these in it, such as ``{project}-{tag}``. Two segments stand for folders at any depth:

* ``{project}`` before a name, and behind nothing or only names: a folder at any depth that holds ``trunk``.
* ``**`` before ``{project}`` and a name: a folder at any depth that holds a folder of that name.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

PROJECT, TAG, ANY, DEEP = "{project}", "{tag}", "*", "**"
VARIABLES = re.compile(r"(\{project\}|\{tag\}|\*)")
"""What stands for a part of a folder's name."""
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")

Kind: TypeAlias = Literal["name", "match", "project with trunk", "project at any depth"]


class Segment(NamedTuple):
    """A part of a pattern: a ``name``, a ``match`` of one folder's name, or a project at any depth."""

    text: str
    kind: Kind

    @property
    def has_project(self) -> bool:
        """Whether it says what the project is."""
        return PROJECT in self.text

    @property
    def has_tag(self) -> bool:
        """Whether it says what the tag is."""
        return TAG in self.text


class Pattern(NamedTuple):
    """A pattern of the option layout."""

    segments: tuple[Segment, ...]
    text: str

    @property
    def has_project(self) -> bool:
        """Whether it says what the project is; otherwise the URL is the project."""
        return any(segment.has_project for segment in self.segments)

    def __str__(self) -> str:
        return self.text


def parse(written: str) -> Pattern:
    """The pattern that is written; raises ``ValueError`` that names it and what is wrong."""
    text = written.strip("/")
    if unknown := [name for name in _PLACEHOLDER.findall(text) if name not in (PROJECT, TAG)]:
        raise ValueError(f"{written!r} has {unknown[0]}, but only {PROJECT} and {TAG} stand for something")
    if {"{", "}"} & {*_PLACEHOLDER.sub("", text)}:
        raise ValueError(f"{written!r} has a brace without the other")
    if text.count(TAG) != 1:
        raise ValueError(f"{written!r} must contain {TAG} once")
    if text.count(PROJECT) > 1:
        raise ValueError(f"{written!r} contains {PROJECT} more than once")
    parts = text.split("/")
    if "://" in text or {"", ".", ".."} & {*parts}:
        raise ValueError(f"{written!r} is not a path of folders below the repository's URL")
    if re.search(r"[*}]\{|\}\*|[^/]\*\*|\*\*[^/]", text):
        raise ValueError(f"{written!r} has placeholders without a text between them")
    if any(part != DEEP and part.count(ANY) + part.count("{") > 2 for part in parts):
        raise ValueError(f"{written!r} has more than two placeholders in the name of one folder")
    return Pattern(tuple(_segments(parts, written)), text)


def _segments(parts: list[str], written: str) -> list[Segment]:
    segments: list[Segment] = []
    for number, part in enumerate(parts):
        before, after = parts[:number], [*parts[number + 1 :], "", ""]
        is_folder_of_project = part == PROJECT and _is_name(after[0])
        if part == DEEP:
            if after[0] != PROJECT or not _is_name(after[1]):
                raise ValueError(f"{written!r} has {DEEP} elsewhere than before {PROJECT} and a name")
        elif is_folder_of_project and before[-1:] == [DEEP]:
            segments.append(Segment(part, "project at any depth"))
        elif is_folder_of_project and all(map(_is_name, before)):
            segments.append(Segment(part, "project with trunk"))
        else:
            segments.append(Segment(part, "name" if _is_name(part) else "match"))
    return segments


def _is_name(part: str) -> bool:
    return bool(part) and ANY not in part and "{" not in part
