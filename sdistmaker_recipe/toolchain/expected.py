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
from sdistmaker_recipe.toolchain.sandbox import Sandbox, may_work, own_folder
from sdistmaker_recipe.toolchain.worker import worker_for

_FILE = "latest.json"


def remember(python: Path, module: str) -> None:
    """Note that a tag needs this module, a build backend, in the environment with this interpreter."""
    environment = python.parent.parent
    file = environment.parent / _FILE
    text = json.dumps({"environment": environment.name, "module": module})
    with suppress(OSError, ValueError):
        if not file.exists() or file.read_text("utf-8") != text:
            new = file.with_name(f"{_FILE}.{os.getpid()}")
            new.write_text(text, "utf-8")
            new.replace(file)


def start(environments: Path, scratch: Path, mode: str) -> None:
    """Begin to start the worker that was last needed with these environments, if it can be told.

    ``scratch`` is where this process will build, ``mode`` the option sandbox.
    """
    with suppress(OSError, ValueError, KeyError, TypeError, BuildError):
        latest = json.loads((environments / _FILE).read_text("utf-8"))
        python = environments / latest["environment"] / "bin" / "python"
        if python.exists():
            sandbox = Sandbox(own_folder(scratch) if may_work(mode) else None)
            worker_for(python, latest["module"], sandbox, often=False)
