"""The reference pages say what the code does: options are generated, flags and keys compared."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import options
from sdistmaker_recipe.doors import command
from sdistmaker_recipe.model import Plan, Report
from sdistmaker_recipe.stages import report
from tests.support import make_reference

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = (DOCS / "reference/commands.rst").read_text("utf-8")


def section(title: str) -> str:
    """The text of a section of the page on commands, up to the next title of its kind."""
    _, _, rest = COMMANDS.partition(f"\n{title}\n{'-' * len(title)}\n")
    assert rest, f"no section {title}"
    return re.split(r"\n[^\n]+\n-{3,}\n", rest)[0]


def flags_in_help(monkeypatch, capsys, program) -> set[str]:
    monkeypatch.setattr("sys.argv", ["program", "--help"])
    with pytest.raises(SystemExit):
        program()
    return set(re.findall(r"^  (?:-\w(?: FILE)?, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))


def flags_in_page(title: str) -> set[str]:
    return set(re.findall(r"^``(?:-\w(?: FILE)?, )?(--[a-z-]+)", section(title), re.MULTILINE))


def test_the_page_of_options_is_what_the_declarations_give():
    stale = "docs/reference/options.rst is stale: run python -m tests.support.make_reference"
    assert make_reference.PAGE.read_text("utf-8") == make_reference.page(), stale


@pytest.mark.parametrize("option", options(), ids=lambda option: option.name)
def test_the_page_of_options_has_every_spelling(option):
    _, _, rest = make_reference.page().partition(f"\n{option.name}\n{'~' * len(option.name)}\n")
    text = re.split(r"\n[^\n]+\n[~-]{3,}\n", rest)[0]
    spellings = [option.spelling(door) for door in option.doors] + [option.alias or option.name]
    assert [spelling for spelling in spellings if f"``{spelling}``" not in text] == []
    assert ("a flag of" in text) == (Door.FLAG in option.doors)


def test_the_page_of_commands_has_every_flag_of_sdists_from_tags(monkeypatch, capsys):
    own = flags_in_help(monkeypatch, capsys, command.main) - {o.spelling(Door.FLAG) for o in options()}
    assert flags_in_page("sdists_from_tags") == own


def test_the_page_of_commands_has_every_flag_of_make_sdist(monkeypatch, capsys):
    assert flags_in_page("make_sdist") == flags_in_help(monkeypatch, capsys, command.make_sdist)


def test_the_page_of_commands_has_every_key_of_the_report():
    keys = json.loads(report.as_json(Report(DOCS, Plan()), strict=False))
    named = re.findall(r"^``([a-z_]+)``$", section("The report as JSON"), re.MULTILINE)
    assert named == list(keys)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.rst")), ids=lambda page: str(page.relative_to(DOCS)))
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"`[^`]+<([^>:]+)>`__?", page.read_text("utf-8"))
    missing = [target for target in targets if not (page.parent / target.partition("#")[0]).exists()]
    assert missing == []
