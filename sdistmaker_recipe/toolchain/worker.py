"""Workers: one long-lived process for each build environment, which forks for each hook that it calls.

``hook_runner`` is the program that a worker runs. Its docstring describes the messages between the two.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.isolation.orphans import ending_orphans
from sdistmaker_recipe.toolchain.isolation.sandbox import Sandbox
from sdistmaker_recipe.toolchain.isolation.untrusted_process import CHECK_SECONDS

HOOK_RUNNER = Path(__file__).with_name("hook_runner.py")

# An interpreter compiles a script each time that it runs it, and a module only once. So the script is
# loaded as a module is, by a module that is built in: nothing is imported before, for that could come from
# the current folder.
_START = """\
import sys
del sys.path[0], sys.argv[0]
__file__ = sys.argv[0]
import _frozen_importlib_external as importer
exec(importer.SourceFileLoader(__name__, __file__).get_code(__name__))
"""
_COMPILED_RUNNER = HOOK_RUNNER.with_name("__pycache__")

SHIMS = Path(__file__).with_name("shims")
"""A folder for the end of sys.path, with modules that old tags need: ez_setup, a finder of their files."""

GRACE_SECONDS = 20.0
"""The time that a worker has after a hook's time limit, to end everything that the hook left behind."""

RESOURCE_LIMITS: Mapping[str, int] = {"AS": 4 << 30, "FSIZE": 1 << 30, "CORE": 0, "NPROC": 4096}
"""The limits of a hook by their names in setrlimit(2): bytes of memory, of a file, of a core dump; processes.

The kernel counts all processes and threads of the account together, and does not limit those of root.
"""

_MAX_KEPT_WORKERS = 4
# PyPy has its library in further folders.
_PYTHON_FOLDERS = ("bin", "include", "lib", "lib32", "lib64", "lib-python", "lib_pypy", "pyvenv.cfg")
_WORKER_ENVIRONMENT = {
    # Python remembers paths in it, and distutils reads settings there. Each hook has a home of its own.
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}


class HookCall(NamedTuple):
    """One hook to call, as PEP 517 has it, and where: the tree, its environment, and the files to write.

    ``seconds`` is the time limit. ``needs_restart`` says that the hook needs an interpreter that was started
    in the tree. ``observe`` is what to observe of the questions that the tag asks, see ``wheels.questions``;
    None for nothing.
    """

    hook: str
    backend: str
    backend_path: tuple[str, ...]
    arguments: tuple[str, ...]
    optional: bool
    tree: Path
    environment: Mapping[str, str]
    log: Path
    result: Path
    seconds: float
    needs_restart: bool = False
    observe: Mapping[str, Any] | None = None


