"""Put tags of one project, and toolchains, together of which the same is to be said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from sdistmaker_recipe.index.safe_text import without_names
from sdistmaker_recipe.model import Attempt, Tag
from sdistmaker_recipe.names import version_key

Item = TypeVar("Item")

_MOST_NAMES = 3
"""As many tags are all named; of more, the first and the last."""
_MANY_PROJECTS = 6
"""From so many projects on, what is the same for them is said once."""
_MOST_PROJECTS = 10
"""So many of these projects are named."""


def label(tag: Tag) -> str:
    """The tag as people know it: the name of its project and its own name."""
    return f"{tag.project} {tag.name}"


def group_label(tags: Sequence[Tag]) -> str:
    """One or more tags of a project, such as ``acme: 20 tags (1.1 … 1.20)``; they are in order."""
    if len(tags) == 1:
        return label(tags[0])
    return f"{tags[0].project}: {len(tags)} tags ({tag_names(tags)})"


def tag_names(tags: Sequence[Tag]) -> str:
    """The names of tags, such as ``1.1, 1.2``; of many, the first and the last: ``1.1 … 1.20``."""
    names = [tag.name for tag in tags]
    return ", ".join(names) if len(names) <= _MOST_NAMES else f"{names[0]} … {names[-1]}"


def group_equal(
    items: Iterable[Item], tag_of: Callable[[Item], Tag], text_of: Callable[[Item], str]
) -> list[list[Item]]:
    """The items in groups: those of one project with the same text, by version.

    Texts that differ only in the name, version, URL or revision of their tag are the same. Groups are in the
    order of their first items.
    """
    groups: dict[tuple[str, str, str], list[Item]] = {}
    for item in items:
        groups.setdefault(group_key(tag_of(item), text_of(item)), []).append(item)
    return [_by_version(group, tag_of) for group in groups.values()]


def group_key(tag: Tag, text: str) -> tuple[str, str, str]:
    """The same key for all tags that belong to one group."""
    return tag.repository, tag.project_path, _without_tag(text, tag)


def group_projects(
    groups: Iterable[list[Item]], tag_of: Callable[[Item], Tag], text_of: Callable[[Item], str]
) -> list[list[list[Item]]]:
    """The groups of ``group_equal``, those of many projects with the same text together.

    Texts that differ only in the name of their project are the same. If a text is that of few projects, each
    of them is alone.
    """
    together: dict[str, list[list[Item]]] = {}
    for group in groups:
        tag = tag_of(group[-1])
        text = _without_name(_without_tag(text_of(group[-1]), tag), tag.project, "PROJECT")
        together.setdefault(text, []).append(group)
    return [
        part
        for same in together.values()
        for part in ([same] if len(same) >= _MANY_PROJECTS else [[group] for group in same])
    ]


def projects_label(groups: Sequence[Sequence[Tag]]) -> str:
    """Tags of several projects, such as ``20 tags of 7 projects (acme.greeting, acme.ledger, ...)``."""
    names = [tags[0].project for tags in groups]
    more = f" and {len(names) - _MOST_PROJECTS} more" if len(names) > _MOST_PROJECTS else ""
    return (
        f"{sum(map(len, groups))} tags of {len(names)} projects ({', '.join(names[:_MOST_PROJECTS])}{more})"
    )


def group_attempts(attempts: Iterable[Attempt]) -> dict[str, str]:
    """The names of the toolchains that failed for each reason, such as ``setuptools 81, python3.12``."""
    groups: dict[str, list[str]] = {}
    for attempt in attempts:
        groups.setdefault(attempt.reason, []).append(attempt.toolchain)
    return {reason: ", ".join(toolchains) for reason, toolchains in groups.items()}


def _by_version(group: list[Item], tag_of: Callable[[Item], Tag]) -> list[Item]:
    # Names are compared only where there are several: to do so is a slow import.
    return sorted(group, key=lambda item: version_key(tag_of(item).version)) if len(group) > 1 else group


def _without_tag(text: str, tag: Tag) -> str:
    """The text without what says which tag of the project it is about."""
    return without_names(text.replace(tag.url, "TAG"), (tag.name, tag.version))


def _without_name(text: str, name: str, placeholder: str) -> str:
    """The text without the name of a project, in any case and with any of the characters ``-_.``."""
    pattern = "[-_.]+".join(map(re.escape, re.split("[-_.]+", name)))
    return re.sub(rf"(?<![\w.-]){pattern}(?![\w-])", placeholder, text, flags=re.IGNORECASE)
