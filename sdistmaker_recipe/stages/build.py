"""Build one tag: export it, try toolchains in turn, check the archive, and repack it.

This runs in a worker process of an executor. Each toolchain is a *rung* of the *ladder*: the toolchains that
are tried one after the other until one of them builds the tag.
"""

from __future__ import annotations

import errno
import stat
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from sdistmaker_recipe.errors import BuildError, SdistmakerError, StoreError
from sdistmaker_recipe.index import core_metadata
from sdistmaker_recipe.index.atomic_files import sha256_of
from sdistmaker_recipe.index.layout import sdist_filename
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.model import (
    Attempt,
    BuildJob,
    BuildSettings,
    Built,
    BuiltWheel,
    Failed,
    NoWheel,
    Outcome,
    Tag,
    WheelJob,
    WheelOutcome,
)
from sdistmaker_recipe.names import is_known_version
from sdistmaker_recipe.toolchain import git_repository, preparation
from sdistmaker_recipe.toolchain.archives import archive, repacking
from sdistmaker_recipe.toolchain.archives.file_list import FileListError
from sdistmaker_recipe.toolchain.archives.files_only import write_files_only_sdist
from sdistmaker_recipe.toolchain.archives.members import Sdist
from sdistmaker_recipe.toolchain.build_context import BuildContext, read_build_log
from sdistmaker_recipe.toolchain.build_folder import (
    in_memory_or_on_disk,
    limit_in_memory,
    refuse_full_disk,
    refuse_full_memory,
    temporary_build_folder,
)
from sdistmaker_recipe.toolchain.client_warnings import (
    REQUIREMENTS_FILE,
    local_requirement_warnings,
    requirement_warnings,
    toolchain_warnings,
)
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag, find_files, read_exported_tag
from sdistmaker_recipe.toolchain.isolation.cpu_time_limit import CpuTimeExceededError, cpu_time_limit
from sdistmaker_recipe.toolchain.isolation.deadline import Deadline
from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX, sandbox_in
from sdistmaker_recipe.toolchain.ladder import FILES_ONLY, Rung, uses_setuptools
from sdistmaker_recipe.toolchain.metadata_check import odd_values
from sdistmaker_recipe.toolchain.outside_links import refuse_packed_links
from sdistmaker_recipe.toolchain.python_support import excludes_python_2
from sdistmaker_recipe.toolchain.rebuild import check_rebuild, needs_rebuild
from sdistmaker_recipe.toolchain.rung_choice import (
    FailedRung,
    cure_for_failure,
    default_interpreter,
    first_rungs,
    main_failure,
    remaining_rungs,
)
from sdistmaker_recipe.toolchain.sdist_build import build_sdist
from sdistmaker_recipe.toolchain.sdist_checks import check_files, check_version_source, lacks_code
from sdistmaker_recipe.toolchain.version_check import check_version
from sdistmaker_recipe.toolchain.version_control import states_version
from sdistmaker_recipe.toolchain.wheels.published_sdist import build_published_wheel
from sdistmaker_recipe.toolchain.wheels.wheel_build import build_wheel
from sdistmaker_recipe.toolchain.wheels.wheel_failures import wheel_or_reason
from sdistmaker_recipe.toolchain.worker import SHIMS
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.tag_export import export_tag

_ERRORS_OF_THE_MACHINE = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
}
"""Errors of the operating system that the next tag would meet too."""
_MAX_REQUIREMENTS_BYTES = 1 << 20

SettleTimes: TypeAlias = Callable[[Sdist], None]
"""Changes the times of members of an archive, where they depend on the clock."""

_NO_WHEEL_OF_FILES_ONLY = NoWheel("No toolchain builds the tag, so none builds a wheel.")


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """How an archive was made: the rung, what was installed, the files left out, and stubs to add to it."""

    rung: Rung
    installed: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()
    stubs: Mapping[str, bytes] = field(default_factory=dict)


