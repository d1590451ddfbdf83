"""Build environments: one virtual environment for each set of requirements, made by uv and kept."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from sdistmaker_recipe.errors import BuildError, ToolchainError
from sdistmaker_recipe.model import BuildSettings
from sdistmaker_recipe.toolchain.ladder import Rung
from sdistmaker_recipe.toolchain.requirements import refuse_direct_references, requirement_problem
from sdistmaker_recipe.toolchain.worker_prestart import COMPLETE_FILE

_LASTING = ("No solution found", "Failed to build", "Failed to inspect Python", "is not supported")
_PROGRESS = ("Using ", "Creating ", "Resolved ", "warning: ")


class BuildEnvironment(NamedTuple):
    """A virtual environment: its folder, and what is installed in it as ``name==version`` texts."""

    folder: Path
    installed: tuple[str, ...]

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"


def environment_for(requirements: Sequence[str], rung: Rung, settings: BuildSettings) -> BuildEnvironment:
    """The environment of a rung with these requirements (PEP 508) installed, made where there is none yet.

    Raises ``BuildError`` where they cannot be installed and ``ToolchainError`` where uv is missing.
    """
    for requirement in (*requirements, *rung.constraints):
        if reason := requirement_problem(requirement):
            raise BuildError(f"It asks for {requirement!r}, which is no requirement: {reason}.")
    if settings.sandbox:
        refuse_direct_references(requirements)
    wanted = sorted(set(requirements))
    folder = settings.environments / _key(rung, wanted)
    if (environment := _read(folder)) is None:
        with _locked(folder):
            environment = _read(folder) or _make(folder, rung, wanted, settings)
    return environment


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process makes an environment; raises ``ToolchainError`` where it cannot be written."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{folder}.lock").acquire()
    except OSError as error:
        hint = "Name a folder that can be written with the option environments."
        raise ToolchainError(f"{folder.parent}: {error.strerror or error}", hint) from error
    with lock:
        yield


def _key(rung: Rung, requirements: Sequence[str]) -> str:
    # The file's own time tells an interpreter from one that was upgraded in place.
    path = Path(rung.python.path)
    interpreter = (str(path), path.stat().st_mtime_ns if path.is_file() else 0)
    return hashlib.sha256(repr((interpreter, rung.constraints, requirements)).encode()).hexdigest()[:20]


def _read(folder: Path) -> BuildEnvironment | None:
    try:
        record = json.loads((folder / COMPLETE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    environment = BuildEnvironment(folder, tuple(record["installed"]))
    return environment if environment.python.exists() else None


def _make(folder: Path, rung: Rung, requirements: Sequence[str], settings: BuildSettings) -> BuildEnvironment:
    shutil.rmtree(folder, ignore_errors=True)
    _uv(["venv", "--no-project", "--no-config", "--python", rung.python.path, str(folder)], settings)
    environment = BuildEnvironment(folder, ())
    target = ["--no-config", "--python", str(environment.python)]
    if requirements:
        if rung.constraints:
            constraints = folder / "constraints.txt"
            constraints.write_text("".join(f"{each}\n" for each in rung.constraints), "utf-8")
            target += ["--constraints", str(constraints)]
        # Compiled now, for builds write nothing into it.
        # What compiles for uv does not run on Python 3.6.
        compiled = ["--compile-bytecode"] if rung.python.version >= (3, 7) else []
        _uv(["pip", "install", *compiled, *target, *requirements], settings)
    frozen = _uv(["pip", "freeze", "--no-config", "--python", str(environment.python)], settings, quiet=True)
    environment = BuildEnvironment(folder, tuple(frozen.split()))
    record = {"requirements": list(requirements), "installed": list(environment.installed)}
    (folder / COMPLETE_FILE).write_text(json.dumps(record, indent=1), "utf-8")
    return environment


def uv_program() -> str:
    """The path of uv, of the package or else on the PATH; raises ``ToolchainError`` where it is missing."""
    from uv import find_uv_bin

    try:
        return find_uv_bin()
    except FileNotFoundError as error:
        # buildout leaves the programs of a package out of its egg.
        if found := shutil.which("uv"):
            return found
        hint = "Install it with pip beside buildout, or put it on the PATH; an egg of it has no program."
        raise ToolchainError("The program uv is not there.", hint) from error


def _uv(arguments: Sequence[str], settings: BuildSettings, *, quiet: bool = False) -> str:
    from subprocess_tee import run

    program = uv_program()
    tee = settings.verbose and not quiet
    # Beside the environments, so that uv can link files instead of copying them, and no home is needed.
    variables = {"UV_CACHE_DIR": str(settings.environments / "uv-cache"), **dict(settings.helper_environment)}
    finished = run([program, *arguments], env=variables, tee=tee)
    if finished.returncode:
        log = f"uv {' '.join(arguments)}\n{finished.stdout}{finished.stderr}"
        raise _uv_error(arguments, finished.stderr, log)
    return str(finished.stdout)


def _uv_error(arguments: Sequence[str], printed: str, log: str) -> BuildError:
    """The reason in a sentence; what cannot work at all stays so, all else may work another time."""
    is_permanent = any(text in printed for text in _LASTING)
    what = (
        "The build requirements cannot be installed"
        if arguments[0] == "pip"
        else "No environment can be made"
    )
    lines = (line.strip(" ×╰─▶│├") for line in printed.splitlines())
    told = [line.removeprefix("error: ") for line in lines if line and not line.startswith(_PROGRESS)]
    reason = ": ".join(line.removeprefix("cause: ") for line in told[:2])
    return BuildError(f"{what}: {reason}", log, is_permanent=is_permanent)
