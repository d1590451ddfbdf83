"""Build the wheel of a source distribution that is published already: its toolchain is chosen anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import BuildJob, BuiltWheel, Tag, WheelJob
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag
from sdistmaker_recipe.toolchain.ladder import Rung, remembered_name
from sdistmaker_recipe.toolchain.rung_choice import FailedRung, first_rungs, remaining_rungs
from sdistmaker_recipe.toolchain.wheels.wheel_build import build_wheel
from sdistmaker_recipe.toolchain.wheels.wheel_failures import NoWheelError


def build_published_wheel(job: WheelJob, release: str) -> BuiltWheel:
    """The wheel of the job's source distribution; ``release`` begins the names of both files.

    The toolchain that made the source distribution is tried first, with the modules that it turns out to
    lack. Others are tried only where that one is not known, or not there. Raises as ``build_wheel`` does.
    """
    choice = _RungChoice(job)
    while True:
        is_first = not choice.failures
        try:
            return build_wheel(job.sdist, release, choice.next_rung, job.settings, may_reuse_worker=is_first)
        except NoWheelError:
            raise
        except BuildError as error:
            if not choice.has_next(error):
                raise (choice.failures[0].error if choice.failures else error) from None


class _RungChoice:
    """The rungs for one job, as they are tried one after the other. ``failures`` are those tried so far."""

    def __init__(self, job: WheelJob) -> None:
        self._toolchain = job.toolchain
        self._job = _as_build_job(job)
        self._exported: ExportedTag | None = None
        self._rung: Rung | None = None
        self._untried: Sequence[Rung] = ()
        self.failures: list[FailedRung] = []

    def next_rung(self, exported: ExportedTag) -> Rung:
        """The next rung for the unpacked files."""
        self._exported = exported
        if not self.failures:
            self._untried = first_rungs(exported, self._job)
        self._rung, self._untried = self._untried[0], self._untried[1:]
        return self._rung

    def has_next(self, error: BuildError) -> bool:
        """Whether there is another rung to try after this failure of the last one."""
        if self._rung is None or self._exported is None:
            # The file itself cannot be read.
            return False
        self.failures.append(FailedRung(self._rung, error))
        rungs = remaining_rungs(self.failures, self._untried, self._exported, self._job)
        if remembered_name(self._toolchain) == remembered_name(self.failures[0].rung.name):
            known = len(self._rung.requirements)
            rungs = tuple(rung for rung in rungs[:1] if len(rung.requirements) > known)
        # Who installs the file has no repository.
        self._untried = tuple(rung for rung in rungs if not rung.has_git or self._rung.has_git)
        return bool(self._untried)


def _as_build_job(job: WheelJob) -> BuildJob:
    """The job as the choice of rungs has it; there is no tag that anything is read from."""
    version = job.filename.removesuffix(".tar.gz").rpartition("-")[2]
    time = datetime.fromtimestamp(0, timezone.utc)
    tag = Tag("", job.project, version, "", version, "", time, "")
    return BuildJob(
        tag,
        source="",
        vcs="",
        peg="",
        settings=job.settings,
        toolchain=job.toolchain,
        pin=job.pin,
        requires=job.requires,
        is_rebuild=True,
    )
