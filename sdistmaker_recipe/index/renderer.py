"""Descriptions are rendered in a process of its own, for one can be written to keep a renderer busy for long.

That process ends where one takes too much time or memory; that description is shown as it is written.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sdistmaker_recipe.errors import StoreError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from subprocess import Popen
    from types import TracebackType

    from sdistmaker_recipe.model import ProjectDetails

_START = f"import sys; sys.path[:] = sys.argv[2:]; from {__name__} import serve; serve(int(sys.argv[1]))"
_SECONDS = 10
"""Of the processor's time for one description; a long one takes one or two."""
_MEMORY = 1 << 30


class _Started(NamedTuple):
    process: Popen[bytes]
    connection: Connection


class Renderer:
    """Renders descriptions one after the other; the first that there is starts the process for all."""

    def __init__(self) -> None:
        self._started: _Started | None = None

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end()

    def render(self, details: ProjectDetails) -> str:
        """A project's description as HTML: ``description.render_description``, or ``as_written``.

        Raises ``StoreError`` where no process can be started.
        """
        from sdistmaker_recipe.index.description import as_written

        if not (written := as_written(details)):
            return ""
        self._started = self._started or _start()
        try:
            self._started.connection.send(tuple(details))
            return self._started.connection.recv_bytes().decode()
        except (EOFError, ConnectionError):
            self._end()
            return written
        except BaseException:
            # What was interrupted may be answered yet, which is no answer to what comes next.
            self._end()
            raise

    def _end(self) -> None:
        if self._started:
            started, self._started = self._started, None
            started.connection.close()
            started.process.kill()
            started.process.wait()


def serve(descriptor: int) -> None:
    """Render what comes by a connection, until that is closed."""
    import resource
    import signal
    import time
    from multiprocessing.connection import Connection

    from sdistmaker_recipe.index.description import render_description
    from sdistmaker_recipe.model import ProjectDetails

    # An interrupt is for the process that wants the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(descriptor) as connection, suppress(EOFError, ConnectionError):
        while True:
            details = ProjectDetails(*connection.recv())
            _, most = resource.getrlimit(resource.RLIMIT_CPU)
            resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + _SECONDS, most))
            connection.send_bytes(render_description(details).encode())


def _start() -> _Started:
    # Most runs render nothing, and need none of this.
    import subprocess
    from multiprocessing import Pipe

    ours, its = Pipe()
    command = [sys.executable, "-c", _START, str(its.fileno()), *sys.path]
    null = subprocess.DEVNULL
    with its:
        try:
            process = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, pass_fds=[its.fileno()])
        except OSError as error:
            ours.close()
            raise StoreError(f"The process for descriptions does not start: {error.strerror}") from error
    return _Started(process, ours)
