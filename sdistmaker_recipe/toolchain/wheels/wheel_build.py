"""From the source distribution of a release to its wheel, with one rung of the ladder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from packaging.version import InvalidVersion, Version

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import BuildSettings, BuiltWheel
from sdistmaker_recipe.names import canonicalize_name, normalised_version
from sdistmaker_recipe.toolchain import hooks, setup_py
from sdistmaker_recipe.toolchain.archives import archive
from sdistmaker_recipe.toolchain.build_context import BuildContext, read_build_log
from sdistmaker_recipe.toolchain.build_folder import temporary_build_folder
from sdistmaker_recipe.toolchain.build_system import BuildSystem, read_build_system
from sdistmaker_recipe.toolchain.environments import environment_for
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag
from sdistmaker_recipe.toolchain.git_repository import hide_outer_repositories
from sdistmaker_recipe.toolchain.isolation.deadline import Deadline
from sdistmaker_recipe.toolchain.isolation.sandbox import Sandbox, process_folder
from sdistmaker_recipe.toolchain.ladder import Rung
from sdistmaker_recipe.toolchain.requirements import distribution
from sdistmaker_recipe.toolchain.wheels.wheel_archive import Wheel, open_wheel
from sdistmaker_recipe.toolchain.wheels.wheel_failures import NotPureError
from sdistmaker_recipe.toolchain.wheels.wheel_writing import write_wheel

# setuptools 70.1 has the command bdist_wheel itself, and wheel 0.46 has it no longer.
_FIRST_WITH_BDIST_WHEEL = Version("70.1")
_WITH_BDIST_WHEEL = "wheel<0.46"
_BLOCK_SIZE = 1 << 20


class UnpackedSdist(NamedTuple):
    """A source distribution as a build reads it.

    ``epoch`` is the time of its newest member, in seconds since 1970, ``metadata`` what its PKG-INFO says.
    """

    source: ExportedTag
    metadata: archive.Metadata
    epoch: int


def build_wheel(
    sdist: Path,
    release: str,
    choose_rung: Callable[[ExportedTag], Rung],
    settings: BuildSettings,
    *,
    may_reuse_worker: bool = True,
) -> BuiltWheel:
    """The wheel that a client would build from this file, written into the folder ``settings.output``.

    ``release`` is the name and version that begin the name of the file; it begins the wheel's too. The rung
    is chosen for the unpacked files. With ``may_reuse_worker`` other builds are likely to need the same
    environment. The build gets nothing from the repository, only the time of the newest file as
    SOURCE_DATE_EPOCH. So the wheel depends on the file and the toolchain alone.

    Raises ``NotPureError`` if a wheel would not be the same on every platform, ``BuildError``, and
    ``ToolchainError``.
    """
    with temporary_build_folder(settings.scratch) as scratch:
        unpacked = unpack_sdist(sdist, scratch)
        context = BuildContext(
            tree=unpacked.source.tree,
            scratch=scratch,
            deadline=Deadline(settings.timeout),
            variables={"SOURCE_DATE_EPOCH": str(unpacked.epoch)},
            sandbox=Sandbox(process_folder(settings.scratch) if settings.sandbox else None),
            may_reuse_worker=may_reuse_worker,
            has_many_builds=settings.has_many_builds,
        )
        written = _build(choose_rung(unpacked.source), unpacked.source.build_system, context, settings)
        try:
            with open_wheel(written) as wheel:
                _refuse_other_release(wheel.metadata, unpacked.metadata)
                _refuse_native_code(wheel, sdist)
                return _publishable(wheel, release, "py3", unpacked.epoch, settings.output)
        except BuildError as error:
            error.log = error.log or read_build_log(context)
            raise


def unpack_sdist(sdist: Path, scratch: Path) -> UnpackedSdist:
    """Unpack a source distribution below the folder scratch; raises ``BuildError``."""
    parent = scratch / "unpacked"
    parent.mkdir()
    with archive.open_sdist(sdist) as opened:
        metadata = archive.read_metadata(opened)
        tree = archive.unpack(opened, parent)
        epoch = max(int(member.mtime) for member in opened.members.values())
        files = frozenset(opened.file_names())
    return UnpackedSdist(ExportedTag(tree, files, read_build_system(tree)), metadata, epoch)


def _build(rung: Rung, build_system: BuildSystem, context: BuildContext, settings: BuildSettings) -> Path:
    """The wheel as the backend, or setup.py on an old Python, writes it."""
    hide_outer_repositories(context)
    if rung.runs_setup_py:
        return setup_py.build_wheel(rung, context, settings)
    requires = [*build_system.requires, *rung.requirements]
    with context.deadline.paused():
        environment = environment_for(requires, rung, settings)
    extra: tuple[str, ...] = ()
    if hooks.may_have_extra_requirements(build_system, context.tree):
        extra = hooks.get_requires_for_build_wheel(build_system, environment, context)
    if _lacks_bdist_wheel(build_system, extra, environment.installed):
        extra = (*extra, _WITH_BDIST_WHEEL)
    if extra:
        with context.deadline.paused():
            environment = environment_for([*requires, *extra], rung, settings)
    return hooks.build_wheel(build_system, environment, context)


def _lacks_bdist_wheel(build_system: BuildSystem, extra: Iterable[str], installed: Iterable[str]) -> bool:
    """Whether the installed setuptools, if it builds the wheel, needs another distribution for that."""
    if not build_system.backend.startswith("setuptools.") and "wheel" not in map(distribution, extra):
        return False
    versions = dict(text.partition("==")[::2] for text in installed)
    try:
        return Version(versions.get("setuptools", "")) < _FIRST_WITH_BDIST_WHEEL
    except InvalidVersion:
        return False


def _refuse_other_release(found: archive.Metadata, expected: archive.Metadata) -> None:
    """Raise ``BuildError`` unless the wheel has the name and version of its source distribution."""
    if canonicalize_name(found.name) != canonicalize_name(expected.name) or normalised_version(
        found.version
    ) != normalised_version(expected.version):
        raise BuildError(
            f"The wheel is {found.name} {found.version}, its source distribution {expected.name} "
            f"{expected.version}. Write both into files of a new tag."
        )


def _refuse_native_code(wheel: Wheel, sdist: Path) -> None:
    """Raise ``NotPureError`` for machine code, unless the source distribution has the same file."""
    native = {member.sha256: path for path, member in wheel.members.items() if member.is_native}
    if not native:
        return
    sizes = {member.entry.file_size for member in wheel.members.values() if member.is_native}
    with archive.open_sdist(sdist) as opened:
        for member in opened.members.values():
            if member.isreg() and member.size in sizes and (file := opened.tar.extractfile(member)):
                native.pop(_sha256(iter(lambda: file.read(_BLOCK_SIZE), b"")), None)
    if native:
        raise NotPureError(f"The build compiled {min(native.values())[:80]!r}, which is for one platform.")


def _publishable(wheel: Wheel, release: str, python_tag: str, epoch: int, output: Path) -> BuiltWheel:
    """Write the wheel anew into the folder output, under a name that no other process uses."""
    target = output / f"{uuid4().hex}.whl"
    write_wheel(wheel, target, release, python_tag, epoch)
    with target.open("rb") as file:
        sha256 = _sha256(iter(lambda: file.read(_BLOCK_SIZE), b""))
    return BuiltWheel(
        filename=f"{release}-{python_tag}-none-any.whl",
        archive=target,
        sha256=sha256,
        size=target.stat().st_size,
        metadata=wheel.metadata.content,
        requires_python=wheel.metadata.requires_python,
    )


def _sha256(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()
