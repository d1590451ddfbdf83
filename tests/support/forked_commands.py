"""Runs of the package's commands as forks of a process that has imported them.

The imports take a sixth of a second of the processor, which is most of a run without news. So this is for
tests of what a run does. Tests of how a command starts, and of what other processes can see of it, start the
program: a fork shows the environment and the command line of its parent in /proc.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryFile

NAMES = ("sdists_from_tags", "make_sdist")
VARIABLES = {"HOME", "XDG_CACHE_HOME", "PATH", "LANG", "TMPDIR", "SSL_CERT_FILE", "PYENV_ROOT"}
"""What the environment of a fork may have, besides what is for pip. Python reads others when it starts."""
_LANG = "C.UTF-8"
_FOLDERS = ("flow", "index", "stages", "toolchain.isolation", "toolchain.wheels", "vcs.subversion")
"""All modules of these are imported,"""
_MODULES = (
    "sdistmaker_recipe.doors.command",
    "sdistmaker_recipe.executors.local",
    "sdistmaker_recipe.toolchain.ladder",
    "sdistmaker_recipe.toolchain.worker_prestart",
    "sdistmaker_recipe.webserver.public_index",
    "jinja2",
    "packaging.tags",
    "platformdirs.unix",
    "tomllib",
    "zipfile",
)
"""and these. libsvn takes settings from the environment when the first connection is made, so in the fork."""


def can_fork(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a fork does the same as the program, started with these arguments and this environment."""
    name, folder = Path(command[0]).name, Path(command[0]).parent
    known = all(variable in VARIABLES or variable.startswith("PIP_") for variable in environment)
    return (
        name in NAMES and folder == Path(sys.executable).parent and known and environment.get("LANG") == _LANG
    )


class ForkServer:
    """The process that has imported the commands; it ends when this one does."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def run(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, as subprocess.run does: ``command[0]`` is the path of the script."""
        with TemporaryFile("w+") as request, TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
            json.dump([list(command), str(folder), dict(environment)], request)
            request.flush()
            files = [request.fileno(), stdout.fileno(), stderr.fileno()]
            status = self._status(command, files, timeout)
            stdout.seek(0)
            stderr.seek(0)
            return subprocess.CompletedProcess(command, status, stdout.read(), stderr.read())

    def _status(self, command: Sequence[str], files: list[int], timeout: float) -> int:
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb", buffering=0) as answers:
            with os.fdopen(writer, "wb"):
                socket.send_fds(self._connection, [b" "], [*files, writer])
            process_id = int(answers.readline())
            if not select.select([answers], [], [], timeout)[0]:
                os.kill(process_id, signal.SIGKILL)
                raise subprocess.TimeoutExpired(command, timeout)
            return int(answers.readline())


@contextmanager
def fork_server() -> Iterator[ForkServer]:
    """Start the process, and end it."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                env={"LANG": _LANG},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        with process:
            try:
                yield ForkServer(ours)
            finally:
                # It ends when nobody can ask it any longer.
                ours.close()


# What follows runs in the process.


def _serve(descriptor: int) -> int:
    """Fork for each request until there are no more; in a fork, do it. The exit status."""
    gc.disable()
    for name in (*_MODULES, *_modules_of_folders()):
        import_module(name)
    gc.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as connection:
        while descriptors := socket.recv_fds(connection, 1, 4)[1]:
            if os.fork() == 0:
                break
            for each in descriptors:
                os.close(each)
            _wait_for_children(os.WNOHANG)
        else:
            _wait_for_children()
            return 0
    request, stdout, stderr, status = descriptors
    if process_id := os.fork():
        os.write(status, b"%d\n" % process_id)
        os.write(status, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]))
        os._exit(0)
    os.close(status)
    for descriptor, standard in ((stdout, 1), (stderr, 2)):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.lseek(request, 0, os.SEEK_SET)
    with os.fdopen(request, encoding="utf-8") as file:
        command, folder, environment = json.load(file)
    return _run(command, folder, environment)


def _modules_of_folders() -> Iterator[str]:
    for folder in _FOLDERS:
        name = f"sdistmaker_recipe.{folder}"
        path = import_module(name).__path__
        yield from (module.name for module in walk_packages(path, f"{name}."))


def _wait_for_children(flags: int = 0) -> None:
    """Let those go that ended; without flags, all."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, flags)[0]:
            pass


def _run(command: list[str], folder: str, environment: Mapping[str, str]) -> int:
    """Do what the script would do that an installer made for the command."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[:] = command
    # Both are what they are in the script. Processes that multiprocessing starts import its file.
    sys.path[0] = str(Path(command[0]).parent)
    sys.modules["__main__"].__file__ = command[0]
    status: int = getattr(import_module("sdistmaker_recipe.scripts"), Path(command[0]).name)()
    return status


if __name__ == "__main__":
    # No module of the package may be found among those of the tests.
    sys.path[0] = str(Path(sys.executable).parent)
    sys.exit(_serve(int(sys.argv[1])))
