"""Bubblewrap around builds: the system read-only, one writable folder, no network, nobody's home.

The option sandbox chooses: with ``none`` builds run as the user who runs this program and can read and write
what that user can; the limits of ``worker`` hold all the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.seccomp import seccomp_filter

BUBBLEWRAP = "bwrap"

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# No more of /etc than programs need to start and to name users; what else is there can be secret.
_SETTINGS = ("alternatives", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types")
_SETTINGS_TOO = ("nsswitch.conf", "os-release", "passwd")
_SECONDS = 20


class Sandbox(NamedTuple):
    """Where a build runs: ``writable_folder`` is the only one it can write to, None without a sandbox."""

    writable_folder: Path | None

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
        """Start a command inside; ``readable`` are folders and files it needs beside /usr."""
        with self._wrapped(command, readable) as (wrapped, files):
            return subprocess.Popen(
                wrapped,
                cwd=cwd,
                env=dict(environment),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=files,
            )

    @contextmanager
    def _wrapped(
        self, command: Sequence[str], readable: Iterable[Path]
    ) -> Iterator[tuple[Sequence[str], tuple[int, ...]]]:
        """The command that starts this one inside, and the open files to hand it for that."""
        if self.writable_folder is None:
            yield command, ()
            return
        with _refused_calls() as (refused, files):
            yield [*_wrapping(self.writable_folder, readable), *refused, "--", *command], files


NO_SANDBOX = Sandbox(None)


def process_folder(scratch: Path) -> Path:
    """The folder in scratch that is this process's, and that builds can write to, made if need be."""
    folder = scratch / f"worker-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    return folder


def shared_memory_folder(writable_folder: Path) -> Path:
    """The folder that builds with this writable one see as /dev/shm; beside it, where none can replace it."""
    return writable_folder.with_name(f"{writable_folder.name}-shm")


def choose_sandbox(mode: str) -> tuple[bool, str]:
    """Whether builds shall be wrapped in this mode (auto, bubblewrap, none), and a warning or "".

    Raises ``ToolchainError`` where the mode is bubblewrap and it does not work here.
    """
    if mode == "none":
        return False, ""
    if not (problem := _problem()):
        return True, ""
    hint = (
        f"Install it (on Debian: apt install bubblewrap), or set sandbox = none to build without: {problem}"
    )
    if mode == "bubblewrap":
        raise ToolchainError("The sandbox bubblewrap does not work here.", hint)
    return False, f"builds run without a sandbox, for bubblewrap does not work here. {hint}"


def may_use_bubblewrap(mode: str) -> bool:
    """Whether builds are likely to be wrapped in this mode, which is told without trying."""
    return mode != "none" and shutil.which(BUBBLEWRAP) is not None


@lru_cache(maxsize=1)
def _problem() -> str:
    """Why bubblewrap does not work on this machine; empty where it does."""
    if shutil.which(BUBBLEWRAP) is None:
        return f"there is no program {BUBBLEWRAP}."
    command = [BUBBLEWRAP, *_namespaces(), *_system(), "--proc", "/proc", "--dev", "/dev"]
    try:
        with _refused_calls() as (refused, files):
            command += [*refused, "--", "/bin/true"]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS, check=False, pass_fds=files
            )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit status {done.returncode}."


@contextmanager
def _refused_calls() -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Arguments that have bubblewrap refuse system calls, and the open files to hand it for that."""
    content = seccomp_filter(os.uname().machine)
    if not content:
        yield [], ()
        return
    # It is less than a pipe takes at once.
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"):
        with os.fdopen(writing, "wb") as file:
            file.write(content)
        yield ["--seccomp", str(reading)], (reading,)


def _wrapping(writable_folder: Path, readable: Iterable[Path]) -> list[str]:
    shared = shared_memory_folder(writable_folder)
    shared.mkdir(exist_ok=True)
    arguments = [BUBBLEWRAP, *_namespaces(), *_system(), "--proc", "/proc"]
    arguments += ["--dev", "/dev", "--bind", str(shared), "/dev/shm", "--remount-ro", "/dev"]
    shown = {*map(Path, _SYSTEM)}
    for path in sorted(set(readable)):
        if shown.isdisjoint((path, *path.parents)):
            shown.add(path)
            is_link = path.is_symlink() and path.is_file()
            how, what = ("--symlink", path.readlink()) if is_link else ("--ro-bind", path)
            arguments += [how, str(what), str(path)]
    return [*arguments, "--bind", str(writable_folder), str(writable_folder), "--remount-ro", "/"]


def _namespaces() -> list[str]:
    return ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]


def _system() -> list[str]:
    arguments: list[str] = []
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    for name in (*_SETTINGS, *_SETTINGS_TOO):
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return arguments
