"""Errors that reach a door, each with the exit status it stands for.

::

    SdistmakerError
    |-- ConfigurationError    2  some options are wrong; carries every problem
    |-- RepositoryError       3  the repository did not answer as it should
    |   `-- PathNotFoundError    a path is not there at that revision
    |-- StoreError            3  the disk, the index or the catalog failed
    |   `-- CatalogDamagedError  the catalog is no longer one
    |-- ToolchainError        3  the means to build are missing (uv, an interpreter)
    `-- LockHeldError         4  another run works on the same destination

A tag that does not build is no error but a value, ``model.Failed``. Inside the toolchain ``BuildError``
carries its reason up to the stage that makes the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class SdistmakerError(Exception):
    """A run cannot go on.

    ``message`` says what was wrong, ``hint`` what the user can do about it (may be empty).
    """

    exit_status = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class Problem(NamedTuple):
    """One wrong option: where it was written and under which name, its value, and what is accepted."""

    source: str
    option: str
    value: object
    message: str

    def __str__(self) -> str:
        value = "" if self.value is None else f" = {self.value!r}"
        return f"{self.source}: {self.option}{value}: {self.message}"


class ConfigurationError(SdistmakerError):
    """Options are wrong; ``problems`` lists all of them, not only the first."""

    exit_status = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ConfigurationError], tuple[object, ...]]:
        return type(self), (self.problems,)


class RepositoryError(SdistmakerError):
    """A repository did not answer as it should; the message names the URL.

    ``passing`` says that it may answer in a moment, with nothing changed: its server may be starting again;
    ``forbidden`` that it does not let us read there.
    """

    def __init__(
        self, url: str, reason: str, hint: str = "", *, passing: bool = False, forbidden: bool = False
    ) -> None:
        super().__init__(f"{url}: {reason}", hint)
        self.url = url
        self.reason = reason
        self.passing = passing
        self.forbidden = forbidden

    def __reduce__(self) -> tuple[type[RepositoryError], tuple[object, ...], dict[str, object]]:
        return type(self), (self.url, self.reason, self.hint), vars(self)


class PathNotFoundError(RepositoryError):
    """A path is not there at the revision asked for."""


class StoreError(SdistmakerError):
    """The index, the catalog or the disk below them failed."""

    @staticmethod
    def of(error: OSError, path: Path | str) -> StoreError:
        """What a file system refused, at path unless the error itself says where."""
        hint = SAME_ACCOUNT if isinstance(error, PermissionError) else ""
        return StoreError(f"{error.filename or path}: {error.strerror or error}", hint)


SAME_ACCOUNT = "All runs on one index should be of the same account, to which all of its files belong."


class CatalogDamagedError(StoreError):
    """The catalog's file cannot be read as one, though the disk reads it; a new one can be made."""


class ToolchainError(SdistmakerError):
    """The means to build are missing or broken; no tag can be built."""


class LockHeldError(SdistmakerError):
    """Another run works on the same destination."""

    exit_status = 4


class BuildError(Exception):
    """One tag does not build: ``reason`` is one sentence, ``log`` what the build printed.

    ``is_permanent`` is false where another try may do better though nothing changed, as after a lost network.
    ``names`` are those that metadata of the project gave, as far as it came to metadata.
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
