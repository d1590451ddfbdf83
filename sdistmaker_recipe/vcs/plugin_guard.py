"""Repositories of plug-ins: an error in a plug-in is reported with its name, and ends no run of others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from sdistmaker_recipe.errors import RepositoryError, SdistmakerError
from sdistmaker_recipe.plugins import Plugin
from sdistmaker_recipe.vcs import Repository

logger = logging.getLogger(__name__)

_QUESTIONS = (
    *("identity", "head", "check", "all_tags", "changed_tags", "touches_tags", "nothing_found", "explain"),
    *("presence", "deletions", "tag_at_url", "export", "begin", "prepare_export", "subdirectory_of"),
)
"""The methods of ``vcs.Repository``, and of the protocols that are voluntary."""


def guard(repository: Repository, plugin: Plugin, url: str) -> Repository:
    """The repository, whose methods raise ``RepositoryError`` in place of any error that is none of ours."""
    for name in _QUESTIONS:
        method = getattr(repository, name, None)
        if callable(method):
            with suppress(AttributeError):  # an object with slots stays as it is
                setattr(repository, name, _guarded(name, method, plugin, url))
    return repository


def error_of(error: Exception, plugin: Plugin, url: str) -> RepositoryError:
    """An error in a plug-in, as the user should read it."""
    logger.debug("The plug-in %s failed:", plugin.name, exc_info=error)
    return RepositoryError(
        url,
        f"the plug-in {plugin.name} of the distribution {plugin.distribution} failed: "
        f"{type(error).__name__}: {error}",
        "This is an error in the plug-in. Please report it to its authors, with what -v shows.",
    )


def _guarded(name: str, method: Callable[..., Any], plugin: Plugin, url: str) -> Callable[..., Any]:
    @wraps(method)
    def guarded(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  # those of the method
        try:
            return method(*arguments, **named)
        except SdistmakerError:
            raise
        except Exception as error:
            # The folder of an export is ours, and so are errors of the disk.
            if name == "export" and isinstance(error, OSError):
                raise
            raise error_of(error, plugin, url) from error

    return guarded
