"""Ask a repository again after a transient error, such as the restart of its server."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from time import sleep
from typing import TypeVar

from sdistmaker_recipe.errors import RepositoryError

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

PAUSES = (0.5, 2.0)
"""Seconds between two attempts. They vary by a quarter, so that not all clients return at once."""


def with_retries(ask: Callable[[], Answer]) -> Answer:
    """The answer. A transient ``RepositoryError`` is retried after each pause; the last one is raised."""
    for pause in PAUSES:
        try:
            return ask()
        except RepositoryError as error:
            if not error.is_transient:
                raise
            seconds = pause * random.uniform(0.75, 1.25)
            logger.info("%s; trying again in %.1f s", error.message, seconds)
            sleep(seconds)
    try:
        return ask()
    except RepositoryError as error:
        if not error.is_transient:
            raise
        reason = f"{error.reason}, {len(PAUSES) + 1} times in a row"
        raise RepositoryError(error.url, reason, error.hint, is_transient=True) from error
