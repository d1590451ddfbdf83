"""Builds on the workers of a cluster: what is sent to them, what they do with it, and what comes back.

A worker reads the repository itself. It has a folder for the run, which is removed at the end, and keeps
build environments beside it. It sends archives as bytes. Here they become files again, if their hashes are
right.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar
from uuid import uuid4

from sdistmaker_recipe import executors
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import ConfigurationError, Problem, RepositoryError, StoreError, ToolchainError
from sdistmaker_recipe.executors.remote_work import Machine, UnfitWorkerError
from sdistmaker_recipe.model import (
    BuildJob,
    BuildSettings,
    Built,
    BuiltWheel,
    Failed,
    NoWheel,
    Outcome,
    WheelJob,
    WheelOutcome,
    WorkerUse,
    repository_of,
)
from sdistmaker_recipe.vcs import Credentials, open_repository

if TYPE_CHECKING:
    from sdistmaker_recipe.executors.dask.executor import ClusterExecutor

Job: TypeAlias = BuildJob | WheelJob
Result: TypeAlias = Built | Failed | WheelOutcome
_Archive = TypeVar("_Archive", Built, BuiltWheel)

_ENVIRONMENTS = "sdistmaker-environments"
_INDEX_VARIABLES = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_INDEX_STRATEGY",
    "UV_FIND_LINKS",
    "UV_INSECURE_HOST",
)
"""Where build requirements come from. All workers install from where this machine would."""
_LOCAL_SCHEMES = ("file", "git+file", "hg+file")
_NO_SETTINGS = BuildSettings(Path(), Path(), Path(), 0)


class _SentWheelJob(NamedTuple):
    """A ``WheelJob`` with the content of its source distribution."""

    job: WheelJob
    content: bytes


@dataclass(frozen=True, slots=True)
class BuildOnWorkers:
    """The ``RemoteWork`` of a run: build tags, and wheels of published source distributions.

    ``settings`` are those of the run; each worker has folders and programs of its own. ``output`` is the
    folder of this machine for archives. ``sandbox`` is the option. ``connections`` limits the connections of
    all workers to a repository; 0 is any number. ``compressed`` is the digest of a sample that this machine
    compressed.
    """

    settings: BuildSettings = field(repr=False)
    credentials: Credentials
    output: Path
    sandbox: str
    connections: int
    compressed: str

    def prepare(self, machine: Machine) -> None:
        """Make the folders, and check what all builds of the run need on this machine."""
        from sdistmaker_recipe.toolchain.interpreters import find_interpreter

        settings = self._settings_on(machine)
        settings.output.mkdir(parents=True, exist_ok=True)
        if compression_digest() != self.compressed:
            raise UnfitWorkerError(
                "its zlib compresses to other bytes than that of the machine that began the run",
                "Use the same Python, or the same zlib, on all machines.",
            )
        try:
            for python in (settings.python, *settings.pythons):
                if python:
                    find_interpreter(python, settings.helper_environment)
        except ToolchainError as error:
            raise UnfitWorkerError(error.message.rstrip("."), error.hint) from error

    def clean_up(self, folder: Path) -> None:
        """Remove the folder; build environments stay."""
        from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder

        remove_folder(folder)

    def label(self, job: Job) -> str:
        """The project and the name of a tag, or the name of a file."""
        if isinstance(job, WheelJob):
            return f"wheel {job.filename}"
        return f"{job.tag.project or 'tag'} {job.tag.name}"

    def kind(self, job: Job) -> tuple[str, ...]:
        """The repository that a job reads, and the toolchain that it needs."""
        return (job.source if isinstance(job, BuildJob) else "", *job.pin)

    def pack(self, job: Job, workers: int) -> BuildJob | _SentWheelJob:
        """The job without the settings, which the worker knows, and with its share of the connections."""
        if isinstance(job, WheelJob):
            return _SentWheelJob(job._replace(settings=_NO_SETTINGS), job.sdist.read_bytes())
        connections = max(self.connections // workers, 1) if self.connections else 0
        return job._replace(settings=_NO_SETTINGS, connections=connections, exported=None)

    def run(self, packed: BuildJob | _SentWheelJob, machine: Machine) -> Result:
        """Build, and take the archives along as bytes."""
        from sdistmaker_recipe.stages import build

        settings = self._settings_on(machine)
        try:
            if isinstance(packed, BuildJob):
                return _with_bytes(build.build(self._job_on(packed, settings), self.credentials))
            return _with_bytes(_build_wheel(packed, settings))
        except RepositoryError as error:
            hint = error.hint
            if error.url.partition("://")[0].lower() in _LOCAL_SCHEMES:
                hint = "The disk must be shared with all workers. Or give a URL that each of them reaches."
            raise UnfitWorkerError(error.message, hint) from error
        except (StoreError, ToolchainError) as error:
            raise UnfitWorkerError(error.message.rstrip("."), error.hint) from error

    def unpack(self, result: Result) -> Result:
        """The result with its archives as files of this machine, if their hashes are right."""
        return _with_files(result, self.output)

    def lost(self, job: Job, reason: str) -> Result:
        """The failure of a job that ended each process, or each worker, that ran it."""
        if isinstance(job, WheelJob):
            return WheelOutcome(job.project, job.filename, NoWheel(reason, is_failure=True))
        return Failed(job.tag, reason, is_permanent=False)

    def _settings_on(self, machine: Machine) -> BuildSettings:
        folder = machine.folder
        return replace(
            self.settings,
            scratch=folder,
            output=folder / "output",
            environments=folder.parent / _ENVIRONMENTS,
            sandbox=_has_sandbox(self.sandbox),
            helper_environment=self._helper_environment(machine.environment),
            # What helpers print would be in the worker's log.
            verbose=False,
        )

    def _helper_environment(self, environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The worker's environment variables, with the index that the machine of the run installs from."""
        own = {name: value for name, value in environment.items() if name not in _INDEX_VARIABLES}
        given = dict(self.settings.helper_environment)
        return tuple((own | {name: given[name] for name in _INDEX_VARIABLES if name in given}).items())

    def _job_on(self, job: BuildJob, settings: BuildSettings) -> BuildJob:
        repository = replace(job.repository_settings, cache=settings.scratch / "vcs")
        local = job._replace(settings=settings, repository_settings=repository)
        if job.source.partition("://")[0].lower() in _LOCAL_SCHEMES:
            expected = repository_of(job.tag.origin)
            found = _identity(job.source, job.vcs, self.credentials, repository)
            if found != expected:
                raise RepositoryError(job.source, "is another repository there")
        return local


