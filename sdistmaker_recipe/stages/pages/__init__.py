"""Write the pages of what is published, for programs and for people: a pure function of the catalog.

* ``writer``: ``PageWriter``, which decides what to write, and writes it.
* ``project_files``: the pages, metadata files and second names of projects.
* ``root_files``: the pages in the root of the index.

A page that is the same already is not touched. The files that a project's pages name come before the pages.
The modules that render pages for people are imported when a page is rendered, because most runs render none.
"""

from sdistmaker_recipe.stages.pages.project_files import SecondName
from sdistmaker_recipe.stages.pages.writer import PageWriter, import_renderers

__all__ = ["PageWriter", "SecondName", "import_renderers"]