class Worker:
    """A process that calls hooks, one at a time; it ends with the process that started it.

    ``preload`` is the module that it imports at its start, or "".
    """

    def __init__(self, python: Path, preload: str, sandbox: Sandbox, *, has_many_builds: bool = True) -> None:
        arguments = [str(HOOK_RUNNER), preload, str(SHIMS), "often" if has_many_builds else "seldom"]
        compiled = [_COMPILED_RUNNER] if _COMPILED_RUNNER.is_dir() else []
        folder = sandbox.writable_folder
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the process
        self._process = sandbox.start(
            [str(python), "-s", "-c", _START, *arguments],
            [HOOK_RUNNER, *compiled, SHIMS, *interpreter_paths(python)],
            {**_WORKER_ENVIRONMENT, **({"TMPDIR": str(folder)} if folder else {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._stop = weakref.finalize(self, _stop, self._process, self._errors)
        self._sandbox = sandbox
        self._unread = b""

    @cached_property
    def modules(self) -> frozenset[str]:
        """The modules that it imported at its start; waits for that.

        Raises ``BuildError`` if it cannot start.
        """
        return frozenset(self._read_answer("", GRACE_SECONDS * 3)["modules"])

    @property
    def is_alive(self) -> bool:
        """Whether the process runs and can be asked."""
        return self._stop.alive and self._process.poll() is None

    def call(self, call: HookCall, check: Callable[[], None] | None = None) -> int | None:
        """Call a hook; its exit status, or None if its time was up.

        ``check`` is called five times a second, and an error that it raises ends the worker. Raises
        ``BuildError`` if the worker died.
        """
        # The hook's time begins when the worker is ready.
        _ = self.modules
        request_id = secrets.token_hex(8)
        request = {
            "id": request_id,
            "hook": call.hook,
            "backend": call.backend,
            "backend_path": call.backend_path,
            "arguments": call.arguments,
            "optional": call.optional,
            "restart": call.needs_restart,
            "tree": str(call.tree),
            "environment": dict(call.environment),
            "log": str(call.log),
            "result": str(call.result),
            "seconds": call.seconds,
            "limits": dict(RESOURCE_LIMITS),
            "alone": self._sandbox.writable_folder is not None,
            "observe": call.observe,
        }
        try:
            stdin: IO[bytes] = self._process.stdin  # type: ignore[assignment]  # it is a pipe
            stdin.write(self._sandbox.inside(json.dumps(request)).encode() + b"\n")
            stdin.flush()
        except OSError as error:
            self.close()
            raise BuildError("The build ended the worker process that ran it.") from error
        try:
            answer = self._read_answer(request_id, call.seconds + GRACE_SECONDS, check)
        except Exception:
            # A sandbox ends what the hook started with the worker.
            with nullcontext() if self._sandbox.writable_folder else ending_orphans():
                self.close()
            raise
        if answer.get("changed"):
            # The next hook gets another worker.
            self.close()
        status = answer.get("status")
        return status if isinstance(status, int) else None

    def close(self) -> None:
        """End the process; harmless when repeated."""
        self._stop()

    def _read_answer(
        self, request_id: str, seconds: float, check: Callable[[], None] | None = None
    ) -> dict[str, Any]:
        """The answer to this request; skips other lines, for a hook can write to the pipe too."""
        end = time.monotonic() + seconds
        stdout: IO[bytes] = self._process.stdout  # type: ignore[assignment]  # it is a pipe
        while True:
            line, found, rest = self._unread.partition(b"\n")
            if found:
                self._unread = rest
                answer = _parse_answer(line)
                if answer.get("id") == request_id:
                    return answer
                continue
            left = max(end - time.monotonic(), 0)
            ready = select.select([stdout], [], [], min(left, CHECK_SECONDS) if check else left)[0]
            if check and not ready and left > 0:
                check()
                continue
            read = os.read(stdout.fileno(), 1 << 16) if ready else b""
            if not read:
                raise self._no_answer()
            self._unread += read

    def _no_answer(self) -> BuildError:
        self._errors.seek(0)
        log = self._errors.read(1 << 16).decode("utf-8", "replace")
        self.close()
        text = "The worker process that runs builds did not answer. The next run tries again."
        return BuildError(text, log, is_permanent=False)


def _parse_answer(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def worker_for(python: Path, preload: str, sandbox: Sandbox, *, has_many_builds: bool = True) -> Worker:
    """The worker of an environment's interpreter with this module imported, kept for the next tag.

    With ``has_many_builds`` it takes longer to start, and each build takes less time.
    """
    worker = _cached_worker(python, preload, sandbox, has_many_builds=has_many_builds)
    if not worker.is_alive:
        _cached_worker.cache_clear()
        worker = _cached_worker(python, preload, sandbox, has_many_builds=has_many_builds)
    return worker


@lru_cache(maxsize=_MAX_KEPT_WORKERS)
def _cached_worker(python: Path, preload: str, sandbox: Sandbox, *, has_many_builds: bool) -> Worker:
    return Worker(python, preload, sandbox, has_many_builds=has_many_builds)


def interpreter_paths(python: Path) -> list[Path]:
    """The paths that an interpreter has to read: the links to it, and Python's own folders in its prefixes.

    The whole prefix would be too much: it can be somebody's home, or the root folder.
    """
    links = [python]
    while links[-1].is_symlink():
        links.append(links[-1].parent / links[-1].readlink())
    paths = [Path(os.path.normpath(link)) for link in links]
    # Paths between the environment and its interpreter are links only.
    prefixes = dict.fromkeys(path.parent.parent for path in (paths[0], paths[-1]))
    python_folders = [prefix / name for prefix in prefixes for name in _PYTHON_FOLDERS]
    return [*paths[1:-1], *(path for path in python_folders if path.exists())]


def _stop(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for file in (process.stdin, process.stdout, errors):
        if file is not None:
            # Closing flushes what a dead process can no longer read.
            with suppress(OSError):
                file.close()