def _build_wheel(sent: _SentWheelJob, settings: BuildSettings) -> WheelOutcome:
    from sdistmaker_recipe.stages import build

    folder = settings.scratch / f"sdist-{uuid4().hex}"
    sdist = folder / sent.job.filename
    folder.mkdir()
    try:
        sdist.write_bytes(sent.content)
        return build.build_published(sent.job._replace(settings=settings, sdist=sdist))
    finally:
        sdist.unlink(missing_ok=True)
        folder.rmdir()


@lru_cache(maxsize=4)
def _identity(url: str, vcs: str, credentials: Credentials, settings: Any) -> str:  # noqa: ANN401
    with open_repository(url, vcs, credentials, settings=settings) as repository:
        return repository.identity()


def _has_sandbox(mode: str) -> bool:
    from sdistmaker_recipe.toolchain.isolation.sandbox import choose_sandbox

    try:
        return choose_sandbox(mode)[0]
    except ToolchainError as error:
        raise UnfitWorkerError(error.message.rstrip("."), error.hint) from error


def compression_digest() -> str:
    """A digest of compressed bytes: machines with the same one compress archives to the same bytes."""
    sample = b"".join(b"%d %s\n" % (number * number, str(number).encode() * 3) for number in range(4000))
    output = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, output, mtime=0) as file:
        file.write(sample)
    return hashlib.sha256(output.getvalue()).hexdigest()


