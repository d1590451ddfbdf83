"""Manual pages and shell completion are what the declarations give, and have every flag."""

from __future__ import annotations

import re

import pytest

from sdistmaker_recipe.doors.arguments import make_sdist_parser, sdists_from_tags_parser
from tests.support.make_share import FILES, ROOT, files

MADE = files()
SPELLINGS = {"man": r"\fB{}\fR", "bash": " {} ", "zsh": "{}[", "fish": " -l {} "}
"""How a flag is written, by the folder of share."""


def test_the_files_are_what_the_declarations_give():
    here = {str(file.relative_to(ROOT)): file for file in (ROOT / "share").rglob("*") if file.is_file()}
    stale = "share is stale: run python -m tests.support.make_share"
    assert sorted(here) == sorted(MADE), stale
    assert [path for path, text in MADE.items() if here[path].read_text("utf-8") != text] == [], stale


@pytest.mark.parametrize("path", MADE)
def test_each_file_has_every_flag(path):
    parser = make_sdist_parser() if "make_sdist" in path else sdists_from_tags_parser()
    spelling = SPELLINGS[path.split("/")[1].partition("-")[0]]
    text = MADE[path].replace("\\-", "-").replace(")", " ")
    if "/fish/" in path:
        text = text.replace(" -l ", " -l --")
    # Flags with a short form, such as -v, --verbose, are written in another way in some shells.
    flags = [action.option_strings[0] for action in parser._actions if len(action.option_strings) == 1]
    assert len(flags) > 10
    assert [flag for flag in flags if spelling.format(flag) not in text] == []


def test_a_manual_page_has_each_section():
    sections = re.findall(r"^\.SH (.*)$", MADE["share/man/man1/sdists_from_tags.1"], re.MULTILINE)
    assert sections[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "HELP"]
    assert sections[-2:] == ["EXAMPLE", "EXIT STATUS"]
    assert "THE REPOSITORY" in sections
    assert r"\fB\-\-help\fR" in MADE["share/man/man1/make_sdist.1"]


def test_words_for_paths_complete_paths():
    """If a word in the help changes, the values of its flags are no longer completed."""
    metavars = {
        action.metavar for action in (*sdists_from_tags_parser()._actions, *make_sdist_parser()._actions)
    }
    assert set(FILES) <= metavars
