"""Build environments: one virtual environment for each set of build requirements, made by uv and kept."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import time
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

CANNOT_INSTALL = "The build requirements cannot be installed"
"""How the reason begins if build requirements cannot be installed."""

# What uv prints if another try would end the same way.
_PERMANENT_ERRORS = ("No solution found", "Failed to build", "Failed to inspect Python", "is not supported")
_WRONG_CERTIFICATE = "invalid peer certificate"
# uv brings its own certificate authorities. A network that decrypts TLS has one of its own.
_CERTIFICATE_HINT = (
    "If your network has its own certificate authority, set the environment variable SSL_CERT_FILE to a file "
    "with it, such as /etc/ssl/certs/ca-certificates.crt"
)
_PROGRESS = ("Using ", "Creating ", "Resolved ", "warning: ")
_SECONDS_UNTIL_NEXT_TRY = 30.0

_failures: dict[Path, tuple[float, BuildError]] = {}
"""Environments that this process could not make: when, and why."""


class BuildEnvironment(NamedTuple):
    """A virtual environment: its folder, and its distributions as texts such as ``name==version``."""

    folder: Path
    installed: tuple[str, ...]

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"


def environment_for(requirements: Sequence[str], rung: Rung, settings: BuildSettings) -> BuildEnvironment:
    """The environment of a rung with these requirements (PEP 508) installed; made if there is none yet.

    Raises ``BuildError`` if they cannot be installed, and ``ToolchainError`` if uv is missing.
    """
    for requirement in (*requirements, *rung.constraints):
        if problem := requirement_problem(requirement):
            raise BuildError(f"The tag requires {requirement!r}, which is no requirement: {problem}.")
    if settings.sandbox:
        refuse_direct_references(requirements)
    unique = sorted(set(requirements))
    folder = settings.environments / _key(rung, unique)
    if (environment := _read(folder)) is None:
        with _locked(folder):
            environment = _read(folder) or _make_unless_it_just_failed(folder, rung, unique, settings)
    return environment


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let only one process make this environment; raises ``ToolchainError`` if it cannot be written."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{folder}.lock").acquire()
    except OSError as error:
        hint = "Set the option environments to a folder that this account can write to."
        raise ToolchainError(f"{folder.parent}: {error.strerror or error}", hint) from error
    with lock:
        yield


def _key(rung: Rung, requirements: Sequence[str]) -> str:
    # The file's time changes if the interpreter is upgraded in place.
    path = Path(rung.python.path)
    interpreter = (str(path), path.stat().st_mtime_ns if path.is_file() else 0)
    return hashlib.sha256(repr((interpreter, rung.constraints, requirements)).encode()).hexdigest()[:20]


def _read(folder: Path) -> BuildEnvironment | None:
    """The environment in this folder; None if there is none, or it is incomplete."""
    try:
        record = json.loads((folder / COMPLETE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    environment = BuildEnvironment(folder, tuple(record["installed"]))
    return environment if environment.python.exists() else None


def _make_unless_it_just_failed(
    folder: Path, rung: Rung, requirements: Sequence[str], settings: BuildSettings
) -> BuildEnvironment:
    """Make an environment; if that failed a moment ago, raise the same error without another try.

    Without a network each try takes uv some seconds, and most tags of a run need the same environment.
    """
    if folder in _failures:
        failed_at, error = _failures[folder]
        if time.monotonic() < failed_at + _SECONDS_UNTIL_NEXT_TRY:
            raise BuildError(error.reason, error.log, is_permanent=error.is_permanent)
    try:
        return _make(folder, rung, requirements, settings)
    except BuildError as error:
        _failures[folder] = time.monotonic(), error
        raise


def _make(folder: Path, rung: Rung, requirements: Sequence[str], settings: BuildSettings) -> BuildEnvironment:
    shutil.rmtree(folder, ignore_errors=True)
    _run_uv(["venv", "--no-project", "--no-config", "--python", rung.python.path, str(folder)], settings)
    python = BuildEnvironment(folder, ()).python
    target = ["--no-config", "--python", str(python)]
    if requirements:
        options = list(target)
        if rung.constraints:
            constraints = folder / "constraints.txt"
            constraints.write_text("".join(f"{constraint}\n" for constraint in rung.constraints), "utf-8")
            options += ["--constraints", str(constraints)]
        # Compiled now, for builds cannot write into the environment. uv's compiler needs Python 3.7.
        compile_option = ["--compile-bytecode"] if rung.python.version >= (3, 7) else []
        _run_uv(["pip", "install", *compile_option, *options, *requirements], settings)
    installed = _run_uv(["pip", "freeze", *target], settings, is_quiet=True).split()
    record = {"requirements": list(requirements), "installed": installed}
    (folder / COMPLETE_FILE).write_text(json.dumps(record, indent=1), "utf-8")
    return BuildEnvironment(folder, tuple(installed))


def package_folder(requirement: str, settings: BuildSettings) -> Path:
    """A folder with a pure distribution, for a Python that uv does not know; made if it is missing.

    ``requirement`` names one version. Raises ``BuildError`` if it cannot be installed.
    """
    folder = settings.environments / f"package-{requirement.replace('==', '-')}"
    if not folder.is_dir():
        with _locked(folder):
            if not folder.is_dir():
                unfinished = folder.with_suffix(".part")
                shutil.rmtree(unfinished, ignore_errors=True)
                target = ["--no-config", "--python", sys.executable, "--target", str(unfinished)]
                _run_uv(["pip", "install", "--no-deps", *target, requirement], settings)
                unfinished.rename(folder)
    return folder


def uv_program() -> str:
    """The path of uv, from its package or from PATH; raises ``ToolchainError`` if it is missing."""
    from uv import find_uv_bin

    try:
        return find_uv_bin()
    except FileNotFoundError as error:
        # An egg that buildout installed does not have the programs of the package.
        if found := shutil.which("uv"):
            return found
        hint = "Install it with pip beside buildout, or put it on PATH. An egg of uv has no program."
        raise ToolchainError("The program uv is not there, so no tag can be built.", hint) from error


def _run_uv(arguments: Sequence[str], settings: BuildSettings, *, is_quiet: bool = False) -> str:
    from subprocess_tee import run

    # The cache is on the file system of the environments, so uv links files instead of copying them.
    variables = {"UV_CACHE_DIR": str(settings.environments / "uv-cache"), **dict(settings.helper_environment)}
    finished = run([uv_program(), *arguments], env=variables, tee=settings.verbose and not is_quiet)
    if finished.returncode:
        log = f"uv {' '.join(arguments)}\n{finished.stdout}{finished.stderr}"
        raise _uv_error(arguments, finished.stderr, log)
    return str(finished.stdout)


def _uv_error(arguments: Sequence[str], printed: str, log: str) -> BuildError:
    """An error with what uv printed as one sentence; not permanent if uv may succeed another time."""
    is_permanent_failure = any(text in printed for text in _PERMANENT_ERRORS)
    is_install = arguments[0] == "pip"
    what = CANNOT_INSTALL if is_install else "No environment can be made"
    lines = (line.strip(" ×╰─▶│├") for line in printed.splitlines())
    errors = [
        re.sub("^(error|cause): ", "", line) for line in lines if line and not line.startswith(_PROGRESS)
    ]
    reason = ": ".join(errors[:2])
    if cause := next((line for line in errors if _WRONG_CERTIFICATE in line), ""):
        reason = f"{errors[0]}: {cause}. {_CERTIFICATE_HINT}"
    # Tags that fail for the same reason are reported together, so it says no time.
    reason = re.sub(r" in [\d.]+m?s\b", "", reason)
    return BuildError(f"{what}: {reason}", log, is_permanent=is_permanent_failure)
