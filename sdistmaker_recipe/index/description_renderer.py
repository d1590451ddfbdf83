"""Render descriptions in a separate process, because a description can keep a renderer busy for minutes.

If one takes too much time or memory, the process ends, and this description is shown as plain text.
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
"""CPU time for one description. A long one takes one or two."""
_MEMORY = 1 << 30
"""Bytes."""


class _RenderProcess(NamedTuple):
    process: Popen[bytes]
    connection: Connection


class DescriptionRenderer:
    """Renders descriptions, one after the other. The first one starts the process for all of them."""

    def __init__(self) -> None:
        self._started: _RenderProcess | None = None

    def __enter__(self) -> DescriptionRenderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end()

    def render(self, details: ProjectDetails) -> str:
        """A project's description as HTML: ``render_description``, or ``plain_description`` if that fails.

        Raises ``StoreError`` if no process can be started.
        """
        from sdistmaker_recipe.index.description import plain_description

        if not (plain := plain_description(details)):
            return ""
        self._started = self._started or _start()
        try:
            self._started.connection.send(tuple(details))
            return self._started.connection.recv_bytes().decode()
        except (EOFError, ConnectionError):
            self._end()
            return plain
        except BaseException:
            # The process may still answer this description; the answer must not be taken for the next one's.
            self._end()
            raise

    def _end(self) -> None:
        if self._started:
            started, self._started = self._started, None
            started.connection.close()
            started.process.kill()
            started.process.wait()


def serve(descriptor: int) -> None:
    """Render the descriptions that a connection brings, until it is closed; runs in the process."""
    import resource
    import signal
    import time
    from multiprocessing.connection import Connection

    from sdistmaker_recipe.index.description import render_description
    from sdistmaker_recipe.model import ProjectDetails

    # An interrupt is for the process that asks for descriptions.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(descriptor) as connection, suppress(EOFError, ConnectionError):
        while True:
            details = ProjectDetails(*connection.recv())
            _, hard_limit = resource.getrlimit(resource.RLIMIT_CPU)
            resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + _SECONDS, hard_limit))
            connection.send_bytes(render_description(details).encode())


def _start() -> _RenderProcess:
    # Imported here, because most runs render no description.
    import subprocess
    from multiprocessing import Pipe

    parent_end, child_end = Pipe()
    command = [sys.executable, "-c", _START, str(child_end.fileno()), *sys.path]
    null = subprocess.DEVNULL
    with child_end:
        try:
            process = subprocess.Popen(
                command, stdin=null, stdout=null, stderr=null, pass_fds=[child_end.fileno()]
            )
        except OSError as error:
            parent_end.close()
            raise StoreError(
                f"The process that renders descriptions does not start: {error.strerror}"
            ) from error
    return _RenderProcess(process, parent_end)
