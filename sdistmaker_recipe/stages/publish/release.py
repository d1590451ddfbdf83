"""Put a built archive into the index, and its release into the catalog."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.catalog import archives
from sdistmaker_recipe.catalog.name_use import claim_name
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.index import file_conflicts, yanking
from sdistmaker_recipe.index.layout import project_folder, sdist_filename, sdist_suffix
from sdistmaker_recipe.index.store import IndexStore, StoredFile
from sdistmaker_recipe.model import (
    Built,
    NoWheel,
    Published,
    Rejected,
    Release,
    ReleaseFile,
    Tag,
    WheelResult,
)
from sdistmaker_recipe.stages.publish import name_owners, version_rules, wheels
from sdistmaker_recipe.stages.publish.earlier_releases import Earlier, find_earlier, refusal
from sdistmaker_recipe.stages.publish.failures import reject
from sdistmaker_recipe.stages.publish.index import Index


class _Stored(NamedTuple):
    """The files of a release in the index, and the build whose metadata they have.

    ``is_built`` is false if the sdist is one that was there before, with other content than was built.
    """

    sdist: ReleaseFile
    wheels: wheels.Wheels
    shown: Built
    is_built: bool


def publish(
    built: Built, index: Index, upload_time: datetime, configuration: Configuration
) -> Published | Rejected:
    """Publish a release, all but its pages. Raises ``StoreError``.

    A release of the same version may be published already: from this tag before, from another tag, or taken
    over. Its file stays, even if the tag built other content. Exception: see
    ``file_conflicts.may_replace_file``. A release of another version or name that the tag gave before stays,
    too, unless its file is lost: then it is removed.
    """
    earlier = find_earlier(built, index.catalog, configuration)
    if reason := refusal(built, earlier, index, configuration):
        return refuse(built, reason, index)
    before, of_other_tag = earlier.same_version, earlier.of_other_tag
    replace = earlier.is_handed_over or (
        of_other_tag is None and file_conflicts.may_replace_file(before, built.tag.revision, configuration)
    )
    stored = _store_files(built, before, index, upload_time, replace=replace)
    files = (stored.sdist, *stored.wheels.files)
    release = _release(project_folder(built.name), files, stored.shown, configuration)
    _record(release, stored, earlier, built.tag, index)
    mismatch = version_rules.version_mismatch(built)
    change = _content_change(release, before, is_built=stored.is_built, is_replaced=replace)
    removal = _removal(earlier.other_release, release) if earlier.other_release else ""
    tried = built if stored.is_built else built._replace(wheel=None)
    return Published(
        release,
        built.tag,
        warnings=tuple(text for text in (*built.warnings, mismatch, change, removal) if text),
        left_out=built.left_out,
        former_tag_url=of_other_tag.tag_url if of_other_tag else "",
        is_file_kept=of_other_tag is not None and of_other_tag.sha256 == release.sha256,
        wheel=_wheel_result(tried, release, stored.wheels, index),
    )


def _store_files(
    built: Built, before: Release | None, index: Index, upload_time: datetime, *, replace: bool
) -> _Stored:
    """Put the files of a build into the index; ``before`` is what is published of its version."""
    project = project_folder(built.name)
    own_filename = sdist_filename(built.name, built.version)
    filename = _filename(own_filename, before, index.store, replace=replace)
    _quarantine_unknown_file(project, filename, built, before if replace else None, index)
    store = index.store.replace_archive if replace else index.store.add_archive
    stored = store(project, filename, built.archive)
    is_built = stored.sha256 == built.sha256
    shown = built if is_built else _with_metadata_of(built, index.store.folder / project / filename)
    if before and not replace:
        upload_time = before.sdist.upload_time
    sdist = _sdist(filename, stored, shown, upload_time)
    # A wheel is made from the sdist that was built, so it belongs beside no other one.
    stored_wheels = wheels.store_wheels(built.wheel if is_built else None, sdist, project, before, index)
    return _Stored(sdist, stored_wheels, shown, is_built)


def _record(release: Release, stored: _Stored, earlier: Earlier, tag: Tag, index: Index) -> None:
    """Enter a release into the catalog, in place of those that it replaces."""
    before, catalog = earlier.same_version, index.catalog
    is_same_file = before is not None and (before.filename, before.sha256) == (
        release.filename,
        release.sha256,
    )
    # Their files are removed once no page names them.
    replaced = (earlier.other_release, None if is_same_file else before)
    catalog.withdrawals.unpublish(each for each in replaced if each)
    claim_name(release.project, tag, catalog)
    metadata = {release.sha256: stored.shown.metadata, **stored.wheels.metadata}
    former_origin = earlier.of_other_tag.origin if earlier.of_other_tag else ""
    catalog.releases.publish(release, metadata, instead_of=former_origin)
    if before is not None and before.sha256 != release.sha256:
        archives.update_second_names(before, release, index.store, catalog)


def _sdist(filename: str, stored: StoredFile, built: Built, upload_time: datetime) -> ReleaseFile:
    return ReleaseFile(
        filename=filename,
        kind="sdist",
        sha256=stored.sha256,
        size=stored.size,
        upload_time=upload_time,
        metadata_sha256=hashlib.sha256(built.metadata).hexdigest() if built.metadata_is_final else "",
    )


def _wheel_result(built: Built, release: Release, stored: wheels.Wheels, index: Index) -> WheelResult | None:
    """What became of the wheel; why there is none is recorded, unless the release has one of before."""
    if isinstance(built.wheel, NoWheel) and not release.wheels:
        return wheels.record_missing(built.wheel, release, index)
    if release.wheels:
        index.catalog.wheels.forget_missing([release])
    return WheelResult(release, stored.added, warning=stored.warning) if built.wheel is not None else None


def _release(
    project: str, files: tuple[ReleaseFile, ...], built: Built, configuration: Configuration
) -> Release:
    yanks = yanking.yanks_by_project(configuration).get(project, ())
    return Release(
        project=project,
        name=built.name,
        version=built.version,
        files=files,
        requires_python=built.requires_python,
        origin=built.tag.origin,
        tag_url=built.tag.url,
        revision=built.tag.revision,
        toolchain=built.toolchain,
        summary=built.details.summary,
        yanked=yanking.yank_reason(built.version, None, yanks, "keep"),
        python=built.python,
        lacks_code=built.lacks_code,
    )


def _filename(own_filename: str, before: Release | None, store: IndexStore, *, replace: bool) -> str:
    """The name of the sdist of a release that may be published already, as ``before``.

    A release that was taken over may have another name than our own. It keeps that name, unless its file is
    replaced and the name has another suffix, such as ``.zip``.
    """
    if before is None or not store.has_file(before.project, before.filename):
        return own_filename
    is_other_suffix = sdist_suffix(before.filename) != sdist_suffix(own_filename)
    return own_filename if replace and is_other_suffix else before.filename


def _content_change(release: Release, before: Release | None, *, is_built: bool, is_replaced: bool) -> str:
    """A warning if the release has another file than before, or than its tag built; else ""."""
    name, is_other = release.filename, before is not None and before.sha256 != release.sha256
    if before and is_replaced and is_other:
        now = "another file" if before.filename == name else name
        if before.origin != release.origin:
            return (
                f"{before.filename} was published from {before.tag_url}. The option hand-over gives it to "
                f"this tag, and it is {now} now: pinned hashes refuse it"
            )
        return f"{before.filename} was withdrawn, and is {now} now: pinned hashes refuse it"
    if not is_built:
        url = before.tag_url if before and before.origin != release.origin else ""
        was = f"was published from {url}" if url else "was there"
        return f"{name} {was} with other content; it stays, and is what the index lists"
    return (
        f"{name} was lost and is made again with other content: pinned hashes refuse it" if is_other else ""
    )


def _removal(former: Release, release: Release) -> str:
    """The warning that a lost release is removed, because its tag gives another one now."""
    return (
        f"{former.filename} was lost, and its tag builds {release.filename} now: the index has no "
        f"{former.name} {former.version} any more"
    )


def _quarantine_unknown_file(
    project: str, filename: str, built: Built, replaced: Release | None, index: Index
) -> None:
    """Quarantine a broken archive in the place of the new one: nobody can have installed it.

    If a release is ``replaced`` that has another file name, a file that is not the one built goes, too.
    """
    if not index.store.has_file(project, filename):
        return
    has_other_name = replaced is not None and replaced.filename != filename
    try:
        if has_other_name and index.store.digest(project, filename) != built.sha256:
            index.store.quarantine(project, filename)
        else:
            archives.read_archive(index.store.folder / project / filename)
    except BuildError:
        index.store.quarantine(project, filename)


def _with_metadata_of(built: Built, path: Path) -> Built:
    """The build with the metadata of the archive at path, which was there before."""
    archive = archives.read_archive(path)
    return built._replace(
        metadata=archive.metadata,
        requires_python=archive.requires_python,
        details=archive.details,
        metadata_is_final=bool(archive.metadata_sha256),
    )


def refuse(built: Built, reason: str, index: Index) -> Rejected:
    """Refuse to publish a build. Its name from metadata is reserved all the same."""
    name_owners.reserve_names((built.name,), built.tag, index)
    return reject(built.tag, reason, index.state)
