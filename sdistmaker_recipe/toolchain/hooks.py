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
from sdistmaker_recipe.toolchain import untrusted_process, worker_prestart
from sdistmaker_recipe.toolchain.build_system import BuildSystem
from sdistmaker_recipe.toolchain.deadline import Deadline
from sdistmaker_recipe.toolchain.environments import BuildEnvironment
from sdistmaker_recipe.toolchain.sandbox import NO_SANDBOX, Sandbox
from sdistmaker_recipe.toolchain.untrusted_files import open_regular_file, read_text
from sdistmaker_recipe.toolchain.worker import HookCall, Worker, worker_for

_LONGEST_RESULT = 8 << 20
# What the C library says of a machine that lacks something, and setuptools after it.
_PASSING = re.compile(
    "No space left on device|Disk quota exceeded|Cannot allocate memory|Resource temporarily unavailable"
    "|Too many open files in system|Input/output error"
)
_FAULTS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGFPE)


class BuildContext(NamedTuple):
    """Where one tag is built: the source tree, a scratch folder beside it, and when time is up.

    ``variables`` are added to a build's clean environment, ``sandbox`` is what holds it;
    ``may_reuse_worker`` says whether other tags are likely to need the same environment,
    ``has_many_builds`` whether many are.
    """

    tree: Path
    scratch: Path
    deadline: Deadline
    variables: Mapping[str, str]
    sandbox: Sandbox = NO_SANDBOX
    may_reuse_worker: bool = True
    has_many_builds: bool = True

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


def get_requires_for_build_sdist(
    system: BuildSystem, environment: BuildEnvironment, place: BuildContext
) -> tuple[str, ...]:
    """What ``get_requires_for_build_sdist`` asks for; raises ``BuildError``."""
    result = _call("get_requires_for_build_sdist", [], system, environment, place, optional=True)
    if not (returned := result["returned"]):
        return ()
    if not isinstance(returned, list) or not all(isinstance(item, str) for item in returned):
        raise BuildError("The build backend's requirements are not a list of strings.", read_build_log(place))
    if options := [item for item in returned if item.startswith("-")]:
        raise BuildError(
            f"The build backend asks for {options}, which is no requirement.", read_build_log(place)
        )
    return tuple(returned)


def may_have_extra_requirements(system: BuildSystem, tree: Path) -> bool:
    """Whether the hook is worth calling; setuptools only gives what setup_requires says."""
    if system.backend_path or not system.backend.startswith("setuptools.build_meta"):
        return True
    return any("setup_requires" in read_text(tree, name) for name in ("setup.py", "setup.cfg"))


def build_sdist(system: BuildSystem, environment: BuildEnvironment, place: BuildContext) -> RawSdist:
    """The one archive that ``build_sdist`` writes; raises ``BuildError``."""
    place.output.mkdir()
    result = _call("build_sdist", [str(place.output)], system, environment, place)
    archive = find_archive(place)
    if place.may_reuse_worker and not system.backend_path:
        worker_prestart.remember(environment.folder, _module(system))
    return RawSdist(archive, files_read(result), environment.installed)


def _module(system: BuildSystem) -> str:
    """What a worker imports beforehand for a backend."""
    return system.backend.partition(":")[0]


def refuse_linked_folders(place: BuildContext) -> None:
    """Raise ``BuildError`` where a build put a link in the place of a folder that we go on to use.

    To be asked after each one: what we read and write there would be elsewhere, and outside the sandbox.
    """
    top = place.sandbox.writable_folder or place.scratch.parent
    for folder in (place.tree, place.output):
        for path in (folder, *folder.parents):
            if path == top:
                break
            if path.is_symlink():
                raise BuildError(f"The build put a link in the place of the folder {path.relative_to(top)}.")


def find_archive(place: BuildContext) -> Path:
    """The one archive that a build left; raises ``BuildError`` where it is not one."""
    # What the hook returned is not asked: nothing that a build says becomes a path.
    archives = [path for path in place.output.glob("*.tar.gz") if path.is_file() and not path.is_symlink()]
    if len(archives) != 1:
        raise BuildError(
            f"The build left {len(archives)} .tar.gz files instead of one.", read_build_log(place)
        )
    return archives[0]


def files_read(result: Mapping[str, Any]) -> frozenset[str]:
    """The files of the tag that a runner says were read."""
    read = result.get("read", [])
    return (
        frozenset(each for each in read if isinstance(each, str)) if isinstance(read, list) else frozenset()
    )


def _call(
    hook: str,
    arguments: Sequence[str],
    system: BuildSystem,
    environment: BuildEnvironment,
    place: BuildContext,
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
    if not place.deadline.has_passed:
        with _borrowed(system, environment, place) as worker:
            status = worker.call(call)
    refuse_linked_folders(place)
    output = read_build_log(place)
    if status is None:
        raise BuildError(f"The build took longer than {place.deadline.seconds:g} seconds.", output)
    result = read_result(result_file)
    if status or "returned" not in result:
        raise BuildError(
            failure_reason(result, status, output), output, is_permanent=is_lasting(result, status)
        )
    return result


@contextmanager
def _borrowed(system: BuildSystem, environment: BuildEnvironment, place: BuildContext) -> Iterator[Worker]:
    """A worker for one hook: one that is kept, or one of its own where the next tag has no use for it."""
    if place.may_reuse_worker:
        yield _kept(system, environment, place)
        return
    worker = Worker(environment.python, "", place.sandbox)
    try:
        yield worker
    finally:
        worker.close()


def _kept(system: BuildSystem, environment: BuildEnvironment, place: BuildContext) -> Worker:
    """A worker with the backend imported, unless the tag may have modules of its own of the same names."""
    if not system.backend_path:
        worker = worker_for(
            environment.python, _module(system), place.sandbox, has_many_builds=place.has_many_builds
        )
        own = {path.name.partition(".")[0] for path in place.tree.iterdir() if path.name != "setup.py"}
        if own.isdisjoint(worker.modules):
            return worker
    return worker_for(environment.python, "", place.sandbox, has_many_builds=place.has_many_builds)


def base_environment(place: BuildContext) -> dict[str, str]:
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


def _variables(environment: BuildEnvironment, place: BuildContext) -> dict[str, str]:
    programs = f"{environment.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return {**base_environment(place), "PATH": programs, "VIRTUAL_ENV": str(environment.folder)}


def read_result(path: Path) -> dict[str, Any]:
    """What the runner wrote; a tag's code may have written there too, so nothing is taken for granted."""
    try:
        with open_regular_file(path) as file:
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


def failure_reason(result: Mapping[str, Any], status: int, log: str = "") -> str:
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


def read_build_log(place: BuildContext) -> str:
    """What was printed until now."""
    return untrusted_process.read_log(place.log) if place.log.exists() else ""
