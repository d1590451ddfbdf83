"""What is in the index's folders, whoever put it there, and what our own pages said of it.

An index that somebody else filled holds anything; so nothing here trusts a name or a page.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index.layout import archive_suffix
from sdistmaker_recipe.names import canonicalize_name

_OTHERS = re.compile(
    r".*\.(?:whl|egg|exe|msi|rpm|deb|dmg|tbz|tbz2|txz|tlz|tar(?:\.(?:bz2|xz|lz|lzma|Z|zst))?)", re.IGNORECASE
)
"""What other distributions of Python projects are, or were, called."""
_LARGEST = 64 << 20


class Place(NamedTuple):
    """A file of the index: its folder, "" for the root, and its name; ``problem``: why it cannot be ours."""

    folder: str
    filename: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.folder}/{self.filename}" if self.folder else self.filename


class ListedFile(NamedTuple):
    """What a project's ``index.json`` says of a file; see ``model.Release``."""

    sha256: str
    upload_time: datetime | None
    yanked: str | None


Listing: TypeAlias = Mapping[str, ListedFile]
"""The files that a project's ``index.json`` names, by name."""


def distributions(index: Path) -> list[Place]:
    """All distributions of projects by their name, those first that are where we would put them.

    Folders inside a project's folder are not looked at. Raises ``StoreError``.
    """
    return sorted(_distributions(index), key=_rank)


def files_of(folder: Path) -> list[str]:
    """The names of the files in a folder, sorted; none where it is no folder. Raises ``StoreError``."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if not entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreError.of(error, folder) from error


def read_listing(path: Path) -> Listing:
    """What an ``index.json`` says (PEP 691 and 700); of one that is missing or malformed, nothing."""
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            page: Any = json.loads(file.read(_LARGEST))
        return {each["filename"]: _listed(each) for each in page["files"]}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _listed(entry: Mapping[str, Any]) -> ListedFile:
    yanked = entry.get("yanked", False)
    reason = yanked if isinstance(yanked, str) else ""
    return ListedFile(
        sha256=str(entry["hashes"]["sha256"]),
        upload_time=_time(entry.get("upload-time")),
        yanked=reason if yanked else None,
    )


def _time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else None


def _distributions(index: Path) -> Iterator[Place]:
    for name in files_of(index):
        if archive_suffix(name) and not name.startswith("."):
            yield Place("", name, "it lies in the root, not in the folder of a project")
    for folder in _folders(index):
        for name in files_of(index / folder):
            if not name.startswith(".") and (archive_suffix(name) or _OTHERS.fullmatch(name)):
                yield Place(folder, name, _problem(index / folder, name))


def _folders(index: Path) -> list[str]:
    try:
        with os.scandir(index) as entries:
            return sorted(each.name for each in entries if _is_folder(each))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError.of(error, index) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether that is a folder to look into, or a link to one."""
    try:
        return entry.is_dir() and not entry.name.startswith(".")
    except OSError:
        # A link to itself, or to where we may not look.
        return False


def _problem(folder: Path, name: str) -> str:
    if not archive_suffix(name):
        return "it is no source distribution in a .tar.gz, .tgz or .zip file"
    if folder.is_symlink() or (folder / name).is_symlink():
        return "it is a symbolic link, which web servers do not follow"
    if not (folder / name).is_file():
        return "it is no file"
    return "" if _is_text(f"{folder.name}{name}") else "its name is no text in UTF-8"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _rank(place: Place) -> tuple[bool, bool, bool, str, int, str]:
    """Of several files of a release the first is taken: in its project's folder, in the normalised one."""
    folder, filename = canonicalize_name(place.folder), place.filename
    return (
        not canonicalize_name(filename).startswith(f"{folder}-"),
        folder != place.folder,
        archive_suffix(filename) != ".tar.gz",
        place.folder,
        len(filename),
        filename,
    )