def build(job: BuildJob, credentials: Credentials) -> Outcome:
    """Build the job's tag: ``Built`` with the path of the archive, or ``Failed`` with the reason.

    Raises ``RepositoryError``, ``StoreError`` and ``ToolchainError`` for errors that every other tag of the
    run would meet too: the repository does not answer, the disk is full, uv or a Python is missing.
    """
    # A tag that was exported ahead is on the disk already.
    settings = replace(job.settings, memory=None) if job.exported else job.settings
    try:
        with cpu_time_limit(job.settings.timeout):
            outcome, rung = in_memory_or_on_disk(
                lambda settings: _try_rungs(job._replace(settings=settings), credentials), settings
            )
        if isinstance(outcome, Failed) and not outcome.is_permanent:
            # What the tag wrote is removed by now. If there is no room all the same, no other tag has any.
            refuse_full_disk(job.settings.scratch)
        if isinstance(outcome, Built) and isinstance(outcome.archive, Path) and job.settings.wheels == "pure":
            wheel = _wheel_of(outcome, outcome.archive, rung, job.settings)
            warnings = (*outcome.warnings, *toolchain_warnings(rung, wheel))
            return outcome._replace(wheel=wheel, warnings=warnings)
        return outcome
    except CpuTimeExceededError:
        # Code of the tag runs in processes that have their own limit, so its files took the time here.
        text = (
            f"Reading and packing this tag took more than {job.settings.timeout:g} seconds of CPU time. "
            "Look for a very large or deeply nested file, or raise the option timeout."
        )
        return Failed(job.tag, text)
    except OSError as error:
        text = f"{error.filename or job.settings.scratch}: {error.strerror or error}"
        if error.errno in _ERRORS_OF_THE_MACHINE:
            refuse_full_disk(job.settings.scratch)
            raise StoreError(text) from error
        return Failed(job.tag, text, is_permanent=False)
    except SdistmakerError:
        raise
    except Exception as error:
        # Whatever this tag brought about, the other tags are built.
        text = f"sdistmaker_recipe itself failed on this tag: {type(error).__name__}: {error}"
        return Failed(job.tag, one_line(text), traceback.format_exc(), is_permanent=False)


def build_published(job: WheelJob) -> WheelOutcome:
    """Build the wheel of a source distribution that is published already.

    Raises ``StoreError`` and ``ToolchainError`` for errors that every other job of the run would meet too.
    """
    release, suffix, _ = job.filename.partition(".tar.gz")
    if job.toolchain == FILES_ONLY.name:
        wheel: BuiltWheel | NoWheel = _NO_WHEEL_OF_FILES_ONLY
    elif not suffix:
        wheel = NoWheel("Wheels are built from source distributions in .tar.gz files only.")
    elif no_wheel := _no_wheel_for(release.rpartition("-")[2]):
        wheel = no_wheel
    else:
        wheel = wheel_or_reason(
            lambda settings: build_published_wheel(job._replace(settings=settings), release), job.settings
        )
    return WheelOutcome(job.project, job.filename, _in_one_line(wheel))


def _wheel_of(built: Built, sdist: Path, rung: Rung, settings: BuildSettings) -> BuiltWheel | NoWheel:
    """The wheel of the source distribution in this file, which this rung built, or why there is none."""
    if no_wheel := _NO_WHEEL_OF_FILES_ONLY if rung == FILES_ONLY else _no_wheel_for(built.version):
        return no_wheel
    release = sdist_filename(built.name, built.version).removesuffix(".tar.gz")
    wheel = wheel_or_reason(partial(build_wheel, sdist, release, lambda _: rung), settings)
    return _in_one_line(wheel)


def _no_wheel_for(version: str) -> NoWheel | None:
    """Why a release of this version has no wheel; None if it may have one."""
    if is_known_version(version):
        return None
    return NoWheel(f"PEP 440 does not know the version {version}, and no wheel can have such a version.")


def _in_one_line(wheel: BuiltWheel | NoWheel) -> BuiltWheel | NoWheel:
    return wheel._replace(reason=one_line(wheel.reason)) if isinstance(wheel, NoWheel) else wheel


