"""From the source distribution of a release to its wheel, with one rung of the ladder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from uuid import uuid4

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import BuildSettings, BuiltWheel
from sdistmaker_recipe.names import canonicalize_name, normalised_version
from sdistmaker_recipe.toolchain.archives import archive
from sdistmaker_recipe.toolchain.build_context import BuildContext, read_build_log
from sdistmaker_recipe.toolchain.build_folder import place_to_unpack, temporary_build_folder
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag
from sdistmaker_recipe.toolchain.interpreters import find_interpreters
from sdistmaker_recipe.toolchain.isolation.deadline import Deadline
from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX, sandbox_in
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_text
from sdistmaker_recipe.toolchain.ladder import Rung, runs_on_old_python
from sdistmaker_recipe.toolchain.python_support import supports_both
from sdistmaker_recipe.toolchain.wheels.compatibility import WheelBuild, find_compatibility
from sdistmaker_recipe.toolchain.wheels.wheel_archive import Wheel, open_wheel
from sdistmaker_recipe.toolchain.wheels.wheel_failures import NoWheelError
from sdistmaker_recipe.toolchain.wheels.wheel_runs import UnpackedSdist, WheelRuns, as_build, unpack_sdist
from sdistmaker_recipe.toolchain.wheels.wheel_writing import write_wheel

_BLOCK_SIZE = 1 << 20


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

    Raises ``NoWheelError`` if no wheel installs what the file does, ``BuildError`` and ``ToolchainError``.
    """
    place = place_to_unpack(sdist, settings.scratch, settings.memory)
    with temporary_build_folder(place) as scratch:
        unpacked = unpack_sdist(sdist, scratch)
        context = BuildContext(
            tree=unpacked.source.tree,
            scratch=scratch,
            deadline=Deadline(settings.timeout),
            variables={"SOURCE_DATE_EPOCH": str(unpacked.epoch)},
            sandbox=sandbox_in(place, settings.scratch) if settings.sandbox else NO_SANDBOX,
            may_reuse_worker=may_reuse_worker,
            has_many_builds=settings.has_many_builds,
            memory=settings.memory if place == settings.memory else None,
        )
        rung = choose_rung(unpacked.source)
        # Read now, for the build may change them.
        rebuild_on_python_2 = _python_2_for(unpacked, rung, settings)
        converts_sources = "2to3" in read_text(context.tree, "setup.py")
        runs = WheelRuns(sdist, unpacked.source.build_system, rung, context, settings)
        raw_wheel = runs.first()
        try:
            with open_wheel(raw_wheel.archive) as wheel:
                _refuse_other_release(wheel.metadata, unpacked.metadata)
                _refuse_native_code(wheel, sdist)
                compatibility = find_compatibility(
                    as_build(wheel, raw_wheel.questions),
                    runs.again,
                    python=rung.python.version,
                    rebuild_on_python_2=rebuild_on_python_2 and partial(rebuild_on_python_2, runs),
                    converts_sources=converts_sources,
                )
                if not compatibility.python_tag:
                    raise NoWheelError(compatibility.reason)
                return _publishable(wheel, release, compatibility.python_tag, unpacked.epoch, settings.output)
        except BuildError as error:
            error.log = error.log or read_build_log(context)
            raise


def _python_2_for(
    unpacked: UnpackedSdist, rung: Rung, settings: BuildSettings
) -> Callable[[WheelRuns], WheelBuild] | None:
    """What builds with Python 2.7, if the project says that it supports Python 2 and 3; else None."""
    tree, build_system = unpacked.source.tree, unpacked.source.build_system
    if rung.python.version < (3, 0) or "setup.py" not in unpacked.source.files:
        return None
    header = unpacked.metadata.content.decode("utf-8", "replace").partition("\n\n")[0]
    if not runs_on_old_python(build_system) or not supports_both(header, read_text(tree, "setup.cfg")):
        return None
    found = find_interpreters(settings.pythons, settings.helper_environment)
    python = next((python for python in found if python.version == (2, 7)), None)
    return (lambda runs: runs.on_python_2(python)) if python else None


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
    """Raise ``NoWheelError`` for machine code, unless the source distribution has the same file."""
    native = {member.sha256: path for path, member in wheel.members.items() if member.is_native}
    if not native:
        return
    sizes = {member.entry.file_size for member in wheel.members.values() if member.is_native}
    with archive.open_sdist(sdist) as opened:
        for member in opened.members.values():
            if member.isreg() and member.size in sizes:
                with opened.open_file(member) as file:
                    native.pop(_sha256(iter(partial(file.read, _BLOCK_SIZE), b"")), None)
    if native:
        raise NoWheelError(f"The build compiled {min(native.values())[:80]!r}, which is for one platform.")


def _publishable(wheel: Wheel, release: str, python_tag: str, epoch: int, output: Path) -> BuiltWheel:
    """Write the wheel anew into the folder output, under a name that no other process uses."""
    target = output / f"{uuid4().hex}.whl"
    write_wheel(wheel, target, release, python_tag, epoch)
    with target.open("rb") as file:
        sha256 = _sha256(iter(partial(file.read, _BLOCK_SIZE), b""))
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
