"""Build with an interpreter older than PEP 517: run ``setup.py sdist`` with its own setuptools."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import BuildSettings
from sdistmaker_recipe.toolchain.build_context import (
    BuildContext,
    RawSdist,
    RawWheel,
    base_environment,
    find_archive,
    refuse_linked_folders,
    watching_memory,
)
from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM
from sdistmaker_recipe.toolchain.environments import CANNOT_INSTALL, package_folder
from sdistmaker_recipe.toolchain.hooks import may_have_extra_requirements
from sdistmaker_recipe.toolchain.isolation import orphans, untrusted_process
from sdistmaker_recipe.toolchain.ladder import Interpreter, Rung
from sdistmaker_recipe.toolchain.requirements import distribution, refuse_direct_references
from sdistmaker_recipe.toolchain.runner_result import files_read, successful_result
from sdistmaker_recipe.toolchain.wheels.questions import read_questions
from sdistmaker_recipe.toolchain.worker import RESOURCE_LIMITS, SHIMS, interpreter_paths

SETUP_PY_RUNNER = Path(__file__).with_name("setup_py_runner.py")

_INSTALL_SECONDS = 600
_WHEEL = "wheel==0.37.1"
"""The last one for Python 2.7. It has no requirements, and is the same for every Python."""
# pip also says so of an index that it could not read, but then it says more.
_NOT_FOUND = "No matching distribution found"
_INDEX_NOT_READ = re.compile("Retrying|Could not fetch URL|[Cc]onnection|SSL")


def build_sdist(rung: Rung, context: BuildContext, settings: BuildSettings) -> RawSdist:
    """The archive that ``setup.py sdist`` writes; raises ``BuildError``.

    The requirements of the rung, and then those in setup_requires, are installed before, each set into a
    folder of its own.
    """
    requirements, packages = _install_requirements(rung, context, settings)
    context.output.mkdir()
    arguments = ["sdist", "--formats=gztar", f"--dist-dir={context.output}"]
    result = _run_setup_py(rung.python, arguments, packages, context, fetches_requirements=True)
    return RawSdist(find_archive(context), files_read(result), (rung.python.label, *requirements))


def build_wheel(
    rung: Rung, context: BuildContext, settings: BuildSettings, *, is_reversed: bool = False
) -> RawWheel:
    """The wheel that ``setup.py bdist_wheel`` writes, which is a command of the distribution wheel.

    With ``is_reversed`` setup.py finds the files of a folder in another order.
    Raises ``NoWheelError`` if it would compile something, and ``BuildError``.
    """
    _, packages = _install_requirements(rung, context, settings)
    with context.deadline.paused():
        commands = str(package_folder(_WHEEL, settings))
    context.output.mkdir()
    arguments = ["bdist_wheel", f"--dist-dir={context.output}"]
    result = _run_setup_py(
        rung.python,
        arguments,
        packages,
        context,
        fetches_requirements=True,
        commands=commands,
        is_reversed=is_reversed,
    )
    return RawWheel(find_archive(context, ".whl"), read_questions(result))


def _install_requirements(
    rung: Rung, context: BuildContext, settings: BuildSettings
) -> tuple[tuple[str, ...], str]:
    """The requirements of the rung and of setup.py, and the folder that they are installed in, or ""."""
    python = rung.python
    packages = _install_once(python, rung.requirements, settings, context)
    chosen = {distribution(requirement) for requirement in rung.requirements}
    # pip of old Pythons refuses to install one distribution for two requirements.
    declared = (
        item for item in _setup_requires(python, packages, context) if distribution(item) not in chosen
    )
    requirements = (*rung.requirements, *declared)
    return requirements, _install_once(python, requirements, settings, context)


def _setup_requires(python: Interpreter, packages: str, context: BuildContext) -> tuple[str, ...]:
    if not may_have_extra_requirements(LEGACY_SYSTEM, context.tree):
        return ()
    result = _run_setup_py(python, ["--name"], packages, context, fetches_requirements=False)
    return tuple(item for item in result.get("requires", []) if isinstance(item, str))


def _run_setup_py(
    python: Interpreter,
    arguments: Sequence[str],
    packages: str,
    context: BuildContext,
    *,
    fetches_requirements: bool,
    commands: str = "",
    is_reversed: bool = False,
) -> Mapping[str, Any]:
    """Run setup.py with the folder ``packages`` (or "") on its path, and return the runner's result.

    Unless it ``fetches_requirements``, the result has what it requires by setup_requires. ``commands`` is a
    folder with more commands of setup.py.
    """
    request = {
        "arguments": arguments,
        "shims": str(SHIMS),
        "packages": packages,
        "commands": commands,
        "reversed": is_reversed,
        "records": not fetches_requirements,
        "limits": dict(RESOURCE_LIMITS),
    }
    result_file = context.scratch / "legacy.json"
    result_file.unlink(missing_ok=True)
    programs = f"{Path(python.path).parent}:/usr/local/bin:/usr/bin:/bin"
    readable = [SETUP_PY_RUNNER, SHIMS, *interpreter_paths(Path(python.path))]
    with watching_memory(context) as check_memory:
        # A sandbox ends all of its processes by itself.
        with nullcontext() if context.sandbox.writable_folder else orphans.ending_orphans():
            finished = untrusted_process.run(
                [python.path, "-s", str(SETUP_PY_RUNNER), json.dumps(request), str(result_file)],
                cwd=context.tree,
                environment={**base_environment(context), "PATH": programs},
                timeout=context.deadline.seconds_left,
                log=context.log,
                sandbox=context.sandbox,
                readable=[*readable, *(Path(folder) for folder in (packages, commands) if folder)],
                check=check_memory,
            )
        refuse_linked_folders(context)
        return successful_result(result_file, finished.status, finished.output, context.deadline.seconds)


def _install_once(
    python: Interpreter, requirements: Sequence[str], settings: BuildSettings, context: BuildContext
) -> str:
    """The folder with these requirements, installed by the interpreter's own pip if it is not there yet.

    "" without any requirement.
    """
    if not requirements:
        return ""
    key = hashlib.sha256(repr((python.path, sorted(requirements))).encode()).hexdigest()[:20]
    folder = settings.environments / f"legacy-{key}"
    settings.environments.mkdir(parents=True, exist_ok=True)
    with context.deadline.paused(), FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            _install(python, requirements, folder, settings, context)
    return str(folder)


def _install(
    python: Interpreter,
    requirements: Sequence[str],
    folder: Path,
    settings: BuildSettings,
    context: BuildContext,
) -> None:
    if options := [item for item in requirements if item.startswith("-")]:
        raise BuildError(f"setup_requires has {options}, which are options of pip and not requirements.")
    if settings.sandbox:
        refuse_direct_references(requirements)
    variables = dict(settings.helper_environment)
    if index := variables.get("UV_DEFAULT_INDEX"):
        variables["PIP_INDEX_URL"] = index
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    finished = untrusted_process.run(
        [python.path, "-m", "pip", "install", "--quiet", "--target", str(unfinished), *requirements],
        cwd=settings.environments,
        environment=variables,
        timeout=_INSTALL_SECONDS,
        log=context.log,
    )
    if finished.status != 0:
        text = f"{CANNOT_INSTALL} for {python.label}: {', '.join(requirements)}."
        raise BuildError(text, finished.output, is_permanent=_is_not_in_index(finished.output))
    unfinished.rename(folder)


def _is_not_in_index(printed: str) -> bool:
    """Whether pip read the index and did not find a requirement; the next run would not find it either."""
    return _NOT_FOUND in printed and not _INDEX_NOT_READ.search(printed)
