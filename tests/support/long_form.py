"""Whether tests run in their long form: many more examples, histories, releases, clients and combinations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import product
from typing import Any

IS_LONG = bool(os.environ.get("SDISTMAKER_LONG"))


def each_value(*columns: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All combinations of a value of each column in the long form, else so many that each value is in one.

    The short form takes the values of each column in turn, until those of the longest one are used up. So it
    is for columns that do not depend on each other.
    """
    if IS_LONG:
        return list(product(*columns))
    rows = range(max(map(len, columns)))
    return [tuple(column[row % len(column)] for column in columns) for row in rows]
