"""The repositories below a folder of this machine, each by its path from there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.tag_filter import TagFilter

_MOST_LEVELS = 32
_GONE = (errno.ENOENT, errno.ENOTDIR)
_NO_REPOSITORY = ("lost+found",)
"""Folders that nobody but the administrator may read, and that hold no repository."""

Found = TypeVar("Found")


def repositories_below(
    folder: Path,
    repository_of: Callable[[str], Found | None],
    ignored: Sequence[str] = (),
    suffix: str = "",
    marks: Set[str] = frozenset(),
    damaged: Callable[[str, str], Found] | None = None,
) -> dict[str, Found]:
    """What ``repository_of`` gives for folders with a repository, by project path, sorted by it.

    ``repository_of`` gives None for other folders: those below are looked at then, except folders whose names
    match a glob of ``ignored``. The project path is that of the folder, without the suffix. If two folders
    have the same, the one without the suffix counts. Symbolic links to repositories are followed, others not.
    ``damaged`` is given each folder below that cannot be read, or that has two of the names ``marks`` and is
    no repository, with the reason; what it gives counts where no repository has the same project path.
    Without it such folders are passed over.
    """
    found: dict[str, Found] = {}
    broken: dict[str, str] = {}
    for path, repository in _walk(os.fspath(folder), "", repository_of, ignored, 0, marks, broken):
        project = path.removesuffix(suffix) if suffix else path
        if project == path or project not in found:
            found[project] = repository
    for path, reason in broken.items() if damaged else ():
        project = path.removesuffix("/.git").removesuffix(suffix)
        if damaged and project not in found:
            found[project] = damaged(str(folder / path), reason)
    return dict(sorted(found.items()))


def unreadable_of(
    errors: Mapping[str, RepositoryError], tag_filter: TagFilter
) -> tuple[tuple[str, str], ...]:
    """For ``ScanResult.unreadable``: the repositories that could not be read and that the options want."""
    return tuple(
        (path, f"{error.reason}. {error.hint}".strip())
        for path, error in sorted(errors.items())
        if not tag_filter.ignores_path(path) and (tag_filter.subdirectories or tag_filter.wants_project(path))
    )


def _walk(
    folder: str,
    path: str,
    repository_of: Callable[[str], Found | None],
    ignored: Sequence[str],
    level: int,
    marks: Set[str],
    broken: dict[str, str],
) -> Iterator[tuple[str, Found]]:
    if (repository := repository_of(folder)) is not None:
        yield path, repository
        return
    try:
        with os.scandir(folder) as entries:
            there = list(entries)
        inner = [(entry.name, entry.path, entry.is_symlink()) for entry in there if entry.is_dir()]
    except OSError as error:
        if path and error.errno not in _GONE and path not in _NO_REPOSITORY:
            broken[path] = f"{folder}: {error.strerror}"
        return
    names = {entry.name for entry in there} if marks else set()
    if path and len(marks & names) > 1:
        missing = sorted(marks - names) or ["folder of objects or refs"]
        broken[path] = f"{folder} is damaged: it has no {' and no '.join(missing)}"
        return
    for name, inner_folder, is_link in sorted(inner):
        if any(fnmatchcase(name, glob) for glob in ignored) or not _is_text(name):
            continue
        inner_path = f"{path}/{name}" if path else name
        if is_link:
            if (repository := repository_of(inner_folder)) is not None:
                yield inner_path, repository
        elif level < _MOST_LEVELS:
            yield from _walk(inner_folder, inner_path, repository_of, ignored, level + 1, marks, broken)


def _is_text(name: str) -> bool:
    """Whether a name can be part of a URL and of the catalog."""
    return not any("\ud800" <= character <= "\udfff" for character in name) and name.isprintable()
