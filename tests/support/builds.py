"""Build tags of a test's own repository in this process, as the stage ``build`` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdistmaker_recipe.model import BuildJob, BuildSettings, Outcome, Tag
from sdistmaker_recipe.stages.build import build
from sdistmaker_recipe.toolchain.isolation.sandbox import choose_sandbox
from sdistmaker_recipe.toolchain.pip_settings import uv_variables
from sdistmaker_recipe.vcs import Credentials
from tests.support.history import History


class Builder:
    """Builds tags of a repository below ``folder``; ``environments`` is where build environments are kept."""

    def __init__(self, history: History, folder: Path, environments: Path) -> None:
        self.history = history
        self.folder = folder
        self.environments = environments
        for name in ("scratch", "output"):
            (folder / name).mkdir(parents=True)

    def settings(self, *, sandbox: str = "auto", **changes: Any) -> BuildSettings:
        """The settings of builds here; ``changes`` are other values of them."""
        settings = BuildSettings(
            scratch=self.folder / "scratch",
            output=self.folder / "output",
            environments=self.environments,
            timeout=600,
            sandbox=choose_sandbox(sandbox)[0],
            helper_environment=tuple(_environment().items()),
            has_many_builds=False,
        )
        return replace(settings, **changes)

    def build(
        self, project: str, name: str, *, sandbox: str = "auto", wheels: str = "none", **job: Any
    ) -> Outcome:
        """The outcome of the tag PROJECT/tags/NAME; ``job`` are more values of the ``BuildJob``."""
        job.setdefault("settings", self.settings(sandbox=sandbox, wheels=wheels))
        path = f"{project}/tags/{name}"
        url = self.history.url
        tag = Tag(url, project, name, path, name, "1", self.history.date, f"uuid/{path}")
        return build(BuildJob(tag, url, "auto", str(self.history.youngest), **job), Credentials())


def _environment() -> Mapping[str, str]:
    return uv_variables("", os.environ, Path(sys.prefix))
