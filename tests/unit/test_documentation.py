"""The pages of docs and README.rst: every page is two clicks from the index, links and tables are sound.

``python3 bootstrap.py docs`` builds the pages with Sphinx, which checks the markup, and that each page is in
a table of contents.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from docutils.core import publish_doctree
from docutils.nodes import make_id

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
PAGES = sorted(page for page in DOCS.rglob("*.rst") if EXAMPLES not in page.parents)
TEXTS = [ROOT / "README.rst", ROOT / "CONTRIBUTING.rst", *PAGES]
QUESTIONS = (
    "How do I keep a project out?",
    "Why is my tag missing?",
    "What happens if I delete a tag?",
    "How do I add a requirement?",
    "How do I move the index?",
    "Who can publish under my name?",
    "What do I back up?",
    "How do I upgrade?",
    "How do I undo?",
    "How do I see what would happen?",
)

each_text = pytest.mark.parametrize("text", TEXTS, ids=lambda text: str(text.relative_to(ROOT)))


def links(page: Path) -> list[str]:
    """The relative links of a page, in order, with their ``#section``."""
    text = re.sub(r"``[^`]*``", "", page.read_text("utf-8"))
    return [re.sub(r"\s+", "", link) for link in re.findall(r"`[^`]+<([^>:]+)>`__?", text)]


def linked_pages(page: Path) -> list[Path]:
    return [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]


def contents(page: Path) -> list[Path]:
    """The pages in the tables of contents of a page."""
    entries = re.findall(r"^   ([a-z][\w./-]*)$", page.read_text("utf-8"), re.MULTILINE)
    return [page.parent / f"{entry}.rst" for entry in entries]


def section_ids(page: Path) -> set[str]:
    """What links call the sections of a page, as docutils and web sites that show the source name them."""
    titles = re.findall(r"^(\S.*)\n(?:=+|-+|~+)$", page.read_text("utf-8"), re.MULTILINE)
    return {make_id(title) for title in titles}


def running_lines(text: str) -> Iterator[str]:
    """The lines outside of literal blocks, which may show a command or its output as it is."""
    block: int | None = None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if block is not None and line.strip() and indent <= block:
            block = None
        if block is None:
            yield line
            if line.rstrip().endswith("::") or line.lstrip().startswith(".. code-block::"):
                block = indent


def broken_rows(text: str) -> Iterator[str]:
    """The rows of simple tables whose first cell goes on: reStructuredText takes this for a new row."""
    border = ""
    for line in text.splitlines():
        if re.fullmatch(r" *=+(?: +=+)+", line):
            border = line
        elif not line.strip():
            border = ""
        elif border:
            second = re.match(r" *=+ +", border).end()  # type: ignore[union-attr]
            if line[:second].strip() and not line[second:].strip():
                yield line


def test_every_page_is_two_clicks_from_the_index():
    first = set(linked_pages(DOCS / "index.rst"))
    second = set(linked_pages(DOCS / "explanation/decisions/index.rst"))
    assert DOCS / "explanation/decisions/index.rst" in first
    assert set(PAGES) - {DOCS / "index.rst"} - first - second == set()


@pytest.mark.parametrize("page", ["index.rst", "explanation/decisions/index.rst"])
def test_the_side_bar_has_the_links_of_the_page(page):
    assert set(linked_pages(DOCS / page)) == set(contents(DOCS / page))


def test_the_questions_of_newcomers_are_two_clicks_away_from_the_index():
    page = DOCS / "how-to/questions.rst"
    assert page in linked_pages(DOCS / "index.rst")
    assert {make_id(question) for question in QUESTIONS} <= section_ids(page)


@pytest.mark.parametrize("section", ["exit-statuses", "the-report-as-json", "the-catalog"])
def test_the_index_leads_to_sections_of_the_reference(section):
    assert [link for link in links(DOCS / "index.rst") if link.endswith(f"#{section}")]


@each_text
def test_relative_links_lead_to_files_and_sections(text):
    missing = []
    for link in links(text):
        path, _, section = link.partition("#")
        file = text.parent / path
        if not file.exists() or (section and section not in section_ids(file)):
            missing.append(link)
    assert missing == []


def test_every_file_to_copy_is_linked_from_a_page():
    folders = [folder for folder in EXAMPLES.iterdir() if folder.name != "folders_backend"]
    files = {file for folder in folders for file in folder.iterdir() if file.is_file()}
    assert len(files) > 10
    assert files - {linked for page in PAGES for linked in linked_pages(page)} == set()


@each_text
def test_lines_have_at_most_100_characters(text):
    assert [line for line in running_lines(text.read_text("utf-8")) if len(line) > 100] == []


@each_text
def test_no_first_cell_of_a_table_goes_on(text):
    assert list(broken_rows(text.read_text("utf-8"))) == []


def test_the_page_of_output_names_every_table_of_the_catalog(empty_catalog):
    section = (DOCS / "reference/output.rst").read_text("utf-8").partition("\nThe catalog\n")[2]
    section = section.partition("\nLogs\n----")[0]
    named = re.findall(r"``([a-z_]+)``", "\n".join(re.findall(r"^``.*", section, re.MULTILINE)))
    tables = empty_catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert sorted(named) == sorted(table for (table,) in tables)


@each_text
def test_a_table_of_contents_has_the_class_without_which_furo_shows_an_error(text):
    directives = re.findall(r"^\.\. contents::\n((?:   .*\n)*)", text.read_text("utf-8"), re.MULTILINE)
    assert [options for options in directives if "still-useful-here" not in options] == []


@pytest.mark.parametrize(
    ("source", "description"),
    [
        ("Title\n=====\n\n:Status: accepted\n\nSays\nwhat ``a < b`` is.\n", "Says what a &lt; b is."),
        ("Title\n=====\n\n:Status: accepted\n", "Write pages: documentation of sdistmaker_recipe"),
        ("", "Write pages: documentation of sdistmaker_recipe"),
    ],
)
def test_a_page_has_a_description_and_captions_with_a_level(source, description):
    describe = runpy.run_path(str(DOCS / "conf.py"), {"tags": set()})["describe"]
    document = publish_doctree(source) if source else None
    context = {"title": "Write <i>pages</i>", "furo_navigation_tree": '<p role="heading">How-to</p>'}
    describe(None, "page", "page.html", context, document)
    assert context["metatags"] == f'<meta name="description" content="{description}">\n'
    assert context["furo_navigation_tree"] == '<p role="heading" aria-level="2">How-to</p>'
