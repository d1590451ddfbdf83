"""What is sent to the workers of a cluster, and what they do with it.

A worker reads the repository itself. It has a folder for the run, which is removed at the end, and keeps
build environments beside it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from uuid import uuid4

from sdistmaker_recipe.errors import RepositoryError, StoreError, ToolchainError
from sdistmaker_recipe.executors.remote_work import Machine, UnfitWorkerError
from sdistmaker_recipe.flow.scratch import TEMPORARY_VARIABLES, has_plenty
from sdistmaker_recipe.flow.sent_archives import Result, with_bytes, with_files
from sdistmaker_recipe.model import (
    BuildJob,
    BuildSettings,
    Built,
    Failed,
    NoWheel,
    WheelJob,
    WheelOutcome,
    repository_of,
)
from sdistmaker_recipe.toolchain.isolation.sandbox import SHARED_MEMORY
from sdistmaker_recipe.vcs import Credentials, open_repository

Job: TypeAlias = BuildJob | WheelJob

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


def settings_to_send(settings: BuildSettings) -> BuildSettings:
    """The settings without environment variables of this machine, which may hold secrets of others.

    Exception: those that say where build requirements come from.
    """
    given = settings.helper_environment
    return replace(settings, helper_environment=tuple(pair for pair in given if pair[0] in _INDEX_VARIABLES))


class _SentWheelJob(NamedTuple):
    """A ``WheelJob`` with the content of its source distribution."""

    job: WheelJob
    content: bytes


class InstalledOnWorkers:
    """What workers had installed for the same requirements. Other versions may give other bytes."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, ...], tuple[tuple[str, ...], str]] = {}
        self.faults: dict[str, None] = {}

    def add(self, built: Built, worker: str) -> None:
        """Compare a build with those before it; ``faults`` has a sentence for each difference."""
        names = tuple(requirement.partition("==")[0] for requirement in built.installed)
        first, where = self._first.setdefault((built.toolchain, *names), (built.installed, worker))
        if first != built.installed and where != worker:
            pairs = [pair for pair in zip(first, built.installed, strict=True) if pair[0] != pair[1]]
            versions = ", ".join(f"{one} and {other}" for one, other in pairs)
            text = (
                f"the workers {where} and {worker} build with different versions ({versions}), so their "
                f"archives may differ. Remove the folder {_ENVIRONMENTS} beside the files of both workers. "
                "The next run makes it anew"
            )
            self.faults[text] = None


@dataclass(frozen=True, slots=True)
class BuildOnWorkers:
    """The ``RemoteWork`` of a run: build tags, and wheels of published source distributions.

    ``settings`` are those of the run; each worker has folders and programs of its own. ``output`` is the
    folder of this machine for archives. ``sandbox`` is the option. ``connections`` limits the connections of
    all workers to a repository; 0 is any number. ``compressed`` is the digest of a sample that this machine
    compressed. ``seen`` collects what workers had installed for their builds.
    """

    settings: BuildSettings = field(repr=False)
    credentials: Credentials
    output: Path
    sandbox: str
    connections: int
    compressed: str
    seen: InstalledOnWorkers = field(compare=False, repr=False)

    def prepare(self, machine: Machine) -> str:
        """Make the folders, and check what all builds of the run need here; warn if they have no sandbox."""
        from sdistmaker_recipe.toolchain.interpreters import find_interpreter

        settings = self._settings_on(machine)
        settings.output.mkdir(parents=True, exist_ok=True)
        settings.environments.mkdir(exist_ok=True)
        if settings.environments.lstat().st_uid != os.getuid():
            # What is in there runs as this account.
            raise UnfitWorkerError(
                f"{settings.environments} belongs to another account",
                "Start it with another --local-directory.",
            )
        if not any(map(machine.environment.get, TEMPORARY_VARIABLES)) and has_plenty(machine.threads):
            with suppress(OSError):
                _memory_of(machine.folder).mkdir(mode=0o700)
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
        return _choose_sandbox(self.sandbox)[1]

    def clean_up(self, folder: Path) -> None:
        """Remove the folder; build environments stay."""
        from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder

        for each in (folder, _memory_of(folder)):
            if each.is_dir():
                remove_folder(each)

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
                return with_bytes(build.build(self._job_on(packed, settings), self.credentials))
            return with_bytes(_build_wheel(packed, settings))
        except RepositoryError as error:
            hint = error.hint
            if error.url.partition("://")[0].lower() in _LOCAL_SCHEMES:
                hint = "The disk must be shared with all workers. Or give a URL that each of them reaches."
            raise UnfitWorkerError(error.message, hint) from error
        except (StoreError, ToolchainError) as error:
            raise UnfitWorkerError(error.message.rstrip("."), error.hint) from error

    def unpack(self, result: Result, worker: str) -> Result:
        """The result with its archives as files of this machine, if their hashes are right."""
        if isinstance(result, Built):
            self.seen.add(result, worker)
        return with_files(result, self.output)

    def doubt(self, result: Result) -> str:
        """The reason of a failure: this worker may lack what others have, such as a Python or a compiler."""
        outcome = result.wheel if isinstance(result, WheelOutcome) else result
        if isinstance(outcome, NoWheel):
            return outcome.reason if outcome.is_failure else ""
        return outcome.reason if isinstance(outcome, Failed) else ""

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
            memory=_memory_of(folder) if _memory_of(folder).is_dir() else None,
            output=folder / "output",
            environments=folder.parent / _ENVIRONMENTS,
            sandbox=_choose_sandbox(self.sandbox)[0],
            helper_environment=self._helper_environment(machine.environment),
            # What helpers print would be in the worker's log.
            verbose=False,
        )

    def _helper_environment(self, environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The worker's environment variables, with the index that the machine of the run installs from."""
        own = {name: value for name, value in environment.items() if name not in _INDEX_VARIABLES}
        return tuple((own | dict(settings_to_send(self.settings).helper_environment)).items())

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


def _memory_of(folder: Path) -> Path:
    """The folder in memory that belongs to the folder of a run."""
    return SHARED_MEMORY / folder.name


def _choose_sandbox(mode: str) -> tuple[bool, str]:
    from sdistmaker_recipe.toolchain.isolation.sandbox import choose_sandbox

    try:
        return choose_sandbox(mode)
    except ToolchainError as error:
        raise UnfitWorkerError(error.message.rstrip("."), error.hint) from error


def compression_digest() -> str:
    """A digest of compressed bytes: machines with the same one compress archives to the same bytes."""
    sample = b"".join(b"%d %s\n" % (number * number, str(number).encode() * 3) for number in range(4000))
    output = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, output, mtime=0) as file:
        file.write(sample)
    return hashlib.sha256(output.getvalue()).hexdigest()
