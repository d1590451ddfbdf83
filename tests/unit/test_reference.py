"""The reference pages say what the code does: options are generated, flags and keys compared."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import options
from sdistmaker_recipe.doors import command
from sdistmaker_recipe.model import (
    Adopted,
    Adoption,
    Attempt,
    IndexProblem,
    KnownFailure,
    MissingWheel,
    NotAdopted,
    Plan,
    Published,
    Rejected,
    ReleaseChange,
    Report,
    Skipped,
    Verification,
    WheelResult,
    WorkerUse,
)
from sdistmaker_recipe.stages import report
from tests.support import make_reference
from tests.unit.values import a_failure, a_release, a_tag

DOCS = Path(__file__).parents[2] / "docs"
TEXTS = ("warnings", "nothing_found", "errors")
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


def test_the_page_of_commands_has_every_key_within_the_report():
    tag, release = a_tag(), a_release()
    log = Path("/srv/index-state/logs/x.log")
    no_wheel = MissingWheel(release.project, release.filename, release.sha256, "2.0", "compiled parts", False)
    actions = ("yank", "restore", "remove")
    with_all = Report(
        DOCS,
        Plan(
            build=(tag,),
            skip=(Skipped(tag, "published"),),
            known_failures=(KnownFailure(tag, a_failure(tag)),),
            release_changes=tuple(ReleaseChange(release, action, "") for action in actions),
        ),
        published=(Published(release, tag),),
        rejected=(Rejected(tag, "reason", log, attempts=(Attempt("declared", "reason"),)),),
        wheels=(WheelResult(release, missing=no_wheel),),
        adoption=Adoption((Adopted("a/a-1.0.tar.gz", release),), (NotAdopted("a/a.egg", "an egg"),)),
        verification=Verification(1, (IndexProblem("a/a-1.0.tar.gz", "is missing", "broken"),)),
        workers=(WorkerUse("tcp://a:1"),),
    )
    document = json.loads(report.as_json(with_all, strict=False))
    empty = [key for key, value in document.items() if value == []]
    assert set(empty) <= {"to_build", "wheels_to_build", "wheels_added", *TEXTS}
    named = set(re.findall(r"``([a-z_0-9]+)``", section("The report as JSON")))
    assert keys_within(document) - named == set()


def keys_within(value: object) -> set[str]:
    """The keys of all objects in a value of JSON."""
    if isinstance(value, list):
        return set().union(*map(keys_within, value))
    return set(value).union(*map(keys_within, value.values())) if isinstance(value, dict) else set()


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.rst")), ids=lambda page: str(page.relative_to(DOCS)))
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"`[^`]+<([^>:]+)>`__?", page.read_text("utf-8"))
    missing = [target for target in targets if not (page.parent / target.partition("#")[0]).exists()]
    assert missing == []
