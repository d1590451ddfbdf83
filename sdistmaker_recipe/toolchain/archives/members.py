"""The members of a source distribution: in one top folder (PEP 625), with no path or link out of it."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from sdistmaker_recipe.errors import BuildError

Members = Mapping[str, tarfile.TarInfo]
"""The members of an archive by their paths below its top folder; the last one of each path."""


class Sdist(NamedTuple):
    """The members of a source distribution, and a function that opens the content of a regular file of them.

    They are those of an archive, or of a list of files.
    """

    members: Members
    open_file: Callable[[tarfile.TarInfo], IO[bytes]]

    def file_names(self) -> list[str]:
        """The paths of all files below the top folder, sorted."""
        return sorted(path for path, member in self.members.items() if not member.isdir())


def path_parts(name: str) -> list[str]:
    """The parts of a path in an archive, without empty ones and dots."""
    return [part for part in name.split("/") if part not in ("", ".")]


def too_many_members(limit: int) -> BuildError:
    """The error for an archive with more members than this."""
    return BuildError(f"The archive has more than {limit} members.")


def several_top_folders() -> BuildError:
    """The error for an archive that is not one folder, as PEP 625 requires."""
    return BuildError("The archive holds more than one folder.")


def read_members(archive: Iterable[tarfile.TarInfo], max_members: int) -> Members:
    """The members of an open archive, or of a list; raises ``BuildError``."""
    members: dict[str, tarfile.TarInfo] = {}
    top_names: set[str] = set()
    for number, member in enumerate(archive):
        if number >= max_members:
            raise too_many_members(max_members)
        path = _path_below_top(member.name)
        # A file outside of any folder stays in members, so that it is not taken for the top folder.
        if path or path not in members or members[path].isdir():
            members[path] = member
        top_names.update(path_parts(member.name)[:1])
    if len(top_names) > 1 and all(member.isdir() for path, member in members.items() if not path):
        raise several_top_folders()
    return members


def _path_below_top(name: str) -> str:
    """The path without its first part, the top folder; "" for the top folder itself."""
    parts = path_parts(name)
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise BuildError(f"The archive holds {name[:80]!r}, a path that leads out of it.")
    return "/".join(parts[1:])


def resolve_hard_link(member: tarfile.TarInfo, members: Members) -> tarfile.TarInfo:
    """The file that a hard link refers to; any other member is returned as it is. Raises ``BuildError``."""
    for _ in range(len(members)):
        if not member.islnk():
            return member
        target = _path_below_top(member.linkname)
        if target not in members:
            break
        member = members[target]
    raise BuildError(f"The archive holds {member.name[:80]!r}, a link to nothing.")


def normalized_header(member: tarfile.TarInfo, path: str, members: Members) -> tarfile.TarInfo:
    """A header with nothing but the kind, the size, the link's target, and the mode 0644 or 0755.

    Raises ``BuildError`` if the member is neither a file, a folder, nor a link that stays inside.
    """
    header = tarfile.TarInfo()
    is_executable = member.isdir() or member.mode & 0o100
    header.mode = 0o755 if is_executable else 0o644
    if member.isdir():
        header.type = tarfile.DIRTYPE
    elif member.isreg() and path:
        header.size = member.size
    elif member.issym() and path and _stays_inside(path, member.linkname, members):
        header.type, header.linkname, header.mode = tarfile.SYMTYPE, member.linkname, 0o777
    else:
        raise BuildError(f"The archive holds {member.name[:80]!r}, neither a file nor a folder in it.")
    return header


def _stays_inside(path: str, target: str, members: Members) -> bool:
    """Whether a symbolic link at path leads to a place in the archive, and not by way of another link."""
    if target.startswith("/") or "\0" in target:
        return False
    folder = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(target).parts:
        if (member := members.get("/".join(folder))) is not None and member.issym():
            return False
        if part != "..":
            folder.append(part)
        elif folder:
            folder.pop()
        else:
            return False
    return True
