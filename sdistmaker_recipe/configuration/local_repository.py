"""Which version control system keeps the repositories at a path of this machine, as the disk shows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_MOST_FOLDERS = 2000
"""So many folders are looked at, at most, to see whether there is a repository below a path."""


def system_at(path: Path) -> str:
    """The system of the repository at the path, or of the nearest below it: "git", "hg", or "" for none."""
    for folder in _folders(path):
        if is_git_repository(folder):
            return "git"
        if is_mercurial_repository(folder):
            return "hg"
    return ""


def system_of_tag(path: Path) -> str:
    """The system of the repository that the path of a tag, REPOSITORY/tags/NAME, leads into; "" for none."""
    if "tags" not in path.parts or is_folder(path):
        return ""
    for folder in path.parents:
        if is_git_repository(folder) or is_git_repository(f"{folder}.git"):
            return "git"
        if is_mercurial_repository(folder):
            return "hg"
        if is_folder(folder / "db") and os.access(folder / "format", os.F_OK):  # one of Subversion
            return ""
    return ""


def is_folder(path: Path) -> bool:
    """Whether a folder is there, and this account may see it: up to Python 3.13 pathlib raises an error."""
    return os.path.isdir(path)


def is_mercurial_repository(folder: Path | str) -> bool:
    """Whether a repository of Mercurial is in the folder, with or without a working copy."""
    return os.path.isdir(os.path.join(folder, ".hg"))


def is_git_repository(folder: Path | str) -> bool:
    """Whether a bare repository or a working copy of git is in the folder (gitrepository-layout(5))."""
    return git_folder_of(folder) is not None


def git_folder_of(folder: Path | str) -> str | None:
    """The folder with the refs and objects of the repository in ``folder``; None if there is none.

    The file ``.git`` of a working copy may name a folder elsewhere, and this one the folder that several
    working copies share.
    """
    if _is_git_folder(folder):
        return os.fspath(folder)
    inner = os.path.join(folder, ".git")
    if _is_git_folder(inner):
        return inner
    if (named := _read(inner)).startswith("gitdir: "):
        inner = os.path.join(folder, named.removeprefix("gitdir: "))
        if shared := _read(os.path.join(inner, "commondir")):
            inner = os.path.join(inner, shared)
        if _is_git_folder(inner):
            return os.path.normpath(inner)
    return None


def main_folder_of(folder: Path | str, git_folder: str) -> str:
    """The folder that users call the repository: the main working copy, or ``git_folder`` if it is bare.

    ``git_folder`` is the one of the repository in ``folder``.
    """
    above, name = os.path.split(os.path.normpath(git_folder))
    if name == ".git":
        return above
    named = _read(os.path.join(folder, ".git")).removeprefix("gitdir: ")
    is_separate = bool(named) and os.path.normpath(os.path.join(folder, named)) == git_folder
    return os.fspath(folder) if is_separate else git_folder


def _is_git_folder(folder: Path | str) -> bool:
    # os.path is several times as fast as pathlib, and there may be thousands of repositories.
    return (
        os.path.isdir(os.path.join(folder, "objects"))
        and os.path.isdir(os.path.join(folder, "refs"))
        and os.path.lexists(os.path.join(folder, "HEAD"))
    )


def _read(file: str) -> str:
    """The one line of a small file; "" if it cannot be read."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            return opened.read(4096).strip()
    except OSError:
        return ""


def _folders(path: Path) -> Iterator[str]:
    """The folder at the path and those below it, the nearest first, up to a limit."""
    waiting = [os.fspath(path)]
    for number, folder in enumerate(waiting):
        if number >= _MOST_FOLDERS:
            return
        yield folder
        try:
            with os.scandir(folder) as entries:
                waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue
