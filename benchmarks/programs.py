"""Programs of others: find them, run them, take the time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PYTHON_VERSIONS = (
    "import pkg_resources, platform, setuptools; "
    "print('%s with setuptools %s' % (platform.python_version(), setuptools.__version__))"
)
"""What an old Python runs to say its version and that of its setuptools."""


class MissingError(Exception):
    """What a contender needs is not on this machine and cannot be had."""


class FailedError(Exception):
    """A contender did not do its work."""


def programs_environment(environment: Mapping[str, str], kept: Path) -> dict[str, str]:
    """The variables of every contender: the caller's, but for caches of our own.

    Temporary files are where the system has them, because whoever sets TMPDIR gets no builds in memory. The
    caches fill before anything is timed, so that no download is; compiled modules are kept, as they are for
    who installs a program.
    """
    strangers = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "TMPDIR")
    own = {"UV_CACHE_DIR": kept / "uv-cache", "PIP_CACHE_DIR": kept / "pip-cache"}
    for folder in own.values():
        folder.mkdir(parents=True, exist_ok=True)
    variables = {name: value for name, value in environment.items() if name not in strangers}
    return {**variables, **{name: str(folder) for name, folder in own.items()}}


def timed(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """The seconds from start to end of a program; raises ``FailedError`` where its exit status is not 0."""
    with (folder / "log").open("a+b") as log:
        begin = time.perf_counter()
        status = subprocess.call(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        seconds = time.perf_counter() - begin
        if status:
            log.seek(0)
            tail = log.read()[-2000:].decode("utf-8", "replace")
            raise FailedError(f"{Path(command[0]).name} ended with {status}:\n{tail}")
    return seconds


def said_by(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a program prints; raises ``MissingError`` where it does not work."""
    try:
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=True)
    except OSError as error:
        raise MissingError(f"{command[0]}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        raise MissingError(f"{' '.join(command)[:120]}: {error.stderr[-500:].strip()}") from error
    return done.stdout.strip()


def need(program: str) -> None:
    """Raise ``MissingError`` where the program is not on PATH."""
    if shutil.which(program) is None:
        raise MissingError(f"no program {program}")


def program(name: str) -> str:
    """The path of a program installed beside this interpreter; raises ``MissingError``."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise MissingError(f"no program {name} beside {Path(sys.executable).name}")
    return str(path)


def python2(environment: Mapping[str, str]) -> str:
    """The path of a Python 2.7 with setuptools, from PATH or PYENV_ROOT; raises ``MissingError``."""
    for candidate in _python2_candidates(environment):
        try:
            said_by([candidate, "-c", PYTHON_VERSIONS], environment)
        except MissingError:
            continue
        return candidate
    raise MissingError("no Python 2.7 with setuptools, on PATH or below PYENV_ROOT")


def _python2_candidates(environment: Mapping[str, str]) -> Iterator[str]:
    for folder in environment.get("PATH", "").split(os.pathsep):
        yield from map(str, Path(folder).glob("python2.7"))
    if root := environment.get("PYENV_ROOT"):
        yield from map(str, sorted(Path(root).glob("versions/*/bin/python2.7")))
