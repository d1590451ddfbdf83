"""Turn one job into a source distribution, wherever it runs."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from sdistmaker_recipe.errors import BuildError, PathNotFoundError
from sdistmaker_recipe.index.layout import release_filename
from sdistmaker_recipe.index.store import sha256_of
from sdistmaker_recipe.model import BuildJob, BuildSettings, Built, Failed, Outcome, Tag
from sdistmaker_recipe.toolchain import archive, hooks
from sdistmaker_recipe.toolchain.build_system import read_build_system
from sdistmaker_recipe.toolchain.environments import Environment, environment_for
from sdistmaker_recipe.toolchain.hooks import Workplace
from sdistmaker_recipe.vcs import Credentials, open_repository


def build(job: BuildJob, credentials: Credentials) -> Outcome:
    """Export the job's tag, build it and repack the archive, which is left in the scratch folder.

    A tag that does not build is ``Failed``. Raises ``RepositoryError`` and ``ToolchainError`` where no
    other tag could do better.
    """
    scratch = Path(tempfile.mkdtemp(dir=job.settings.scratch))
    try:
        tree = scratch / "tree"
        _export(job, credentials, tree)
        return build_tree(tree, job.tag, scratch, job.settings)
    except BuildError as error:
        return Failed(job.tag, error.reason, error.log, lasting=error.lasting)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def build_tree(tree: Path, tag: Tag, scratch: Path, settings: BuildSettings) -> Built:
    """Build the exported tag in the folder tree; raises ``BuildError`` where it does not build."""
    system = read_build_system(tree)
    environment = environment_for(system.requires, settings)
    epoch = int(tag.time.timestamp())
    place = Workplace(
        tree=tree,
        scratch=scratch,
        deadline=time.monotonic() + settings.timeout,
        timeout=settings.timeout,
        variables={"SOURCE_DATE_EPOCH": str(epoch)},
    )
    if extra := hooks.extra_requirements(system, environment, place):
        environment = environment_for([*system.requires, *extra], settings)
    raw = hooks.build_sdist(system, environment, place)
    return _finish(raw, tag, settings, _toolchain(environment))


def _export(job: BuildJob, credentials: Credentials, tree: Path) -> None:
    try:
        with open_repository(job.source, job.vcs, credentials) as repository:
            repository.export(job.tag.path, job.peg, tree)
    except PathNotFoundError as error:
        raise BuildError(f"The tag cannot be exported: {error.reason}", lasting=False) from error


def _finish(raw: Path, tag: Tag, settings: BuildSettings, toolchain: str) -> Built:
    metadata = archive.read_metadata(raw)
    try:
        filename = release_filename(metadata.name, metadata.version)
    except ValueError as error:
        raise BuildError(f"The metadata cannot be published: {error}.") from error
    target = Path(tempfile.mkdtemp(dir=settings.scratch, prefix="built-")) / "archive.tar.gz"
    archive.repack(raw, target, filename.removesuffix(".tar.gz"), int(tag.time.timestamp()))
    return Built(
        tag=tag,
        name=metadata.name,
        version=metadata.version,
        archive=target,
        sha256=sha256_of(target),
        size=target.stat().st_size,
        metadata=metadata.content,
        requires_python=metadata.requires_python,
        toolchain=toolchain,
    )


def _toolchain(environment: Environment) -> str:
    return " ".join(environment.installed)
