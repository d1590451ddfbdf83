"""Ask a repository again where that may help: after what passes by itself, such as a server's restart."""

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
"""Seconds between one try and the next, about: of many that fail together not all come back together."""


def persist(ask: Callable[[], Answer]) -> Answer:
    """The answer, asked for again while it fails with what passes; raises the last ``RepositoryError``."""
    for pause in PAUSES:
        try:
            return ask()
        except RepositoryError as error:
            if not error.passing:
                raise
            seconds = pause * random.uniform(0.75, 1.25)
            logger.info("%s; trying again in %.1f s", error.message, seconds)
            sleep(seconds)
    try:
        return ask()
    except RepositoryError as error:
        if not error.passing:
            raise
        reason = f"{error.reason}, {len(PAUSES) + 1} times in a row"
        raise RepositoryError(error.url, reason, error.hint, passing=True) from error
