"""Choose the rungs of the ladder for one job: the first to try, and the rest after each failure."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import BuildJob, BuildSettings
from sdistmaker_recipe.names import canonicalize_name
from sdistmaker_recipe.toolchain import ladder, missing_modules, version_check
from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM
from sdistmaker_recipe.toolchain.environments import CANNOT_INSTALL
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag
from sdistmaker_recipe.toolchain.git_repository import NoRepositoryError
from sdistmaker_recipe.toolchain.interpreters import find_interpreter, find_interpreters
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_text
from sdistmaker_recipe.toolchain.ladder import DECLARED, Interpreter, Rung
from sdistmaker_recipe.toolchain.preparation import may_add_versioned_files
from sdistmaker_recipe.toolchain.python_support import excludes_python_2
from sdistmaker_recipe.toolchain.sdist_checks import MissingFilesError, VersionControlError
from sdistmaker_recipe.toolchain.version_control import (
    may_ask_git,
    may_ask_other_programs,
    needs_git,
    states_version,
)


class FailedRung(NamedTuple):
    """A rung that was tried, and how it failed."""

    rung: Rung
    error: BuildError


def first_rungs(exported: ExportedTag, job: BuildJob) -> tuple[Rung, ...]:
    """The rung to try first; all rungs in another order if an earlier tag of the project needed another.

    A tag is not built with Python 2 only because an earlier one was: what it declares is tried before. A file
    that was lost is made again with the toolchain that made it.
    """
    settings = job.settings
    if job.pin:
        python = find_interpreter(job.pin[0], settings.helper_environment)
        return _completed((Rung("pinned", python, job.pin[1:]),), exported, job)
    toolchain = ladder.remembered_name(job.toolchain)
    is_legacy = exported.build_system == LEGACY_SYSTEM
    if is_legacy and ladder.imports_feature(read_text(exported.tree, "setup.py")):
        remembered = toolchain if toolchain != DECLARED else ""
        by_feature = ladder.with_feature_first(_all_rungs(exported, job))
        rungs = ladder.remembered_first(by_feature, remembered)
        return rungs if job.is_rebuild or not rungs[0].runs_setup_py else by_feature
    declared = _completed((Rung(DECLARED, default_interpreter(settings)),), exported, job)
    if toolchain in ("", DECLARED):
        return declared
    rungs = ladder.remembered_first(_all_rungs(exported, job), toolchain)
    may_begin = not rungs[0].runs_setup_py or (is_legacy and job.is_rebuild)
    return rungs if may_begin else declared


def remaining_rungs(
    failures: Sequence[FailedRung], untried: Sequence[Rung], exported: ExportedTag, job: BuildJob
) -> tuple[Rung, ...]:
    """The rungs to try after the last failure, the likeliest cure in front.

    No rungs if the tag is not at fault: an archive that another toolchain makes now would stay published.
    """
    rung, error = failures[-1]
    if not error.is_permanent:
        return ()
    if isinstance(error, MissingFilesError) and may_add_versioned_files(rung, exported, job):
        return (ladder.with_versioned_files(rung), *untried)
    if with_module := _rung_with_module(failures, exported, job):
        return (with_module, *untried)
    if _may_try_git(failures, exported):
        return (ladder.with_git(rung), *untried)
    if own_rung := _rung_with_declared_version(failures, exported):
        return (own_rung, *untried)
    if isinstance(error, VersionControlError):
        return ()
    if not untried and all(ladder.remembered_name(failure.rung.name) == DECLARED for failure in failures):
        untried = ladder.remembered_first(_all_rungs(exported, job), ladder.remembered_name(job.toolchain))
    tried = {failure.rung.name for failure in failures}
    untried = [candidate for candidate in untried if candidate.name not in tried]
    return ladder.rungs_after_failure(f"{error.reason}\n{error.log}", untried)


def main_failure(failures: Sequence[FailedRung]) -> FailedRung:
    """The failure that says most: the first one, or that of the same toolchain with what it had lacked."""
    main = failures[0]
    for failure in failures[1:]:
        if not _completes(failure.rung, main.rung) or failure.error.reason.startswith(CANNOT_INSTALL):
            break
        main = failure
    return main


def _completes(rung: Rung, other: Rung) -> bool:
    """Whether the rung is the other one with a git repository, or with one more module."""
    count = len(other.requirements)
    has_more = len(rung.requirements) > count and rung.requirements[:count] == other.requirements
    return has_more or (rung.has_git and ladder.with_git(other) == rung)


def cure_for_failure(failure: FailedRung, files: Collection[str], job: BuildJob) -> str:
    """What to do about a module that the build lacks, or a version that setuptools refuses.

    This is for the end of the reason; "" for other failures.
    """
    rung, error = failure
    if error.reason.startswith("InvalidVersion: "):
        return f". PEP 440 does not know it. {version_check.STATE_VERSION}"
    if not (module := missing_modules.missing_module(error.reason, error.log, files)):
        return ""
    # Python 3 names the first part that is missing, Python 2 always the whole name.
    has_package = "." in error.reason.partition("'")[2]
    cure = missing_modules.cure_for_module(module, job.tag.project, rung.python, has_package=has_package)
    return f". {cure}."


def _rung_with_module(failures: Sequence[FailedRung], exported: ExportedTag, job: BuildJob) -> Rung | None:
    """The last rung with the module that it lacked, if that is one that may be installed unasked."""
    rung, error = failures[-1]
    rounds = sum(failure.rung.requirements != job.requires for failure in failures)
    setup_py = read_text(exported.tree, "setup.py")
    module = missing_modules.missing_module(error.reason, error.log, exported.files, setup_py)
    if not module or rounds >= missing_modules.MAX_ROUNDS:
        return None
    others = find_interpreters(job.settings.pythons, job.settings.helper_environment)
    may_be_old = ladder.runs_on_old_python(exported.build_system) and not _excludes_python_2(exported, job)
    pythons = [python for python in others if python.version >= (3, 6) or may_be_old]
    private_names = job.settings.private_names | {canonicalize_name(job.tag.project)}
    return missing_modules.rung_with_module(module, rung, () if job.pin else pythons, private_names)


def _may_try_git(failures: Sequence[FailedRung], exported: ExportedTag) -> bool:
    """Whether the last rung was tried without a git repository, and may build with one."""
    rung, error = failures[-1]
    if ladder.with_git(rung).name in {failure.rung.name for failure in failures}:
        return False
    if not isinstance(error, VersionControlError) and not ladder.may_need_git(f"{error.reason}\n{error.log}"):
        return False
    return may_ask_git(exported, rung.requirements)


def _rung_with_declared_version(failures: Sequence[FailedRung], exported: ExportedTag) -> Rung | None:
    """The last rung that was tried without git, to be tried again if its version does not come from git.

    Its version is another than the tag's, but the git repository did not change it. Without a repository it
    counts if a file states it.
    """
    (rung, before), (last_rung, error) = failures[-2:] if len(failures) > 1 else (failures[0], failures[0])
    if not last_rung.has_git or not isinstance(before, VersionControlError) or before.is_placeholder:
        return None
    if ladder.with_git(rung).name != last_rung.name or rung.takes_version:
        return None
    if isinstance(error, VersionControlError):
        is_the_same = error.version == before.version
        needs_statement = may_ask_other_programs(exported)
    else:
        is_the_same = isinstance(error, NoRepositoryError)
        needs_statement = True
    if is_the_same and (not needs_statement or states_version(before.version, exported)):
        return ladder.taking_version(rung)
    return None


def _completed(rungs: Iterable[Rung], exported: ExportedTag, job: BuildJob) -> tuple[Rung, ...]:
    """The rungs, with what all builds of the tag get.

    That is a git repository if its backend never builds without one, and what build-requires names.
    """
    rungs = (rung._replace(requirements=job.requires) for rung in rungs)
    is_needed = needs_git(exported.build_system, has_manifest="MANIFEST.in" in exported.files)
    return tuple(map(ladder.with_git, rungs) if is_needed else rungs)


def _all_rungs(exported: ExportedTag, job: BuildJob) -> tuple[Rung, ...]:
    rungs = ladder.all_rungs(
        exported.build_system,
        default_interpreter(job.settings),
        find_interpreters(job.settings.pythons, job.settings.helper_environment),
        has_setup_py="setup.py" in exported.files,
        mentions_cython="cython" in read_text(exported.tree, "setup.py").lower(),
    )
    if _excludes_python_2(exported, job):
        rungs = tuple(rung for rung in rungs if rung.python.version >= (3, 0))
    return _completed(rungs, exported, job)


def _excludes_python_2(exported: ExportedTag, job: BuildJob) -> bool:
    """Whether the tag declares that it is not for Python 2; an archive that was lost is made as before."""
    files = ("setup.py", "setup.cfg", "pyproject.toml")
    return not job.is_rebuild and any(excludes_python_2(read_text(exported.tree, name)) for name in files)


def default_interpreter(settings: BuildSettings) -> Interpreter:
    """The interpreter of the option python, or the one that runs this."""
    if settings.python:
        return find_interpreter(settings.python, settings.helper_environment)
    return Interpreter(sys.executable, sys.version_info[:2])
