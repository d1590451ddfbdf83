"""How Sphinx builds these pages: python3 bootstrap.py docs.

The pages link to each other by relative paths of files, so that links also work where a web site shows the
sources. RelativeLinks turns such links into those of Sphinx, which checks them.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

SOURCE = Path(__file__).parents[1] / "sdistmaker_recipe" / "__init__.py"

project = "sdistmaker_recipe"
release = version = re.findall(r'^__version__ = "(.*)"$', SOURCE.read_text("utf-8"), re.MULTILINE)[0]
exclude_patterns = ["examples"]
nitpicky = True
# Most blocks are configuration files or what a terminal shows; guessing would take them for Python.
highlight_language = "text"

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False


class RelativeLinks(SphinxTransform):
    """Make a link to another page one of Sphinx, and a link to another file a download.

    Sphinx then warns of a page or file that does not exist. A link to a section of a page keeps its
    ``#section``, which tests/unit/test_documentation.py checks.
    """

    default_priority = 700  # After docutils' ExternalTargets, which gives a link its URI.

    def apply(self) -> None:
        """Replace the links of the page."""
        for link in list(self.document.findall(nodes.reference)):
            uri = link.get("refuri", "")
            if uri and not re.match("[a-z]+:|#", uri):
                link.replace_self(self._checked(uri, link))

    def _checked(self, uri: str, link: nodes.reference) -> nodes.Element:
        path, hash_sign, section = uri.partition("#")
        place = posixpath.normpath(posixpath.join("/", posixpath.dirname(self.env.docname), path))
        page = place.removesuffix(".rst")
        inside = nodes.inline("", *(child.deepcopy() for child in link.children))
        if page == place:
            file = addnodes.download_reference("", "", inside, refdoc=self.env.docname, reftarget=place)
            file["classes"].append("download")
            return file
        if hash_sign:
            target = f"{self.app.builder.get_relative_uri(self.env.docname, page[1:])}#{section}"
            return nodes.reference("", "", inside, internal=True, refuri=target)
        return addnodes.pending_xref(
            "", inside, refdomain="std", reftype="doc", refdoc=self.env.docname, reftarget=page,
            refexplicit=True, refwarn=True,
        )  # fmt: skip


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the links."""
    app.add_transform(RelativeLinks)
