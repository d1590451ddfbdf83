"""Build a source distribution with the backend of a tag (PEP 517, "Build backend interface")."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain import process
from sdistmaker_recipe.toolchain.build_system import BuildSystem
from sdistmaker_recipe.toolchain.environments import Environment

RUNNER = Path(__file__).with_name("hook_runner.py")


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where one tag is built: the source tree, a scratch folder beside it, and when time is up.

    ``deadline`` is on the clock of ``time.monotonic``, ``timeout`` the seconds it was set from,
    ``variables`` are added to a build's clean environment.
    """

    tree: Path
    scratch: Path
    deadline: float
    timeout: float
    variables: Mapping[str, str]

    @property
    def log(self) -> Path:
        """The file that takes all that builds print."""
        return self.scratch / "build.log"


def extra_requirements(system: BuildSystem, environment: Environment, place: Workplace) -> tuple[str, ...]:
    """What ``get_requires_for_build_sdist`` asks for; raises ``BuildError``."""
    returned = _call("get_requires_for_build_sdist", [], system, environment, place, optional=True)
    if not returned:
        return ()
    if not isinstance(returned, list) or not all(isinstance(item, str) for item in returned):
        raise BuildError("The build backend's requirements are not a list of strings.", _log(place))
    if options := [item for item in returned if item.startswith("-")]:
        raise BuildError(f"The build backend asks for {options}, which is no requirement.", _log(place))
    return tuple(returned)


def build_sdist(system: BuildSystem, environment: Environment, place: Workplace) -> Path:
    """The one archive that ``build_sdist`` writes; raises ``BuildError``."""
    output = place.scratch / "dist"
    output.mkdir()
    _call("build_sdist", [str(output)], system, environment, place)
    # What the hook returned is not asked: nothing that a build says becomes a path.
    archives = [path for path in output.glob("*.tar.gz") if path.is_file() and not path.is_symlink()]
    if len(archives) != 1:
        raise BuildError(f"The build left {len(archives)} .tar.gz files instead of one.", _log(place))
    return archives[0]


def _call(
    hook: str,
    arguments: Sequence[str],
    system: BuildSystem,
    environment: Environment,
    place: Workplace,
    *,
    optional: bool = False,
) -> Any:  # noqa: ANN401  # whatever the hook returned
    request = {
        "backend": system.backend,
        "backend_path": system.backend_path,
        "hook": hook,
        "arguments": arguments,
        "optional": optional,
    }
    result_file = place.scratch / f"{hook}.json"
    finished = process.run(
        [str(environment.python), "-s", str(RUNNER), json.dumps(request), str(result_file)],
        cwd=place.tree,
        environment=_variables(environment, place),
        timeout=max(place.deadline - time.monotonic(), 0.001),
        log=place.log,
    )
    if finished.status is None:
        raise BuildError(f"The build took longer than {place.timeout:g} seconds.", finished.output)
    result = _read_result(result_file)
    if finished.status or "returned" not in result:
        raise BuildError(_reason(result, finished.status), finished.output)
    return result["returned"]


def _variables(environment: Environment, place: Workplace) -> dict[str, str]:
    """A clean environment: nothing of the caller's but where programs are."""
    home = place.scratch / "home"
    temporary = place.scratch / "tmp"
    for folder in (home, temporary):
        folder.mkdir(exist_ok=True)
    return {
        "PATH": f"{environment.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": str(environment.folder),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **place.variables,
    }


def _read_result(path: Path) -> dict[str, Any]:
    """What the runner wrote; a tag's code may have written there too, so nothing is taken for granted."""
    try:
        result = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def _reason(result: Mapping[str, Any], status: int) -> str:
    if error := result.get("error"):
        message = " ".join(str(result.get("message", "")).split())
        return f"{error}: {message}" if message else f"The build ended with {error}."
    if status < 0:
        return f"The build was ended by signal {-status}."
    return f"The build ended with exit status {status} and no result."


def _log(place: Workplace) -> str:
    return process.read_log(place.log)
