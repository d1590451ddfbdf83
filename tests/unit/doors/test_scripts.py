"""What scripts call and buildout loads: imported without waste, and interrupted without a traceback."""

from __future__ import annotations

import gc

import pytest

from sdistmaker_recipe import scripts
from sdistmaker_recipe.doors import command, recipe


@pytest.mark.parametrize(
    ("script", "name", "given", "named"),
    [
        (scripts.sdists_from_tags, "main", ("defaults.py",), {"part": "sdists"}),
        (scripts.make_sdist, "make_sdist", (), {}),
    ],
)
def test_a_script_is_its_command(monkeypatch, script, name, given, named):
    calls = []
    monkeypatch.setattr(command, name, lambda *given, **named: calls.append((given, named)) or 3)
    assert script(*given, **named) == 3
    assert calls == [(given, named)]
    assert gc.isenabled()


def test_buildout_loads_the_recipe():
    assert scripts.Recipe is recipe.Recipe
    assert gc.isenabled()
    gc.disable()
    try:
        assert scripts.Recipe is recipe.Recipe
        assert not gc.isenabled()
    finally:
        gc.enable()
    with pytest.raises(AttributeError, match="no attribute 'Other'"):
        _ = scripts.Other


def test_an_interrupt_before_the_command_begins_is_said_in_a_word(monkeypatch, capsys):
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "make_sdist", interrupted)
    assert scripts.make_sdist() == 130
    assert capsys.readouterr().err == "interrupted\n"
