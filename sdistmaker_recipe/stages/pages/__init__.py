"""Write the pages of what is published, for programs and for people: a pure function of the catalog.

* ``writer``: ``PageWriter``, which decides what to write, and writes it.
* ``project_files``: the pages, metadata files and second names of projects.
* ``root_files``: the pages in the root of the index.

A page that is the same already is not touched. The files that a project's pages name come before the pages.
The modules that render pages for people are imported when a page is rendered, because most runs render none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdistmaker_recipe.stages.pages.writer import PageWriter, import_renderers

if TYPE_CHECKING:
    from sdistmaker_recipe.stages.pages.project_files import SecondName

__all__ = ["PageWriter", "SecondName", "import_renderers"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    """``SecondName``, imported with the first use: most runs write no page."""
    if name != "SecondName":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sdistmaker_recipe.stages.pages import project_files

    return project_files.SecondName
