"""Turn one job into a source distribution, wherever it runs."""

from __future__ import annotations

import errno
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias
from uuid import uuid4

from sdistmaker_recipe.errors import BuildError, RepositoryError, SdistmakerError, StoreError
from sdistmaker_recipe.index import core_metadata
from sdistmaker_recipe.index.atomic_files import sha256_of
from sdistmaker_recipe.index.layout import release_filename
from sdistmaker_recipe.index.safe_text import one_line
from sdistmaker_recipe.model import Attempt, BuildJob, BuildSettings, Built, Failed, Outcome, Tag
from sdistmaker_recipe.names import same_version
from sdistmaker_recipe.toolchain import archive, hooks, ladder, preparation, setup_py
from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM, BuildSystem, read_build_system
from sdistmaker_recipe.toolchain.cpu_time_limit import CpuTimeExceededError, cpu_time_limit
from sdistmaker_recipe.toolchain.deadline import Deadline
from sdistmaker_recipe.toolchain.environments import environment_for
from sdistmaker_recipe.toolchain.files_only import write_files_only_sdist
from sdistmaker_recipe.toolchain.hooks import BuildContext, RawSdist
from sdistmaker_recipe.toolchain.interpreters import find_interpreter, find_interpreters
from sdistmaker_recipe.toolchain.ladder import DECLARED, FILES_ONLY, Interpreter, Rung
from sdistmaker_recipe.toolchain.sandbox import Sandbox, process_folder, shared_memory_folder
from sdistmaker_recipe.toolchain.untrusted_files import read_text, remove_folder
from sdistmaker_recipe.toolchain.worker import SHIMS
from sdistmaker_recipe.vcs import Credentials, Repository, open_repository
from sdistmaker_recipe.vcs.connection_limit import Limit

Failures: TypeAlias = list[tuple[Rung, BuildError]]
"""The rungs that were tried, in order, and how each failed."""


_NO_VERSION = ("0.0.0", "0+unknown")
"""What setuptools and versioneer say where they find none."""

_FOR_ALL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""Errors of the system that the next tag would meet too."""


class Source(NamedTuple):
    """A tag as exported: the folder, the paths of its files, and what builds it."""

    tree: Path
    files: frozenset[str]
    system: BuildSystem


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """How an archive was made: the rung, what was installed, the files left out, and stubs to add."""

    rung: Rung
    installed: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()
    stubs: Mapping[str, bytes] = field(default_factory=dict)


def fetch(job: BuildJob, credentials: Credentials) -> BuildJob | None:
    """The job with its tag exported ahead; as it was where that fails, for the build meets the error, too.

    None where the repository does not answer here: the server may let in no more of us at once, so whoever
    exports from now on does with one connection less.
    """
    folder = job.settings.scratch / f"exported-{uuid4().hex}"
    try:
        with _limit(job).held() as connection:
            try:
                _repository(job.source, job.vcs, credentials).export(job.tag, job.peg, folder)
            except RepositoryError as error:
                if error.passing and connection:
                    connection.give_up()
                return None if error.passing else job
    except OSError:
        return job
    return job._replace(exported=folder)


def build(job: BuildJob, credentials: Credentials) -> Outcome:
    """Do one job; an error of the disk that no other tag would escape is a ``StoreError``, see ``_build``."""
    try:
        with cpu_time_limit(job.settings.timeout):
            return _build(job, credentials)
    except CpuTimeExceededError:
        # It is its files that can do this, for what runs of a tag has processes, and a limit, of its own.
        text = f"To read and pack this tag took more than {job.settings.timeout:g} seconds of the processor."
        return Failed(job.tag, text)
    except OSError as error:
        text = f"{error.filename or job.settings.scratch}: {error.strerror or error}"
        if error.errno in _FOR_ALL:
            raise StoreError(text) from error
        return Failed(job.tag, text, is_permanent=False)
    except SdistmakerError:
        raise
    except Exception as error:
        # Whatever a tag can still bring about, it stops no other.
        text = f"The build of this tag met an error of this program: {type(error).__name__}: {error}"
        return Failed(job.tag, one_line(text), traceback.format_exc(), is_permanent=False)


def _build(job: BuildJob, credentials: Credentials) -> Outcome:
    """Export the job's tag, build it and repack the archive, which is left in the folder for output.

    The toolchains of the ladder are tried in turn, each on a fresh export. A tag that none of them builds is
    ``Failed``. Raises ``RepositoryError`` and ``ToolchainError`` where no other tag could do better.
    """
    deadline = Deadline(job.settings.timeout)
    failures: Failures = []
    left: Sequence[Rung] = ()
    while left or not failures:
        with _own_folder(job.settings) as scratch:
            try:
                # Others may have all connections.
                with deadline.paused():
                    source = _export(job, credentials, scratch)
            except BuildError as error:
                return Failed(job.tag, one_line(error.reason), error.log, is_permanent=error.is_permanent)
            if not failures:
                left = _first_rungs(job, source)
            rung, left = left[0], left[1:]
            try:
                return _build_on(rung, source, scratch, deadline, job, may_reuse_worker=not failures)
            except BuildError as error:
                failures.append((rung, error))
                left = _after(failures, left, source, job)
            if not left and _lasting(failures) and job.settings.unbuildable == "archive":
                try:
                    return _files_only(failures[0][1], job, credentials)
                except BuildError as error:
                    failures.append((FILES_ONLY, error))
    return _failed(job, failures)


@contextmanager
def _own_folder(settings: BuildSettings) -> Iterator[Path]:
    """An empty folder below the one that is this process's; whatever a tag leaves behind is removed."""
    own = process_folder(settings.scratch)
    try:
        yield Path(tempfile.mkdtemp(dir=own))
    finally:
        # These themselves stay, for the sandboxes of workers have them.
        for folder in (own, shared_memory_folder(own)):
            if folder.is_dir():
                # The next tag needs them, whatever this one took away.
                folder.chmod(0o700)
                _remove_from(folder)


