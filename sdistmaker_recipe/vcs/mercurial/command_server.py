"""A process of hg that runs one command after the other (mercurial-scm.org/wiki/CommandServer).

To start hg takes a tenth of a second, and then a question a hundredth. Arguments go through a pipe, so nobody
on this machine sees a password among them.
"""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from typing import IO, NamedTuple

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.mercurial.environment import environment, settings
from sdistmaker_recipe.vcs.mercurial.errors import translate

_HEADER = struct.Struct(">cI")
_QUESTIONS = b"IL"
"""Channels on which hg asks for input; the answer is that there is none."""


class Finished(NamedTuple):
    """The status of a command, what it printed, and its messages."""

    status: int
    output: bytes
    messages: str


class CommandServer:
    """A process of hg, which is started with the first command, and again after it ended.

    A ``network`` one may talk to servers, and keeps the user's configuration; see ``environment``. One thread
    at a time may use it.
    """

    def __init__(self, *, network: bool = False) -> None:
        self._network = network
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._errors: IO[bytes] | None = None
        self._end = 0.0

    def run(
        self,
        url: str,
        arguments: Sequence[str],
        *,
        seconds: float,
        accepted: Sequence[int] = (0,),
        credentials: Credentials | None = None,
    ) -> Finished:
        """Run a command about the repository at ``url``, which errors name, within this time.

        Raises ``RepositoryError`` if its status is not among those that are ``accepted``.
        """
        self._end = time.monotonic() + seconds
        try:
            finished = self._run(url, [os.fsencode(argument) for argument in arguments])
        except TimeoutError as error:
            self.close()
            reason = f"hg {_command(arguments)} took more than {seconds:g} seconds"
            hint = "Is the server, or the network to it, overloaded?"
            raise RepositoryError(url, reason, hint, is_transient=True) from error
        except (OSError, EOFError, struct.error) as error:
            printed = self._printed()
            self.close()
            raise RepositoryError(url, f"hg ended unexpectedly: {printed or error}") from error
        except BaseException:
            self.close()
            raise
        if finished.status not in accepted:
            printed = finished.messages.strip() or f"hg ended with status {finished.status}"
            raise translate(url, printed, credentials)
        return finished

    def close(self) -> None:
        """End the process, and all that it started; harmless when repeated."""
        process, self._process = self._process, None
        # A fork of the process that started it has a copy of this object, and must leave it alone.
        if process is not None and self._owner == os.getpid():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            with process:
                process.kill()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def __del__(self) -> None:
        self.close()

    def _run(self, url: str, arguments: Sequence[bytes]) -> Finished:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self._start(url)
        self._limit_files()
        text = b"\0".join(arguments)
        self._write(b"runcommand\n" + struct.pack(">I", len(text)) + text)
        output, messages = bytearray(), bytearray()
        while True:
            channel, length = _HEADER.unpack(self._read(_HEADER.size))
            if channel in _QUESTIONS:
                self._write(struct.pack(">I", 0))
                continue
            data = self._read(length)
            if channel == b"o":
                output += data
            elif channel == b"e":
                messages += data
            elif channel == b"r":
                (status,) = struct.unpack(">i", data)
                return Finished(status, bytes(output), messages.decode("utf-8", "replace"))

    def _start(self, url: str) -> None:
        self.close()
        self._owner = os.getpid()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # close() closes it
        try:
            self._process = subprocess.Popen(
                ["hg", *settings(), "serve", "--cmdserver", "pipe"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environment(os.environ, network=self._network),
                cwd="/",
                bufsize=0,
                start_new_session=True,  # without a terminal ssh cannot ask for anything
            )
        except OSError as error:
            hint = "Install Mercurial (Debian: apt install mercurial)."
            raise RepositoryError(url, f"hg does not run: {error.strerror}", hint) from error
        channel, length = _HEADER.unpack(self._read(_HEADER.size))
        hello = self._read(length)
        if channel != b"o" or b"runcommand" not in hello:
            raise EOFError(f"it said {hello[:200]!r}")

    def _limit_files(self) -> None:
        """Limit the files that the process writes as those of this one: it has the limits of its start."""
        if self._process is not None and sys.platform == "linux":
            limits = resource.getrlimit(resource.RLIMIT_FSIZE)
            # If it has ended by now, the command fails.
            with contextlib.suppress(OSError):
                resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limits)

    def _write(self, data: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            raise EOFError("it does not run")
        self._process.stdin.write(data)

    def _read(self, length: int) -> bytes:
        if self._process is None or self._process.stdout is None:
            raise EOFError("it does not run")
        stdout, found = self._process.stdout, bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while len(found) < length:
                if not selector.select(max(self._end - time.monotonic(), 0)):
                    raise TimeoutError
                read = os.read(stdout.fileno(), length - len(found))
                if not read:
                    raise EOFError("it closed its output")
                found += read
        return bytes(found)

    def _printed(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


class Servers:
    """The processes of a repository: a local and a network one for each thread that asks."""

    def __init__(self) -> None:
        self._of_thread = threading.local()
        self._all: list[CommandServer] = []

    def local(self) -> CommandServer:
        """The process of this thread that reads repositories on this machine."""
        return self._get("local", network=False)

    def network(self) -> CommandServer:
        """The process of this thread that talks to servers."""
        return self._get("network", network=True)

    def close(self) -> None:
        """End all processes; the next question starts a new one."""
        for server in self._all:
            server.close()

    def _get(self, name: str, *, network: bool) -> CommandServer:
        server: CommandServer | None = getattr(self._of_thread, name, None)
        if server is None:
            server = CommandServer(network=network)
            setattr(self._of_thread, name, server)
            self._all.append(server)
        return server


def _command(arguments: Sequence[str]) -> str:
    """The name of a command, which follows global options that have values."""
    words = list(arguments)
    while len(words) > 2 and words[0] in ("-R", "--config"):
        del words[:2]
    return words[0]
