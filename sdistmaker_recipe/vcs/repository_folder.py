"""The repositories below a folder of this machine, each by its path from there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

_MOST_LEVELS = 32

Found = TypeVar("Found")


def repositories_below(
    folder: Path,
    repository_of: Callable[[str], Found | None],
    ignored: Sequence[str] = (),
    suffix: str = "",
) -> dict[str, Found]:
    """What ``repository_of`` gives for folders with a repository, by project path, sorted by it.

    ``repository_of`` gives None for other folders: those below are looked at then, except folders whose names
    match a glob of ``ignored``. The project path is that of the folder, without the suffix. If two folders
    have the same, the one without the suffix counts. Symbolic links to repositories are followed, others not.
    Folders that cannot be read are passed over.
    """
    found: dict[str, Found] = {}
    for path, repository in _walk(os.fspath(folder), "", repository_of, ignored, 0):
        project = path.removesuffix(suffix) if suffix else path
        if project == path or project not in found:
            found[project] = repository
    return dict(sorted(found.items()))


def _walk(
    folder: str,
    path: str,
    repository_of: Callable[[str], Found | None],
    ignored: Sequence[str],
    level: int,
) -> Iterator[tuple[str, Found]]:
    if (repository := repository_of(folder)) is not None:
        yield path, repository
        return
    try:
        with os.scandir(folder) as entries:
            inner = [(entry.name, entry.path, entry.is_symlink()) for entry in entries if entry.is_dir()]
    except OSError:
        return
    for name, inner_folder, is_link in sorted(inner):
        if any(fnmatchcase(name, glob) for glob in ignored) or not _is_text(name):
            continue
        inner_path = f"{path}/{name}" if path else name
        if is_link:
            if (repository := repository_of(inner_folder)) is not None:
                yield inner_path, repository
        elif level < _MOST_LEVELS:
            yield from _walk(inner_folder, inner_path, repository_of, ignored, level + 1)


def _is_text(name: str) -> bool:
    """Whether a name can be part of a URL and of the catalog."""
    return not any("\ud800" <= character <= "\udfff" for character in name) and name.isprintable()