def _try_rungs(job: BuildJob, credentials: Credentials) -> tuple[Outcome, Rung]:
    """Try one rung after the other, each on a fresh export, until one builds the tag.

    They work in memory if the settings have a folder there. The outcome, and the rung that it comes from.
    Raises ``TooLargeForMemoryError`` if it has to be done on disk.
    """
    place = job.settings.memory or job.settings.scratch
    deadline = Deadline(job.settings.timeout)
    failures: list[FailedRung] = []
    untried: Sequence[Rung] = ()
    second_best: tuple[Built, Rung] | None = None
    may_reuse_worker = True
    while untried or not failures:
        with temporary_build_folder(place) as scratch:
            try:
                # Other processes may have all connections, so this can wait for long.
                with deadline.paused():
                    exported, settle_times = _export(job, credentials, scratch)
            except BuildError as error:
                return _not_exported(job, error), FILES_ONLY
            if not failures:
                untried = first_rungs(exported, job)
            rung, untried = untried[0], untried[1:]
            context = _build_context(
                rung, exported, scratch, deadline, job, may_reuse_worker=may_reuse_worker and not failures
            )
            try:
                built = _build_on(rung, exported, settle_times, context, job)
                if not (bytes_for_text := _bytes_for_text(built, context)):
                    return _with_notes(built), rung
                second_best = second_best or (built, rung)
                raise bytes_for_text
            except FileListError:
                # Only workers that are reused leave a list of files. Others leave an archive.
                may_reuse_worker = False
            except BuildError as error:
                refuse_full_memory(job.settings.memory)
                failures.append(FailedRung(rung, error))
                untried = remaining_rungs(failures, untried, exported, job)
    if second_best is not None:
        return _with_notes(second_best[0]), second_best[1]
    if _are_permanent(failures) and job.settings.unbuildable == "archive":
        try:
            return _pack_files_only(failures[0].error, job, credentials, place), FILES_ONLY
        except BuildError as error:
            failures.append(FailedRung(FILES_ONLY, error))
    return _failed(job, failures, exported), rung


def _not_exported(job: BuildJob, error: BuildError) -> Failed:
    return Failed(job.tag, one_line(error.reason), error.log, is_permanent=error.is_permanent)


def _export(job: BuildJob, credentials: Credentials, scratch: Path) -> tuple[ExportedTag, SettleTimes]:
    """Export the tag into an empty folder: its files, and what settles the times in an archive of them."""
    began = int(scratch.stat().st_mtime)
    with limit_in_memory(scratch, job.settings.memory):
        export_tag(job, credentials, scratch / "export")
    exported = read_exported_tag(scratch / "export", scratch / "tree", job.tag, job.subdirectory)
    return exported, _times_to_settle(exported, began, job.tag)


def _build_context(
    rung: Rung,
    exported: ExportedTag,
    scratch: Path,
    deadline: Deadline,
    job: BuildJob,
    *,
    may_reuse_worker: bool,
) -> BuildContext:
    preparation.prepare_tree(exported.tree, job.tag)
    return BuildContext(
        tree=exported.tree,
        scratch=scratch,
        deadline=deadline,
        variables={
            "SOURCE_DATE_EPOCH": str(_epoch(job.tag)),
            **preparation.version_variables(job.tag, exported.tree),
            **preparation.marker_variables(job.tag),
            **(git_repository.BUILD_VARIABLES if rung.has_git else {}),
            **preparation.versioned_files_variables(rung, exported, scratch, job),
        },
        sandbox=sandbox_in(scratch.parent.parent, job.settings.scratch)
        if job.settings.sandbox
        else NO_SANDBOX,
        # Most tags of a run are built by their first toolchain, and share it with their neighbours.
        may_reuse_worker=may_reuse_worker,
        has_many_builds=job.settings.has_many_builds,
        memory=job.settings.memory,
    )


