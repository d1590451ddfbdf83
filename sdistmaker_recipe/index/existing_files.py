"""The distributions that are in the index already, and what the index's own pages say of them.

Another tool, or anybody, may have filled the index. So no name and no page is trusted.
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
from sdistmaker_recipe.index.layout import is_wheel, sdist_suffix
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.index.simple_api import BUILT_BY, LACKS_CODE
from sdistmaker_recipe.model import ARCHIVE_SUFFIXES
from sdistmaker_recipe.names import canonicalize_name

_DISTRIBUTION = re.compile(rf".*\.(?:{'|'.join(map(re.escape, ARCHIVE_SUFFIXES))})", re.IGNORECASE)
"""The file names of distributions, sdists and others, of today and of old tools."""
_MAX_PAGE_SIZE = 64 << 20


class IndexPath(NamedTuple):
    """The path of a file in the index: its folder, "" for the root, and its name.

    ``problem`` says why the file cannot be taken over, "" if it can.
    """

    folder: str
    filename: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.folder}/{self.filename}" if self.folder else self.filename


class ListedFile(NamedTuple):
    """A file as a project's ``index.json`` lists it (PEP 691 and 700); the fields are as in ``Release``."""

    sha256: str
    upload_time: datetime | None
    yanked: str | None
    python: str = ""
    lacks_code: bool = False


ListedFiles: TypeAlias = Mapping[str, ListedFile]
"""The files that a project's ``index.json`` lists, by name."""


def find_distributions(index: Path) -> list[IndexPath]:
    """All distributions in the root and in the folders of projects; other folders are not looked at.

    If several files are of one release, the one with the best name and folder comes first. Raises
    ``StoreError``.
    """
    return sorted(_distributions(index), key=_rank)


def file_names(folder: Path) -> list[str]:
    """The sorted names of the files in a folder, none if there is no such folder. Raises ``StoreError``."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if not entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreError.of(error, folder) from error


def read_index_json(path: Path) -> ListedFiles:
    """The files in an ``index.json`` (PEP 691 and 700), none if it is missing or malformed."""
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as content:
            page: Any = json.loads(content.read(_MAX_PAGE_SIZE))
        return {file["filename"]: _listed_file(file) for file in page["files"]}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _listed_file(file: Mapping[str, Any]) -> ListedFile:
    yanked = file.get("yanked", False)
    reason = yanked if isinstance(yanked, str) else ""
    return ListedFile(
        sha256=str(file["hashes"]["sha256"]),
        upload_time=_time(file.get("upload-time")),
        yanked=reason if yanked else None,
        python=one_line(str(file.get(BUILT_BY, "")), 100),
        lacks_code=file.get(LACKS_CODE) is True,
    )


def _time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else None


def _distributions(index: Path) -> Iterator[IndexPath]:
    for name in file_names(index):
        if sdist_suffix(name) and not name.startswith("."):
            yield IndexPath("", name, "it is in the root, not in the folder of a project")
    for folder in _folders(index):
        for name in file_names(index / folder):
            if not name.startswith(".") and _DISTRIBUTION.fullmatch(name):
                yield IndexPath(folder, name, _problem(index / folder, name))


def _folders(index: Path) -> list[str]:
    try:
        with os.scandir(index) as entries:
            return sorted(entry.name for entry in entries if _is_folder(entry))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError.of(error, index) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether this is a folder, or a link to one, that may hold distributions."""
    try:
        return entry.is_dir() and not entry.name.startswith(".")
    except OSError:
        # A link to itself, or to a place that we may not read.
        return False


def _problem(folder: Path, name: str) -> str:
    if not sdist_suffix(name) and not is_wheel(name):
        return "it is not a source distribution (.tar.gz, .tgz or .zip) or a wheel (.whl)"
    if folder.is_symlink() or (folder / name).is_symlink():
        return "it is a symbolic link, which web servers do not follow"
    if not (folder / name).is_file():
        return "it is not a file"
    return "" if _is_text(f"{folder.name}{name}") else "its name is not UTF-8"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _rank(path: IndexPath) -> tuple[bool, bool, bool, bool, str, int, str]:
    """Of several files of a release the first is taken over: best one in the normalised project's folder.

    A wheel is taken over with the sdist of its release, so all wheels come last.
    """
    folder, filename = canonicalize_name(path.folder), path.filename
    return (
        is_wheel(filename),
        not canonicalize_name(filename).startswith(f"{folder}-"),
        folder != path.folder,
        sdist_suffix(filename) != ".tar.gz",
        path.folder,
        len(filename),
        filename,
    )
