"""Look at many folders of a repository at a time, each thread by a connection of its own.

Answers of a distant server take long to come, not to make: several connections hide that. Which folder is
asked for, and in which order, is the caller's; what it will ask for soon is looked at ahead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from threading import Condition, Thread
from types import TracebackType
from typing import TypeAlias

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Repository
from sdistmaker_recipe.vcs.subversion.layout import Kind, SeenFolder

logger = logging.getLogger(__name__)

Wanted: TypeAlias = tuple[str, Kind]
"""A folder's path, and what to take it for."""

Look: TypeAlias = Callable[[Repository, str, Kind], SeenFolder]

_WORTH_A_CONNECTION = 8
"""Folders for which another connection pays: to open one takes as long as to look at several."""

_PATIENCE = 2.0
"""Seconds that a thread is waited for at the end; one whose server does not answer ends by itself later."""


class ParallelListing:
    """Looks at folders by ``repository``, and by ``connections`` in all where there are many to look at.

    ``another`` opens one more. Where that, or a look ahead, fails there are fewer from then on: whatever was
    asked for and is not known is looked at by ``repository`` itself, whose error is raised. ``is_new`` says
    whether what is below a folder is going to be asked for. A context manager that closes all but
    ``repository``.
    """

    def __init__(
        self,
        look: Look,
        repository: Repository,
        another: Callable[[], Repository] | None,
        connections: int,
        is_new: Callable[[str], bool],
    ) -> None:
        self._look, self._repository, self._is_new = look, repository, is_new
        self._another = another or (lambda: repository)
        self._most = connections - 1 if another else 0
        self._changed = Condition()
        self._waiting: dict[Wanted, None] = {}
        self._under_way: set[Wanted] = set()
        self._known: dict[Wanted, SeenFolder] = {}
        self._threads: list[Thread] = []
        self._ended = False

    def __enter__(self) -> ParallelListing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def ahead(self, folders: Iterable[Wanted]) -> None:
        """These will be asked for."""
        with self._changed:
            self._add(folders)

    def look(self, path: str, taken_for: Kind) -> SeenFolder:
        """What a folder is; raises ``RepositoryError``."""
        wanted = (path, taken_for)
        while True:
            with self._changed:
                if wanted in self._known:
                    return self._known.pop(wanted)
                mine = self._for_the_caller(wanted)
            try:
                folder = self._look(self._repository, *mine)
            except RepositoryError:
                if mine == wanted:
                    raise
                # Its turn comes, if at all.
                folder = None
            with self._changed:
                self._under_way.discard(mine)
                if folder is not None:
                    self._note(mine, folder)

    def _for_the_caller(self, wanted: Wanted) -> Wanted:
        """What the caller's own thread looks at next: what a slow thread is at, rather than to wait."""
        mine = wanted
        if wanted in self._under_way and self._waiting:
            mine = next(iter(self._waiting))
        self._waiting.pop(mine, None)
        self._under_way.discard(mine)
        return mine

    def _add(self, folders: Iterable[Wanted]) -> None:
        if not self._most:
            return
        self._waiting.update(dict.fromkeys(folders))
        worth = min(self._most, len(self._waiting) // _WORTH_A_CONNECTION)
        while len(self._threads) < worth:
            thread = Thread(target=self._help, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._changed.notify_all()

    def _note(self, wanted: Wanted, folder: SeenFolder) -> None:
        self._known[wanted] = folder
        self._add(below for below in folder.below if self._is_new(below[0]))

    def _help(self) -> None:
        """A thread's work: look at what waits, until the end or an error."""
        wanted: Wanted | None = None
        try:
            with self._another() as repository:
                while wanted := self._next():
                    folder = self._look(repository, *wanted)
                    with self._changed:
                        # Else the caller's own thread was quicker.
                        if wanted in self._under_way:
                            self._under_way.discard(wanted)
                            self._note(wanted, folder)
        except RepositoryError as error:
            logger.debug("One connection less: %s", error.message)
        finally:
            with self._changed:
                self._most = min(self._most, len(self._threads))
                self._under_way.discard(wanted or ("", "folder"))

    def _next(self) -> Wanted | None:
        """What a thread looks at next; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._waiting)
            if self._ended:
                return None
            wanted = next(iter(self._waiting))
            del self._waiting[wanted]
            self._under_way.add(wanted)
            return wanted
