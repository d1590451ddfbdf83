"""Warnings about what clients of today cannot install."""

from __future__ import annotations

import time

import pytest

from sdistmaker_recipe.model import BuiltWheel, NoWheel
from sdistmaker_recipe.toolchain.client_warnings import (
    local_requirement_warnings,
    requirement_warnings,
    toolchain_warnings,
)
from sdistmaker_recipe.toolchain.ladder import Interpreter, Rung

PYTHON = Interpreter("python3", (3, 11))
OLD_SETUPTOOLS = Rung("setuptools 65.7", PYTHON, ("setuptools==65.7.*",))


@pytest.mark.parametrize("requirement", ["pytz>dev", "six>=1.*", "a b", "acme (>1,<2", "acme>=1.0-final-fix"])
@pytest.mark.parametrize("section", ["", "[extra]\n", '[:python_version < "3"]\n'])
def test_a_requirement_that_pep_508_does_not_know_is_named(requirement: str, section: str) -> None:
    (warning,) = requirement_warnings(f"setuptools\n\n{section}{requirement}\n")
    assert f"it requires '{requirement}': " in warning
    assert "\n" not in warning


def test_requirements_that_clients_know_are_passed_over() -> None:
    text = (
        'acme>=1,!=1.5.*\n\n[extra]\nacme[more] @ https://acme.test/a.zip\n\n[:python_version < "3"]\nsix\n'
    )
    assert list(requirement_warnings(text)) == []


def test_a_requirement_from_a_path_of_the_machine_is_named_once() -> None:
    local = "foo-bar[more] @ file:///build/tree/foo"
    header = (
        f"Name: acme\nRequires-Dist: {local} ; extra == 'x'\nRequires-Dist: six @ https://acme.test/a.zip"
    )
    (warning,) = local_requirement_warnings(header, [f"six>=1\n{local}\n"])
    assert "requires foo-bar from a path" in warning
    (same,) = local_requirement_warnings("", [f"six>=1\n{local}\n"])
    assert same == warning


def test_other_text_with_a_path_is_no_requirement() -> None:
    header = "Summary: mail me@ file: x\nHome-page: a@ file:///b"
    assert list(local_requirement_warnings(header, ["six>=1 ; a@ file:\n"])) == []


def test_a_very_long_line_takes_no_longer_than_its_length() -> None:
    begin = time.process_time()
    assert list(local_requirement_warnings("", ["a" * 100_000 + "\n"])) == []
    # A pattern that tries each way to divide the line takes a minute.
    assert time.process_time() - begin < 10


def test_a_release_without_a_wheel_tells_which_tools_it_needs() -> None:
    (warning,) = toolchain_warnings(OLD_SETUPTOOLS, NoWheel("It has compiled parts."))
    assert "setuptools==65.7.* in the option --build-constraint" in warning


def test_a_wheel_and_the_tools_that_a_tag_declares_give_no_warning() -> None:
    wheel = BuiltWheel("a-1-py3-none-any.whl", b"", "", 0, b"")
    assert list(toolchain_warnings(OLD_SETUPTOOLS, wheel)) == []
    assert list(toolchain_warnings(Rung("declared", PYTHON), NoWheel("It has compiled parts."))) == []
