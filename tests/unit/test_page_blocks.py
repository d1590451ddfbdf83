"""Pages whose commands are run, and those that are not yet: which blocks there are, and what is left out."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.pages.blocks import Block, blocks
from tests.support.pages.runs import SHELL_LANGUAGES, commands_of, replaced
from tests.support.pages.table import PAGES

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = sorted(
    page.relative_to(DOCS).as_posix()
    for folder in ("tutorial", "how-to")
    for page in (DOCS / folder).glob("*.rst")
)

NOT_FOLLOWED_YET = ("how-to/make-a-release.rst",)
"""Pages whose commands nobody runs. This list only gets shorter: a new page is in ``PAGES`` at once."""

REASONS_NOT_TO_RUN = {
    "a test runs it": 1,
    "another machine": 1,
    "asks for a password": 1,
    "bootstrap.py, which a test of its own runs": 1,
    "container engine": 3,
    "downloads a Python": 1,
    "installs another version": 1,
}
"""Why blocks of the other pages are not run, and how many at most for each reason."""

COMMANDS = re.compile(
    r"(\$ )?(sudo |(bin|build|packages/bin|\.venv|\.)/\w|(sdists_from_tags|make_sdist) |svn(\w+)? (?!co)\w"
    r"|(hg|python3|apachectl|mkdir|cp|mv|flock|docker|cd|curl|htpasswd|aws|rsync|a2en\w+) |pip install "
    r"|nginx -|git (clone|push|tag|commit|for-each-ref))"
)
"""How a line of shell begins."""


def literal_blocks(page: str) -> list[str]:
    """The lines in blocks after ``::`` that are no directive."""
    found, indent = [], None
    for line in (DOCS / page).read_text("utf-8").splitlines():
        here = len(line) - len(line.lstrip())
        if indent is not None and line.strip() and here <= indent:
            indent = None
        if indent is not None:
            found.append(line.strip())
        elif line.rstrip().endswith("::") and not line.lstrip().startswith(".."):
            indent = here
    return found


def test_each_page_with_commands_is_followed_or_on_the_list():
    with_commands = {page for page in GUIDES if any(COMMANDS.match(line) for line in literal_blocks(page))}
    assert with_commands <= set(NOT_FOLLOWED_YET)
    with_blocks = {page for page in GUIDES if blocks(DOCS / page, *SHELL_LANGUAGES)}
    assert with_blocks - set(NOT_FOLLOWED_YET) == set(PAGES)


def test_the_list_is_no_longer_than_it_has_to_be():
    assert set(NOT_FOLLOWED_YET) <= set(GUIDES)
    assert not set(NOT_FOLLOWED_YET) & set(PAGES)
    assert len(NOT_FOLLOWED_YET) <= 1


def test_what_is_not_run_has_one_of_these_reasons_and_no_more_than_so_often():
    reasons = Counter(block.not_run for page in PAGES for block in blocks(DOCS / page) if block.not_run)
    assert dict(reasons) == REASONS_NOT_TO_RUN


def test_options_of_a_block_are_indented_like_its_text():
    # Sphinx shows a difference as spaces before each line. buildout refuses a file that begins with one.
    odd = []
    for page in sorted(DOCS.rglob("*.rst")):
        found = re.findall(r"code-block:: \S+\n( +):(?:.*\n +:)*.*\n\n( +)", page.read_text("utf-8"))
        odd += [page.relative_to(DOCS).as_posix() for option, text in found if option != text]
    assert odd == []


@pytest.mark.parametrize("page", PAGES)
def test_each_command_in_a_console_has_its_prompt(page):
    for block in blocks(DOCS / page, "console"):
        assert block.text.startswith("$ "), f"{page}, line {block.line}"


PAGE = """\
Text ends so::

    not a block

.. not run: root
.. code-block:: shell

    sudo true

.. exit status: 1
.. before: cd x
.. before: touch y

.. code-block:: console

    $ one \\
        --two
    printed

    more
    $ three

Text, so the comment before it counts no more.

1. Inside of a list:

   .. code-block:: ini
      :caption: etc/file.cfg

      [section]

      last
"""


def test_blocks_are_read_with_what_is_said_of_them(tmp_path):
    (tmp_path / "page.rst").write_text(PAGE)
    assert blocks(tmp_path / "page.rst") == [
        Block(6, "shell", "sudo true\n", not_run="root"),
        Block(
            14, "console", "$ one \\\n    --two\nprinted\n\nmore\n$ three\n", status=1, before="cd x\ntouch y"
        ),
        Block(27, "ini", "[section]\n\nlast\n", file="etc/file.cfg"),
    ]
    assert blocks(tmp_path / "page.rst", "shell") == blocks(tmp_path / "page.rst")[:1]


def test_a_console_is_commands_with_their_output():
    block = Block(1, "console", "$ one \\\n    --two\nprinted\n\nmore\n$ three\n")
    assert list(commands_of(block)) == [("one \\\n    --two\n", "printed\n\nmore\n"), ("three\n", "")]
    assert list(commands_of(Block(1, "shell", "one\ntwo\n"))) == [("one\ntwo\n", "")]


def test_names_are_replaced_once_and_the_longest_first():
    assert replaced("/srv/a /srv", {"/srv": "/tmp/srv", "/srv/a": "/b"}) == "/b /tmp/srv"
    assert replaced("text", {}) == "text"