def _build_on(
    rung: Rung, exported: ExportedTag, settle_times: SettleTimes, context: BuildContext, job: BuildJob
) -> Built:
    """Build the tag on one rung, check the archive, and repack it; raises ``BuildError``."""
    if rung.has_git:
        tag_names = git_repository.tag_names(job.tag, exported.tree)
        git_repository.make_git_repository(context, tag_names, _epoch(job.tag))
    raw_sdist = build_sdist(rung, exported.build_system, context, job.settings)
    bootstrap_modules = preparation.bootstrap_modules(exported.tree)
    with archive.open_sdist(raw_sdist.archive, raw_sdist.tree) as built_sdist:
        sdist = archive.without(built_sdist, git_repository.GIT_FOLDER) if rung.has_git else built_sdist
        settle_times(sdist)
        names = sdist.file_names()
        if exported.tree.exists():
            refuse_packed_links(exported.tree, find_files(exported.tree).links, names)
        left_out = exported.files - set(names)
        metadata = archive.read_metadata(sdist)
        with _naming_project(metadata.name):
            by_setuptools = uses_setuptools(exported.build_system)
            needed = raw_sdist.files_read | bootstrap_modules
            check_files(left_out, needed, context, by_setuptools=by_setuptools)
            _check_name_and_version(metadata, rung, raw_sdist.installed, exported, context, job)
            if needs_rebuild(metadata.version, job.tag, rung, exported, left_out, job.settings):
                check_rebuild(sdist, metadata, rung, exported, context, job.settings, _epoch(job.tag))
            stubs = {name: (SHIMS / name).read_bytes() for name in bootstrap_modules}
            built = _repack(sdist, metadata, BuildRecord(rung, raw_sdist.installed, left_out, stubs), job)
            return built._replace(
                lacks_code=lacks_code(exported.files, sdist.file_names()),
                warnings=tuple(_requirement_warnings(sdist, metadata)),
            )


def _times_to_settle(exported: ExportedTag, began: int, tag: Tag) -> SettleTimes:
    """What gives all that was made since ``began`` the time of the tag, if that is still to come.

    The clock that the tag has its time from may be ahead of the one here. Exported files have times of the
    repository; folders and links may have that of the export.
    """
    if began >= _epoch(tag):
        # No file is published with a later time than that of the tag.
        return lambda _: None
    found = {path: (exported.tree / path).lstat() for path in exported.files}
    times = {path: int(status.st_mtime) for path, status in found.items() if stat.S_ISREG(status.st_mode)}
    return partial(repacking.set_time_of_new_members, began=began, exported=times, time=_epoch(tag))


def _requirement_warnings(sdist: Sdist, metadata: archive.Metadata) -> Iterator[str]:
    requires_txts = []
    for path, member in sdist.members.items():
        if REQUIREMENTS_FILE.fullmatch(path) and member.isreg():
            with sdist.open_file(member) as file:
                requires_txts.append(file.read(_MAX_REQUIREMENTS_BYTES).decode("utf-8", "replace"))
            yield from requirement_warnings(requires_txts[-1])
    yield from local_requirement_warnings(_header(metadata), requires_txts)


def _header(metadata: archive.Metadata) -> str:
    """The fields of a PKG-INFO, without the description after them."""
    return metadata.content.decode("utf-8", "replace").partition("\n\n")[0]


def _check_name_and_version(
    metadata: archive.Metadata,
    rung: Rung,
    installed: Sequence[str],
    exported: ExportedTag,
    context: BuildContext,
    job: BuildJob,
) -> None:
    """Raise ``BuildError`` if nobody meant the name or the version, or the tag is not for this Python."""
    for odd in odd_values(metadata.content):
        if odd.field in ("Name", "Version"):
            raise BuildError(odd.reason, read_build_log(context))
    check_version_source(metadata.version, rung, installed, exported, job.tag, context)
    is_stated = partial(states_version, metadata.version, exported)
    check_version(metadata.version, job.tag, context, is_stated, exported.files)
    is_accepted = rung.python.version >= (3, 0) or job.pin or job.is_rebuild
    if not is_accepted and excludes_python_2(_header(metadata)):
        text = f"{rung.python.label} built this tag, whose metadata says that it needs Python 3."
        raise BuildError(text, read_build_log(context))


def _bytes_for_text(built: Built, context: BuildContext) -> BuildError | None:
    """The reason to try Python 2: the metadata has ``b'…'`` in place of a text. None if it has not."""
    odd = next((value for value in odd_values(built.metadata) if value.is_bytes), None)
    return BuildError(odd.reason, read_build_log(context), names=(built.name,)) if odd else None