def _remove_from(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            remove_folder(path)


def _files_only(why: BuildError, job: BuildJob, credentials: Credentials) -> Built:
    """What the option unbuildable = archive publishes of a tag that no toolchain builds."""
    # Nothing that failed builds have left is there.
    with _own_folder(job.settings) as scratch:
        source = _export(job, credentials, scratch)
        raw = RawSdist(scratch / "files-only.tar.gz", frozenset(), ())
        write_files_only_sdist(source.tree, job.tag, raw.archive)
        with archive.open_sdist(raw.archive) as sdist:
            built = _finish(sdist, archive.read_metadata(sdist), BuildRecord(FILES_ONLY), job)
    return built._replace(warnings=(f"no toolchain builds it, so it is its own files only: {why.reason}",))


def _export(job: BuildJob, credentials: Credentials, scratch: Path) -> Source:
    tree = scratch / "export"
    if not _take_exported(job, tree):
        repository = _repository(job.source, job.vcs, credentials)
        try:
            _export_to(tree, job, repository)
        except RepositoryError as error:
            # Where the repository still answers the fault is the tag's: a dead external, a forbidden folder.
            with _limit(job).held():
                repository.check(job.peg)
                repository.disconnect()
            raise BuildError(f"The tag cannot be exported: {error.reason}", is_permanent=False) from error
    system = read_build_system(tree)
    (scratch / "tree").mkdir()
    tree = tree.rename(scratch / "tree" / preparation.tree_name(tree, job.tag))
    return Source(tree, preparation.exported_files(tree), system)


def _export_to(tree: Path, job: BuildJob, repository: Repository) -> None:
    """Export the job's tag, with fewer connections where the server lets in no more.

    Raises ``RepositoryError``.
    """
    while True:
        with _limit(job).held() as connection:
            try:
                return repository.export(job.tag, job.peg, tree)
            except RepositoryError as error:
                if not (error.passing and connection and connection.give_up()):
                    raise


def _limit(job: BuildJob) -> Limit:
    """What keeps all processes of a run from having too many connections."""
    return Limit(job.settings.scratch / "connections", job.connections)


def _take_exported(job: BuildJob, tree: Path) -> bool:
    """Whether the tag was exported ahead, and not taken before; it is at tree then."""
    try:
        return bool(job.exported and job.exported.rename(tree))
    except OSError:
        return False


@lru_cache(maxsize=4)
def _repository(url: str, vcs: str, credentials: Credentials) -> Repository:
    """A connection that is kept for the next tag; it opens itself again where the server closed it."""
    return open_repository(url, vcs, credentials)


def _first_rungs(job: BuildJob, source: Source) -> tuple[Rung, ...]:
    """The rung to try first, or all in a new order where an earlier tag of the project needed another.

    A tag that declares how it is built does without what is older than such declarations.
    """
    settings = job.settings
    if job.pin:
        python = find_interpreter(job.pin[0], settings.helper_environment)
        return (Rung("pinned", python, job.pin[1:]),)
    if source.system == LEGACY_SYSTEM and ladder.imports_feature(read_text(source.tree, "setup.py")):
        remembered_first = job.toolchain if job.toolchain != DECLARED else ""
        return ladder.remembered_first(ladder.with_feature_first(_every_rung(job, source)), remembered_first)
    rungs = (Rung(DECLARED, _own(settings)),)
    if job.toolchain in ("", DECLARED):
        return rungs
    others = ladder.remembered_first(_every_rung(job, source), job.toolchain)
    return rungs if source.system != LEGACY_SYSTEM and others[0].runs_setup_py else others


def _after(failures: Failures, left: Sequence[Rung], source: Source, job: BuildJob) -> tuple[Rung, ...]:
    """What is left to try after the last of these failures.

    Nothing where it is none of the tag's: what another toolchain made now would be published for good.
    """
    rung, error = failures[-1]
    if not error.is_permanent:
        return ()
    if isinstance(error, LackingFilesError) and _may_add_files(rung, source, job):
        return (ladder.with_versioned_files(rung), *left)
    if rung.name == DECLARED and not left:
        left = _every_rung(job, source)
    tried = {each.name for each, _ in failures}
    return ladder.rungs_after_failure(
        f"{error.reason}\n{error.log}", [each for each in left if each.name not in tried]
    )


def _every_rung(job: BuildJob, source: Source) -> tuple[Rung, ...]:
    settings = job.settings
    others = find_interpreters(settings.pythons, settings.helper_environment)
    return ladder.rungs(
        source.system,
        _own(settings),
        others,
        has_setup_py="setup.py" in source.files,
        mentions_cython="cython" in read_text(source.tree, "setup.py").lower(),
    )


def _own(settings: BuildSettings) -> Interpreter:
    if settings.python:
        return find_interpreter(settings.python, settings.helper_environment)
    return Interpreter(sys.executable, sys.version_info[:2])


class LackingFilesError(BuildError):
    """The archive lacks files of the tag without which it does not build again."""


def _build_on(
    rung: Rung, source: Source, scratch: Path, deadline: Deadline, job: BuildJob, *, may_reuse_worker: bool
) -> Built:
    preparation.remove_development_markers(source.tree)
    preparation.write_hgtools_version(source.tree, job.tag)
    place = BuildContext(
        tree=source.tree,
        scratch=scratch,
        deadline=deadline,
        variables={
            "SOURCE_DATE_EPOCH": str(_epoch(job)),
            **preparation.version_variables(job.tag),
            **_versioned_files(rung, source, scratch, job),
        },
        sandbox=Sandbox(process_folder(job.settings.scratch) if job.settings.sandbox else None),
        # The first toolchain is the one that its neighbours were or will be built with.
        may_reuse_worker=may_reuse_worker,
        has_many_builds=job.settings.has_many_builds,
    )
    raw = _raw_sdist(rung, source.system, place, job.settings)
    bootstrap_modules = preparation.bootstrap_modules(source.tree)
    with archive.open_sdist(raw.archive) as sdist:
        left_out = source.files - set(sdist.file_names())
        metadata = archive.read_metadata(sdist)
        with _named(metadata.name):
            if lacking := sorted(left_out & (raw.read | bootstrap_modules)):
                text = f"The build reads {', '.join(lacking[:5])}, which the archive lacks."
                raise LackingFilesError(text, hooks.read_build_log(place))
            if _found_no_version(metadata.version, job.tag, source.tree):
                text = f"The build found no version: its metadata says {metadata.version}."
                raise BuildError(text, hooks.read_build_log(place))
            if _must_verify(source, left_out, job.settings):
                _verify(sdist, metadata, rung, source.system, place, job)
            stubs = {name: (SHIMS / name).read_bytes() for name in bootstrap_modules}
            return _finish(sdist, metadata, BuildRecord(rung, raw.installed, left_out, stubs), job)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """A build that fails in the context tells this name of the project."""
    try:
        yield
    except BuildError as error:
        error.names = (name, *error.names)
        raise


def _found_no_version(version: str, tag: Tag, tree: Path) -> bool:
    """Whether the version is what build systems say where they find none, and the tag itself does not."""
    if version not in _NO_VERSION or same_version(tag.version, version):
        return False
    return not any(version in read_text(tree, name) for name in ("setup.py", "setup.cfg", "pyproject.toml"))


def _raw_sdist(rung: Rung, system: BuildSystem, place: BuildContext, settings: BuildSettings) -> RawSdist:
    if rung.runs_setup_py:
        return setup_py.build_sdist(rung.python, place, settings)
    with place.deadline.paused():
        environment = environment_for(system.requires, rung, settings)
    more = hooks.may_have_extra_requirements(system, place.tree)
    if more and (extra := hooks.get_requires_for_build_sdist(system, environment, place)):
        with place.deadline.paused():
            environment = environment_for([*system.requires, *extra], rung, settings)
    return hooks.build_sdist(system, environment, place)


def _versioned_files(rung: Rung, source: Source, scratch: Path, job: BuildJob) -> dict[str, str]:
    """The variable that hands the tag's files to setuptools, where they shall be in the archive."""
    if not _gets_versioned_files(rung, source, job):
        return {}
    listing = scratch / "files.txt"
    listing.write_text("".join(f"{path}\n" for path in sorted(source.files)), "utf-8", "surrogateescape")
    return {preparation.VERSIONED_FILES_VARIABLE: str(listing)}


def _gets_versioned_files(rung: Rung, source: Source, job: BuildJob) -> bool:
    if job.settings.include_versioned_files != "auto":
        return job.settings.include_versioned_files == "always"
    return rung.has_versioned_files or preparation.needs_versioned_files(source.tree, job.tag, source.system)


def _may_add_files(rung: Rung, source: Source, job: BuildJob) -> bool:
    """Whether the rung did without versioned files that it may have."""
    return job.settings.include_versioned_files == "auto" and not _gets_versioned_files(rung, source, job)


def _must_verify(source: Source, left_out: frozenset[str], settings: BuildSettings) -> bool:
    if settings.verify_builds != "auto":
        return settings.verify_builds == "always"
    return bool(left_out) or preparation.needs_vcs_metadata(source.tree, source.system)


def _verify(
    sdist: archive.Sdist,
    metadata: archive.Metadata,
    rung: Rung,
    system: BuildSystem,
    place: BuildContext,
    job: BuildJob,
) -> None:
    """Build again from the unpacked archive, as whoever installs it does, without the repository's help."""
    scratch = place.scratch / "verify"
    scratch.mkdir()
    tree = archive.unpack(sdist, scratch)
    variables = {"SOURCE_DATE_EPOCH": str(_epoch(job))}
    again = place._replace(tree=tree, scratch=scratch, variables=variables)
    try:
        with archive.open_sdist(_raw_sdist(rung, system, again, job.settings).archive) as built_again:
            second = archive.read_metadata(built_again)
    except BuildError as error:
        text = f"The archive does not build again: {error.reason}"
        raise LackingFilesError(text, error.log, is_permanent=error.is_permanent) from error
    if (second.name, second.version) != (metadata.name, metadata.version):
        other, own = f"{second.name} {second.version}", f"{metadata.name} {metadata.version}"
        text = f"The archive builds again as {other}, not as {own}."
        raise BuildError(text, hooks.read_build_log(again), names=(second.name,))


def _finish(sdist: archive.Sdist, metadata: archive.Metadata, making: BuildRecord, job: BuildJob) -> Built:
    try:
        filename = release_filename(metadata.name, metadata.version)
    except ValueError as error:
        raise BuildError(f"The metadata cannot be published: {error}.") from error
    target = job.settings.output / f"{uuid4().hex}.tar.gz"
    archive.repack(sdist, target, filename.removesuffix(".tar.gz"), _epoch(job), making.stubs)
    return Built(
        tag=job.tag,
        name=metadata.name,
        version=metadata.version,
        archive=target,
        sha256=sha256_of(target),
        size=target.stat().st_size,
        metadata=metadata.content,
        requires_python=metadata.requires_python,
        toolchain=making.rung.name,
        details=core_metadata.project_details(metadata.content),
        metadata_is_final=core_metadata.may_be_served(metadata.content),
        installed=making.installed,
        left_out=tuple(sorted(making.left_out)),
    )


def _lasting(failures: Failures) -> bool:
    return all(error.is_permanent for _, error in failures)


def _failed(job: BuildJob, failures: Failures) -> Failed:
    """The failure of the first toolchain is the one that says most; the log has all of them."""
    logs = (f"--- {rung.name}: {error.reason}\n{error.log}" for rung, error in failures)
    return Failed(
        tag=job.tag,
        reason=one_line(failures[0][1].reason),
        log="\n".join(logs),
        is_permanent=_lasting(failures),
        attempts=tuple(Attempt(rung.name, one_line(error.reason)) for rung, error in failures),
        names=tuple(dict.fromkeys(name for _, error in failures for name in error.names)),
    )


def _epoch(job: BuildJob) -> int:
    return int(job.tag.time.timestamp())
