"""How Sphinx builds these pages: python3 bootstrap.py docs.

The pages link to each other by relative paths of files, so that links also work where a web site shows the
sources. RelativeLinks turns such links into those of Sphinx, which checks them.
"""

from __future__ import annotations

import posixpath
import re
from html import escape
from pathlib import Path
from typing import Any

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
html_favicon = "pictures/icon.svg"
# The demo is there after: python3 bootstrap.py demo.
if (Path(__file__).parents[1] / "build" / "docs" / "demo" / "about.html").is_file():
    tags.add("demo")  # type: ignore[name-defined]  # noqa: F821  # Sphinx defines it.


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
            if re.match(r"(?!https?:)[a-z+]+://", uri):
                # The text speaks of such addresses, such as tcp://HOST:PORT. Browsers do not open them.
                link.replace_self(link.children)
            elif uri and not re.match("[a-z]+:|#", uri):
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


def describe(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Give a page its first paragraph as a description, and captions of the side bar their level (ARIA)."""
    found = document.findall(nodes.paragraph) if document else ()
    first = next((each for each in found if not isinstance(each.parent, nodes.field_body)), None)
    # The search has neither title nor text. Decisions have only a table.
    title = re.sub("<[^>]*>", "", context.get("title", "Search"))
    text = escape(" ".join(first.astext().split())) if first else f"{title}: documentation of {project}"
    context["metatags"] = context.get("metatags", "") + f'<meta name="description" content="{text}">\n'
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the links, and of what it leaves out of its pages."""
    app.add_transform(RelativeLinks)
    # After furo, which makes the side bar.
    app.connect("html-page-context", describe, priority=900)