def _with_notes(built: Built) -> Built:
    """With warnings about what readers of the index will miss."""
    warnings = [value.reason for value in odd_values(built.metadata)]
    if not is_known_version(built.version):
        warnings.append(
            f"PEP 440 does not know the version {built.version}, so pip, uv and other current clients do not "
            "see this release. Give the next tag a version such as 1.0, 1.0rc1 or 1.0.dev1."
        )
    if built.lacks_code:
        warnings.append(
            "the archive has none of the tag's Python code. Name it in packages or py_modules, or in "
            "MANIFEST.in, in a new tag."
        )
    return built._replace(warnings=(*built.warnings, *warnings))


@contextmanager
def _naming_project(name: str) -> Iterator[None]:
    """Add the project's name to a ``BuildError`` that is raised in the context."""
    try:
        yield
    except BuildError as error:
        error.names = (name, *error.names)
        raise


def _pack_files_only(error: BuildError, job: BuildJob, credentials: Credentials, place: Path) -> Built:
    """The archive for the option unbuildable = archive: the tag's own files, though nothing builds them."""
    with temporary_build_folder(place) as scratch:
        exported, settle_times = _export(job, credentials, scratch)
        raw_archive = scratch / "files-only.tar.gz"
        write_files_only_sdist(exported.tree, job.tag, raw_archive)
        with archive.open_sdist(raw_archive) as sdist:
            settle_times(sdist)
            built = _repack(sdist, archive.read_metadata(sdist), BuildRecord(FILES_ONLY), job)
    warning = f"no toolchain builds this tag, so its archive has only the tag's own files: {error.reason}"
    return _with_notes(built._replace(warnings=(warning,)))


def _repack(sdist: Sdist, metadata: archive.Metadata, record: BuildRecord, job: BuildJob) -> Built:
    """Write the archive anew into the output folder, under a name that no other process uses."""
    try:
        filename = sdist_filename(metadata.name, metadata.version)
    except ValueError as error:
        raise BuildError(f"The metadata cannot be published: {error}.") from error
    target = job.settings.output / f"{uuid4().hex}.tar.gz"
    repacking.repack(sdist, target, filename.removesuffix(".tar.gz"), _epoch(job.tag), record.stubs)
    return Built(
        tag=job.tag,
        name=metadata.name,
        version=metadata.version,
        archive=target,
        sha256=sha256_of(target),
        size=target.stat().st_size,
        metadata=metadata.content,
        requires_python=metadata.requires_python,
        toolchain=record.rung.name,
        details=core_metadata.project_details(metadata.content),
        metadata_is_final=core_metadata.may_be_served(metadata.content),
        installed=record.installed,
        left_out=tuple(sorted(record.left_out)),
        python=_unusual_python(record.rung, job),
    )


def _unusual_python(rung: Rung, job: BuildJob) -> str:
    """The name of the Python of a rung, "" for the one that builds if nothing speaks against it."""
    if rung == FILES_ONLY or rung.python.version == default_interpreter(job.settings).version:
        return ""
    return rung.python.label


def _failed(job: BuildJob, failures: Sequence[FailedRung], exported: ExportedTag) -> Failed:
    """The failure of a tag: the reason of the rung that says most, which comes first, and all logs."""
    main = main_failure(failures)
    ordered = (main, *(failure for failure in failures if failure is not main))
    logs = (f"--- {rung.name}: {error.reason}\n{error.log}" for rung, error in failures)
    return Failed(
        tag=job.tag,
        reason=one_line(f"{main.error.reason}{cure_for_failure(main, exported.files, job)}"),
        log="\n".join(logs),
        is_permanent=_are_permanent(failures),
        attempts=tuple(Attempt(rung.name, one_line(error.reason)) for rung, error in ordered),
        names=tuple(dict.fromkeys(name for _, error in failures for name in error.names)),
    )


def _are_permanent(failures: Sequence[FailedRung]) -> bool:
    return all(failure.error.is_permanent for failure in failures)


def _epoch(tag: Tag) -> int:
    """The value of SOURCE_DATE_EPOCH: the tag's time in seconds since 1970."""
    return int(tag.time.timestamp())
