"""Where one tag is built, and what a build leaves there: the archive and the log."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.build_folder import (
    TooLargeForMemoryError,
    refuse_full_memory,
    refuse_short_memory,
)
from sdistmaker_recipe.toolchain.isolation.deadline import Deadline
from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX, Sandbox
from sdistmaker_recipe.toolchain.isolation.untrusted_process import read_log
from sdistmaker_recipe.toolchain.runner_result import lacked_room
from sdistmaker_recipe.toolchain.wheels.questions import Questions

_USER = "nobody"
"""The name of the account that builds are told, so that none depends on who builds. Most systems have it."""


class BuildContext(NamedTuple):
    """The source tree of a build, a scratch folder beside it, the time left, and the sandbox.

    ``variables`` are added to the clean environment of the build. ``may_reuse_worker`` says that the next
    tag is likely to need the same build environment, ``has_many_builds`` that many tags are. ``memory`` is
    the folder in memory that the scratch folder is in, None on disk.
    """

    tree: Path
    scratch: Path
    deadline: Deadline
    variables: Mapping[str, str]
    sandbox: Sandbox = NO_SANDBOX
    may_reuse_worker: bool = True
    has_many_builds: bool = True
    memory: Path | None = None

    @property
    def log(self) -> Path:
        """The file that gets everything that the build prints."""
        return self.scratch / "build.log"

    @property
    def output(self) -> Path:
        """The folder that gets the archive."""
        return self.scratch / "dist"


class RawSdist(NamedTuple):
    """An archive as the build backend wrote it, before it is repacked.

    ``files_read`` are the files of the tag that the build read, ``installed`` what was installed for it. The
    archive may be a list of files of ``tree``, unless that is None: see ``archives.file_list``.
    """

    archive: Path
    files_read: frozenset[str]
    installed: tuple[str, ...]
    tree: Path | None = None


class RawWheel(NamedTuple):
    """A wheel as the build backend wrote it, before it is written anew, and what its build asked."""

    archive: Path
    questions: Questions


def base_environment(context: BuildContext) -> dict[str, str]:
    """A clean environment with nothing of the caller's; makes the folders that it names."""
    home = context.scratch / "home"
    temporary = context.scratch / "tmp"
    for folder in (home, temporary):
        folder.mkdir(exist_ok=True)
    return {
        # Shells set these variables, and code of tags takes them for granted.
        "LOGNAME": _USER,
        "USER": _USER,
        "PWD": str(context.tree),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # git sees nothing of this machine: no configuration, and no repository that the folder is in.
        "GIT_CEILING_DIRECTORIES": f"{context.tree.parent}:{context.scratch}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        **context.variables,
    }


@contextmanager
def watching_memory(context: BuildContext) -> Iterator[Callable[[], None]]:
    """What to call now and then while code of the tag runs in the context.

    It raises ``TooLargeForMemoryError`` if the build is in memory and there is too little of that. A failure
    for want of room becomes this error too: another build may have taken the room, and be gone by now.
    """
    try:
        yield partial(refuse_short_memory, context.memory)
        refuse_full_memory(context.memory)
    except BuildError as error:
        if context.memory is not None and lacked_room(error):
            raise TooLargeForMemoryError from error
        raise


def refuse_linked_folders(context: BuildContext) -> None:
    """Raise ``BuildError`` if a build replaced a folder that this program uses next by a link.

    Call it after each build, before anything is read or written there: a link could lead out of the sandbox.
    """
    top = context.sandbox.writable_folder or context.scratch.parent
    for folder in (context.tree, context.output):
        for path in (folder, *folder.parents):
            if path == top:
                break
            if path.is_symlink():
                raise BuildError(f"The build replaced the folder {path.relative_to(top)} by a link.")


def find_archive(context: BuildContext, suffix: str = ".tar.gz") -> Path:
    """The one archive with this suffix that a build wrote; raises ``BuildError`` for none or several."""
    # The name that the hook returned is ignored: nothing that a build says becomes a path.
    archives = [
        path for path in context.output.glob(f"*{suffix}") if path.is_file() and not path.is_symlink()
    ]
    if len(archives) != 1:
        text = f"The build wrote {len(archives)} {suffix} files instead of one."
        raise BuildError(text, read_build_log(context))
    return archives[0]


def read_build_log(context: BuildContext) -> str:
    """Everything that the build printed so far."""
    return read_log(context.log) if context.log.exists() else ""
