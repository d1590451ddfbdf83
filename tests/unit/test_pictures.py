"""The picture of a run shows what the README says that a terminal shows, and loads nothing from elsewhere."""

from __future__ import annotations

import re

from tests.support.first_run import ROOT, as_in_pages
from tests.support.make_pictures import COMMAND, PICTURES, terminal_picture, text_of

RUN = (PICTURES / "run.svg").read_text("utf-8")


def words(text: str, folder: str) -> str:
    """A text without its line breaks: a terminal breaks long lines."""
    return " ".join(as_in_pages(text, folder).split())


def test_the_picture_of_a_run_shows_what_the_readme_shows():
    readme = (ROOT / "README.rst").read_text("utf-8")
    (block,) = (text for text in re.findall(r"::\n\n((?:    .*\n|\n)+)", readme) if "4 failed" in text)
    shown = text_of(RUN)
    assert shown.startswith(f"$ {COMMAND}\n")
    assert words(shown.partition("\n")[2], "~/sdistmaker_recipe") == words(block, "...")


def test_the_same_text_gives_the_same_picture():
    shown = "Making .venv: 3 s\n\n  <one> & two\n"
    assert terminal_picture(shown) == terminal_picture(shown)
    assert text_of(terminal_picture(shown)) == f"$ {COMMAND}\nMaking .venv: 3 s\n\n  <one> & two"


def test_the_picture_of_a_run_loads_nothing():
    assert re.findall(r"https?://[^\"]*", RUN) == ["http://www.w3.org/2000/svg"]
    assert "@font-face" not in RUN
