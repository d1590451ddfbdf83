"""Export the tag of a build job, with no more connections at one time than the run may have."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from sdistmaker_recipe.errors import BuildError, ExternalRefusedError, RepositoryError
from sdistmaker_recipe.model import BuildJob, RepositorySettings
from sdistmaker_recipe.vcs import Credentials, Repository, open_repository
from sdistmaker_recipe.vcs.connection_limit import ConnectionLimit


def export_tag(job: BuildJob, credentials: Credentials, folder: Path) -> None:
    """Write the files of the job's tag to the new folder.

    If ``export_ahead`` exported the tag and nobody took the files yet, they are moved there. Raises
    ``BuildError`` if only this tag cannot be exported, and ``RepositoryError`` if the repository does not
    answer.
    """
    if _move_exported(job, folder):
        return
    repository = _open_repository(job.source, job.vcs, credentials, job.repository_settings)
    try:
        export_within_limit(job, repository, folder)
    except ExternalRefusedError as error:
        raise BuildError(f"The tag cannot be exported: {error.reason}") from error
    except RepositoryError as error:
        # If the repository still answers, the fault is the tag's: a dead external, a forbidden folder.
        with connection_limit(job).acquire():
            repository.check(job.peg)
            repository.disconnect()
        text = f"The tag cannot be exported: {error.reason.removesuffix('.')}. {error.hint}"
        raise BuildError(text.strip(), is_permanent=False) from error


def export_ahead(job: BuildJob, credentials: Credentials) -> BuildJob | None:
    """Export the job's tag before its build, and return the job with that folder in ``exported``.

    If the export fails, return the job unchanged: the build meets the same error and reports it. Return None
    if the repository does not answer this process. Its server may limit the connections, so the run has one
    connection less from then on, and another process does the job.
    """
    folder = job.settings.scratch / f"exported-{uuid4().hex}"
    try:
        with connection_limit(job).acquire() as connection:
            try:
                repository = _open_repository(job.source, job.vcs, credentials, job.repository_settings)
                repository.export(job.tag, job.peg, folder)
            except RepositoryError as error:
                if error.is_transient and connection:
                    connection.retire()
                return None if error.is_transient else job
    except OSError:
        return job
    return job._replace(exported=folder)


def export_within_limit(job: BuildJob, repository: Repository, folder: Path) -> None:
    """Export the job's tag; give up one connection after the other while the server refuses this one.

    Raises ``RepositoryError``.
    """
    while True:
        with connection_limit(job).acquire() as connection:
            try:
                return repository.export(job.tag, job.peg, folder)
            except RepositoryError as error:
                if not (error.is_transient and connection and connection.retire()):
                    raise


def connection_limit(job: BuildJob) -> ConnectionLimit:
    """The limit that all processes of the job's run share."""
    return ConnectionLimit(job.settings.scratch / "connections", job.connections)


def _move_exported(job: BuildJob, folder: Path) -> bool:
    """Move the files that were exported ahead; false if there are none, or another build took them."""
    try:
        return bool(job.exported and job.exported.rename(folder))
    except OSError:
        return False


@lru_cache(maxsize=4)
def _open_repository(
    url: str, vcs: str, credentials: Credentials, settings: RepositorySettings
) -> Repository:
    """A connection that the next tag uses again; it reconnects by itself if the server closed it."""
    return open_repository(url, vcs, credentials, settings=settings)
