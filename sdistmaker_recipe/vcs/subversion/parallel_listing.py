"""List many folders of a repository at a time, each thread by a connection of its own.

An answer of a distant server is on its way for long: several connections hide that. The caller decides which
folders are listed, and in which order; the threads list ahead those that it is going to ask for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from threading import Condition, Thread
from types import TracebackType
from typing import TypeAlias

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.subversion.connection import Connection, Connections
from sdistmaker_recipe.vcs.subversion.layout import ListedFolder

logger = logging.getLogger(__name__)

Request: TypeAlias = tuple[str, str]
"""A folder's path, and the kind to expect."""

ListFolder: TypeAlias = Callable[[Connection, str, str], ListedFolder]

_WORTH_A_CONNECTION = 8
"""As many folders must wait before another connection is opened, which takes as long as to list several."""

_PATIENCE = 2.0
"""Seconds to wait for a thread at the end. One whose server does not answer ends by itself later."""


class ParallelListing:
    """Lists folders by the first connection, and by more where there are many folders to list.

    If another connection cannot be opened, or fails, there are fewer from then on. What it was to list is
    listed by the first connection, whose error is raised. ``is_new`` says whether the caller will ask for a
    subfolder that a listing shows. A context manager that closes all connections but the first.
    """

    def __init__(
        self, list_folder: ListFolder, connections: Connections, is_new: Callable[[str], bool]
    ) -> None:
        self._list_folder, self._connection, self._is_new = list_folder, connections.first, is_new
        self._open_another = connections.open_another
        self._most_threads = connections.limit - 1 if connections.open_another else 0
        self._changed = Condition()
        self._waiting: dict[Request, None] = {}
        self._under_way: set[Request] = set()
        self._listed: dict[Request, ListedFolder] = {}
        self._threads: list[Thread] = []
        self._has_ended = False

    def __enter__(self) -> ParallelListing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def prefetch(self, requests: Iterable[Request]) -> None:
        """Announce folders that the caller will ask for."""
        with self._changed:
            self._add(requests)

    def get(self, path: str, expected: str) -> ListedFolder:
        """The listed folder; raises ``RepositoryError``."""
        request = (path, expected)
        while True:
            with self._changed:
                if request in self._listed:
                    return self._listed.pop(request)
                own = self._take_for_caller(request)
            try:
                folder = self._list_folder(self._connection, *own)
            except RepositoryError:
                if own == request:
                    raise
                # If the caller asks for this folder, it is listed again then.
                folder = None
            with self._changed:
                self._under_way.discard(own)
                if folder is not None:
                    self._note(own, folder)

    def _take_for_caller(self, request: Request) -> Request:
        """The folder that the caller's own thread lists next.

        While another thread lists the requested folder, that is one that waits; if none waits, the requested
        folder, for the other thread may be slow.
        """
        own = request
        if request in self._under_way and self._waiting:
            own = next(iter(self._waiting))
        self._waiting.pop(own, None)
        self._under_way.discard(own)
        return own

    def _add(self, requests: Iterable[Request]) -> None:
        if not self._most_threads:
            return
        self._waiting.update(dict.fromkeys(requests))
        worth = min(self._most_threads, len(self._waiting) // _WORTH_A_CONNECTION)
        while len(self._threads) < worth:
            thread = Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._changed.notify_all()

    def _note(self, request: Request, folder: ListedFolder) -> None:
        self._listed[request] = folder
        self._add(subfolder for subfolder in folder.subfolders if self._is_new(subfolder[0]))

    def _work(self) -> None:
        """What each thread does: list folders that wait, until the end or an error."""
        request: Request | None = None
        try:
            if self._open_another is None:
                return
            with self._open_another() as connection:
                while request := self._next():
                    folder = self._list_folder(connection, *request)
                    with self._changed:
                        # If it is not under way any more, the caller's own thread was quicker.
                        if request in self._under_way:
                            self._under_way.discard(request)
                            self._note(request, folder)
        except RepositoryError as error:
            logger.debug("One connection less: %s", error.message)
        finally:
            with self._changed:
                self._most_threads = min(self._most_threads, len(self._threads))
                self._under_way.discard(request or ("", "folder"))

    def _next(self) -> Request | None:
        """The folder that a thread lists next; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended or self._waiting)
            if self._has_ended:
                return None
            request = next(iter(self._waiting))
            del self._waiting[request]
            self._under_way.add(request)
            return request
