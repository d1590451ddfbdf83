"""Builds of one source distribution: the first one, and more that show what its outcome depends on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import InvalidVersion, Version

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import BuildSettings
from sdistmaker_recipe.toolchain import hooks, setup_py
from sdistmaker_recipe.toolchain.archives import archive
from sdistmaker_recipe.toolchain.build_context import BuildContext, RawWheel
from sdistmaker_recipe.toolchain.build_system import BuildSystem, read_build_system
from sdistmaker_recipe.toolchain.environments import BuildEnvironment, environment_for
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag
from sdistmaker_recipe.toolchain.git_repository import hide_outer_repositories
from sdistmaker_recipe.toolchain.ladder import Interpreter, Rung
from sdistmaker_recipe.toolchain.requirements import distribution
from sdistmaker_recipe.toolchain.wheels.compatibility import WheelBuild
from sdistmaker_recipe.toolchain.wheels.questions import OBSERVE, Questions
from sdistmaker_recipe.toolchain.wheels.wheel_archive import Wheel, open_wheel

# setuptools 70.1 has the command bdist_wheel itself, and wheel 0.46 has it no longer.
_FIRST_WITH_BDIST_WHEEL = Version("70.1")
_WITH_BDIST_WHEEL = "wheel<0.46"

_SHIFT = 400 * 24 * 3600 * 10**9
"""By how many nanoseconds the files of another build are newer."""


class UnpackedSdist(NamedTuple):
    """A source distribution as a build reads it.

    ``epoch`` is the time of its newest member, in seconds since 1970, ``metadata`` what its PKG-INFO says.
    """

    source: ExportedTag
    metadata: archive.Metadata
    epoch: int


def unpack_sdist(sdist: Path, folder: Path) -> UnpackedSdist:
    """Unpack a source distribution below an existing folder; raises ``BuildError``."""
    parent = folder / "unpacked"
    parent.mkdir()
    with archive.open_sdist(sdist) as opened:
        metadata = archive.read_metadata(opened)
        tree = archive.unpack(opened, parent)
        epoch = max(int(member.mtime) for member in opened.members.values())
        files = frozenset(opened.file_names())
    return UnpackedSdist(ExportedTag(tree, files, read_build_system(tree)), metadata, epoch)


def as_build(wheel: Wheel, questions: Questions) -> WheelBuild:
    """A build as its outcome is compared with others."""
    files = {path: member.sha256 for path, member in wheel.members.items()}
    return WheelBuild(files, wheel.metadata.content, questions)


class WheelRuns:
    """Builds of the wheel of one source distribution, which is unpacked at ``context.tree``."""

    def __init__(
        self,
        sdist: Path,
        build_system: BuildSystem,
        rung: Rung,
        context: BuildContext,
        settings: BuildSettings,
    ) -> None:
        self._sdist = sdist
        self._build_system = build_system
        self._rung = rung
        self._context = context
        self._settings = settings
        self._numbers = count(1)
        self._environment: BuildEnvironment | None = None

    def first(self) -> RawWheel:
        """The wheel as the backend, or setup.py on an old Python, writes it.

        Raises as ``build_wheel`` does.
        """
        return self._build(self._context, OBSERVE)

    def again(self, observe: Mapping[str, Any]) -> WheelBuild:
        """The outcome of another build, from a fresh copy of the files in a folder of another name."""
        return self._outcome(lambda context: self._build(context, observe))

    def on_python_2(self, python: Interpreter) -> WheelBuild:
        """The outcome of a build by ``setup.py`` with this Python."""
        rung = Rung(python.label, python, requirements=self._rung.requirements)
        return self._outcome(
            lambda context: setup_py.build_wheel(rung, context, self._settings, is_reversed=True)
        )

    def _outcome(self, build: Callable[[BuildContext], RawWheel]) -> WheelBuild:
        number = next(self._numbers)
        scratch = self._context.scratch / f"again-{number}"
        scratch.mkdir()
        try:
            tree = unpack_sdist(self._sdist, scratch).source.tree
            _shift_times(tree)
            context = self._context._replace(
                tree=tree.rename(tree.with_name(f"copy-{number}")), scratch=scratch
            )
            raw_wheel = build(context)
            with open_wheel(raw_wheel.archive) as wheel:
                return as_build(wheel, raw_wheel.questions)
        except BuildError as error:
            return WheelBuild({}, b"", Questions(), error.reason or "it failed")

    def _build(self, context: BuildContext, observe: Mapping[str, Any]) -> RawWheel:
        hide_outer_repositories(context)
        if self._rung.runs_setup_py:
            is_again = observe["level"] == "pretend"
            return setup_py.build_wheel(self._rung, context, self._settings, is_reversed=is_again)
        if self._environment is None:
            self._environment = self._find_environment(context)
        return hooks.build_wheel(self._build_system, self._environment, context, observe)

    def _find_environment(self, context: BuildContext) -> BuildEnvironment:
        build_system = self._build_system
        requires = [*build_system.requires, *self._rung.requirements]
        environment = self._environment_for(requires, context)
        extra: Sequence[str] = ()
        if hooks.may_have_extra_requirements(build_system, context.tree):
            extra = hooks.get_requires_for_build_wheel(build_system, environment, context)
        if _lacks_bdist_wheel(build_system, extra, environment.installed):
            extra = (*extra, _WITH_BDIST_WHEEL)
        return self._environment_for([*requires, *extra], context) if extra else environment

    def _environment_for(self, requires: Sequence[str], context: BuildContext) -> BuildEnvironment:
        # To install something takes no time of the build.
        with context.deadline.paused():
            return environment_for(requires, self._rung, self._settings)


def _shift_times(tree: Path) -> None:
    """Give the files below tree other times: not each client unpacks them with those of the archive."""
    for path in tree.rglob("*"):
        time = path.lstat().st_mtime_ns + _SHIFT
        os.utime(path, ns=(time, time), follow_symlinks=False)


def _lacks_bdist_wheel(build_system: BuildSystem, extra: Iterable[str], installed: Iterable[str]) -> bool:
    """Whether the installed setuptools, if it builds the wheel, needs another distribution for that."""
    if not build_system.backend.startswith("setuptools.") and "wheel" not in map(distribution, extra):
        return False
    versions = dict(text.partition("==")[::2] for text in installed)
    try:
        return Version(versions.get("setuptools", "")) < _FIRST_WITH_BDIST_WHEEL
    except InvalidVersion:
        return False
