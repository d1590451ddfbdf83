"""Put wheels into the index: beside an sdist that was just built, or beside one that is published already.

A wheel is made from the sdist of its release. So it is published only beside that very sdist, and goes with
it. A release has one wheel at most that this program made; a published wheel keeps its content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe import __version__
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import (
    BuiltWheel,
    MissingWheel,
    NoWheel,
    Release,
    ReleaseFile,
    WheelOutcome,
    WheelResult,
)
from sdistmaker_recipe.stages.publish.index import Index
from sdistmaker_recipe.stages.publish.logs import log_path, shown_reason, write_log_file


class Wheels(NamedTuple):
    """The wheels of a release that is being published, and the metadata of each by its SHA-256.

    ``added`` is the name of a new one, "" for none; for ``warning`` see ``model.WheelResult``.
    """

    files: tuple[ReleaseFile, ...] = ()
    metadata: Mapping[str, bytes] = {}
    added: str = ""
    warning: str = ""


def store_wheels(
    wheel: BuiltWheel | NoWheel | None,
    sdist: ReleaseFile,
    project: str,
    before: Release | None,
    index: Index,
) -> Wheels:
    """Store the wheel that was built from an sdist; what the release has then. Raises ``StoreError``.

    ``before`` is what was published of the release. Its wheels stay while its sdist does. ``wheel`` is None
    if none was built from this very sdist.
    """
    kept = before.wheels if before is not None and before.sha256 == sdist.sha256 else ()
    metadata = {file.sha256: index.catalog.releases.metadata(file.sha256) for file in kept}
    lost = _lost(project, kept, index.store)
    owner = index.catalog.wheels.owner(project, wheel.filename) if isinstance(wheel, BuiltWheel) else ""
    is_of_other_release = bool(owner) and (before is None or owner != before.filename)
    if not isinstance(wheel, BuiltWheel) or is_of_other_release or (kept and not lost):
        return Wheels(kept, metadata)
    former = next((file for file in kept if file.filename == wheel.filename), None)
    stored = _store(wheel, project, former.upload_time if former else sdist.upload_time, index)
    others = tuple(file for file in kept if file not in lost)
    warning = _content_change(stored, former) if former else ""
    return Wheels((*others, stored), {**metadata, stored.sha256: wheel.metadata}, stored.filename, warning)


def publish_wheel(outcome: WheelOutcome, index: Index, upload_time: datetime) -> WheelResult | None:
    """Publish the wheel of a published release, all but its pages. Raises ``StoreError``.

    If there is none, record why. Wheels whose files are lost are then no longer listed. None if the release
    is not published any more.
    """
    release = index.catalog.releases.get(outcome.project, outcome.filename)
    if release is None:
        return None
    lost = _lost(release.project, release.wheels, index.store)
    wheel = outcome.wheel
    owner = index.catalog.wheels.owner(release.project, getattr(wheel, "filename", ""))
    if isinstance(wheel, NoWheel) or owner not in ("", release.filename):
        reason = wheel if isinstance(wheel, NoWheel) else NoWheel(f"{owner} has a wheel of this name.")
        changed = index.catalog.wheels.remove(release, lost)
        result = record_missing(reason, changed, index)
        return result._replace(warning=_loss(lost)) if lost else result
    former = next((file for file in lost if file.filename == wheel.filename), None)
    stored = _store(wheel, release.project, former.upload_time if former else upload_time, index)
    changed = index.catalog.wheels.remove(release, [file for file in lost if file != former])
    changed = index.catalog.wheels.add(changed, stored, wheel.metadata)
    return WheelResult(changed, stored.filename, warning=_content_change(stored, former) if former else "")


def record_missing(wheel: NoWheel, release: Release, index: Index) -> WheelResult:
    """Record why a release has no wheel, and write the log of a failure. Raises ``StoreError``."""
    before = index.catalog.wheels.missing(release)
    reason = shown_reason(wheel.reason)
    log_file = None
    if wheel.is_failure:
        log_file = write_wheel_log(wheel, release.project, release.version, index.state)
    missing = MissingWheel(
        project=release.project,
        filename=release.filename,
        sha256=release.sha256,
        program_version=__version__,
        reason=reason,
        is_failure=wheel.is_failure,
        is_permanent=wheel.is_permanent,
        log_file=log_file,
    )
    index.catalog.wheels.record_missing(missing)
    is_repeated = before is not None and (before.reason, before.is_failure) == (reason, wheel.is_failure)
    return WheelResult(release, missing=missing, is_repeated=is_repeated)


def write_wheel_log(wheel: NoWheel, project: str, version: str, state: Path) -> Path:
    """Write why a wheel failed to a log file below the folder ``state``; its path. Raises ``StoreError``."""
    path = log_path(state, f"{project}-{version}", f"{project} {version}", kind="wheel")
    write_log_file(path, f"wheel of {project} {version}", shown_reason(wheel.reason), wheel.log)
    return path


def _store(wheel: BuiltWheel, project: str, upload_time: datetime, index: Index) -> ReleaseFile:
    """Store a wheel under its name. A file that the catalog does not know is quarantined.

    A file of this name that the catalog knows is of a former sdist of the same release, which the new one
    replaces.
    """
    store, filename = index.store, wheel.filename
    is_known = bool(index.catalog.wheels.owner(project, filename))
    if store.has_file(project, filename) and store.digest(project, filename) != wheel.sha256:
        if is_known:
            store.replace_archive(project, filename, wheel.archive)
        else:
            store.quarantine(project, filename)
    stored = store.add_archive(project, filename, wheel.archive)
    return ReleaseFile(
        filename=filename,
        kind="wheel",
        sha256=stored.sha256,
        size=stored.size,
        upload_time=upload_time,
        metadata_sha256=hashlib.sha256(wheel.metadata).hexdigest(),
    )


def _lost(project: str, wheels: tuple[ReleaseFile, ...], store: IndexStore) -> list[ReleaseFile]:
    return [file for file in wheels if not store.has_file(project, file.filename)]


def _content_change(stored: ReleaseFile, former: ReleaseFile) -> str:
    """A warning if a wheel that was lost is made again with other content; else ""."""
    if stored.sha256 == former.sha256:
        return ""
    return f"{stored.filename} was lost and is made again with other content: pinned hashes refuse it"


def _loss(lost: list[ReleaseFile]) -> str:
    names = ", ".join(file.filename for file in lost)
    return f"{names} was lost and cannot be built again: the index lists the source distribution alone"
