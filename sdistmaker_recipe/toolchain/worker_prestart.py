"""The worker that the next build most likely needs, started before anything is known of the tag.

It takes longer to start than a tag to export, and tags of one company mostly want what the last one wanted.
Where one wants something else it gets that, and this one ends with the process that started it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.sandbox import Sandbox, may_use_bubblewrap, process_folder
from sdistmaker_recipe.toolchain.worker import worker_for

COMPLETE_FILE = "complete.json"
"""The file that ``environments`` writes last into an environment: one without it is not whole."""
_FILE = "latest.json"


def remember(environment: Path, module: str) -> None:
    """Note that a tag was built by this module, a build backend, in this environment's folder."""
    file = environment.with_name(_FILE)
    text = json.dumps({"environment": environment.name, "module": module})
    with suppress(OSError, ValueError):
        if not file.exists() or file.read_text("utf-8") != text:
            new = file.with_name(f"{_FILE}.{os.getpid()}")
            try:
                new.write_text(text, "utf-8")
                new.replace(file)
            finally:
                new.unlink(missing_ok=True)


def start(environments: Path, scratch: Path, mode: str) -> None:
    """Begin to start the worker that was last needed with these environments, if it can be told.

    ``scratch`` is where this process will build, ``mode`` the option sandbox.
    """
    is_wrapped = may_use_bubblewrap(mode)
    if mode == "bubblewrap" and not is_wrapped:
        return
    with suppress(OSError, ValueError, KeyError, TypeError, BuildError):
        latest = json.loads((environments / _FILE).read_text("utf-8"))
        folder = environments / latest["environment"]
        # One that is not whole is made anew.
        if (folder / COMPLETE_FILE).exists() and (python := folder / "bin" / "python").exists():
            sandbox = Sandbox(process_folder(scratch) if is_wrapped else None)
            worker_for(python, latest["module"], sandbox, has_many_builds=False)
