"""What publishing works on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.index.store import IndexStore


class Index(NamedTuple):
    """The index and its catalog, open for one run; ``state`` is the folder beside the index."""

    store: IndexStore
    catalog: Catalog
    state: Path
