"""Warm workers: one long-lived process for each build environment, which forks for each hook it is to call.

The other side is ``hook_runner``, which says how the two speak.
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
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.sandbox import Sandbox

HOOK_RUNNER = Path(__file__).with_name("hook_runner.py")

# An interpreter compiles a script each time that it is told to run it, unlike a module. So it is loaded as
# one, by what is there before anything is imported: the current folder, whatever is in it, would come first.
_START = """\
import sys
del sys.path[0], sys.argv[0]
__file__ = sys.argv[0]
import _frozen_importlib_external as importer
exec(importer.SourceFileLoader(__name__, __file__).get_code(__name__))
"""
_COMPILED = HOOK_RUNNER.with_name("__pycache__")

SHIMS = Path(__file__).with_name("shims")
"""A folder for the end of sys.path, with what tags lack: ez_setup, and a finder of their files."""

GRACE_SECONDS = 20.0
"""Seconds that a worker has beyond a hook's time limit, to end all that the hook left behind."""

RESOURCE_LIMITS: Mapping[str, int] = {"AS": 4 << 30, "FSIZE": 1 << 30, "CORE": 0, "NPROC": 4096}
"""What a hook may take, by the names of setrlimit(2): bytes of memory, of one file, and of a core dump.

Processes are counted with all others of the account, threads too, and those of root are not limited.
"""

_KEPT = 4
# PyPy has more than one folder for its library.
_OF_PYTHON = ("bin", "include", "lib", "lib32", "lib64", "lib-python", "lib_pypy", "pyvenv.cfg")
_COMMON_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}


class HookCall(NamedTuple):
    """One hook to call, as PEP 517 has it, and where: the tree, its environment, and the files to write."""

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


class Worker:
    """A process that calls hooks, one at a time; it ends with the process that started it."""

    def __init__(self, python: Path, preload: str, sandbox: Sandbox, *, has_many_builds: bool = True) -> None:
        given = [str(HOOK_RUNNER), preload, str(SHIMS), "often" if has_many_builds else "seldom"]
        command = [str(python), "-s", "-c", _START, *given]
        compiled = [_COMPILED] if _COMPILED.is_dir() else []
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the process
        self._process = sandbox.start(
            command,
            [HOOK_RUNNER, *compiled, SHIMS, *interpreter_paths(python)],
            {
                **_COMMON_ENVIRONMENT,
                **({"TMPDIR": str(sandbox.writable_folder)} if sandbox.writable_folder else {}),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._stop = weakref.finalize(self, _stop, self._process, self._errors)
        self._is_alone = sandbox.writable_folder is not None
        self._unread = b""

    @cached_property
    def modules(self) -> frozenset[str]:
        """What it has imported; waits until it has, and raises ``BuildError`` where it cannot start."""
        return frozenset(self._answer("id", "", GRACE_SECONDS * 3)["modules"])

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._stop.alive and self._process.poll() is None

    def call(self, call: HookCall) -> int | None:
        """The hook's exit status, None where its time was up; raises ``BuildError`` where the worker died."""
        # Its time begins when the worker is there.
        _ = self.modules
        number = secrets.token_hex(8)
        request = {
            "id": number,
            "hook": call.hook,
            "backend": call.backend,
            "backend_path": call.backend_path,
            "arguments": call.arguments,
            "optional": call.optional,
            "tree": str(call.tree),
            "environment": dict(call.environment),
            "log": str(call.log),
            "result": str(call.result),
            "seconds": call.seconds,
            "limits": dict(RESOURCE_LIMITS),
            "alone": self._is_alone,
        }
        try:
            stdin: IO[bytes] = self._process.stdin  # type: ignore[assignment]  # it is a pipe
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        except OSError as error:
            self.close()
            raise BuildError("The build ended the process that ran it.") from error
        answer = self._answer("id", number, call.seconds + GRACE_SECONDS)
        if answer.get("changed"):
            # The next hook gets another worker.
            self.close()
        status = answer.get("status")
        return status if isinstance(status, int) else None

    def close(self) -> None:
        """End the process; harmless when repeated."""
        self._stop()

    def _answer(self, key: str, value: str, seconds: float) -> dict[str, Any]:
        """The next answer that has this value; any other line is not the worker's own, and passed over."""
        end = time.monotonic() + seconds
        stdout: IO[bytes] = self._process.stdout  # type: ignore[assignment]  # it is a pipe
        while True:
            line, found, rest = self._unread.partition(b"\n")
            if found:
                self._unread = rest
                answer = _parsed(line)
                if answer.get(key) == value:
                    return answer
                continue
            left = max(end - time.monotonic(), 0)
            read = os.read(stdout.fileno(), 1 << 16) if select.select([stdout], [], [], left)[0] else b""
            if not read:
                raise self._silent()
            self._unread += read

    def _silent(self) -> BuildError:
        self._errors.seek(0)
        log = self._errors.read(1 << 16).decode("utf-8", "replace")
        self.close()
        return BuildError("The process that runs builds did not answer.", log, is_permanent=False)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def worker_for(python: Path, preload: str, sandbox: Sandbox, *, has_many_builds: bool = True) -> Worker:
    """The worker of an environment's interpreter with this backend imported, kept for the next tag.

    One that is asked ``has_many_builds`` takes time at its start that each build gets back.
    """
    worker = _kept_worker(python, preload, sandbox, has_many_builds=has_many_builds)
    if not worker.is_alive:
        _kept_worker.cache_clear()
        worker = _kept_worker(python, preload, sandbox, has_many_builds=has_many_builds)
    return worker


def interpreter_paths(python: Path) -> list[Path]:
    """What an interpreter needs to be read to run: links to it, and what is Python's own in their prefixes.

    There can be all else beside it: such a prefix may be somebody's home, or the root of all.
    """
    steps = [python]
    while steps[-1].is_symlink():
        steps.append(steps[-1].parent / steps[-1].readlink())
    plain = [Path(os.path.normpath(step)) for step in steps]
    # Of what is between the environment and the interpreter that it is of there are only links.
    prefixes = dict.fromkeys(path.parent.parent for path in (plain[0], plain[-1]))
    own = [prefix / name for prefix in prefixes for name in _OF_PYTHON]
    return [*plain[1:-1], *(path for path in own if path.exists())]


@lru_cache(maxsize=_KEPT)
def _kept_worker(python: Path, preload: str, sandbox: Sandbox, *, has_many_builds: bool) -> Worker:
    return Worker(python, preload, sandbox, has_many_builds=has_many_builds)


def _stop(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for file in (process.stdin, process.stdout, errors):
        if file is not None:
            # What a dead process was not told is lost anyway.
            with suppress(OSError):
                file.close()
