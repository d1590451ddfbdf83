"""Build a source distribution with the backend of a tag (PEP 517, "Build backend interface")."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain import expected_worker, process
from sdistmaker_recipe.toolchain.build_system import BuildSystem
from sdistmaker_recipe.toolchain.deadline import Deadline
from sdistmaker_recipe.toolchain.environments import Environment
from sdistmaker_recipe.toolchain.files import open_file, read_text
from sdistmaker_recipe.toolchain.sandbox import NO_SANDBOX, Sandbox
from sdistmaker_recipe.toolchain.worker import HookCall, Worker, worker_for

_LONGEST_RESULT = 8 << 20
# What the C library says of a machine that lacks something, and setuptools after it.
_PASSING = re.compile(
    "No space left on device|Disk quota exceeded|Cannot allocate memory|Resource temporarily unavailable"
    "|Too many open files in system|Input/output error"
)
_FAULTS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGFPE)


class Workplace(NamedTuple):
    """Where one tag is built: the source tree, a scratch folder beside it, and when time is up.

    ``variables`` are added to a build's clean environment, ``sandbox`` is what holds it;
    ``warm`` says whether other tags are likely to need the same environment, ``often`` whether many are.
    """

    tree: Path
    scratch: Path
    deadline: Deadline
    variables: Mapping[str, str]
    sandbox: Sandbox = NO_SANDBOX
    warm: bool = True
    often: bool = True

    @property
    def log(self) -> Path:
        """The file that takes all that builds print."""
        return self.scratch / "build.log"

    @property
    def output(self) -> Path:
        """The folder that takes the archive."""
        return self.scratch / "dist"


class RawSdist(NamedTuple):
    """What a build made: the archive, the files of the tag it read, and what was installed for it."""

    archive: Path
    read: frozenset[str]
    installed: tuple[str, ...]


def extra_requirements(system: BuildSystem, environment: Environment, place: Workplace) -> tuple[str, ...]:
    """What ``get_requires_for_build_sdist`` asks for; raises ``BuildError``."""
    result = _call("get_requires_for_build_sdist", [], system, environment, place, optional=True)
    if not (returned := result["returned"]):
        return ()
    if not isinstance(returned, list) or not all(isinstance(item, str) for item in returned):
        raise BuildError("The build backend's requirements are not a list of strings.", log_of(place))
    if options := [item for item in returned if item.startswith("-")]:
        raise BuildError(f"The build backend asks for {options}, which is no requirement.", log_of(place))
    return tuple(returned)


def asks_for_more(system: BuildSystem, tree: Path) -> bool:
    """Whether ``extra_requirements`` is worth asking; setuptools only gives what setup_requires says."""
    if system.backend_path or not system.backend.startswith("setuptools.build_meta"):
        return True
    return any("setup_requires" in read_text(tree, name) for name in ("setup.py", "setup.cfg"))


def build_sdist(system: BuildSystem, environment: Environment, place: Workplace) -> RawSdist:
    """The one archive that ``build_sdist`` writes; raises ``BuildError``."""
    place.output.mkdir()
    result = _call("build_sdist", [str(place.output)], system, environment, place)
    archive = only_archive(place)
    if place.warm and not system.backend_path:
        expected_worker.remember(environment.folder, _module(system))
    return RawSdist(archive, read_paths(result), environment.installed)


def _module(system: BuildSystem) -> str:
    """What a worker imports beforehand for a backend."""
    return system.backend.partition(":")[0]


def check_folders(place: Workplace) -> None:
    """Raise ``BuildError`` where a build put a link in the place of a folder that we go on to use.

    To be asked after each one: what we read and write there would be elsewhere, and outside the sandbox.
    """
    top = place.sandbox.writable or place.scratch.parent
    for folder in (place.tree, place.output):
        for path in (folder, *folder.parents):
            if path == top:
                break
            if path.is_symlink():
                raise BuildError(f"The build put a link in the place of the folder {path.relative_to(top)}.")


def only_archive(place: Workplace) -> Path:
    """The one archive that a build left; raises ``BuildError`` where it is not one."""
    # What the hook returned is not asked: nothing that a build says becomes a path.
    archives = [path for path in place.output.glob("*.tar.gz") if path.is_file() and not path.is_symlink()]
    if len(archives) != 1:
        raise BuildError(f"The build left {len(archives)} .tar.gz files instead of one.", log_of(place))
    return archives[0]


def read_paths(result: Mapping[str, Any]) -> frozenset[str]:
    """The files of the tag that a runner says were read."""
    read = result.get("read", [])
    return (
        frozenset(each for each in read if isinstance(each, str)) if isinstance(read, list) else frozenset()
    )


def _call(
    hook: str,
    arguments: Sequence[str],
    system: BuildSystem,
    environment: Environment,
    place: Workplace,
    *,
    optional: bool = False,
) -> dict[str, Any]:
    """What the runner wrote, with what the hook returned under ``returned``."""
    result_file = place.scratch / f"{hook}.json"
    call = HookCall(
        hook=hook,
        backend=system.backend,
        backend_path=system.backend_path,
        arguments=tuple(arguments),
        optional=optional,
        tree=place.tree,
        environment=_variables(environment, place),
        log=place.log,
        result=result_file,
        seconds=place.deadline.seconds_left,
    )
    status = None
    if not place.deadline.passed:
        with _borrowed(system, environment, place) as worker:
            status = worker.call(call)
    check_folders(place)
    output = log_of(place)
    if status is None:
        raise BuildError(f"The build took longer than {place.deadline.seconds:g} seconds.", output)
    result = read_result(result_file)
    if status or "returned" not in result:
        raise BuildError(reason_of(result, status, output), output, lasting=is_lasting(result, status))
    return result


@contextmanager
def _borrowed(system: BuildSystem, environment: Environment, place: Workplace) -> Iterator[Worker]:
    """A worker for one hook: one that is kept, or one of its own where the next tag has no use for it."""
    if place.warm:
        yield _kept(system, environment, place)
        return
    worker = Worker(environment.python, "", place.sandbox)
    try:
        yield worker
    finally:
        worker.close()


def _kept(system: BuildSystem, environment: Environment, place: Workplace) -> Worker:
    """A worker with the backend imported, unless the tag may have modules of its own of the same names."""
    if not system.backend_path:
        worker = worker_for(environment.python, _module(system), place.sandbox, often=place.often)
        own = {path.name.partition(".")[0] for path in place.tree.iterdir() if path.name != "setup.py"}
        if own.isdisjoint(worker.modules):
            return worker
    return worker_for(environment.python, "", place.sandbox, often=place.often)


def common_variables(place: Workplace) -> dict[str, str]:
    """A clean environment: nothing of the caller's. Makes the folders that it names."""
    home = place.scratch / "home"
    temporary = place.scratch / "tmp"
    for folder in (home, temporary):
        folder.mkdir(exist_ok=True)
    return {
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


def _variables(environment: Environment, place: Workplace) -> dict[str, str]:
    programs = f"{environment.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return {**common_variables(place), "PATH": programs, "VIRTUAL_ENV": str(environment.folder)}


def read_result(path: Path) -> dict[str, Any]:
    """What the runner wrote; a tag's code may have written there too, so nothing is taken for granted."""
    try:
        with open_file(path) as file:
            # What is larger would take many times its size in memory.
            if os.fstat(file.fileno()).st_size > _LONGEST_RESULT:
                return {}
            result = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return result if isinstance(result, dict) else {}


def is_lasting(result: Mapping[str, Any], status: int) -> bool:
    """Whether a runner that failed would fail again: not where the machine lacked something at the time.

    Without a word it ended by a fault of the interpreter or by its own will, or for lack of memory or disk.
    """
    if "error" not in result:
        return status > 1 or -status in _FAULTS
    return not _PASSING.search(str(result.get("message", "")))


def _last_line(log: str) -> str:
    """The last thing that was printed; of a SystemExit runners print no traceback."""
    return next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "")


def reason_of(result: Mapping[str, Any], status: int, log: str = "") -> str:
    """Why a runner failed, in one sentence: the error it wrote down, what it printed, or how it ended."""
    if error := result.get("error"):
        # A setup.py that gives up has said why, and then ends with a number.
        message = " ".join(str(result.get("message", "")).split())
        if error == "SystemExit" and message.isdecimal() and (last := _last_line(log)):
            return f"The build gave up: {last}"
        return f"{error}: {message}" if message else f"The build ended with {error}."
    if status < 0:
        return f"The build was ended by signal {-status}."
    return f"The build ended with exit status {status} and no result."


def log_of(place: Workplace) -> str:
    """What was printed until now."""
    return process.read_log(place.log) if place.log.exists() else ""
