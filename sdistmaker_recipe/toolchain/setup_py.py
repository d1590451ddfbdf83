"""Build with an interpreter older than PEP 517: ``setup.py sdist``, by its own setuptools."""

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
from sdistmaker_recipe.toolchain import orphans, untrusted_process
from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM
from sdistmaker_recipe.toolchain.hooks import (
    BuildContext,
    RawSdist,
    base_environment,
    failure_reason,
    files_read,
    find_archive,
    is_lasting,
    may_have_extra_requirements,
    read_result,
    refuse_linked_folders,
)
from sdistmaker_recipe.toolchain.ladder import Interpreter
from sdistmaker_recipe.toolchain.requirements import refuse_direct_references
from sdistmaker_recipe.toolchain.worker import RESOURCE_LIMITS, SHIMS, interpreter_paths

SETUP_PY_RUNNER = Path(__file__).with_name("setup_py_runner.py")
_SECONDS_TO_INSTALL = 600
# pip says the first of an index that it could not read, too, but not alone.
_NO_SUCH = "No matching distribution found"
_NOT_READ = re.compile("Retrying|Could not fetch URL|[Cc]onnection|SSL")


def build_sdist(python: Interpreter, place: BuildContext, settings: BuildSettings) -> RawSdist:
    """The archive that ``setup.py sdist`` writes; raises ``BuildError``.

    What setup_requires asks for is installed beforehand, into a folder of its own for each set.
    """
    requires = _setup_requires(python, place)
    packages = str(_packages(python, requires, settings, place)) if requires else ""
    place.output.mkdir()
    result = _run(python, ["sdist", "--formats=gztar", f"--dist-dir={place.output}"], packages, place)
    return RawSdist(find_archive(place), files_read(result), (python.label, *requires))


def _setup_requires(python: Interpreter, place: BuildContext) -> tuple[str, ...]:
    if not may_have_extra_requirements(LEGACY_SYSTEM, place.tree):
        return ()
    asked = _run(python, ["--name"], "", place)
    return tuple(each for each in asked.get("requires", []) if isinstance(each, str))


def _run(
    python: Interpreter, arguments: Sequence[str], packages: str, place: BuildContext
) -> Mapping[str, Any]:
    request = {
        "arguments": arguments,
        "shims": str(SHIMS),
        "packages": packages,
        "limits": dict(RESOURCE_LIMITS),
    }
    result_file = place.scratch / "legacy.json"
    result_file.unlink(missing_ok=True)
    path = f"{Path(python.path).parent}:/usr/local/bin:/usr/bin:/bin"
    command = [python.path, "-s", str(SETUP_PY_RUNNER), json.dumps(request), str(result_file)]
    readable = [
        SETUP_PY_RUNNER,
        SHIMS,
        *interpreter_paths(Path(python.path)),
        *([Path(packages)] if packages else []),
    ]
    # A sandbox ends all that is in it.
    with nullcontext() if place.sandbox.writable_folder else orphans.ending_orphans():
        finished = untrusted_process.run(
            command,
            cwd=place.tree,
            environment={**base_environment(place), "PATH": path},
            timeout=place.deadline.seconds_left,
            log=place.log,
            sandbox=place.sandbox,
            readable=readable,
        )
    refuse_linked_folders(place)
    if finished.status is None:
        raise BuildError(f"The build took longer than {place.deadline.seconds:g} seconds.", finished.output)
    result = read_result(result_file)
    if finished.status or "error" in result:
        reason = failure_reason(result, finished.status, finished.output)
        raise BuildError(reason, finished.output, is_permanent=is_lasting(result, finished.status))
    return result


def _packages(
    python: Interpreter, requires: Sequence[str], settings: BuildSettings, place: BuildContext
) -> Path:
    """A folder with these requirements installed by the interpreter's own pip."""
    key = hashlib.sha256(repr((python.path, sorted(requires))).encode()).hexdigest()[:20]
    folder = settings.environments / f"legacy-{key}"
    settings.environments.mkdir(parents=True, exist_ok=True)
    with place.deadline.paused(), FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            _install(python, requires, folder, settings, place)
    return folder


def _install(
    python: Interpreter, requires: Sequence[str], folder: Path, settings: BuildSettings, place: BuildContext
) -> None:
    if options := [each for each in requires if each.startswith("-")]:
        raise BuildError(f"setup_requires asks for {options}, which is no requirement.")
    if settings.sandbox:
        refuse_direct_references(requires)
    variables = dict(settings.helper_environment)
    if index := variables.get("UV_DEFAULT_INDEX"):
        variables["PIP_INDEX_URL"] = index
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    finished = untrusted_process.run(
        [python.path, "-m", "pip", "install", "--quiet", "--target", str(part), *requires],
        cwd=settings.environments,
        environment=variables,
        timeout=_SECONDS_TO_INSTALL,
        log=place.log,
    )
    if finished.status != 0:
        text = f"The build requirements cannot be installed for {python.label}: {', '.join(requires)}."
        raise BuildError(text, finished.output, is_permanent=_has_no_such(finished.output))
    part.rename(folder)


def _has_no_such(printed: str) -> bool:
    """Whether an index that was read has not what was asked for: it will not have it the next time either."""
    return _NO_SUCH in printed and not _NOT_READ.search(printed)
