"""Archives on their way from a worker: there they become bytes, and here files, if their hashes are right."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeAlias, TypeVar
from uuid import uuid4

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.executors.remote_work import UnfitWorkerError
from sdistmaker_recipe.model import Built, BuiltWheel, Failed, WheelOutcome

Result: TypeAlias = Built | Failed | WheelOutcome
_Archive = TypeVar("_Archive", Built, BuiltWheel)


def with_bytes(result: Result) -> Result:
    """The result with the content of its archives in place of their paths; the files are removed."""
    if isinstance(result, Built):
        wheel = _read(result.wheel) if isinstance(result.wheel, BuiltWheel) else result.wheel
        return _read(result)._replace(wheel=wheel)
    if isinstance(result, WheelOutcome) and isinstance(result.wheel, BuiltWheel):
        return result._replace(wheel=_read(result.wheel))
    return result


def with_files(result: Result, folder: Path) -> Result:
    """The result with paths of new files in the folder in place of the content of its archives."""
    if isinstance(result, Built):
        wheel = result.wheel
        if isinstance(wheel, BuiltWheel):
            wheel = _write(wheel, folder, ".whl")
        return _write(result, folder, ".tar.gz")._replace(wheel=wheel)
    if isinstance(result, WheelOutcome) and isinstance(result.wheel, BuiltWheel):
        return result._replace(wheel=_write(result.wheel, folder, ".whl"))
    return result


def _read(built: _Archive) -> _Archive:
    if isinstance(built.archive, bytes):
        return built
    content = built.archive.read_bytes()
    built.archive.unlink()
    return built._replace(archive=content)


def _write(built: _Archive, folder: Path, suffix: str) -> _Archive:
    """Write an archive into the folder; raises ``UnfitWorkerError`` if it is not the one that was built."""
    content = built.archive
    if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != built.sha256:
        raise UnfitWorkerError("an archive arrived with other content than its hash says")
    path = folder / f"{uuid4().hex}{suffix}"
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StoreError.of(error, path) from error
    return built._replace(archive=path)
