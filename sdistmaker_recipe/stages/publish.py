"""Publish what was built: archive first, then catalog; and keep web servers configured.

Pages come after, see ``present``: so none names a file that is not there. A published file is never
overwritten, but for one that was withdrawn where the option moved-tags says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog, archives, private_names
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import BuildError, ConfigurationError, Problem, StoreError
from sdistmaker_recipe.index import file_conflicts, yanking
from sdistmaker_recipe.index.atomic_files import sync_filesystem, write_text
from sdistmaker_recipe.index.layout import project_folder, sdist_filename, sdist_suffix
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import (
    ADOPTED,
    Built,
    Failed,
    Failure,
    Published,
    Rejected,
    Release,
    ReleaseFile,
    Tag,
)
from sdistmaker_recipe.names import same_version
from sdistmaker_recipe.webserver.apache import apache_config
from sdistmaker_recipe.webserver.settings import ServerSettings


class Index(NamedTuple):
    """The index and its catalog, open for one run; ``state`` is the folder beside it."""

    store: IndexStore
    catalog: Catalog
    state: Path


def publish(
    built: Built, index: Index, upload_time: datetime, configuration: Configuration
) -> Published | Rejected:
    """Publish one release, all but its pages; raises ``StoreError``."""
    mismatch = _mismatch(built)
    if mismatch and configuration.version_mismatch == "refuse":
        return _refused(built, f"{mismatch}, and version-mismatch is refuse.", index)
    project, own = project_folder(built.name), sdist_filename(built.name, built.version)
    there = index.catalog.releases.find(project, own, built.version)
    former = there if there is not None and there.origin != built.tag.origin else None
    replaced = former is None and file_conflicts.may_replace_file(there, built.tag.revision, configuration)
    filename = _filename(own, there, index.store, replaced=replaced)
    if former is not None and not _may_take_over(former):
        why = f" ({mismatch})" if mismatch else ""
        return _refused(built, file_conflicts.conflict_reason(filename, former.tag_url, why), index)
    _make_way(project, filename, built, there if replaced else None, index)
    add = index.store.replace_archive if replaced else index.store.add_archive
    stored = add(project, filename, built.archive)
    path = index.store.folder / project / filename
    told = built if stored.sha256 == built.sha256 else _with_metadata_of(built, path)
    sdist = ReleaseFile(
        filename=filename,
        kind="sdist",
        sha256=stored.sha256,
        size=stored.size,
        upload_time=there.sdist.upload_time if there and not replaced else upload_time,
        metadata_sha256=hashlib.sha256(told.metadata).hexdigest() if told.metadata_is_final else "",
    )
    # Other files of the release were made from the same sdist.
    others = there.files if there is not None and there.sha256 == sdist.sha256 else ()
    release = Release(
        project=project,
        name=built.name,
        version=built.version,
        files=(sdist, *(file for file in others if file.kind != "sdist")),
        requires_python=told.requires_python,
        origin=built.tag.origin,
        tag_url=built.tag.url,
        revision=built.tag.revision,
        toolchain=built.toolchain,
        yanked=yanking.yank_reason(
            built.version, None, yanking.yanks_by_project(configuration).get(project, ()), "keep"
        ),
        summary=told.details.summary,
        python=built.python,
        lacks_code=built.lacks_code,
    )
    if there is not None and (there.filename, there.sha256) != (filename, stored.sha256):
        # What is left of it goes once no page names it.
        index.catalog.withdrawals.unpublish([there])
    metadata = {sdist.sha256: told.metadata}
    index.catalog.releases.publish(release, metadata, instead_of=former.origin if former else "")
    if there is not None and there.sha256 != stored.sha256:
        archives.update_second_names(there, release, index.store, index.catalog)
    change = _change(release, there, is_built=stored.sha256 == built.sha256, replaced=replaced)
    warnings = tuple(each for each in (*built.warnings, mismatch, change) if each)
    return Published(
        release,
        built.tag,
        warnings,
        built.left_out,
        former_tag_url=former.tag_url if former else "",
        is_file_kept=former is not None and former.sha256 == stored.sha256,
    )


def _filename(own: str, there: Release | None, store: IndexStore, *, replaced: bool) -> str:
    """What the file of a release is called that ``there`` is published as; ``own`` is what we call one.

    One that was taken over may have another name than ours; no release has two files. A file that is replaced
    gives way by name, too, where that says another form, such as ``.zip``.
    """
    if there is None or not store.has_file(there.project, there.filename):
        return own
    return own if replaced and sdist_suffix(there.filename) != sdist_suffix(own) else there.filename


def _change(release: Release, there: Release | None, *, is_built: bool, replaced: bool) -> str:
    """What is to be said of a release whose file is another than that it had, or than its tag gave; or ""."""
    name, is_other = release.filename, there is not None and there.sha256 != release.sha256
    if there and replaced and is_other:
        now = "another file" if there.filename == name else name
        return f"{there.filename} was withdrawn, and is {now} now: pinned hashes refuse it"
    if not is_built:
        url = there.tag_url if there and there.origin != release.origin else ""
        was = f"was published from {url}" if url else "was there"
        return f"{name} {was} with other content; it stays, and is what the index lists"
    return (
        f"{name} was lost and is made again with other content: pinned hashes refuse it" if is_other else ""
    )


def _may_take_over(release: Release) -> bool:
    """Whether another tag may have a release: the tag that it was of was deleted, or nobody knows it."""
    return release.tag_deleted_in is not None or release.origin.startswith(ADOPTED)


def _make_way(project: str, filename: str, built: Built, replaced: Release | None, index: Index) -> None:
    """Move a file away that is no archive, or a broken one: nobody can have installed it.

    Also one that is not that of the release that is ``replaced``: it has another name, and loses this one.
    """
    if index.store.has_file(project, filename):
        is_other = replaced is not None and replaced.filename != filename
        try:
            if is_other and index.store.digest(project, filename) != built.sha256:
                index.store.quarantine(project, filename)
            else:
                archives.read_archive(index.store.folder / project / filename)
        except BuildError:
            index.store.quarantine(project, filename)


def _with_metadata_of(built: Built, path: Path) -> Built:
    """What was built, but as an archive that was there before tells it."""
    told = archives.read_archive(path)
    return built._replace(
        metadata=told.metadata,
        requires_python=told.requires_python,
        details=told.details,
        metadata_is_final=bool(told.metadata_sha256),
    )


def store_only(built: Built, store: IndexStore) -> Path:
    """Put an archive into a folder that has no catalog and no pages; its path. Raises ``StoreError``.

    Also where a file of that name with other content is there: it is not overwritten.
    """
    project, filename = project_folder(built.name), sdist_filename(built.name, built.version)
    path = store.folder / project / filename
    if isinstance(built.archive, Path):
        sync_filesystem(built.archive.parent)
    if store.add_archive(project, filename, built.archive).sha256 != built.sha256:
        raise StoreError(f"{path} is there with other content.", "Move it away first.")
    return path


def keep_failure(failed: Failed, index: Index) -> Rejected:
    """Write the log of a failed tag, whose names stay private; raises ``StoreError``."""
    private_names.reserve_metadata_names(failed.names, index.catalog, index.store)
    return write_log(failed, index.state)


def write_log(failed: Failed, state: Path) -> Rejected:
    """Write the log of a failed tag below the folder ``state``; raises ``StoreError``."""
    return _rejected(failed.tag, failed.reason, state, failed.log)._replace(attempts=failed.attempts)


def remember(failure: Failure, index: Index) -> bool:
    """Remember a failure; true where the same was remembered that other than lasting ones is tried each time.

    A lasting one is not tried again while nothing changes. Raises ``StoreError``.
    """
    before = index.catalog.failures.get(failure.origin)
    index.catalog.failures.add(failure)
    return before is not None and not before.is_permanent and before.fingerprint == failure.fingerprint


def server_configurations(configuration: Configuration, public_index: str) -> dict[Path, str]:
    """The text for each web server, by its path; raises ``ConfigurationError`` where one cannot be made."""
    settings = ServerSettings(
        index=configuration.destination,
        url_path=configuration.url_path,
        public_index=public_index,
        reserved=configuration.reserved,
        public=configuration.public,
        auth_file=configuration.auth_file,
        require=configuration.require,
        certificates=configuration.public_certificates,
        index_url=configuration.index_url,
    )
    makers = [(configuration.apache_config, apache_config)]
    if configuration.nginx_config is not None:
        # Most runs do not need this import.
        from sdistmaker_recipe.webserver.nginx import nginx_config

        makers.append((configuration.nginx_config, nginx_config))
    texts: dict[Path, str] = {}
    problems: list[Problem] = []
    for path, make in makers:
        try:
            texts[path] = make(settings)
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))
    return texts


def write_server_configurations(texts: Mapping[Path, str]) -> None:
    """Write what ``server_configurations`` made; raises ``StoreError``."""
    for path, text in texts.items():
        write_text(path, text)


def _mismatch(built: Built) -> str:
    if same_version(built.tag.version, built.version):
        return ""
    return f"the tag says version {built.tag.version}, its metadata {built.version}"


def _refused(built: Built, reason: str, index: Index) -> Rejected:
    """What was built is not published; its name is private all the same."""
    private_names.reserve_metadata_names([built.name], index.catalog, index.store)
    return _rejected(built.tag, reason, index.state)


def _rejected(tag: Tag, reason: str, state: Path, log: str = "") -> Rejected:
    """The log's file is named by the tag for people, and by a digest so that no two share it."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{tag.project}-{tag.name}").strip(".-")[:80]
    digest = hashlib.sha256(tag.origin.encode()).hexdigest()[:8]
    path = state / "logs" / f"{readable}-{digest}.log"
    rejected = Rejected(tag, one_line(reason), path)
    write_text(path, f"{tag.url}@{tag.revision}\n{rejected.reason}\n\n{log}")
    return rejected
