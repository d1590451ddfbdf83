"""A distant or bad network on this machine: a TCP proxy that delays, breaks, refuses and counts."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass

from tests.support.process import LOOPBACK

_TLS_HANDSHAKE = 0x16
_CHUNK = 1 << 16


@dataclass
class Connection:
    """What went over a connection.

    ``questions`` counts how often the client said something and then heard something, which is how often it
    waited; ``handshakes`` those of them that were TLS agreeing on keys, which are not among the questions.
    What the server says first, unasked, counts as neither, nor does the handshake of TCP.
    """

    questions: int = 0
    handshakes: int = 0
    received: int = 0
    _asked: int | None = None

    def said(self, data: bytes) -> None:
        """The client said something."""
        self._asked = data[0]

    def heard(self, data: bytes) -> None:
        """The server said something."""
        self.received += len(data)
        if self._asked == _TLS_HANDSHAKE:
            self.handshakes += 1
        elif self._asked is not None:
            self.questions += 1
        self._asked = None


class Proxy:
    """Forwards connections to a loopback port; a context manager, served by a thread of its own.

    delay: seconds that anything takes each way. A connection opens after two of them, as TCP's does.
    refuse: so many connections are refused as soon as they are open, the first ones.
    most: more than so many connections at a time are refused; 0 lets all through.
    says: what the refused are told once they asked for anything, such as an answer of HTTP; where it is
    nothing they are reset.
    until: after so many connections in all each further one is refused; 0 for never.
    drop: connections are reset after so many bytes from the server; 0 for never.
    drops: so many connections are dropped, the first ones.

    ``peak`` is how many connections there were at once, ``peak_of_client`` how many the client had not
    closed yet: the end of each takes time on its way.
    """

    def __init__(
        self,
        target: int,
        *,
        delay: float = 0,
        refuse: int = 0,
        most: int = 0,
        says: bytes = b"",
        until: int = 0,
        drop: int = 0,
        drops: int = 0,
    ) -> None:
        self.target, self.delay = target, delay
        self.refuse, self.most, self.says, self.until = refuse, most, says, until
        self.drop, self.drops = drop, drops
        self.connections: list[Connection] = []
        self.refused = 0
        self.peak = self.peak_of_client = 0
        self._open = 0
        self._clients: set[int] = set()
        # The loop holds tasks weakly, so one whose client has said its last would be collected as garbage.
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket = socket.create_server((LOOPBACK, 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._socket.close()

    def forget(self) -> None:
        """Count from here on."""
        self.connections.clear()
        self.refused = 0

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._begin, sock=self._socket))
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(_end_all())
        self._loop.close()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._accept(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _no_waiting(writer)
        too_many = self.most and self._open >= self.most
        too_late = self.until and len(self.connections) >= self.until
        if self.refused < self.refuse or too_many or too_late:
            self.refused += 1
            if self.says:
                await reader.read(_CHUNK)
                writer.write(self.says)
                writer.close()
            else:
                _reset(writer)
            return
        connection = Connection()
        self.connections.append(connection)
        self._open += 1
        self._clients.add(id(connection))
        self.peak = max(self.peak, self._open)
        self.peak_of_client = max(self.peak_of_client, len(self._clients))
        try:
            await self._forward(reader, writer, connection)
        except (OSError, asyncio.CancelledError):
            # Cancelled at the end, where nobody is left to be told.
            _reset(writer)
        finally:
            self._open -= 1
            self._clients.discard(id(connection))
            writer.close()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> None:
        begin = self._loop.time() + 2 * self.delay
        await asyncio.sleep(3 * self.delay)
        server_reader, server_writer = await asyncio.open_connection(LOOPBACK, self.target)
        _no_waiting(server_writer)
        there = self._pump(reader, server_writer, connection, begin, answers=False)
        back = self._pump(server_reader, writer, connection, begin, answers=True)
        both = [asyncio.ensure_future(there), asyncio.ensure_future(back)]
        try:
            await asyncio.gather(*both)
        finally:
            for each in both:
                each.cancel()
            server_writer.transport.abort()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connection: Connection,
        begin: float,
        *,
        answers: bool,
    ) -> None:
        """Hand on what comes, each piece as late as it would be, and the end."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sending = asyncio.ensure_future(self._send(pieces, writer))
        try:
            while True:
                data = await reader.read(_CHUNK)
                if data and answers:
                    connection.heard(data)
                    if self._drops(connection):
                        raise ConnectionResetError
                elif data:
                    connection.said(data)
                elif not answers:
                    self._clients.discard(id(connection))
                pieces.put_nowait((max(self._loop.time(), begin) + self.delay, data))
                if not data:
                    return await sending
        finally:
            sending.cancel()

    async def _send(self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(due - self._loop.time())
            if not data:
                with suppress(OSError):
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

    def _drops(self, connection: Connection) -> bool:
        if not self.drop or connection.received < self.drop or not self.drops:
            return False
        self.drops -= 1
        return True


async def _end_all() -> None:
    """Cancel what is under way, and what that began, and wait until its sockets are closed."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for _release_change in range(3):
            await asyncio.sleep(0)
    for _release_change in range(3):
        await asyncio.sleep(0)


def _no_waiting(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection without the usual goodbye."""
    with suppress(OSError):
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
