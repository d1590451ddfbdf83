"""The errors that end a run, each with its exit status.

::

    SdistmakerError
    |-- ConfigurationError    2  options are wrong; holds every problem
    |-- RepositoryError       3  the repository gave no answer, or refused one
    |   |-- PathNotFoundError    the path does not exist in that revision
    |   `-- ExternalRefusedError the option externals does not follow an external
    |-- StoreError            3  the disk, the index or the catalog failed
    |   `-- CatalogDamagedError  the file of the catalog is damaged
    |-- ToolchainError        3  a program that builds need is missing (uv, an interpreter)
    |-- ClusterError          3  the cluster that builds does not answer, or none of its workers can build
    `-- LockHeldError         4  another run works on the same destination

A tag that does not build ends no run. It is a value, ``model.Failed``. Inside the toolchain, ``BuildError``
carries the reason to the stage that makes this value.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class SdistmakerError(Exception):
    """The run cannot go on.

    ``message`` says what is wrong, ``hint`` what the user can do about it ("" for no hint).
    """

    exit_status = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class Problem(NamedTuple):
    """One wrong option: the place and name it was written under, its value, and what is wrong with it.

    A ``value`` of None is not shown.
    """

    source: str
    option: str
    value: object
    message: str

    def __str__(self) -> str:
        value = "" if self.value is None else f" = {self.value!r}"
        return f"{self.source}: {self.option}{value}: {self.message}"


class ConfigurationError(SdistmakerError):
    """Options are wrong; ``problems`` lists every problem."""

    exit_status = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ConfigurationError], tuple[object, ...]]:
        return type(self), (self.problems,)


class RepositoryError(SdistmakerError):
    """A repository gave no answer, or refused one; the message names the URL.

    ``is_transient`` says that the same question may succeed in a moment, for instance when the server
    restarts; ``is_forbidden`` that the server does not let us read this path.
    """

    def __init__(
        self, url: str, reason: str, hint: str = "", *, is_transient: bool = False, is_forbidden: bool = False
    ) -> None:
        super().__init__(f"{url}: {reason}", hint)
        self.url = url
        self.reason = reason
        self.is_transient = is_transient
        self.is_forbidden = is_forbidden

    def __reduce__(self) -> tuple[type[RepositoryError], tuple[object, ...], dict[str, object]]:
        return type(self), (self.url, self.reason, self.hint), vars(self)


class PathNotFoundError(RepositoryError):
    """The path does not exist in the revision asked for."""


class ExternalRefusedError(RepositoryError):
    """A tag has an external that leads to a place that the option externals does not follow."""


class StoreError(SdistmakerError):
    """The index, the catalog or the disk below them failed.

    ``is_transient`` says that the same may succeed in a moment: another process has the catalog locked.
    """

    def __init__(self, message: str, hint: str = "", *, is_transient: bool = False) -> None:
        super().__init__(message, hint)
        self.is_transient = is_transient

    @staticmethod
    def of(error: OSError, path: Path | str) -> StoreError:
        """The error for what the file system refused, at ``path`` unless the error names a file itself."""
        place = os.fsdecode(error.filename or path)
        return StoreError(f"{place}: {error.strerror or error}", _disk_hint(error, Path(place)))


SAME_ACCOUNT = "Run everything that writes to one index as the same account, the owner of all its files."
_OTHER_PLACE = "choose a folder on a disk (for the index: the option destination)"
_DISK_HINTS = {
    errno.EDQUOT: f"The disk quota of this account is used up. Make room, or {_OTHER_PLACE}.",
    errno.ENOTDIR: "Something in this path is a file where a folder is needed. Move it away, or correct the "
    "path.",
    errno.ENAMETOOLONG: "Use a shorter path.",
    errno.ELOOP: "The symbolic links in this path lead in a circle. Correct them, or the path.",
    errno.EIO: "The disk reports an error. Look at the log of the system (dmesg), and check the disk.",
}
_NO_DISKS = (Path("/proc"), Path("/sys"))
"""File systems of the kernel, in which nothing can be stored."""


def _disk_hint(error: OSError, place: Path) -> str:
    """What to do about an error of the file system at a place."""
    for folder in _NO_DISKS:
        if folder in place.parents:
            return f"{folder} belongs to the kernel, and nothing can be stored there: {_OTHER_PLACE}."
    if not isinstance(error, PermissionError):
        return _DISK_HINTS.get(error.errno or 0, "")
    if os.path.lexists(place):
        return SAME_ACCOUNT
    # Up to Python 3.13 pathlib raises an error for what may not be looked at.
    there = next(folder for folder in (*place.parents, Path("/")) if os.access(folder, os.F_OK))
    if not os.access(there, os.X_OK):
        return f"This account may not look into {there}: give it the right, or {_OTHER_PLACE}. {SAME_ACCOUNT}"
    missing = there / place.relative_to(there).parts[0] if there in place.parents else place
    return (
        f"This account may not create anything in {there}. Either make the folder for it: "
        f"sudo install -d -o ACCOUNT {missing}; or {_OTHER_PLACE}. {SAME_ACCOUNT}"
    )


class CatalogDamagedError(StoreError):
    """The file of the catalog can be read but is damaged; a new catalog can be made."""


class ToolchainError(SdistmakerError):
    """A program that builds need is missing or broken, so no tag can be built."""


class ClusterError(SdistmakerError):
    """The cluster that builds does not answer, or none of its workers can build."""


class LockHeldError(SdistmakerError):
    """Another run works on the same destination."""

    exit_status = 4


class BuildError(Exception):
    """One tag does not build: ``reason`` is one sentence, ``log`` what the build printed.

    ``is_permanent`` is false if another try may succeed although nothing changed, as after a lost network.
    ``names`` are the project names in metadata that was read before the build failed.
    """

    def __init__(
        self, reason: str, log: str = "", *, is_permanent: bool = True, names: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reason, log)
        self.reason = reason
        self.log = log
        self.is_permanent = is_permanent
        self.names = names

    def __str__(self) -> str:
        return self.reason
