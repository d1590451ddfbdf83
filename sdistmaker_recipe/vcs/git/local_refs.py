"""The tags of a repository on this machine, read from its files: thousands of repositories need no process.

The format is that of gitrepository-layout(5) and git-pack-refs(1). A repository that keeps its refs in
another format (reftable) is left to git.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

_TAGS = "refs/tags/"
_SYMBOLIC = "ref: "
_MOST_STEPS = 5
"""git follows a symbolic ref so many times."""
_NO_NAME = re.compile(r"/\.|\.\.|@\{|[\x00-\x20~^:?*\[\\\x7f]|\.$")
"""What no name of a ref has (git-check-ref-format(1)): such a file was left by something else than git."""
_VERSION = re.compile(r"^\s*repositoryformatversion\s*=\s*(\d{1,9})\s*$", re.MULTILINE | re.IGNORECASE)
_NEWEST_VERSION = 1
_EXTENSIONS = re.compile(r"^\s*\[extensions\]([^\[]*)", re.MULTILINE | re.IGNORECASE)
_NAMES = re.compile(r"^\s*([a-z][a-z0-9-]*)", re.MULTILINE | re.IGNORECASE)
_KNOWN_EXTENSIONS = frozenset(
    (
        "compatobjectformat",
        "noop",
        "noop-v1",
        "objectformat",
        "partialclone",
        "preciousobjects",
        "refstorage",
        "relativeworktrees",
        "submodulepathconfig",
        "worktreeconfig",
    )
)
"""Those of repository-version in git's documentation; none changes where loose and packed refs are."""
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def is_readable(git_folder: str) -> bool:
    """Whether the refs are kept in files that this module reads."""
    return not os.path.isdir(os.path.join(git_folder, "reftable"))


def check_format(git_folder: str) -> None:
    """Raise ``ValueError`` if a repository's format is newer than what this module was written for."""
    try:
        with open(os.path.join(git_folder, "config"), encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except FileNotFoundError:
        return
    version = _VERSION.search(text)
    if version and int(version[1]) > _NEWEST_VERSION:
        raise ValueError(f"its format has the version {version[1]}, which is not known")
    for section in _EXTENSIONS.findall(text) if version and int(version[1]) else ():
        if unknown := {name.lower() for name in _NAMES.findall(section)} - _KNOWN_EXTENSIONS:
            raise ValueError(f"it needs the extension {min(unknown)}, which is not known")


def read_tags(git_folder: str) -> dict[str, str]:
    """The id of each tag's object, by the tag's name.

    Names that are no text are left out. Loose refs are read first: while git packs refs, a ref is in one of
    the two places at least, and first in the packed one. Raises ``OSError`` if a file cannot be read, and
    ``ValueError`` if it is damaged: no tag is deleted then.
    """
    loose = dict(_loose(os.path.join(git_folder, "refs", "tags"), _TAGS))
    packed = dict(_packed(git_folder))
    tags = {name: value for name, value in packed.items() if name.startswith(_TAGS)}
    for name, value in loose.items():
        if not value.startswith(_SYMBOLIC) and not _ID.fullmatch(value) and not _NO_NAME.search(name):
            raise ValueError(f"the file {name} holds no id")
        identifier = _followed(git_folder, value, packed)
        if identifier:
            tags[name] = identifier
    return {name[len(_TAGS) :]: identifier for name, identifier in tags.items() if _is_text(name)}


def _loose(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.path, entry.is_dir()) for entry in entries]
    except FileNotFoundError:
        return
    for name, path, is_folder in found:
        if is_folder:
            yield from _loose(path, f"{prefix}{name}/")
        elif not name.endswith(".lock") and ((value := _first_line(path)) or os.path.lexists(path)):
            yield f"{prefix}{name}", value


def _packed(git_folder: str) -> Iterator[tuple[str, str]]:
    try:
        with open(
            os.path.join(git_folder, "packed-refs"), encoding="utf-8", errors="surrogateescape", newline="\n"
        ) as file:
            for line in file:
                identifier, _space, name = line.rstrip("\n").partition(" ")
                if name and _ID.fullmatch(identifier):
                    yield name, identifier
                elif line.strip() and not line.startswith(("#", "^")):
                    raise ValueError("the file packed-refs has a line that is no ref")
    except FileNotFoundError:
        return


def _followed(git_folder: str, value: str, packed: dict[str, str]) -> str:
    """The id that a loose ref leads to; "" if it leads nowhere."""
    for _step in range(_MOST_STEPS):
        if not value.startswith(_SYMBOLIC):
            break
        target = value.removeprefix(_SYMBOLIC).strip()
        if not target.startswith("refs/") or ".." in target:
            return ""
        value = _first_line(os.path.join(git_folder, target)) or packed.get(target, "")
    return value if _ID.fullmatch(value) else ""


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline(4096).rstrip()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
