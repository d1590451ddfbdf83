"""Run builds in bubblewrap: the system read-only, one writable folder, no network, no home.

The option sandbox decides. With ``none`` a build can read and write whatever the account of this program can;
its resource limits (see ``worker``) are the same.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.isolation.seccomp import seccomp_filter

BUBBLEWRAP = "bwrap"

_SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# Programs need no more of /etc to start and to name users. Other files there can be secret.
_ETC_FILES = (
    "alternatives",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
)
_PASSING_ERRORS = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors of a machine that is busy, or of a process that has much open."""
_PROBE_SECONDS = 20

SHARED_MEMORY = Path("/dev/shm")
"""The file system in memory that every Linux has: see shm_overview(7)."""


class Sandbox(NamedTuple):
    """Where a build runs: ``writable_folder`` is the only one it can write to, None without a sandbox.

    Builds see that folder at the path ``seen_as``, None for its own path.
    """

    writable_folder: Path | None
    seen_as: Path | None = None

    def start(
        self,
        command: Sequence[str],
        readable: Iterable[Path],
        environment: Mapping[str, str],
        *,
        stdin: int,
        stdout: int | IO[bytes],
        stderr: int | IO[bytes],
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a command inside; ``readable`` are folders and files that it needs beside the system's.

        Paths of the writable folder in the command and the environment become those that it is seen as.
        """
        with self._wrapped([*map(self.inside, command)], readable, cwd) as (wrapped_command, descriptors):
            return subprocess.Popen(
                wrapped_command,
                cwd=cwd,
                env={name: self.inside(value) for name, value in environment.items()},
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=descriptors,
            )

    def inside(self, text: str) -> str:
        """A text in which paths of the writable folder are replaced by those that builds see."""
        if self.writable_folder is None or self.seen_as is None:
            return text
        return text.replace(str(self.writable_folder), str(self.seen_as))

    @contextmanager
    def _wrapped(
        self, command: Sequence[str], readable: Iterable[Path], cwd: Path | None
    ) -> Iterator[tuple[Sequence[str], tuple[int, ...]]]:
        """The command that runs this one inside, and the file descriptors that it has to inherit."""
        if self.writable_folder is None:
            yield command, ()
            return
        with _seccomp_arguments() as (seccomp, descriptors):
            arguments = _bubblewrap_command(self.writable_folder, self.seen_as, readable)
            arguments += ["--chdir", self.inside(str(cwd))] if cwd else []
            yield [*arguments, *seccomp, "--", *command], descriptors


NO_SANDBOX = Sandbox(None)


def process_folder(scratch: Path) -> Path:
    """The folder of this process in scratch, to which its builds can write; made if it is missing."""
    folder = scratch / f"worker-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    return folder


def sandbox_in(place: Path, scratch: Path) -> Sandbox:
    """The sandbox of this process's builds in the folder ``place``.

    They see it below ``scratch``, because a folder in memory is in /dev, and a sandbox has one of its own.
    """
    folder = process_folder(place)
    return Sandbox(folder, None if place == scratch else scratch / folder.name)


def shared_memory_folder(writable_folder: Path) -> Path:
    """The folder that builds see as /dev/shm. It is beside their writable folder, so none can replace it."""
    return writable_folder.with_name(f"{writable_folder.name}-shm")


def choose_sandbox(mode: str) -> tuple[bool, str]:
    """Whether builds run in bubblewrap, and a warning or "".

    ``mode`` is the option sandbox: auto, bubblewrap or none. Raises ``ToolchainError`` if the mode is
    bubblewrap and it does not work on this machine, and if this cannot be found out now.
    """
    if mode == "none":
        return False, ""
    if not (problem := _bubblewrap_problem()):
        return True, ""
    cure = (
        "Install it (Debian: apt install bubblewrap)"
        if not _is_installed()
        else "Allow it to create user namespaces"
    )
    if mode == "bubblewrap":
        raise ToolchainError(
            f"{problem}, and sandbox = bubblewrap is set.", f"{cure}, or set sandbox = none to build without."
        )
    return (
        False,
        f"{problem}, so builds run without a sandbox. {cure}, or set sandbox = none to hide this message.",
    )


def may_use_bubblewrap(mode: str) -> bool:
    """Whether builds in this mode probably run in bubblewrap, without starting it to find out."""
    return mode != "none" and _is_installed()


def _is_installed() -> bool:
    return shutil.which(BUBBLEWRAP) is not None


@lru_cache(maxsize=1)
def _bubblewrap_problem() -> str:
    """Why bubblewrap does not work on this machine, as a clause; "" if it works.

    Raises ``ToolchainError`` for what may be gone a moment later: no run builds without a sandbox for that.
    """
    if not _is_installed():
        return "bubblewrap is not installed"
    command = [BUBBLEWRAP, *_namespace_arguments(), *_system_arguments(), "--proc", "/proc", "--dev", "/dev"]
    try:
        with _seccomp_arguments() as (seccomp, descriptors):
            finished = subprocess.run(
                [*command, *seccomp, "--", "/bin/true"],
                capture_output=True,
                text=True,
                timeout=_PROBE_SECONDS,
                check=False,
                pass_fds=descriptors,
            )
    except subprocess.TimeoutExpired as error:
        raise _not_known(f"it did not answer within {_PROBE_SECONDS} seconds") from error
    except OSError as error:
        if error.errno in _PASSING_ERRORS:
            raise _not_known(os.strerror(error.errno)) from error
        return f"bubblewrap does not work here ({error})"
    if finished.returncode == 0:
        return ""
    reason = finished.stderr.strip() or f"exit status {finished.returncode}"
    if any(os.strerror(number) in reason for number in _PASSING_ERRORS):
        raise _not_known(reason)
    return f"bubblewrap does not work here ({reason})"


def _not_known(reason: str) -> ToolchainError:
    return ToolchainError(
        f"It cannot be found out now whether bubblewrap works: {reason}.",
        "Run again when this machine has less to do. Or set sandbox = none to build without.",
    )


@contextmanager
def _seccomp_arguments() -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Arguments that make bubblewrap refuse system calls, and the descriptors that it has to inherit."""
    content = seccomp_filter(os.uname().machine)
    if not content:
        yield [], ()
        return
    # The filter fits into the buffer of a pipe, so writing does not block.
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"):
        with os.fdopen(writing, "wb") as file:
            file.write(content)
        yield ["--seccomp", str(reading)], (reading,)


def _bubblewrap_command(writable_folder: Path, seen_as: Path | None, readable: Iterable[Path]) -> list[str]:
    shared_memory = shared_memory_folder(writable_folder)
    shared_memory.mkdir(exist_ok=True)
    arguments = [BUBBLEWRAP, *_namespace_arguments(), *_system_arguments(), "--proc", "/proc"]
    arguments += ["--dev", "/dev", "--bind", str(shared_memory), "/dev/shm", "--remount-ro", "/dev"]
    mounted = {*map(Path, _SYSTEM_FOLDERS)}
    for path in sorted(set(readable)):
        if mounted.isdisjoint((path, *path.parents)):
            mounted.add(path)
            is_link = path.is_symlink() and path.is_file()
            option, source = ("--symlink", path.readlink()) if is_link else ("--ro-bind", path)
            arguments += [option, str(source), str(path)]
    seen = str(seen_as or writable_folder)
    return [*arguments, "--bind", str(writable_folder), seen, "--remount-ro", "/"]


def _namespace_arguments() -> list[str]:
    return ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]


def _system_arguments() -> list[str]:
    arguments: list[str] = []
    for path in map(Path, _SYSTEM_FOLDERS):
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    for name in _ETC_FILES:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return arguments