def _with_bytes(result: Result) -> Result:
    """The result with the content of its archives in place of their paths; the files are removed."""
    if isinstance(result, Built):
        wheel = _read(result.wheel) if isinstance(result.wheel, BuiltWheel) else result.wheel
        return _read(result)._replace(wheel=wheel)
    if isinstance(result, WheelOutcome) and isinstance(result.wheel, BuiltWheel):
        return result._replace(wheel=_read(result.wheel))
    return result


def _with_files(result: Result, folder: Path) -> Result:
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


def check_cluster(configuration: Configuration) -> None:
    """Refuse executor = dask without a scheduler, or without Dask, before anything is done.

    Raises ``ConfigurationError`` and ``ClusterError``.
    """
    if not configuration.scheduler:
        message = (
            "is empty, and executor = dask needs the address of a cluster. Set it, for instance to "
            "tcp://dask.example.com:8786"
        )
        raise ConfigurationError([Problem("options", "scheduler", None, message)])
    executors.check_dask()


class ClusterBuilds:
    """The builds of a run on the cluster of the scheduler at ``address``; ``watch`` is told of progress."""

    def __init__(
        self, address: str, sandbox: str, watch: Callable[[Sequence[WorkerUse]], None] | None = None
    ) -> None:
        self._address, self._sandbox, self._watch = address, sandbox, watch
        self._executors: list[ClusterExecutor] = []

    @property
    def workers(self) -> tuple[WorkerUse, ...]:
        """What each worker did so far, for tags and for wheels; those that did most first."""
        found: dict[str, WorkerUse] = {}
        for use in (use for executor in self._executors for use in executor.uses()):
            before = found.get(use.address, WorkerUse(use.address))
            found[use.address] = use._replace(
                jobs=before.jobs + use.jobs,
                seconds=before.seconds + use.seconds,
                notes=tuple(dict.fromkeys((*before.notes, *use.notes))),
            )
        return tuple(sorted(found.values(), key=lambda use: (-use.jobs, use.address)))

    def build_tags(
        self,
        jobs: Sequence[BuildJob],
        settings: BuildSettings,
        credentials: Credentials,
        meanwhile: Callable[[], None],
    ) -> Iterator[Outcome]:
        """The outcomes of jobs as they are ready; for ``meanwhile`` see ``executors.run_jobs``.

        Raises ``ClusterError`` if the cluster goes, or if none of its workers can do a job.
        """
        yield from self._run(jobs, settings, credentials, meanwhile)

    def build_wheels(
        self,
        jobs: Sequence[WheelJob],
        settings: BuildSettings,
        credentials: Credentials,
        meanwhile: Callable[[], None],
    ) -> Iterator[WheelOutcome]:
        """The same for wheels of published source distributions."""
        yield from self._run(jobs, settings, credentials, meanwhile)

    def _run(
        self,
        jobs: Sequence[Job],
        settings: BuildSettings,
        credentials: Credentials,
        meanwhile: Callable[[], None],
    ) -> Iterator[Any]:
        connections = max((job.connections for job in jobs if isinstance(job, BuildJob)), default=0)
        work = BuildOnWorkers(
            settings=settings,
            credentials=credentials,
            output=settings.output,
            sandbox=self._sandbox,
            connections=connections,
            compressed=compression_digest(),
        )
        for job, outcome in executors.run_jobs(work, jobs, self._open, 1, meanwhile):
            yield outcome or work.lost(job, "The build ended the process that ran it.")
            if self._watch:
                self._watch(self.workers)

    def _open(self, _workers: int) -> ClusterExecutor:
        executor = executors.open_dask(self._address)
        self._executors.append(executor)
        return executor
