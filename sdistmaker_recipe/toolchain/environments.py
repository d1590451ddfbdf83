"""Build environments: one virtual environment for each set of requirements, made by uv and kept."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from packaging.requirements import InvalidRequirement, Requirement

from sdistmaker_recipe.errors import BuildError, ToolchainError
from sdistmaker_recipe.model import BuildSettings

_COMPLETE = "complete.json"


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment: its folder, and what is installed in it as ``name==version`` texts."""

    folder: Path
    installed: tuple[str, ...]

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"


def environment_for(requirements: Sequence[str], settings: BuildSettings) -> Environment:
    """The environment with these requirements (PEP 508) installed, made where there is none yet.

    Raises ``BuildError`` where they cannot be installed and ``ToolchainError`` where uv is missing.
    """
    for requirement in requirements:
        try:
            Requirement(requirement)
        except InvalidRequirement as error:
            raise BuildError(f"It asks for what is no requirement: {error}.") from error
    python = settings.python or sys.executable
    wanted = sorted(set(requirements))
    folder = settings.environments / _key(python, wanted)
    if (environment := _read(folder)) is None:
        settings.environments.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            environment = _read(folder) or _make(folder, python, wanted, settings)
    return environment


def _key(python: str, requirements: Sequence[str]) -> str:
    # The file's own time tells an interpreter from one that was upgraded in place.
    path = Path(python)
    interpreter = (python, path.stat().st_mtime_ns if path.is_file() else 0)
    return hashlib.sha256(repr((interpreter, requirements)).encode()).hexdigest()[:20]


def _read(folder: Path) -> Environment | None:
    try:
        record = json.loads((folder / _COMPLETE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    environment = Environment(folder, tuple(record["installed"]))
    return environment if environment.python.exists() else None


def _make(folder: Path, python: str, requirements: Sequence[str], settings: BuildSettings) -> Environment:
    shutil.rmtree(folder, ignore_errors=True)
    _uv(["venv", "--no-project", "--no-config", "--python", python, str(folder)], settings)
    environment = Environment(folder, ())
    target = ["--python", str(environment.python)]
    if requirements:
        _uv(["pip", "install", "--no-config", *target, *requirements], settings)
    frozen = _uv(["pip", "freeze", "--no-config", *target], settings, quiet=True)
    environment = Environment(folder, tuple(frozen.split()))
    record = {"requirements": list(requirements), "installed": list(environment.installed)}
    (folder / _COMPLETE).write_text(json.dumps(record, indent=1), "utf-8")
    return environment


def _uv(arguments: Sequence[str], settings: BuildSettings, *, quiet: bool = False) -> str:
    from subprocess_tee import run
    from uv import find_uv_bin

    try:
        program = find_uv_bin()
    except FileNotFoundError as error:
        raise ToolchainError(f"uv is not there: {error}", "Install the package uv.") from error
    tee = settings.verbose and not quiet
    finished = run([program, *arguments], env=dict(settings.helper_environment), tee=tee)
    if finished.returncode:
        log = f"uv {' '.join(arguments)}\n{finished.stdout}{finished.stderr}"
        raise _uv_error(arguments, finished.stderr, log)
    return str(finished.stdout)


def _uv_error(arguments: Sequence[str], printed: str, log: str) -> BuildError:
    """The reason in a sentence; what cannot be resolved stays so, all else may work another time."""
    lasting = "No solution found" in printed or "Failed to build" in printed
    what = (
        "The build requirements cannot be installed"
        if arguments[0] == "pip"
        else "No environment can be made"
    )
    lines = [line.strip(" ×╰─▶│├") for line in printed.splitlines()]
    reason = next((line for line in lines if line and not line.startswith(("Using ", "Creating "))), "")
    return BuildError(f"{what}: {reason}", log, lasting=lasting)
