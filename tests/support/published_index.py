"""An index of releases that a test built itself, published as a run does it and served on loopback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Built, Published, Site
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.publish import Index, publish
from tests.support import public_index
from tests.support.process import LOOPBACK

_UPLOAD_TIME = datetime(2020, 1, 1, tzinfo=timezone.utc)


@contextmanager
def served_index(releases: Iterable[Built], folder: Path) -> Iterator[str]:
    """The URL of an index with these releases; ``folder`` does not exist yet."""
    folder.mkdir()
    (folder / "state").mkdir()
    store = IndexStore(folder / "index")
    with open_catalog(None) as catalog:
        store.prepare()
        for built in releases:
            published = publish(built, Index(store, catalog, folder / "state"), _UPLOAD_TIME, Configuration())
            assert isinstance(published, Published), published
        PageWriter(store, catalog, Site()).write_all()
    with public_index.serve(store.folder, folder / "server.log") as server:
        yield f"http://{LOOPBACK}:{server.port}"
