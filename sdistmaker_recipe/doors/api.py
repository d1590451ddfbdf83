"""The Python API: a run as a function, which prints nothing and does not end the process."""

from __future__ import annotations

import os
from dataclasses import replace

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.configuration.parsing import checked
from sdistmaker_recipe.doors import console
from sdistmaker_recipe.flow import engine
from sdistmaker_recipe.flow.option_checks import option_checks
from sdistmaker_recipe.model import Report
from sdistmaker_recipe.stages.report import status


def run(
    configuration: Configuration,
    *,
    dry_run: bool = False,
    full_scan: bool = False,
    retry_failed: bool = False,
    revision: str = "",
    allow_empty: bool = False,
    verify: bool = False,
    adopt: bool = False,
    wheels_for_all: bool = False,
) -> Report:
    """Do what the command ``sdists_from_tags`` does with these options, and return what was done.

    The keywords are the flags of the command for one run. Relative paths are below the current folder.
    Raises ``errors.SdistmakerError`` if the run cannot go on. If options are wrong, this is a
    ``ConfigurationError`` with all of them.
    """
    checks = (*option_checks(), console.password_check(os.environ))
    options = checked(configuration, console.current_folder(), checks)
    context = replace(
        console.run_context(options, os.environ),
        dry_run=dry_run,
        full_scan=full_scan,
        retry_failed=retry_failed,
        revision=revision,
        allow_empty=allow_empty,
        verify=verify,
        adopt=adopt,
        wheels_for_all=wheels_for_all,
    )
    with console.without_password(options, os.environ):
        return engine.run(options, context, console.SilentListener())


def exit_status(report: Report, *, strict: bool = False) -> int:
    """The exit status that the command ends with after such a run: 0, 1 or 3.

    With ``strict`` it is 1 also if a tag that failed before still fails.
    """
    return status.exit_status(report, strict=strict)
