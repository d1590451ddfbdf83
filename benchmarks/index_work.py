"""What sdists_from_tags does to an index, as a process of its own: write all of it, or add one release.

Run as a script, with the folders of index and catalog, and to add with a pickled ``Built`` and the release's
upload time. These are the calls that ``engine`` and ``batches`` make, in the same order. Nothing but what
they need is imported, and the imports count.
"""

from __future__ import annotations

import pickle
import sys
from datetime import datetime
from pathlib import Path

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.index.atomic_files import sync_filesystem
from sdistmaker_recipe.index.description_renderer import DescriptionRenderer
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Site
from sdistmaker_recipe.stages import pages


def main(action: str, destination: str, state: str, *release: str) -> None:
    """Do it, and raise where something fails."""
    store = IndexStore(Path(destination))
    with open_catalog(Path(state) / "catalog.sqlite3") as catalog, DescriptionRenderer() as renderer:
        shown = pages.PageWriter(store, catalog, Site(), render=renderer.render)
        store.prepare()
        shown.mark_empty_index_current()
        if action == "add":
            add(shown, Path(state), *release)
            shown.write_all()
        else:
            # As where all files came or went.
            shown.write_all(frozenset(catalog.releases.projects()))


def add(shown: pages.PageWriter, state: Path, file: str, upload_time: str) -> None:
    """Publish one release: the archive, what the catalog knows, the pages of its project."""
    from sdistmaker_recipe.configuration.options import Configuration
    from sdistmaker_recipe.stages.publish import Index, publish

    built = pickle.loads(Path(file).read_bytes())
    index = Index(shown.store, shown.catalog, state)
    sync_filesystem(state)
    with shown.catalog.batch():
        publish(built, index, datetime.fromisoformat(upload_time), Configuration())
    built.archive.unlink()
    shown.write_projects([built.name], {built.sha256: built.details})


if __name__ == "__main__":
    main(*sys.argv[1:])
