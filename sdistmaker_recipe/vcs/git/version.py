"""Whether the program git is new enough.

Older ones do not fail: they ignore variables that this package sets, and obey the user's settings instead
(GIT_CONFIG_COUNT came with 2.31, GIT_CONFIG_GLOBAL with 2.32).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import lru_cache

from sdistmaker_recipe.errors import RepositoryError

_NEEDED = (2, 32)


class UnusableGitError(RepositoryError):
    """The program git is not there or too old, so no repository can be read."""


def too_old(url: str) -> UnusableGitError | None:
    """The error about the repository at ``url`` that a git on PATH means which is too old.

    The program is asked once a process.
    """
    program = shutil.which("git")
    printed = _asked(program) if program else ""
    version = re.search(r"(\d+)\.(\d+)\S*", printed)
    if not version or (int(version[1]), int(version[2])) >= _NEEDED:
        return None
    needed = ".".join(map(str, _NEEDED))
    return UnusableGitError(
        url,
        f"git {version[0]} is too old",
        f"Install git {needed} or newer, and see that it comes first on PATH (git --version).",
    )


@lru_cache(maxsize=4)
def _asked(program: str) -> str:
    """What a git says of its version; "" if it does not run."""
    try:
        return subprocess.run(
            [program, "version"], capture_output=True, text=True, errors="replace", cwd="/", check=False
        ).stdout
    except OSError:
        return ""
