"""Server processes for tests: on a free loopback port, ended by their own process id whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"


class ServerDiedError(Exception):
    """A server did not start, or ended by itself; carries the tail of its log."""


def free_port() -> int:
    """A loopback port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether something accepts connections on the loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log file, or a note that there is none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"(no log: {error})"
    return "\n".join(text.splitlines()[-lines:])


def _end_with_us() -> tuple[str, ...]:
    """What goes before a command for the system to end it should this process crash (Linux)."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()


def _ended(process_id: int) -> bool:
    """Whether a child ended; it is left to be waited for."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process_id, flags) is not None


class Server:
    """A process that listens on a port; as a context manager it runs from ``start`` to ``stop``.

    It leads a process group of its own, so that all it starts ends with it.

    command: the program and its arguments; it must stay in the foreground.
    port: where it answers once it is up.
    log: file that takes its standard output and error, and whose tail explains a failure.
    environment: replaces this process's environment when given.
    ready: further condition for being up, for instance that a pid file exists.
    """

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        ready: Callable[[], bool] = lambda: True,
        timeout: float = 20.0,
    ) -> None:
        self.command = tuple(command)
        self.port = port
        self.log = log
        self._environment = environment
        self._ready = ready
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and return once it answers; ServerDiedError when it does not."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                (*_end_with_us(), *self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        try:
            self._wait(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process, gently at first, and all that it started; harmless when repeated."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while not _ended(process.pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        # The number is ours until the process is waited for, so this cannot meet a stranger.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        # What it started shares its socket, and may take a moment longer to end.
        while answers(self.port) and time.monotonic() < deadline:
            time.sleep(0.02)

    def restart(self) -> None:
        """Stop, then start on the same port; open connections are lost."""
        self.stop()
        self.start()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._timeout
        while process.poll() is None:
            if self._ready() and answers(self.port):
                return
            if time.monotonic() > deadline:
                raise ServerDiedError(
                    f"{self.command[0]} did not answer on port {self.port}:\n{tail(self.log)}"
                )
            time.sleep(0.02)
        raise ServerDiedError(f"{self.command[0]} ended with {process.returncode}:\n{tail(self.log)}")
