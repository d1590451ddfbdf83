"""Start the worker that the next build probably needs, before anything is known of the tag.

Starting a worker takes longer than exporting a tag, and most tags of a company need the same build
environment. If the tag needs another worker it gets that one, and this one ends with the process that
started it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX, may_use_bubblewrap, sandbox_in
from sdistmaker_recipe.toolchain.worker import worker_for

COMPLETE_FILE = "complete.json"
"""The file that ``environments`` writes last into an environment: without it, the environment is unusable."""
_LATEST_FILE = "latest.json"


def remember_worker(environment: Path, module: str) -> None:
    """Remember that a tag was built in this environment's folder by this module, a build backend."""
    file = environment.with_name(_LATEST_FILE)
    text = json.dumps({"environment": environment.name, "module": module})
    with suppress(OSError, ValueError):
        if not file.exists() or file.read_text("utf-8") != text:
            new = file.with_name(f"{_LATEST_FILE}.{os.getpid()}")
            try:
                new.write_text(text, "utf-8")
                new.replace(file)
            finally:
                new.unlink(missing_ok=True)


def prestart_worker(environments: Path, scratch: Path, mode: str, memory: Path | None = None) -> None:
    """Start the remembered worker of these environments, if there is one; do not wait until it is ready.

    ``scratch`` is where this process builds, or ``memory`` if there is such a folder. ``mode`` is the option
    sandbox.
    """
    has_sandbox = may_use_bubblewrap(mode)
    if mode == "bubblewrap" and not has_sandbox:
        return
    with suppress(OSError, ValueError, KeyError, TypeError, BuildError):
        latest = json.loads((environments / _LATEST_FILE).read_text("utf-8"))
        folder = environments / latest["environment"]
        python = folder / "bin" / "python"
        if (folder / COMPLETE_FILE).exists() and python.exists():
            sandbox = sandbox_in(memory or scratch, scratch) if has_sandbox else NO_SANDBOX
            worker_for(python, latest["module"], sandbox, has_many_builds=False)
